"""A restore that is killed at any step leaves what was there, or what the next to take the folder makes whole."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from bot.backup import placing
from bot.backup.making import make_backup
from bot.backup.placing import READY, STAGE, unfinished
from bot.backup.restoring import restore
from bot.errors import EnvironmentProblem, InputError
from bot.live.data_lock import data_lock
from bot.settings import Settings
from bot.store import DATABASE, open_store
from bot.store.key_file import NAME as KEY_FILE
from tests.bot.store.samples import GUILD, policy, suspected

OLD_POLICY, NEW_POLICY = "policies/7/old.yaml", "policies/7/new.yaml"
STEPS = 26


class Killed(BaseException):
    """kill -9, as far as a test in the same process can do it."""


def furnish(folder: Path, policy_file: str, key: Path | None) -> None:
    (folder / policy_file).parent.mkdir(mode=0o700, parents=True)
    (folder / policy_file).write_text("title: Harassment\n")
    if key:
        shutil.copy(key, folder / KEY_FILE)


async def fill(folder: Path, policy_file: str, cases: int, *, key: Path | None = None) -> None:
    """A data folder as a stopped bot leaves it."""
    furnish(folder, policy_file, key)
    async with open_store(folder / DATABASE) as store:
        await store.keep_policy(GUILD, policy())
        for number in range(1, cases + 1):
            await store.record(suspected(number))


def content(folder: Path) -> dict[str, bytes]:
    """What a bot would work with, and what was set aside."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("bot."))
    names = {path.relative_to(folder).as_posix(): path for path in files}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith((STAGE, READY))}


@pytest.fixture
async def archive(tmp_path: Path) -> Path:
    """A backup with two cases."""
    await fill(tmp_path / "source", NEW_POLICY, 2)
    return make_backup(Settings(data_folder=tmp_path / "source"), tmp_path / "backup.tar", with_key=True).path


@pytest.fixture
async def folder(archive: Path, tmp_path: Path) -> Path:
    """Five cases, sealed with the backup's key."""
    folder = tmp_path / "data"
    await fill(folder, OLD_POLICY, 5, key=archive.parent / "source" / KEY_FILE)
    return folder


def cases_in(database: Path) -> int:
    with closing(sqlite3.connect(database)) as db:
        return int(db.execute("SELECT count(*) FROM case_file").fetchone()[0])


def state(folder: Path) -> tuple[int, bool, bool]:
    return cases_in(folder / DATABASE), (folder / OLD_POLICY).exists(), (folder / NEW_POLICY).exists()


OLD, NEW = (5, True, False), (2, False, True)


def dying_after(steps: int, patches: pytest.MonkeyPatch) -> list[int]:
    """The process dies before the step after so many: once it is dead it does nothing more. The steps done."""
    done: list[int] = []

    def dying(work: Any) -> Any:
        def step(*arguments: Any, **named: Any) -> Any:
            if len(done) >= steps:
                raise Killed
            done.append(len(done))
            return work(*arguments, **named)

        return step

    patches.setattr(placing, "_sync", dying(placing._sync))
    patches.setattr(Path, "rename", dying(Path.rename))
    patches.setattr(Path, "unlink", dying(Path.unlink))
    patches.setattr(shutil, "rmtree", dying(shutil.rmtree))
    return done


def killed(folder: Path, archive: Path, steps: int, *, replace: bool = True) -> bool:
    with pytest.MonkeyPatch.context() as patches:
        dying_after(steps, patches)
        with suppress(Killed):
            restore(Settings(data_folder=folder), archive, replace=replace)
            return False
    return True


@pytest.mark.parametrize("steps", range(STEPS))
def test_killed_at_any_step_the_same_command_ends_it(folder: Path, archive: Path, steps: int) -> None:
    killed(folder, archive, steps)
    done = restore(Settings(data_folder=folder), archive, replace=True)
    assert state(folder) == NEW
    assert [path for path in folder.iterdir() if path.name in (STAGE, READY)] == []
    aside = [path for path in folder.iterdir() if path.name.startswith("replaced-")]
    kept = [path for path in aside if (path / OLD_POLICY).exists()]
    assert [cases_in(path / DATABASE) for path in kept] == [5], "what was there is kept once, whole"
    assert done.moved_to in aside


