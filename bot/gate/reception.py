"""The gate as the other rooms know it: builds inspectors, tells how policies stand, forgets guilds."""

import asyncio
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from bot.gate.gate import Book, Gate, GateInspector, Looker, watched_book
from bot.gate.outlook import HeldOut, Outlook, outlook
from bot.ports import Store
from inference.prefilter.explanation import Explanation
from policies.policy import Policy


class Knowing(Looker, Protocol):
    """A prefilter that can also say how well it knows a policy."""

    def held_out(self, guild_id: int, policy_id: str) -> HeldOut:
        """Surprises of the policy's own examples, each scored by a fit without it. May take a second."""
        ...

    def explain(
        self,
        guild_id: int,
        text: str,
        policy_ids: Collection[str] | None = None,
        thresholds: Mapping[str, float] | None = None,
    ) -> Explanation:
        """What these policies make of the text, and why. `thresholds`: the surprise that flags, by policy."""
        ...


class Reception:
    """The `Build` of the running bot, and what people ask of the gate."""

    def __init__(
        self,
        gate: Gate,
        store: Store,
        build: Callable[[Mapping[int, Sequence[Policy]]], Knowing],
        fold: Callable[[str], str],
        *,
        takes_long: bool = False,
    ) -> None:
        """`build` makes the prefilter; it is called in a thread. `fold` and `takes_long`: see `GateInspector`."""
        self._gate = gate
        self._store = store
        self._build = build
        self._fold = fold
        self._takes_long = takes_long
        self._latest: tuple[Knowing, Book] | None = None
        self._one_at_a_time = threading.Lock()

    def __call__(self, policies: Mapping[int, Sequence[Policy]]) -> GateInspector:
        """The inspector of these policies. Raises what the prefilter's building raises."""
        with self._one_at_a_time:
            looker = self._build(policies)
            book = watched_book(policies, self._latest[1] if self._latest else {})
            self._latest = (looker, book)
        return GateInspector(self._gate, looker, book, self._fold, takes_long=self._takes_long)

    def thresholds(self, guild_id: int) -> dict[str, float]:
        """{policy id: the surprise from which its score alone flags, at the moment}, for policies that are on."""
        _, book = self._latest or (None, {})
        watched = (each for each in book.get(guild_id, {}).values() if each.is_on)
        return {each.policy.id: self._gate.meter(guild_id, each).threshold for each in watched}

    async def explain(self, guild_id: int, text: str, policy_ids: Collection[str]) -> Explanation | None:
        """Why these policies would flag the text now, or not; None if none is in force. Nothing is counted."""
        if self._latest is None:
            return None
        thresholds = self.thresholds(guild_id)
        asked = [policy_id for policy_id in policy_ids if policy_id in thresholds]
        if not asked:
            return None
        looker, _ = self._latest
        return await asyncio.to_thread(looker.explain, guild_id, text, asked, thresholds)

    async def outlook(self, guild_id: int, policy_id: str) -> Outlook | None:
        """How a policy stands; None if it is off or not in force yet. Raises StoreUnavailable."""
        looker, book = self._latest or (None, {})
        watched = book.get(guild_id, {}).get(policy_id)
        if looker is None or watched is None or not watched.is_on:
            return None
        held_out = await asyncio.to_thread(looker.held_out, guild_id, policy_id)
        tally = await self._store.tally(guild_id, policy_id, watched.digest)
        return outlook(self._gate.meter(guild_id, watched), held_out, tally, audits=self._gate.audit_rate > 0)
