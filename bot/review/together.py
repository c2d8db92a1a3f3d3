"""Deletes messages of one channel in one request, where many decisions are carried out at once.

It stands before the real enforcer and looks like it. What is expected together waits for its companions; every
decision is still stored, carried out and settled on its own, so that a crash loses nothing.
"""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

import structlog

from bot.case import Action, CaseFile, Decision
from bot.ports import DiscordError, Enforcer

_log = structlog.get_logger(__name__)

FEWEST: Final = 2
MOST: Final = 100
"""Messages that Discord deletes in one request ("Bulk Delete Messages")."""
OLDEST: Final = timedelta(days=14) - timedelta(hours=1)
"""Discord refuses all of them if one is older than two weeks."""
_PATIENCE: Final = timedelta(seconds=2)
"""How long a decision waits for the others that were expected with it."""


class ManyDeleter(Protocol):
    """Deletes messages of one channel, none older than two weeks. Raises DiscordAway, Refused or Gone."""

    async def delete_many(
        self, guild_id: int, channel_id: int, message_ids: Collection[int], decision: Decision
    ) -> None:
        """`decision` names who has decided so, for the audit log."""
        ...


@dataclass(slots=True)
class _Party:
    """Decisions that are expected together."""

    expected: set[int]
    arrived: dict[int, tuple[CaseFile, Decision]] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)
    gone: "asyncio.Task[frozenset[int]] | None" = None
    """Deletes them; the ids of the cases whose messages are gone by it."""


class DeletingTogether:
    """An `Enforcer` that passes everything on, and spares requests where it can."""

    def __init__(self, enforcer: Enforcer, many: ManyDeleter) -> None:
        self._enforcer = enforcer
        self._many = many
        self._parties: dict[int, _Party] = {}

    @contextmanager
    def expecting(self, cases: Collection[CaseFile]) -> Iterator[None]:
        """Decisions to delete the messages of these cases, all in one channel, are about to come."""
        party = _Party({case.id for case in list(cases)[:MOST]})
        self._parties |= dict.fromkeys(party.expected, party)
        try:
            yield
        finally:
            for case_id in party.expected:
                self._parties.pop(case_id, None)

    async def carry_out(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        """See `Enforcer`. A message that went with others is looked for first: it may be gone already."""
        party = self._parties.get(case.id) if decision.action is Action.DELETE and not again else None
        went = party is not None and await self._went_with_others(party, case, decision)
        return await self._enforcer.carry_out(case, decision, again=again or went)

    async def _went_with_others(self, party: _Party, case: CaseFile, decision: Decision) -> bool:
        party.arrived[case.id] = case, decision
        if party.arrived.keys() >= party.expected:
            party.complete.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE.total_seconds()):
                await party.complete.wait()
        if party.gone is None:
            party.gone = asyncio.create_task(self._delete(party))
        return case.id in await asyncio.shield(party.gone)

    async def _delete(self, party: _Party) -> frozenset[int]:
        young = [(case, decision) for case, decision in party.arrived.values() if _is_young(case, decision)]
        if len(young) < FEWEST:
            return frozenset()
        first, decision = young[0]
        ids = [case.message.id for case, _ in young]
        try:
            await self._many.delete_many(first.guild_id, first.message.channel_id, ids, decision)
        except DiscordError as error:  # each is deleted on its own then, and says what is in its way
            _log.info("messages are deleted one by one", guild=first.guild_id, reason=str(error))
            return frozenset()
        return frozenset(case.id for case, _ in young)


def _is_young(case: CaseFile, decision: Decision) -> bool:
    return decision.decided_at - case.message.created_at < OLDEST and case.deleted_at is None
