"""The o200k vocabulary, taken out of a model file, so that nothing is downloaded at run time.

A GGUF stores each token's bytes as text, one printable character a byte (GPT-2's byte map). Undoing the map over
the ordinary tokens gives back OpenAI's vocabulary file byte for byte, which its SHA-256 proves.
"""

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

ORDINARY_TOKENS = 199_998
"""Ids below this are text; the ones from here on are harmony's control tokens."""
CONTROL_TOKENS = {
    199_998: "<|startoftext|>",
    199_999: "<|endoftext|>",
    200_002: "<|return|>",
    200_003: "<|constrain|>",
    200_005: "<|channel|>",
    200_006: "<|start|>",
    200_007: "<|end|>",
    200_008: "<|message|>",
    200_012: "<|call|>",
}
"""Harmony's own, as openai-harmony names them; to it, all other ids from `ORDINARY_TOKENS` on are reserved."""
FILE_NAME = "o200k_base.tiktoken"
"""The name under which openai-harmony looks for the file."""
SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""Of the file; openai-harmony checks the same one."""


class VocabularyError(Exception):
    """The model file does not hold the o200k vocabulary: it is not a gpt-oss model."""


def byte_of_character() -> dict[str, int]:
    """GPT-2's byte map, undone: which byte a character of a stored token stands for.

    Printable Latin-1 characters stand for themselves; the other 68 bytes are U+0100 and up, in order.
    Source: OpenAI's GPT-2 encoder (`bytes_to_unicode`).
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in set(printable)]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + i): byte for i, byte in enumerate(hidden)}


def vocabulary_file(token_texts: Iterable[str]) -> bytes:
    """Rebuild the vocabulary file from the texts of tokens 0 to 199,997, in order.

    Raises:
        VocabularyError: the texts are not those of o200k.
    """
    table = byte_of_character()
    try:
        lines = [
            base64.b64encode(bytes(table[character] for character in text)) + b" %d\n" % token
            for token, text in enumerate(token_texts)
        ]
    except KeyError as error:
        raise VocabularyError(f"its vocabulary has the unexpected character {error.args[0]!r}") from None
    content = b"".join(lines)
    if hashlib.sha256(content).hexdigest() != SHA256:
        raise VocabularyError("its vocabulary is not o200k, the one of gpt-oss models")
    return content


def is_kept(folder: Path) -> bool:
    """Whether the folder holds the vocabulary, whole."""
    try:
        return hashlib.sha256((folder / FILE_NAME).read_bytes()).hexdigest() == SHA256
    except FileNotFoundError:
        return False


def keep(folder: Path, token_texts: Iterable[str]) -> None:
    """Write the vocabulary into the folder unless it is there; readers never see half a file.

    Raises:
        VocabularyError: the texts are not those of o200k.
        OSError: the folder cannot be written.
    """
    if is_kept(folder):
        return
    content = vocabulary_file(token_texts)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).replace(folder / FILE_NAME)
        except OSError:  # a full disk: the half file must not keep it full
            Path(draft.name).unlink()
            raise
