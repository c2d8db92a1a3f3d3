"""The folder of guilds' policies: what is read from it, what is written to it, and who hears of news."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import structlog

from bot.guilds import files
from bot.guilds.drawer import FOLDER, Drawer, Entry
from bot.guilds.errors import NotWritten, UnknownPolicy
from bot.guilds.history import AT_START, BY_HAND, Historian
from bot.guilds.policy_files import delete_folder, file_name, guilds_in, is_guild, parse_file
from bot.records.histories import Author, AuthorKind
from policies.phrases import phrase
from policies.policy import Policy
from policies.problems import Problem

_log = structlog.get_logger(__name__)

Value = TypeVar("Value")
Entries = Mapping[str, Entry[Policy]]
Tell = Callable[[int, tuple[Problem, ...]], None]
"""Hears of a guild's file that has errors since just now, once for every change of it."""


class Shelf:
    """`<folder>/<guild id>/<policy id>.yaml`. Whoever looks or writes takes care that nobody else does."""

    def __init__(self, folder: Path, history: Historian, tell: Tell, changed: Callable[[], None]) -> None:
        """`changed` is called when policies say something else than before."""
        self.folder = folder
        self._history = history
        self._tell = tell
        self._changed = changed
        self._guilds: dict[int, Entries] = {}
        self.in_force: dict[int, Mapping[str, Policy]] = {}
        """{guild id: {policy id: policy}}."""

    async def read(self) -> None:
        """Read every guild's folder, and tell the history what was changed while nobody looked. Raises OSError."""
        await asyncio.to_thread(files.make_private_folder, self.folder)
        for guild_id in await asyncio.to_thread(guilds_in, self.folder):
            await asyncio.to_thread(files.sweep_drafts, self._place(guild_id))
            await self.look(guild_id, author=AT_START)
        await self._catch_up()

    def problems(self, guild_id: int) -> tuple[Problem, ...]:
        """What is wrong with the guild's files."""
        entries = self._guilds.get(guild_id, {})
        return tuple(problem for entry in entries.values() for problem in entry.problems)

    def has_file(self, guild_id: int, policy_id: str) -> bool:
        """Whether there is a file of this name, with errors or without."""
        return file_name(policy_id) in self._guilds.get(guild_id, {})

    def known(self, guild_id: int, policy_id: str) -> Policy:
        """A policy in force. Raises UnknownPolicy."""
        try:
            return self.in_force.get(guild_id, {})[policy_id]
        except KeyError:
            raise UnknownPolicy(phrase("This server has no policy “{policy}”.", policy=policy_id)) from None

    async def on_disk(self, guild_id: int, policy_id: str) -> bytes | None:
        """A policy's file as it stands on the disk; None if there is none. Raises NotWritten."""
        try:
            return await asyncio.to_thread(files.read_limited, self._path(guild_id, policy_id))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NotWritten(
                phrase("The policy's file cannot be read: {reason}.", reason=files.reason_of(error))
            ) from error

    async def write(self, guild_id: int, policy_id: str, data: bytes, author: Author) -> None:
        """Write a policy's file, and take over what it says. Raises NotWritten."""
        try:
            await asyncio.to_thread(files.write_private, self._path(guild_id, policy_id), data)
        except OSError as error:
            raise NotWritten(
                phrase("The policy cannot be written: {reason}.", reason=files.reason_of(error))
            ) from error
        await self.look(guild_id, author=author)

    async def remove(self, guild_id: int, policy_id: str, author: Author) -> None:
        """Delete a policy's file. Raises NotWritten."""
        try:
            await asyncio.to_thread(files.remove, self._path(guild_id, policy_id))
        except OSError as error:
            raise NotWritten(
                phrase("The policy cannot be removed: {reason}.", reason=files.reason_of(error))
            ) from error
        await self.look(guild_id, author=author)

    async def forget(self, guild_id: int) -> None:
        """Delete all files of a guild. Raises OSError if the disk refuses."""
        await asyncio.to_thread(delete_folder, self._place(guild_id))
        await self.look(guild_id)
        self._history.forget(guild_id)

    async def look_at(self, names: Iterable[str]) -> None:
        """Look at the guilds that are named; without a name at all there are, and all there were."""
        names = tuple(names)
        for guild_id in await asyncio.to_thread(self._guilds_to_look_at, names):
            await self.look(guild_id, again=bool(names))

    async def look(self, guild_id: int, *, again: bool = False, author: Author = BY_HAND) -> None:
        """Read a guild's folder and take over what is new. `again`: do not trust that a file looks unchanged."""
        before = self._guilds.get(guild_id, {})
        after = await asyncio.to_thread(self._drawer(guild_id).read, before, again=again)
        self._enter(guild_id, after)
        self._tell_of_problems(guild_id, before, after)
        if author != AT_START:  # what is news at the start, the history knows
            await self._note_changes(guild_id, _hashes(before), after, author)
        old, new = _policies(before), _policies(after)
        if old != new:
            self._changed()
            if author != AT_START:
                _log_changes(guild_id, old, new, author)

    async def _catch_up(self) -> None:
        """Tell the history what it does not know: what was changed while the bot did not run."""
        known = await self._history.newest()
        if known is None:
            return
        for guild_id in known.keys() | self._guilds.keys():
            entries = self._guilds.get(guild_id, {})
            if FOLDER not in entries:  # a folder that cannot be read says nothing of what is in it
                before = known.get(guild_id, {})
                await self._note_changes(guild_id, before, entries, AT_START)
        await self._history.hand_over()

    def _guilds_to_look_at(self, names: Iterable[str]) -> list[int]:
        """The guilds that are named; without a name all there are, and all there were."""
        named = [int(name) for name in names if is_guild(name)]
        return named or ([] if names else sorted({*self._guilds_there(), *self._guilds}))

    def _guilds_there(self) -> list[int]:
        """None when the folder is gone or cannot be read: what becomes of each guild, its own folder tells."""
        try:
            return guilds_in(self.folder)
        except OSError as error:
            _log.error("the folder of policies cannot be read", error=str(files.reason_of(error)))
            return []

    async def _note_changes(
        self, guild_id: int, before: Mapping[str, str], after: Entries, author: Author
    ) -> None:
        """Hand to the history what is in force now and was not. `before`: {policy id: hash of its file}."""
        known = {entry.value.id: (name, entry) for name, entry in after.items() if entry.value}
        for policy_id, (name, entry) in known.items():
            if before.get(policy_id) != entry.file_hash:
                source = await asyncio.to_thread(self._drawer(guild_id).source, name, entry)
                if source is not None:
                    self._history.note(guild_id, policy_id, author, entry.value, source)
        for policy_id in before.keys() - known.keys():
            self._history.note(guild_id, policy_id, author, None, b"")

    def _tell_of_problems(self, guild_id: int, before: Entries, after: Entries) -> None:
        for name, entry in after.items():
            if entry.problems and (name not in before or before[name].problems != entry.problems):
                _log_problem(guild_id, name, entry.problems[0])
                self._tell(guild_id, entry.problems)

    def _enter(self, guild_id: int, entries: Entries) -> None:
        """Guilds without files, or without policies, leave nothing behind."""
        _set(self._guilds, guild_id, entries)
        _set(self.in_force, guild_id, _policies(entries))

    def _drawer(self, guild_id: int) -> Drawer[Policy]:
        return Drawer(self._place(guild_id), parse_file)

    def _place(self, guild_id: int) -> Path:
        return self.folder / str(guild_id)

    def _path(self, guild_id: int, policy_id: str) -> Path:
        return self._place(guild_id) / file_name(policy_id)


