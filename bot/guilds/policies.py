"""Every guild's policies: files that commands and people write, and the rulebook made of them."""

import asyncio
import functools
import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import structlog

from bot.guilds import files
from bot.guilds.drawer import Drawer, Entry
from bot.guilds.errors import AlreadyThere, NotWritten, UnknownPolicy
from bot.guilds.rebuilding import Build, Rebuilder
from bot.guilds.watching import changes
from bot.rulebook import Rulebook
from policies.document import PolicyError, parse_policy
from policies.mode_line import with_mode
from policies.patterns import PatternError
from policies.policy import Mode, Policy
from policies.problems import Problem
from policies.starter import starter_text

_log = structlog.get_logger(__name__)

Value = TypeVar("Value")
Entries = Mapping[str, Entry[Policy]]
_COMMAND, _HAND, _START = "command", "hand", "start"


class PolicyBook:
    """`<folder>/<guild id>/<policy id>.yaml`. A file with errors leaves in force what it said before."""

    def __init__(self, folder: Path, build: Build, adopt: Callable[[Rulebook], None]) -> None:
        """Use `open`: a book begins with what the folder holds."""
        self._folder = folder
        self._guilds: dict[int, Entries] = {}
        self._in_force: dict[int, Mapping[str, Policy]] = {}
        self._files = asyncio.Lock()
        self._rebuilder = Rebuilder(lambda: self._in_force, build, adopt)

    @classmethod
    async def open(
        cls, folder: Path, build: Build, adopt: Callable[[Rulebook], None], *, in_force: bool = True
    ) -> "PolicyBook":
        """Read every guild's policies.

        `build` is called in a thread, `adopt` with every rulebook that is made, the first one before this
        returns, or, without `in_force`, when `put_in_force` is called. Raises OSError if the folder cannot be
        made or read.
        """
        book = cls(folder, build, adopt)
        await asyncio.to_thread(files.make_private_folder, folder)
        for guild_id in await asyncio.to_thread(_guilds_in, folder):
            await asyncio.to_thread(files.sweep_drafts, book._place(guild_id))
            await book._look(guild_id, by=_START)
        book._rebuilder.want()
        if in_force:
            await book.put_in_force()
        return book

    async def put_in_force(self) -> None:
        """Have every policy that was read until now adopted. With many guilds the first time takes seconds."""
        await self._rebuilder.bring_up_to_date()

    async def rebuild(self) -> None:
        """Have the policies adopted anew: something else that the prefilter is made of has changed."""
        self._rebuilder.want()
        await self._rebuilder.bring_up_to_date()

    def policies(self, guild_id: int) -> Mapping[str, Policy]:
        """The guild's policies by id, those that are off included."""
        return self._in_force.get(guild_id, {})

    def problems(self, guild_id: int) -> tuple[Problem, ...]:
        """What is wrong with the guild's files. `file` is the name in the guild's folder."""
        entries = self._guilds.get(guild_id, {})
        return tuple(problem for entry in entries.values() for problem in entry.problems)

    async def text(self, guild_id: int, policy_id: str) -> bytes:
        """A policy's file as it stands on the disk, at most `MAX_BYTES` and one.

        Raises:
            UnknownPolicy: the guild has no such policy.
            NotWritten: the disk refuses.
        """
        self._known(guild_id, policy_id)
        try:
            return await asyncio.to_thread(files.read_limited, self._path(guild_id, policy_id))
        except OSError as error:
            raise NotWritten(f"The policy's file cannot be read: {files.reason_of(error)}.") from error

    async def add(self, guild_id: int, starter_id: str, mode: Mode | None = None) -> Policy:
        """Give a guild its own copy of a starter policy; it is in force when this returns.

        Raises:
            UnknownPolicy: there is no such starter policy.
            AlreadyThere: the guild has a file of this name.
            NotWritten: the disk refuses; nothing was changed.
        """
        added = await self.add_missing(guild_id, (starter_id,), mode)
        if not added:
            raise AlreadyThere(f"This server has the policy “{starter_id}” already.")
        return added[0]

    async def add_missing(
        self, guild_id: int, starter_ids: Iterable[str], mode: Mode | None = None
    ) -> list[Policy]:
        """Give a guild those of these starter policies that it has no file of, and return them.

        Raises:
            UnknownPolicy: one of them does not exist; nothing was changed.
            NotWritten: the disk refuses; those before it were added.
        """
        sources = {starter_id: _starter(starter_id, mode) for starter_id in starter_ids}
        async with self._files:
            await self._look(guild_id, again=True)
            there = self._guilds.get(guild_id, {})
            missing = [starter_id for starter_id in sources if _file(starter_id) not in there]
            for starter_id in missing:
                await self._write(guild_id, starter_id, sources[starter_id])
        await self._rebuilder.bring_up_to_date()
        return [self._known(guild_id, starter_id) for starter_id in missing]

    async def set_mode(self, guild_id: int, policy_id: str, mode: Mode) -> Policy:
        """Change nothing but the mode in a policy's file; it holds when this returns.

        Raises:
            UnknownPolicy: the guild has no such policy.
            PolicyError: its file has errors; the version before them holds on.
            NotWritten: the disk refuses; nothing was changed.
        """
        async with self._files:
            await self._look(guild_id, again=True)
            source = await self.text(guild_id, policy_id)
            await self._write(guild_id, policy_id, _in_mode(source, mode, policy_id))
        await self._rebuilder.bring_up_to_date()
        return self._known(guild_id, policy_id)

    async def forget(self, guild_id: int) -> None:
        """Delete all files of a guild. Raises OSError if the disk refuses."""
        async with self._files:
            await asyncio.to_thread(_delete, self._place(guild_id))
            await self._look(guild_id)
        await self._rebuilder.bring_up_to_date()

    async def watch(self) -> None:
        """Pick up what people edit by hand, until cancelled."""
        async for names in changes(self._folder):
            async with self._files:
                for guild_id in await asyncio.to_thread(self._guilds_to_look_at, names):
                    await self._look(guild_id, again=bool(names))
            try:
                await self._rebuilder.bring_up_to_date()
            except PatternError as error:
                _log.error("policies cannot be put in force: those before hold on", error=type(error).__name__)

    def _guilds_to_look_at(self, names: Iterable[str]) -> list[int]:
        """The guilds that are named; without a name all there are, and all there were."""
        named = [int(name) for name in names if _is_guild(name)]
        return named or ([] if names else sorted({*self._guilds_there(), *self._guilds}))

    def _guilds_there(self) -> list[int]:
        """None when the folder is gone or cannot be read: what becomes of each guild, its own folder tells."""
        try:
            return _guilds_in(self._folder)
        except OSError as error:
            _log.error("the folder of policies cannot be read", error=files.reason_of(error))
            return []

    async def _write(self, guild_id: int, policy_id: str, data: bytes) -> None:
        try:
            await asyncio.to_thread(files.write_private, self._path(guild_id, policy_id), data)
        except OSError as error:
            raise NotWritten(f"The policy cannot be written: {files.reason_of(error)}.") from error
        await self._look(guild_id, by=_COMMAND)

    async def _look(self, guild_id: int, *, again: bool = False, by: str = _HAND) -> None:
        """Read a guild's folder and take over what is new. `again`: do not trust that a file looks unchanged."""
        before = self._guilds.get(guild_id, {})
        drawer = Drawer(self._place(guild_id), _parse)
        after = await asyncio.to_thread(drawer.read, before, again=again)
        self._enter(guild_id, after)
        _log_problems(guild_id, before, after)
        old, new = _policies(before), _policies(after)
        if old != new:
            self._rebuilder.want()
            if by != _START:
                _log_changes(guild_id, old, new, by)

    def _enter(self, guild_id: int, entries: Entries) -> None:
        """Guilds without files, or without policies, leave nothing behind."""
        _set(self._guilds, guild_id, entries)
        _set(self._in_force, guild_id, _policies(entries))

    def _known(self, guild_id: int, policy_id: str) -> Policy:
        try:
            return self.policies(guild_id)[policy_id]
        except KeyError:
            raise UnknownPolicy(f"This server has no policy “{policy_id}”.") from None

    def _place(self, guild_id: int) -> Path:
        return self._folder / str(guild_id)

    def _path(self, guild_id: int, policy_id: str) -> Path:
        return self._place(guild_id) / _file(policy_id)


