import asyncio
import os
import shutil
import stat
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.guilds.errors import AlreadyThere, NotWritten, UnknownPolicy
from bot.guilds.policies import PolicyBook
from bot.guilds.rebuilding import PrefilterBuilder
from bot.rulebook import Rulebook
from inference.prefilter.scores.lesson import Learned
from inference.prefilter.scores.shelf import HeadShelf
from policies.document import PolicyError
from policies.patterns import PatternError
from policies.phrases import phrase
from policies.policy import Mode
from policies.starter import starter_text
from tests.bot.adapters import make_message
from tests.bot.guilds.shelves import GUILD, OTHER, Shop, left_in, running, until, write

BAD = "title: [never closed\n"


async def test_a_guild_without_files_has_no_policies(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path / "policies")
    assert (book.policies(GUILD), book.problems(GUILD), shop.modes()) == ({}, (), {})
    assert shop.builds == 1


async def test_what_is_in_the_folder_is_in_force_after_opening(tmp_path: Path) -> None:
    write(tmp_path, GUILD, "spam")
    write(tmp_path, OTHER, "hate")
    shop = Shop()
    book = await shop.open(tmp_path)
    assert (set(book.policies(GUILD)), set(book.policies(OTHER))) == ({"spam"}, {"hate"})
    assert (shop.modes(GUILD), shop.modes(OTHER)) == ({"spam": Mode.LIVE}, {"hate": Mode.LIVE})
    assert shop.builds == 1


async def test_an_added_starter_policy_is_a_private_copy_that_is_in_force(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path / "policies")
    policy = await book.add(GUILD, "harassment")
    path = tmp_path / "policies" / str(GUILD) / "harassment.yaml"
    assert path.read_text() == starter_text("harassment")
    assert policy.mode is Mode.LIVE
    assert shop.modes() == {"harassment": Mode.LIVE}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (path.parent, path.parent.parent)} == {0o700}


async def test_a_starter_policy_can_be_added_in_another_mode_and_keeps_its_comments(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path)
    assert (await book.add(GUILD, "spam", Mode.SHADOW)).mode is Mode.SHADOW
    wanted = starter_text("spam").replace("\nmode: live\n", "\nmode: shadow\n")
    assert await book.text(GUILD, "spam") == wanted.encode()


async def test_a_policy_is_added_once(tmp_path: Path) -> None:
    write(tmp_path, GUILD, "spam", BAD)
    book = await Shop().open(tmp_path)
    with pytest.raises(AlreadyThere, match="spam"):
        await book.add(GUILD, "spam")
    assert (tmp_path / str(GUILD) / "spam.yaml").read_text() == BAD


async def test_unknown_names_are_told_apart_from_paths(tmp_path: Path) -> None:
    book = await Shop().open(tmp_path)
    for name in ("nonsense", "../700/spam", "", "spam.yaml"):
        with pytest.raises(UnknownPolicy):
            await book.add(GUILD, name)
        with pytest.raises(UnknownPolicy):
            await book.set_mode(GUILD, name, Mode.OFF)
        with pytest.raises(UnknownPolicy):
            await book.text(GUILD, name)


async def test_a_mode_is_changed_in_the_file_and_in_force_at_once(tmp_path: Path) -> None:
    text = "# ours\n" + starter_text("spam")
    path = write(tmp_path, GUILD, "spam", text)
    shop = Shop()
    book = await shop.open(tmp_path)
    assert (await book.set_mode(GUILD, "spam", Mode.OFF)).mode is Mode.OFF
    assert path.read_text() == text.replace("\nmode: live\n", "\nmode: off\n")
    assert shop.modes() == {"spam": Mode.OFF}


async def test_a_hand_edit_that_nobody_noticed_yet_is_not_lost_by_a_command(tmp_path: Path) -> None:
    path = write(tmp_path, GUILD, "spam")
    book = await Shop().open(tmp_path)
    path.write_text(starter_text("spam").replace("title: Spam", "title: Noise"))
    with capture_logs() as logs:
        policy = await book.set_mode(GUILD, "spam", Mode.SHADOW)
    assert (policy.title, policy.mode) == ("Noise and advertising", Mode.SHADOW)
    assert [(entry["by"], entry["mode"]) for entry in logs] == [("hand", "live"), ("command", "shadow")]


async def test_a_mode_cannot_be_changed_in_a_file_with_errors_and_the_last_good_version_holds(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, GUILD, "spam")
    shop = Shop()
    book = await shop.open(tmp_path)
    path.write_text(BAD)
    with pytest.raises(PolicyError, match=r"spam\.yaml"):
        await book.set_mode(GUILD, "spam", Mode.OFF)
    assert (shop.modes(), path.read_text()) == ({"spam": Mode.LIVE}, BAD)