def _set(book: dict[int, Mapping[str, Value]], guild_id: int, found: Mapping[str, Value]) -> None:
    if found:
        book[guild_id] = found
    else:
        book.pop(guild_id, None)


def _policies(entries: Entries) -> dict[str, Policy]:
    return {entry.value.id: entry.value for entry in entries.values() if entry.value}


def _hashes(entries: Entries) -> dict[str, str]:
    return {entry.value.id: entry.file_hash for entry in entries.values() if entry.value}


def _log_problem(guild_id: int, name: str, problem: Problem) -> None:
    """The file and the line only: the message may quote the file."""
    advice = "/policy list and `safeguild policy check` say what is wrong"
    _log.warning("a policy file has errors", guild=guild_id, file=name, line=problem.line, advice=advice)


def _log_changes(guild_id: int, old: Mapping[str, Policy], new: Mapping[str, Policy], author: Author) -> None:
    by = "hand" if author.kind is AuthorKind.FILE else author.kind.value
    for policy_id in sorted(old.keys() | new.keys()):
        policy = new.get(policy_id)
        if policy is None:
            _log.info("policy removed", guild=guild_id, policy=policy_id, by=by)
        elif policy != old.get(policy_id):
            _log.info("policy read", guild=guild_id, policy=policy_id, mode=policy.mode.value, by=by)