def _set(book: dict[int, Mapping[str, Value]], guild_id: int, found: Mapping[str, Value]) -> None:
    if found:
        book[guild_id] = found
    else:
        book.pop(guild_id, None)


def _policies(entries: Entries) -> dict[str, Policy]:
    return {entry.value.id: entry.value for entry in entries.values() if entry.value}


@functools.lru_cache(maxsize=128)
def _parse(filename: str, data: bytes) -> Policy:
    """Most guilds have the starter policies as they are: those are read, and kept in memory, once for all."""
    stem, suffix = os.path.splitext(filename)  # noqa: PTH122 - a name is no path
    if suffix != ".yaml":
        hint = f"name it `{stem}.yaml`"
        raise PolicyError([Problem(filename, 1, 1, "a policy's file name ends in `.yaml`", hint)])
    return parse_policy(data, policy_id=stem, filename=filename)


def _starter(starter_id: str, mode: Mode | None) -> bytes:
    try:
        source = starter_text(starter_id).encode()
    except KeyError:
        raise UnknownPolicy(f"There is no starter policy “{starter_id}”.") from None
    return _in_mode(source, mode, starter_id) if mode else source


def _in_mode(source: bytes, mode: Mode, policy_id: str) -> bytes:
    return with_mode(source, mode, policy_id=policy_id, filename=_file(policy_id))


def _file(policy_id: str) -> str:
    return f"{policy_id}.yaml"


def _guilds_in(folder: Path) -> list[int]:
    """The guilds that have a folder. Other names are nobody's."""
    return sorted(int(entry.name) for entry in folder.iterdir() if _is_guild(entry.name))


def _is_guild(name: str) -> bool:
    return re.fullmatch(r"[1-9][0-9]{0,18}", name) is not None


def _delete(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
        files.sync_folder(folder.parent)


def _log_problems(guild_id: int, before: Entries, after: Entries) -> None:
    """The file and the line only: the message may quote the file."""
    for name, entry in after.items():
        if entry.problems and (name not in before or before[name].problems != entry.problems):
            line, advice = entry.problems[0].line, "/policy list and `safeguild policy check` say what is wrong"
            _log.warning("a policy file has errors", guild=guild_id, file=name, line=line, advice=advice)


def _log_changes(guild_id: int, old: Mapping[str, Policy], new: Mapping[str, Policy], by: str) -> None:
    for policy_id in sorted(old.keys() | new.keys()):
        policy = new.get(policy_id)
        if policy is None:
            _log.info("policy removed", guild=guild_id, policy=policy_id, by=by)
        elif policy != old.get(policy_id):
            _log.info("policy read", guild=guild_id, policy=policy_id, mode=policy.mode.value, by=by)
