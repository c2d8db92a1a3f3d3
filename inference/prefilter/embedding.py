"""Texts as vectors. The shipped embedder is static: a text's vector is the mean of its tokens' vectors.

Format: model2vec's (github.com/MinishLab/model2vec), int8 rows with a scale for each in `weights`. The package
itself is not needed to read it: two arrays and a tokenizer.
"""

import functools
import hashlib
import math
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from inference.prefilter.tokens import Tokens

Vectors = npt.NDArray[np.float32]
"""Rows of length 1; shorter where only a part of a text is known, zero where nothing is."""

MAX_CHARACTERS = 1_000
"""What is embedded of a text: the mean of more words than that resembles everything."""

_SHORTEST = 1e-12
"""A row that is shorter than this counts as zero."""


class DamagedModel(Exception):
    """The embedder's files are not those that were shipped. Install the package again."""


class Embedder(Protocol):
    """Turns texts into vectors whose dot product is their likeness. Safe to share between threads."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Texts -> (len(texts), dimensions). A row is zero if the embedder knows nothing of the text."""
        ...

    def __hash__(self) -> int:
        """By identity or by contents: what was computed with an embedder is kept under it."""
        ...


class StaticEmbedder:
    """Static vectors. Immutable; about 15 MB of memory, some twenty microseconds for a message."""

    def __init__(self, rows: npt.NDArray[np.int8], scales: npt.NDArray[np.float32], tokens: Tokens) -> None:
        """`rows` (tokens, dimensions) times `scales` (tokens,): the vector of each id of the tokenizer."""
        self._rows = rows
        self._scales = scales
        self._tokens = tokens

    @classmethod
    def load(cls, folder: Path) -> "StaticEmbedder":
        """Read model.safetensors and tokenizer.json and check them against SHA256SUMS.

        Raises:
            DamagedModel: a file is missing or is not the one that was written there.
        """
        _verify(folder)
        arrays = load_file(folder / "model.safetensors")
        scales = arrays["weights"].astype(np.float32)
        return cls(arrays["embeddings"], scales, Tokens.load(folder / "tokenizer.json"))

    @classmethod
    def shipped(cls) -> "StaticEmbedder":
        """The embedder that comes with the package, read once."""
        return _shipped()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Texts -> (len(texts), 256), float32. Unknown tokens count for nothing.

        A row is as long as the share of letters and digits that are known: the signs of a text in another
        alphabet are no meaning, or all such texts with a comma would mean the same.
        """
        if len(texts) == 1:  # a message
            return self._row(texts[0])[None]
        vectors = np.zeros((len(texts), self._rows.shape[1]), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            vector[:] = self._row(text)
        return vectors

    def _row(self, text: str) -> npt.NDArray[np.float32]:
        read = text[:MAX_CHARACTERS]
        ids = np.array(self._tokens.ids(read), np.intp)
        rows = self._rows.take(ids, axis=0).astype(np.float32)  # a product of both types takes twice as long
        vector = self._scales.take(ids).dot(rows)
        vector *= np.float32(_known_share(read) / max(math.sqrt(vector.dot(vector)), _SHORTEST))
        return np.asarray(vector)


def unit_rows(vectors: Vectors) -> Vectors:
    """Each row scaled to length 1; rows of zeros stay zero."""
    lengths = np.sqrt(np.vecdot(vectors, vectors))[:, None]
    return np.asarray(vectors / np.maximum(lengths, _SHORTEST), np.float32)


def _known_share(text: str) -> float:
    """The share of a text's letters and digits that the vocabulary has; 1 where there are none."""
    if text.isascii():
        return 1.0
    written = sum(map(str.isalnum, text))
    known = sum(map(str.isalnum, text.encode("ascii", "ignore").decode()))
    return known / written if written else 1.0


@functools.cache
def _shipped() -> StaticEmbedder:
    with resources.as_file(resources.files(__package__) / "data" / "static") as folder:
        return StaticEmbedder.load(folder)


def _verify(folder: Path) -> None:
    try:
        for line in (folder / "SHA256SUMS").read_text("utf-8").splitlines():
            expected, name = line.split("  ")
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
                raise DamagedModel(f"{folder / name} is damaged: install safeguild again")
    except OSError as error:
        raise DamagedModel(f"cannot read the embedder in {folder}: {error}") from error
