"""Builds the stand-in's GGUF on first use; nothing is downloaded."""

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from inference.standin.gguf_file import write_gguf
from inference.standin.vocabulary import token_bytes
from inference.standin.weights import WEIGHTS_SHA256, Tensors, all_tensors, weights_sha256
from inference.vocabulary import VocabularyError

_AGAIN = "install the locked requirements again"


class StandinError(RuntimeError):
    """The stand-in could not be built; the message says why and what to do."""


def build_gguf(folder: Path) -> Path:
    """The stand-in's GGUF in `folder`; it is built if it is not there whole (about ten seconds, 130 MB).

    The file appears under its name only when it is complete. Its SHA-256 lies beside it.

    Raises:
        StandinError: the weights do not have the pinned hash, the installed vocabulary is not o200k, or the folder
            cannot be written.
    """
    path = folder / f"standin-{WEIGHTS_SHA256[:12]}.gguf"
    try:
        if not _is_whole(path):
            folder.mkdir(parents=True, exist_ok=True)
            _build(path)
    except OSError as error:
        raise StandinError(f"cannot write the stand-in model {path}: {error}; it needs 130 MB there") from error
    return path


def _build(path: Path) -> None:
    tokens = token_bytes()
    weights = _pinned_weights(tokens)
    with NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as part:
        draft = Path(part.name)
    try:
        write_gguf(draft, tokens, weights)
        _settle(draft, path)
    except VocabularyError as error:
        raise StandinError(f"the installed splintr-rs is not the locked one: {error}; {_AGAIN}") from error
    finally:
        draft.unlink(missing_ok=True)


def _pinned_weights(tokens: list[bytes]) -> Tensors:
    weights = all_tensors(tokens)
    found = weights_sha256(weights)
    if found != WEIGHTS_SHA256:
        raise StandinError(
            f"the stand-in's weights come to sha256 {found} here, expected {WEIGHTS_SHA256}; {_AGAIN}, "
            "and if that does not help report it with your platform and NumPy version"
        )
    return weights


def _is_whole(path: Path) -> bool:
    """Whether the file is there and has the hash that was written beside it."""
    beside = _hash_file(path)
    return path.is_file() and beside.is_file() and _sha256(path) == beside.read_text("ascii").strip()


def _hash_file(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _settle(draft: Path, path: Path) -> None:
    """First the hash, then the model: a model without its hash, or with an older one's, is built again."""
    _sync(draft)
    hash_draft = draft.with_suffix(".sha256")
    try:
        hash_draft.write_text(_sha256(draft) + "\n", "ascii")
        _sync(hash_draft)
        hash_draft.replace(_hash_file(path))
    finally:
        hash_draft.unlink(missing_ok=True)
    draft.replace(path)
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
