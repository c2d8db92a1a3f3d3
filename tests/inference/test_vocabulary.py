import errno
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference import vocabulary
from inference.vocabulary import VocabularyError


def test_the_byte_map_is_one_to_one_over_all_bytes() -> None:
    assert sorted(vocabulary.byte_of_character().values()) == list(range(256))


def test_a_foreign_vocabulary_is_refused() -> None:
    with pytest.raises(VocabularyError, match="not o200k"):
        vocabulary.vocabulary_file(["a", "b", "c"])


def test_a_token_that_is_no_mapped_bytes_is_refused() -> None:
    with pytest.raises(VocabularyError, match="unexpected character"):
        vocabulary.vocabulary_file(["日本"])


def test_a_kept_vocabulary_is_not_made_again(vocabulary_folder: Path) -> None:
    def never() -> Iterator[str]:
        raise AssertionError("the vocabulary was there already")
        yield ""

    vocabulary.keep(vocabulary_folder, never())
    assert vocabulary.is_kept(vocabulary_folder)


def test_a_damaged_file_does_not_count_as_kept(tmp_path: Path) -> None:
    (tmp_path / vocabulary.FILE_NAME).write_bytes(b"YQ== 0\n")
    assert not vocabulary.is_kept(tmp_path)


def test_a_full_disk_leaves_nothing_behind(
    vocabulary_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    whole = (vocabulary_folder / vocabulary.FILE_NAME).read_bytes()
    monkeypatch.setattr(vocabulary, "vocabulary_file", lambda _texts: whole)
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        vocabulary.keep(tmp_path, [])
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError):
        vocabulary.keep(tmp_path, ["a"])
    assert list(tmp_path.iterdir()) == []
