"""What the book of policies hands to the history: which version, by whom, byte for byte."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.guilds.errors import ChangedMeanwhile, UnknownPolicy
from bot.guilds.history import Historian
from bot.guilds.policies import PolicyBook
from bot.ports import Store, StoreUnavailable
from bot.records.histories import Author, AuthorKind, NewVersion, Version, file_hash
from policies.document import PolicyError
from policies.policy import Mode
from policies.problems import Problem
from policies.starter import starter_text
from tests.bot.guilds.shelves import GUILD, OTHER, Shop, running, until, write
from tests.bot.new_store import new_store

ADA = Author(AuthorKind.COMMAND, 5, "too many")
BAD = "title: [never closed\n"
NOW = datetime(2030, 1, 1, tzinfo=UTC)


class Flaky:
    """A history that is away while it is told so."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.away = False

    async def keep_versions(self, versions: Sequence[NewVersion]) -> None:
        if self.away:
            raise StoreUnavailable("the disk is full")
        await self._store.keep_versions(versions)

    async def newest_versions(self, guild_id: int | None = None) -> list[Version]:
        return await self._store.newest_versions(guild_id)


class Desk:
    """A book on a real store."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.shop = Shop()
        self.flaky = Flaky(store)
        self.told: list[tuple[int, tuple[Problem, ...]]] = []

    async def open(self) -> PolicyBook:
        return await PolicyBook.open(
            self.folder,
            self.shop.build,
            self.shop.adopted.append,
            history=Historian(self.flaky, lambda: NOW),  # type: ignore[arg-type]  # the rest is not asked for
            tell=lambda guild_id, problems: self.told.append((guild_id, problems)),
        )

    async def history(
        self, policy_id: str = "spam", guild_id: int = GUILD
    ) -> list[tuple[str, int | None, Mode | None]]:
        """Oldest first: kind of author, author, mode."""
        found = await self.store.versions(guild_id, policy_id, limit=50)
        return [(each.author.kind.value, each.author.id, each.mode) for each in reversed(found)]


@pytest.fixture
async def desk(tmp_path: Path):
    async with new_store(tmp_path / "store.db") as store:
        yield Desk(store, tmp_path / "policies")


async def test_every_change_is_kept_with_who_made_it(desk: Desk) -> None:
    book = await desk.open()
    await book.add(GUILD, "spam", Mode.SHADOW, ADA)
    await book.set_mode(GUILD, "spam", Mode.LIVE, ADA)
    async with running(book.watch()):
        write(desk.folder, GUILD, "spam", "# by hand\n" + starter_text("spam"))
        while len(await desk.history()) < 3:  # noqa: ASYNC110 - the store has no event for it
            await asyncio.sleep(0.02)
    await book.remove(GUILD, "spam", Author(AuthorKind.COMMAND, 6))
    assert await desk.history() == [
        ("command", 5, Mode.SHADOW),
        ("command", 5, Mode.LIVE),
        ("file", None, Mode.LIVE),
        ("command", 6, None),
    ]
    assert await desk.store.version_source(GUILD, "spam", 3) == ("# by hand\n" + starter_text("spam")).encode()
    assert (await desk.store.versions(GUILD, "spam"))[1].at == NOW


async def test_what_changed_while_the_bot_was_down_is_found_at_the_start(desk: Desk) -> None:
    write(desk.folder, GUILD, "spam")
    write(desk.folder, GUILD, "hate")
    await desk.open()
    write(desk.folder, GUILD, "spam", "# other\n" + starter_text("spam"))
    (desk.folder / str(GUILD) / "hate.yaml").unlink()
    await desk.open()
    await desk.open()
    assert await desk.history() == [("start", None, Mode.LIVE), ("start", None, Mode.LIVE)]
    assert await desk.history("hate") == [("start", None, Mode.LIVE), ("start", None, None)]


async def test_a_file_with_errors_leaves_the_version_before_it_in_the_history(desk: Desk) -> None:
    path = write(desk.folder, GUILD, "spam")
    await desk.open()
    path.write_text(BAD)
    await desk.open()
    assert await desk.history() == [("start", None, Mode.LIVE)]


async def test_a_folder_that_cannot_be_read_removes_nothing_from_the_history(desk: Desk) -> None:
    write(desk.folder, GUILD, "spam")
    await desk.open()
    (desk.folder / str(GUILD)).rename(desk.folder / "aside")
    (desk.folder / str(GUILD)).write_text("a file where a folder was")
    await desk.open()
    assert await desk.history() == [("start", None, Mode.LIVE)]


async def test_a_store_that_is_away_gets_the_versions_later_and_the_command_works(desk: Desk) -> None:
    book = await desk.open()
    desk.flaky.away = True
    with capture_logs() as logs:
        await book.add(GUILD, "spam", Mode.SHADOW, ADA)
        await book.set_mode(GUILD, "spam", Mode.OFF, ADA)
    assert [(line["event"], line["waiting"]) for line in logs if line["log_level"] == "error"] == [
        ("versions of policies wait for the store", 1),
        ("versions of policies wait for the store", 2),
    ]
    desk.flaky.away = False
    await book.add(GUILD, "hate", None, ADA)
    assert await desk.history() == [("command", 5, Mode.SHADOW), ("command", 5, Mode.OFF)]


async def test_a_forgotten_guild_is_not_brought_back_by_what_waits(desk: Desk) -> None:
    book = await desk.open()
    desk.flaky.away = True
    with capture_logs():
        await book.add(GUILD, "spam", None, ADA)
        await book.forget(GUILD)
    desk.flaky.away = False
    await book.add(OTHER, "spam", None, ADA)
    assert await desk.history() == []


async def test_who_saves_a_change_of_an_older_file_is_told_and_nothing_is_lost(desk: Desk) -> None:
    book = await desk.open()
    await book.add(GUILD, "spam", Mode.SHADOW, ADA)
    base = await book.text(GUILD, "spam")
    mine, theirs = base + b"# mine\n", base + b"# theirs\n"
    await book.save(GUILD, "spam", theirs, file_hash(base), ADA)
    with pytest.raises(ChangedMeanwhile) as error:
        await book.save(GUILD, "spam", mine, file_hash(base), ADA)
    assert error.value.current == theirs
    assert await book.text(GUILD, "spam") == theirs
    await book.save(GUILD, "spam", mine, file_hash(theirs), ADA)
    assert await book.text(GUILD, "spam") == mine


async def test_a_new_policy_needs_a_free_name_and_a_hand_edit_counts_as_a_change(desk: Desk) -> None:
    book = await desk.open()
    source = starter_text("spam").encode()
    assert (await book.save(GUILD, "my-spam", source, None, ADA)).id == "my-spam"
    with pytest.raises(ChangedMeanwhile):
        await book.save(GUILD, "my-spam", source, None, ADA)
    write(desk.folder, GUILD, "my-spam", BAD)
    with pytest.raises(ChangedMeanwhile) as error:
        await book.save(GUILD, "my-spam", source + b"#\n", file_hash(source), ADA)
    assert error.value.current == BAD.encode()
    with pytest.raises(PolicyError):
        await book.save(GUILD, "other", BAD.encode(), None, ADA)
    with pytest.raises(UnknownPolicy):
        await book.remove(GUILD, "other", ADA)


async def test_two_who_save_at_once_are_not_both_served(desk: Desk) -> None:
    book = await desk.open()
    await book.add(GUILD, "spam", None, ADA)
    base = await book.text(GUILD, "spam")
    texts = [base + f"# {number}\n".encode() for number in range(6)]
    ends = await asyncio.gather(
        *(book.save(GUILD, "spam", text, file_hash(base), ADA) for text in texts), return_exceptions=True
    )
    assert sum(isinstance(each, ChangedMeanwhile) for each in ends) == 5
    assert len(await desk.history()) == 2


async def test_errors_in_a_file_are_told_once_for_every_change(desk: Desk) -> None:
    path = write(desk.folder, GUILD, "spam")
    book = await desk.open()
    async with running(book.watch()):
        path.write_text(BAD)
        await until(lambda: bool(desk.told))
        await book.add(GUILD, "hate", None, ADA)
        path.write_text("# more\n" + BAD)
        await until(lambda: len(desk.told) > 1)
    assert [(guild_id, problems[0].file) for guild_id, problems in desk.told] == [(GUILD, "spam.yaml")] * 2
