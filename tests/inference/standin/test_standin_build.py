"""Building the stand-in's file: the same everywhere, whole or not at all, and only from what is pinned."""

import errno
import hashlib
from pathlib import Path

import numpy as np
import pytest

from inference import llama, vocabulary
from inference.standin import build
from inference.standin.build import StandinError, build_gguf
from inference.standin.notice import STANDIN_NAME
from inference.standin.vocabulary import gguf_tokens, token_bytes
from inference.standin.weights import WEIGHTS_SHA256, Tensors
from inference.vocabulary import VocabularyError


@pytest.fixture
def quick_build(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Writes a few bytes instead of a model and notes where."""
    written: list[Path] = []

    def write(path: Path, _tokens: list[bytes], _weights: Tensors) -> None:
        written.append(path)
        path.write_bytes(b"a model")

    monkeypatch.setattr(build, "token_bytes", list)
    monkeypatch.setattr(build, "_pinned_weights", lambda _: {})
    monkeypatch.setattr(build, "write_gguf", write)
    return written


@pytest.mark.slow
def test_the_file_is_the_same_each_time_it_is_built(standin_model: Path, tmp_path: Path) -> None:
    assert build_gguf(tmp_path).read_bytes() == standin_model.read_bytes()


def test_the_file_says_that_it_is_the_standin_and_holds_the_true_vocabulary(standin_model: Path) -> None:
    with llama.open_model(standin_model, vocabulary_only=True) as model:
        assert model.metadata("general.name") == STANDIN_NAME
        assert model.vocabulary_size == 201_088
        content = vocabulary.vocabulary_file(model.token_texts(vocabulary.ORDINARY_TOKENS))
    assert hashlib.sha256(content).hexdigest() == vocabulary.SHA256


def test_the_name_tells_the_weights(quick_build: list[Path], tmp_path: Path) -> None:
    assert build_gguf(tmp_path).name == f"standin-{WEIGHTS_SHA256[:12]}.gguf"


def test_a_whole_file_is_used_again(quick_build: list[Path], tmp_path: Path) -> None:
    assert build_gguf(tmp_path) == build_gguf(tmp_path)
    assert len(quick_build) == 1


@pytest.mark.parametrize("damage", [b"", b"a mode", b"b model", b"a model and more"])
def test_a_damaged_file_is_built_again(quick_build: list[Path], tmp_path: Path, damage: bytes) -> None:
    path = build_gguf(tmp_path)
    path.write_bytes(damage)
    assert build_gguf(tmp_path).read_bytes() == b"a model"
    assert len(quick_build) == 2


def test_a_file_without_its_hash_is_built_again(quick_build: list[Path], tmp_path: Path) -> None:
    path = build_gguf(tmp_path)
    path.with_name(path.name + ".sha256").unlink()
    build_gguf(tmp_path)
    assert len(quick_build) == 2


def test_the_file_is_written_elsewhere_and_appears_whole(quick_build: list[Path], tmp_path: Path) -> None:
    path = build_gguf(tmp_path)
    assert quick_build[0].parent == path.parent
    assert quick_build[0] != path
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, path.name + ".sha256"]


def test_a_full_disk_leaves_nothing_behind_and_says_so(
    quick_build: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(path: Path, _tokens: list[bytes], _weights: Tensors) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(build, "write_gguf", fill)
    with pytest.raises(StandinError, match="No space left on device; it needs 130 MB there"):
        build_gguf(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_build_keeps_an_older_file_of_the_folder(
    quick_build: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = tmp_path / "standin-000000000000.gguf"
    older.write_bytes(b"older")

    def vanish(_draft: Path, _path: Path) -> None:
        raise OSError("gone")

    monkeypatch.setattr(build, "_settle", vanish)
    with pytest.raises(StandinError, match="gone"):
        build_gguf(tmp_path)
    assert list(tmp_path.iterdir()) == [older]


def test_a_folder_that_cannot_be_made_is_an_error_that_names_the_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StandinError, match=r"cannot write the stand-in model .*file/standin-"):
        build_gguf(tmp_path / "file")


def test_weights_with_another_hash_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "token_bytes", list)
    monkeypatch.setattr(build, "all_tensors", lambda _: {"output_norm.weight": np.zeros(3, np.float32)})
    with pytest.raises(StandinError, match=f"expected {WEIGHTS_SHA256}; install the locked requirements again"):
        build_gguf(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_vocabulary_is_refused() -> None:
    tokens = token_bytes()
    with pytest.raises(VocabularyError):
        gguf_tokens([tokens[1], tokens[0], *tokens[2:]])
