"""From policies to a rulebook: built in a thread, one at a time, as seldom as possible."""

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence

from bot.rulebook import Inspector, Rulebook
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from inference.prefilter.scores.shelf import HeadShelf
from inference.prefilter.signals.domains import DomainList
from policies.policy import Policy

Build = Callable[[Mapping[int, Sequence[Policy]]], Inspector]
"""{guild id: policies} -> what holds texts against them. Takes from milliseconds to seconds."""
Policies = Mapping[int, Mapping[str, Policy]]
"""{guild id: {policy id: policy}}."""


class PrefilterBuilder:
    """The `Build` of the running bot: each prefilter takes over what the one before has prepared."""

    def __init__(
        self,
        knowledge: Callable[[], Knowledge] = Knowledge.shipped,
        domains: Callable[[], DomainList] = DomainList.shipped,
        shelf: HeadShelf | None = None,
    ) -> None:
        """`domains`: those known for phishing at present; asked anew for each prefilter. `shelf`: keeps fitted
        scores between starts, those of policies in force only."""
        self._knowledge = knowledge
        self._domains = domains
        self._shelf = shelf
        self._previous: Prefilter | None = None
        self._one_at_a_time = threading.Lock()

    def __call__(self, policies: Mapping[int, Sequence[Policy]]) -> Prefilter:
        """Build the next prefilter. Raises PatternError if RE2 cannot take a pattern."""
        with self._one_at_a_time:
            knowledge = self._knowledge()
            built = Prefilter.build(policies, knowledge, self._previous, self._domains(), self._shelf)
            if self._shelf is not None:
                self._shelf.keep_only(built.digests, knowledge)
            self._previous = built
            return built

    def aside(self, policies: Mapping[int, Sequence[Policy]]) -> Prefilter:
        """A prefilter for trying policies out. Nothing that is in force changes. Raises as a call does."""
        return Prefilter.build(policies, self._knowledge(), None, self._domains(), self._shelf)


class Rebuilder:
    """Keeps a rulebook up to date with policies that change in bursts."""

    def __init__(self, current: Callable[[], Policies], build: Build, adopt: Callable[[Rulebook], None]) -> None:
        self._current = current
        self._build = build
        self._adopt = adopt
        self._one_at_a_time = asyncio.Lock()
        self._wanted = 0
        self._built = 0

    def want(self) -> None:
        """The policies have changed: the rulebook is out of date until somebody brings it up to date."""
        self._wanted += 1

    async def bring_up_to_date(self) -> None:
        """Return when a rulebook with everything that was wanted until now has been adopted.

        Who waits while another rebuild runs shares the next one. Raises what `build` raises; the rulebook that
        was adopted last holds on, and the next call tries again.
        """
        wanted = self._wanted
        async with self._one_at_a_time:
            if self._built < wanted:
                await self._rebuild()

    async def _rebuild(self) -> None:
        covered = self._wanted
        policies = {guild_id: dict(by_id) for guild_id, by_id in self._current().items()}
        lists = {guild_id: tuple(by_id.values()) for guild_id, by_id in policies.items()}
        inspector = await asyncio.to_thread(self._build, lists)
        self._adopt(Rulebook(policies, inspector))
        self._built = covered