async def test_hand_edits_are_picked_up_while_running(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path)
    async with running(book.watch()):
        path = write(tmp_path, GUILD, "spam")
        await until(lambda: shop.modes() == {"spam": Mode.LIVE})
        path.write_text(starter_text("spam").replace("mode: live", "mode: off"))
        await until(lambda: shop.modes() == {"spam": Mode.OFF})
        path.unlink()
        await until(lambda: shop.modes() == {})
    assert book.policies(GUILD) == {}


async def test_a_folder_that_is_deleted_by_hand_takes_its_policies_along_and_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    shop = Shop()
    write(folder, GUILD, "spam")
    book = await shop.open(folder)
    async with running(book.watch()):
        shutil.rmtree(folder)
        await until(lambda: shop.modes() == {})
        assert book.policies(GUILD) == {}


async def test_names_of_odd_bytes_and_odd_things_among_the_copies_do_not_end_the_watch(tmp_path: Path) -> None:
    shop = Shop()
    path = write(tmp_path, GUILD, "spam")
    book = await shop.open(tmp_path)
    async with running(book.watch()):
        (path.parent / ".last-good" / "a folder").mkdir()
        path.unlink()
        await until(lambda: shop.modes() == {})
        odd = os.fsdecode(b"\xff.yaml")
        (path.parent / odd).write_text("x: 1")
        await until(lambda: bool(book.problems(GUILD)))
        assert [problem.line for problem in book.problems(GUILD)] == [1]


