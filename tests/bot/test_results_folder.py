"""A folder of results is held by one process at a time, and says plainly when it cannot be."""

from pathlib import Path

import pytest
from filelock import FileLock

from bot.results_folder import held
from bot.scan.errors import ScanError


def test_a_folder_is_made_and_held(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    with (
        held(folder, "scan", ScanError),
        pytest.raises(ScanError, match="another scan is at work"),
        held(folder, "scan", ScanError),
    ):
        pass


def test_a_folder_is_let_go_of_even_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), held(tmp_path, "scan", ScanError):
        raise ZeroDivisionError
    with FileLock(tmp_path / "lock", timeout=0) as lock:
        assert lock.is_locked


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("a file", "is a file"),
        ("a file/below", "is a file"),
        ("x" * 300, "cannot be written to: File name too long"),
    ],
)
def test_a_folder_that_cannot_be_made_is_named_with_what_to_do(tmp_path: Path, path: str, why: str) -> None:
    (tmp_path / "a file").write_text("")
    with pytest.raises(ScanError, match=why) as told, held(tmp_path / path, "scan", ScanError):
        pass
    assert "--out" in told.value.hint


def test_an_error_of_the_work_itself_is_not_taken_for_one_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError), held(tmp_path, "scan", ScanError):
        raise FileExistsError
