"""Hands every version of a policy to the store, in order; what the store cannot take now, it gets later."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import structlog

from bot.ports import StoreUnavailable
from bot.records.histories import Author, AuthorKind, Histories, NewVersion
from policies.policy import Policy

_log = structlog.get_logger(__name__)

MOST_OWED = 1_000
"""Versions that wait for a store that is away. Beyond that the oldest are lost, and that is logged."""
_TOGETHER = 50
"""Versions in one transaction."""

AT_START = Author(AuthorKind.START)
BY_HAND = Author(AuthorKind.FILE)

Known = Mapping[int, Mapping[str, str]]
"""{guild id: {policy id: hash of its file}}."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Historian:
    """Keeps the history of one data folder's policies."""

    def __init__(self, store: Histories | None = None, clock: Callable[[], datetime] = utc_now) -> None:
        """Without a store nothing is kept."""
        self._store = store
        self._clock = clock
        self._owed: deque[NewVersion] = deque()
        self._one_at_a_time = asyncio.Lock()

    def note(self, guild_id: int, policy_id: str, author: Author, policy: Policy | None, source: bytes) -> None:
        """A policy says something else from now on; without one, it is gone."""
        if self._store is None:
            return
        now = self._clock()
        said = (source, policy.digest, policy.mode) if policy else (b"", "", None)
        self._owed.append(NewVersion(guild_id, policy_id, author, now, *said))
        if len(self._owed) > MOST_OWED:
            lost = self._owed.popleft()
            _log.error("a version of a policy is not kept", guild=lost.guild_id, policy=lost.policy_id)

    def forget(self, guild_id: int) -> None:
        """Nothing of this guild is to be kept any more."""
        self._owed = deque(each for each in self._owed if each.guild_id != guild_id)

    async def hand_over(self) -> None:
        """Give the store what waits. Where it is away, that is logged, and the next call tries again."""
        if self._store is None:
            return
        async with self._one_at_a_time:
            try:
                while self._owed:
                    await self._hand_over_some(self._store)
            except StoreUnavailable as error:
                _log.error("versions of policies wait for the store", waiting=len(self._owed), reason=str(error))

    async def newest(self) -> Known | None:
        """The newest versions that the store has, removed policies aside; None if it cannot say."""
        if self._store is None:
            return None
        try:
            found = await self._store.newest_versions()
        except StoreUnavailable as error:
            _log.error("what policies said before cannot be read", reason=str(error))
            return None
        known: dict[int, dict[str, str]] = {}
        for version in found:
            if version.mode is not None:
                known.setdefault(version.guild_id, {})[version.policy_id] = version.file_hash
        return known

    async def _hand_over_some(self, store: Histories) -> None:
        """A guild that is forgotten meanwhile is not brought back: what is handed over is taken out first."""
        some: Sequence[NewVersion] = [self._owed.popleft() for _ in range(min(_TOGETHER, len(self._owed)))]
        try:
            await store.keep_versions(some)
        except BaseException:
            self._owed.extendleft(reversed(some))
            raise