async def test_a_bad_edit_keeps_the_last_good_version_and_is_told_with_line_and_hint(tmp_path: Path) -> None:
    path = write(tmp_path, GUILD, "spam")
    shop = Shop()
    book = await shop.open(tmp_path)
    secret = "a member's words"
    with capture_logs() as logs:
        async with running(book.watch()):
            path.write_text(starter_text("spam").replace("mode: live", f"mode: {secret}"))
            await until(lambda: bool(book.problems(GUILD)))
            assert shop.modes() == {"spam": Mode.LIVE}
            (problem,) = book.problems(GUILD)
            assert (problem.file, problem.source) == ("spam.yaml", f"mode: {secret}")
            assert "off | shadow | live" in str(problem.hint)
            path.write_text(starter_text("spam"))
            await until(lambda: not book.problems(GUILD))
    (warning,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert (warning["file"], warning["line"]) == ("spam.yaml", problem.line)
    assert secret not in str(logs)


async def test_the_last_good_version_outlives_a_restart(tmp_path: Path) -> None:
    path = write(tmp_path, GUILD, "spam")
    await Shop().open(tmp_path)
    path.write_text(BAD)
    shop = Shop()
    book = await shop.open(tmp_path)
    assert shop.modes() == {"spam": Mode.LIVE}
    assert book.problems(GUILD)


async def test_a_file_deleted_while_the_bot_was_down_is_out_of_force_for_good(tmp_path: Path) -> None:
    path = write(tmp_path, GUILD, "spam")
    await Shop().open(tmp_path)
    path.unlink()
    assert (await Shop().open(tmp_path)).policies(GUILD) == {}
    path.write_text(BAD)
    assert (await Shop().open(tmp_path)).policies(GUILD) == {}


async def test_a_folder_that_cannot_be_read_puts_nothing_out_of_force(tmp_path: Path) -> None:
    write(tmp_path, GUILD, "spam")
    shop = Shop()
    book = await shop.open(tmp_path)
    (tmp_path / str(GUILD)).rename(tmp_path / "aside")
    (tmp_path / str(GUILD)).write_text("a file where a folder was")
    with pytest.raises(NotWritten):
        await book.add(GUILD, "hate")
    assert shop.modes() == {"spam": Mode.LIVE}
    assert "cannot be read" in str(book.problems(GUILD)[0].message)


async def test_files_that_are_no_policies_are_told(tmp_path: Path) -> None:
    write(tmp_path, GUILD, "spam").rename(tmp_path / str(GUILD) / "spam.yml")
    write(tmp_path, GUILD, "Not An Id", starter_text("spam"))
    os.mkfifo(tmp_path / str(GUILD) / "pipe.yaml")
    (tmp_path / str(GUILD) / "gone.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / str(GUILD) / "notes.txt").write_text("hello")
    (tmp_path / "not-a-guild").mkdir()
    book = await Shop().open(tmp_path)
    assert book.policies(GUILD) == {}
    assert {problem.file for problem in book.problems(GUILD)} == {"spam.yml", "Not An Id.yaml", "pipe.yaml"}


async def test_a_command_and_the_watcher_make_one_rebuild(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path)
    async with running(book.watch()):
        with capture_logs() as logs:
            await book.add(GUILD, "spam")
            await asyncio.sleep(0.7)
    assert shop.builds == 2
    assert [entry["by"] for entry in logs] == ["command"]


async def test_a_burst_of_commands_is_rebuilt_one_at_a_time_and_together(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path)
    shop.seconds = 0.3
    names = ["spam", "hate", "scams", "threats", "harassment", "doxxing", "raids", "self-harm"]
    await asyncio.gather(*(book.add(GUILD, name) for name in names))
    assert set(shop.modes()) == set(names)
    assert shop.most_at_once == 1
    assert shop.builds <= 4


async def test_a_command_returns_only_when_its_change_is_in_force(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path)
    shop.seconds = 0.2

    async def add(name: str) -> None:
        await book.add(GUILD, name)
        assert name in shop.modes()

    await asyncio.gather(*(add(name) for name in ("spam", "hate", "scams")))


async def test_the_event_loop_runs_while_a_rulebook_is_built(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path)
    shop.seconds = 0.5
    adding = asyncio.ensure_future(book.add(GUILD, "spam"))
    beats = 0
    while not adding.done():
        await asyncio.sleep(0.01)
        beats += 1
    assert beats > 20


async def test_policies_that_cannot_be_built_leave_the_rulebook_and_are_tried_again(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path)
    shop.fails_with = PatternError(phrase("too large"), phrase("shorten it"))
    with pytest.raises(PatternError):
        await book.add(GUILD, "spam")
    assert shop.modes() == {}
    async with running(book.watch()):
        await until(lambda: shop.builds >= 3)
        shop.fails_with = None
        write(tmp_path, GUILD, "hate")
        await until(lambda: set(shop.modes()) == {"spam", "hate"})


async def test_a_forgotten_guild_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    shop = Shop()
    book = await shop.open(tmp_path)
    await book.add(GUILD, "spam")
    await book.add(OTHER, "spam")
    await book.forget(GUILD)
    assert not [name for name in left_in(tmp_path) if str(GUILD) in name]
    assert (shop.modes(GUILD), shop.modes(OTHER)) == ({}, {"spam": Mode.LIVE})
    await book.forget(GUILD)


async def test_a_full_disk_changes_nothing_and_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, GUILD, "spam")
    shop = Shop()
    book = await shop.open(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWritten, match="No space left on device"):
        await book.set_mode(GUILD, "spam", Mode.OFF)
    assert path.read_text() == starter_text("spam")
    assert shop.modes() == {"spam": Mode.LIVE}
    assert [item.name for item in path.parent.iterdir() if item.name.endswith(".tmp")] == []


async def test_drafts_of_a_killed_process_are_swept(tmp_path: Path) -> None:
    draft = write(tmp_path, GUILD, "spam").parent / ".spam.yaml.0123456789abcdef.tmp"
    draft.write_text("half a pol")
    await Shop().open(tmp_path)
    assert not draft.exists()


async def test_the_shipped_prefilter_is_built_and_takes_over_what_it_knows(tmp_path: Path) -> None:
    adopted: list[Rulebook] = []
    build = PrefilterBuilder()
    book = await PolicyBook.open(tmp_path, build, adopted.append)
    await book.add(GUILD, "harassment")
    message = make_message(text="you pathetic loser", guild_id=GUILD)
    assert adopted[-1].suspect(message)
    await book.set_mode(GUILD, "harassment", Mode.OFF)
    assert adopted[-1].suspect(message) is None


async def test_fitted_scores_are_kept_for_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = tmp_path / "cache" / "scores"
    book = await PolicyBook.open(tmp_path, PrefilterBuilder(shelf=HeadShelf(scores)), [].append)
    await book.add(GUILD, "harassment")
    (kept,) = scores.iterdir()
    (scores / "old.head").write_bytes(b"of a policy that was deleted while the bot did not run")
    monkeypatch.setattr(Learned, "of", None)  # so that nothing can be fitted
    adopted: list[Rulebook] = []
    await PolicyBook.open(tmp_path, PrefilterBuilder(shelf=HeadShelf(scores)), adopted.append)
    assert adopted[-1].suspect(make_message(text="you pathetic loser", guild_id=GUILD))
    assert list(scores.iterdir()) == [kept]


async def test_of_a_policy_that_is_deleted_no_fitted_scores_are_left(tmp_path: Path) -> None:
    scores = tmp_path / "cache" / "scores"
    book = await PolicyBook.open(tmp_path, PrefilterBuilder(shelf=HeadShelf(scores)), [].append)
    await book.add(GUILD, "harassment")
    (kept,) = scores.iterdir()
    await book.add(OTHER, "spam")
    assert len(list(scores.iterdir())) == 2
    await book.forget(OTHER)
    assert list(scores.iterdir()) == [kept]
