"""Every guild's policies: files that commands and people write, and the rulebook made of them."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import structlog

from bot.guilds.errors import AlreadyThere, ChangedMeanwhile, UnknownPolicy
from bot.guilds.history import Historian
from bot.guilds.policy_files import file_name, in_mode, parse_file, starter_source
from bot.guilds.rebuilding import Build, Rebuilder
from bot.guilds.shelf import Shelf, Tell
from bot.guilds.watching import changes
from bot.records.histories import Author, AuthorKind, file_hash
from bot.rulebook import Rulebook
from policies.patterns import PatternError
from policies.phrases import phrase
from policies.policy import Mode, Policy
from policies.problems import Problem
from policies.starter import ENGLISH

_log = structlog.get_logger(__name__)

BY_COMMAND = Author(AuthorKind.COMMAND)


def tell_nobody(_guild_id: int, _problems: tuple[Problem, ...]) -> None:
    """The log alone hears of errors."""


class PolicyBook:
    """`<folder>/<guild id>/<policy id>.yaml`. A file with errors leaves in force what it said before."""

    def __init__(
        self, folder: Path, build: Build, adopt: Callable[[Rulebook], None], history: Historian, tell: Tell
    ) -> None:
        """Use `open`: a book begins with what the folder holds."""
        self._history = history
        self._shelf = Shelf(folder, history, tell, lambda: self._rebuilder.want())
        self._files = asyncio.Lock()
        self._rebuilder = Rebuilder(lambda: self._shelf.in_force, build, adopt)

    @classmethod
    async def open(
        cls,
        folder: Path,
        build: Build,
        adopt: Callable[[Rulebook], None],
        *,
        in_force: bool = True,
        history: Historian | None = None,
        tell: Tell = tell_nobody,
    ) -> "PolicyBook":
        """Read every guild's policies.

        `build` is called in a thread, `adopt` with every rulebook that is made, the first one before this
        returns, or, without `in_force`, when `put_in_force` is called. What changed while nobody looked is handed
        to the history. Raises OSError if the folder cannot be made or read.
        """
        book = cls(folder, build, adopt, history or Historian(), tell)
        await book._shelf.read()
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
        return self._shelf.in_force.get(guild_id, {})

    def problems(self, guild_id: int) -> tuple[Problem, ...]:
        """What is wrong with the guild's files. `file` is the name in the guild's folder."""
        return self._shelf.problems(guild_id)

    async def text(self, guild_id: int, policy_id: str) -> bytes:
        """A policy's file as it stands on the disk, at most `MAX_BYTES` and one.

        Raises:
            UnknownPolicy: the guild has no such policy, or its file is gone.
            NotWritten: the disk refuses.
        """
        self._shelf.known(guild_id, policy_id)
        source = await self._shelf.on_disk(guild_id, policy_id)
        if source is None:
            raise UnknownPolicy(phrase("The policy “{policy}” is not there any more.", policy=policy_id))
        return source

    async def add(
        self,
        guild_id: int,
        starter_id: str,
        mode: Mode | None = None,
        author: Author = BY_COMMAND,
        language: str = ENGLISH,
    ) -> Policy:
        """Give a guild its own copy of a starter policy in a language; it is in force when this returns.

        Raises:
            UnknownPolicy: there is no such starter policy.
            AlreadyThere: the guild has a file of this name.
            NotWritten: the disk refuses; nothing was changed.
        """
        added = await self.add_missing(guild_id, (starter_id,), mode, author, language)
        if not added:
            raise AlreadyThere(phrase("This server has the policy “{policy}” already.", policy=starter_id))
        return added[0]

    async def add_missing(
        self,
        guild_id: int,
        starter_ids: Iterable[str],
        mode: Mode | None = None,
        author: Author = BY_COMMAND,
        language: str = ENGLISH,
    ) -> list[Policy]:
        """Give a guild those of these starter policies that it has no file of, and return them.

        A file is of a policy whatever language it was copied in.

        Raises:
            UnknownPolicy: one of them does not exist; nothing was changed.
            NotWritten: the disk refuses; those before it were added.
        """
        sources = {starter_id: starter_source(starter_id, mode, language) for starter_id in starter_ids}
        async with self._files:
            await self._shelf.look(guild_id, again=True)
            missing = [each for each in sources if not self._shelf.has_file(guild_id, each)]
            for starter_id in missing:
                await self._shelf.write(guild_id, starter_id, sources[starter_id], author)
        await self._take_effect()
        return [self._shelf.known(guild_id, starter_id) for starter_id in missing]

    async def save(self, guild_id: int, policy_id: str, source: bytes, base: str | None, author: Author) -> Policy:
        """Write a policy's file, byte for byte; it is in force when this returns.

        `base` is the hash of the file that the new one was made from; None: there must be no file.

        Raises:
            PolicyError: the new file has errors.
            ChangedMeanwhile: the file is another one by now; nothing was changed.
            NotWritten: the disk refuses; nothing was changed.
        """
        parse_file(file_name(policy_id), source)
        async with self._files:
            await self._shelf.look(guild_id, again=True)
            current = await self._shelf.on_disk(guild_id, policy_id)
            if (file_hash(current) if current is not None else None) != base:
                raise ChangedMeanwhile(
                    phrase("The policy “{policy}” has changed meanwhile.", policy=policy_id), current
                )
            await self._shelf.write(guild_id, policy_id, source, author)
        await self._take_effect()
        return self._shelf.known(guild_id, policy_id)

    async def remove(self, guild_id: int, policy_id: str, author: Author) -> None:
        """Delete a policy's file; it is out of force when this returns. The history keeps what it said.

        Raises:
            UnknownPolicy: the guild has no such policy.
            NotWritten: the disk refuses; nothing was changed.
        """
        async with self._files:
            await self._shelf.look(guild_id, again=True)
            self._shelf.known(guild_id, policy_id)
            await self._shelf.remove(guild_id, policy_id, author)
        await self._take_effect()

    async def set_mode(self, guild_id: int, policy_id: str, mode: Mode, author: Author = BY_COMMAND) -> Policy:
        """Change nothing but the mode in a policy's file; it holds when this returns.

        Raises:
            UnknownPolicy: the guild has no such policy.
            PolicyError: its file has errors; the version before them holds on.
            NotWritten: the disk refuses; nothing was changed.
        """
        async with self._files:
            await self._shelf.look(guild_id, again=True)
            source = await self.text(guild_id, policy_id)
            await self._shelf.write(guild_id, policy_id, in_mode(source, mode, policy_id), author)
        await self._take_effect()
        return self._shelf.known(guild_id, policy_id)

    async def forget(self, guild_id: int) -> None:
        """Delete all files of a guild. Raises OSError if the disk refuses."""
        async with self._files:
            await self._shelf.forget(guild_id)
        await self._rebuilder.bring_up_to_date()

    async def watch(self) -> None:
        """Pick up what people edit by hand, until cancelled."""
        async for names in changes(self._shelf.folder):
            async with self._files:
                await self._shelf.look_at(names)
            try:
                await self._take_effect()
            except PatternError as error:
                _log.error("policies cannot be put in force: those before hold on", error=type(error).__name__)

    async def _take_effect(self) -> None:
        await self._history.hand_over()
        await self._rebuilder.bring_up_to_date()
