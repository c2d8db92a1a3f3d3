"""The shipped static vectors, and the short way to their tokens."""

# ruff: noqa: RUF001 -- members write in all scripts

import shutil
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from inference.prefilter.embedding import MAX_CHARACTERS, DamagedModel, StaticEmbedder, unit_rows
from inference.prefilter.tokens import Tokens

FOLDER = Path(str(resources.files("inference.prefilter"))) / "data" / "static"
TOKENIZER = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
TOKENS = Tokens(TOKENIZER)
CHAT = st.text(
    alphabet=st.one_of(st.sampled_from("aeinost bcdkmz09.,!?'#_-[]\n"), st.characters(exclude_categories=["Cs"])),
    max_size=80,
)


@given(CHAT)
@example("")
@example("don't mumbletyfoo, xqzzyq1337!!")
@example("unthinkablenessly discombobulationfactory")
@example("[UNK] [unk] A B")
@example("a" * 101 + " " + "b" * 100)
@example("tab\tand\x00null\x7f, ｆｕｌｌ, ё, 字")
@example("plain \u0301x ό\x1cς wörd\u00a0end 字a [CLS] \u2028last")
def test_the_short_way_finds_the_tokens_that_the_tokenizer_finds(text: str) -> None:
    assert sorted(TOKENS.ids(text)) == sorted(TOKENIZER.encode(text, add_special_tokens=False).ids)


def test_another_kind_of_tokenizer_is_asked_itself() -> None:
    words = Tokenizer(WordLevel({"a b": 3, "?": 0}, unk_token="?"))
    assert Tokens(words).ids("a b") == [3]
    cut = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    cut.enable_truncation(2)
    assert Tokens(cut).ids("one two three") == TOKENS.ids("one two")


def test_a_texts_vector_is_the_mean_of_its_tokens_vectors() -> None:
    arrays = load_file(FOLDER / "model.safetensors")
    ids = TOKENS.ids("the mean of these words")
    rows = arrays["embeddings"][ids].astype(np.float64) * arrays["weights"][ids, None]
    (vector,) = StaticEmbedder.shipped().embed(["the mean of these words"])
    assert vector == pytest.approx(rows.mean(axis=0) / np.linalg.norm(rows.mean(axis=0)), abs=1e-5)


def test_a_row_is_as_long_as_the_share_of_the_letters_that_are_known() -> None:
    texts = ["spasibo, hello!", "спасибо, привет!", "привет, hello 12", "?!", "привет lol"]
    vectors = StaticEmbedder.shipped().embed(texts)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 7 / 13, 1, 1 / 3], abs=1e-6)


def test_rows_have_length_one_or_say_nothing() -> None:
    vectors = StaticEmbedder.shipped().embed(["hello", "", "   ", "\U000f0000", "hello"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 0, 0, 0, 1], abs=1e-6)
    assert np.array_equal(vectors[0], vectors[4])
    assert StaticEmbedder.shipped().embed([]).shape == (0, 256)
    assert unit_rows(np.zeros((2, 3), np.float32)).tolist() == [[0, 0, 0]] * 2


def test_only_the_beginning_of_a_long_text_is_embedded() -> None:
    text = "word " * (MAX_CHARACTERS // 5)
    first, second = StaticEmbedder.shipped().embed([text, text + "another thing " * 1000])
    assert np.array_equal(first, second)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_damaged_files_are_told_before_they_are_used(name: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "static"))
    assert StaticEmbedder.load(folder).embed(["hello"]).any()
    data = bytearray((folder / name).read_bytes())
    data[-10] ^= 1
    (folder / name).write_bytes(bytes(data))
    with pytest.raises(DamagedModel, match="install safeguild again"):
        StaticEmbedder.load(folder)
    (folder / name).unlink()
    with pytest.raises(DamagedModel, match="cannot read the embedder"):
        StaticEmbedder.load(folder)