def test_the_last_step_is_among_those_at_which_it_was_killed(folder: Path, archive: Path) -> None:
    assert killed(folder, archive, STEPS - 8)
    assert not killed(folder, archive, 10 * STEPS)


@pytest.mark.parametrize("steps", range(STEPS))
def test_whoever_takes_the_folder_next_finds_the_old_or_the_new_whole(
    folder: Path, archive: Path, steps: int
) -> None:
    killed(folder, archive, steps)
    with data_lock(folder):
        assert state(folder) in (OLD, NEW)
    assert unfinished(folder) is None


@pytest.mark.parametrize("steps", range(0, STEPS, 2))
def test_killed_again_while_it_goes_on_it_still_ends(folder: Path, archive: Path, steps: int) -> None:
    for again in (steps, 1, 2, 3):
        killed(folder, archive, again)
    restore(Settings(data_folder=folder), archive, replace=True)
    assert state(folder) == NEW
    kept = [path for path in folder.glob("replaced-*") if (path / OLD_POLICY).exists()]
    assert [cases_in(path / DATABASE) for path in kept] == [5]


@pytest.mark.parametrize("steps", range(0, STEPS, 3))
def test_into_an_empty_folder_the_same_command_needs_no_replacing(
    archive: Path, tmp_path: Path, steps: int
) -> None:
    folder = tmp_path / "new"
    killed(folder, archive, steps, replace=False)
    if unfinished(folder) or not (folder / DATABASE).exists():
        done = restore(Settings(data_folder=folder), archive)
        assert (done.moved_to, done.brought_key) == (None, True)
    assert state(folder) == NEW


def test_another_backup_is_not_taken_for_the_one_that_was_cut_off(
    folder: Path, archive: Path, tmp_path: Path
) -> None:
    other = make_backup(Settings(data_folder=folder), tmp_path / "other.tar").path
    steps = next(steps for steps in range(STEPS) if killed(folder, archive, steps) and unfinished(folder))
    assert steps
    with pytest.raises(InputError, match="is in use"):
        restore(Settings(data_folder=folder), other)
    assert cases_in(folder / DATABASE) == 2, "the one that was cut off is finished"


def test_no_backup_is_made_of_a_folder_in_between(folder: Path, archive: Path, tmp_path: Path) -> None:
    next(steps for steps in range(STEPS) if killed(folder, archive, steps) and unfinished(folder))
    with pytest.raises(EnvironmentProblem, match="a restore was cut off"):
        make_backup(Settings(data_folder=folder), tmp_path / "another.tar")


def test_a_plan_that_cannot_be_read_is_told_and_nothing_is_touched(folder: Path, archive: Path) -> None:
    next(steps for steps in range(STEPS) if killed(folder, archive, steps) and unfinished(folder))
    (folder / READY / "plan.json").write_text("{")
    before = content(folder)
    with pytest.raises(EnvironmentProblem, match="cannot be read"), data_lock(folder):
        pass
    assert content(folder) == before


REALLY = """
import os, signal, sys
from pathlib import Path
from bot.backup import placing
from bot.backup.restoring import restore
from bot.settings import Settings
left = iter(range(int(sys.argv[3])))
def dying(work):
    def step(*arguments):
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*arguments)
    return step
Path.rename = dying(Path.rename)
restore(Settings(data_folder=Path(sys.argv[1])), Path(sys.argv[2]), replace=True)
"""


@pytest.mark.parametrize("steps", [1, 2, 4])
def test_kill_9_between_two_renames(folder: Path, archive: Path, steps: int) -> None:
    command = [sys.executable, "-c", REALLY, str(folder), str(archive), str(steps)]
    done = subprocess.run(command, check=False, timeout=60, env=os.environ | {"PYTHONPATH": "."})
    assert done.returncode == -signal.SIGKILL
    restore(Settings(data_folder=folder), archive, replace=True)
    assert state(folder) == NEW
