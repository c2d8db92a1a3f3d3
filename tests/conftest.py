"""What many tests need: the vocabulary and the stand-in model, made once and kept between runs."""

from pathlib import Path

import pytest
import splintr

from inference import vocabulary
from inference.prompt import Harmony, load_harmony


@pytest.fixture(scope="session")
def vocabulary_folder(pytestconfig: pytest.Config) -> Path:
    """A folder with the o200k vocabulary, as the engine would have taken it out of a model."""
    folder = pytestconfig.cache.mkdir("vocabulary")
    if not vocabulary.is_kept(folder):
        to_character = {byte: character for character, byte in vocabulary.byte_of_character().items()}
        tokenizer = splintr.Tokenizer.from_pretrained("o200k_base")
        tokens = (tokenizer.decode_bytes([token]) for token in range(vocabulary.ORDINARY_TOKENS))
        vocabulary.keep(folder, ("".join(to_character[byte] for byte in token) for token in tokens))
    return Path(folder)


@pytest.fixture(scope="session")
def harmony(vocabulary_folder: Path) -> Harmony:
    """The real encoding."""
    return load_harmony(vocabulary_folder)
