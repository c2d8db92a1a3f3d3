"""Asks the judge about what people labelled blindly, so that its word stands beside theirs."""

import asyncio
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import structlog

from bot.ports import Store
from bot.question import asked
from bot.records.labels import KnownText
from inference.judge import Judge
from inference.patient import Patience, PatientJudge
from inference.second_try import Unread
from inference.ticket import Priority, Ticket
from policies.policy import Policy

_log = structlog.get_logger(__name__)
TOGETHER: Final = 20
"""Samples that are looked up at a time."""
_PATIENCE: Final = Patience(limit=math.inf)
AGAIN_SECONDS: Final = 600.0
"""How often it looks for samples, besides when it is stirred."""


class SampleJudging:
    """One question after the other, with the least urgent ticket."""

    def __init__(
        self,
        store: Store,
        judge: Judge,
        policies: Callable[[int], Mapping[str, Policy]],
        *,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        """`policies`: those in force in a guild, by id."""
        self._store = store
        self._judge = PatientJudge(judge, _PATIENCE, timer=timer)
        self._policies = policies
        self._stirred = asyncio.Event()

    def stir(self) -> None:
        """There is something new to ask about."""
        self._stirred.set()

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            StoreUnavailable: the store is away.
        """
        while True:
            self._stirred.clear()
            await self.catch_up()
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_SECONDS):
                    await self._stirred.wait()

    async def catch_up(self) -> None:
        """Ask about every sample that waits. Those of policies that are gone wait on, or go with their texts."""
        passed_over: set[tuple[int, str, int]] = set()
        while True:
            waiting = await self._store.unjudged_samples(TOGETHER + len(passed_over))
            new = [text for text in waiting if _key(text) not in passed_over]
            if not new:
                return
            for text in new:
                if not await self._ask(text):
                    passed_over.add(_key(text))

    async def _ask(self, text: KnownText) -> bool:
        """Whether there was a policy to ask about."""
        label = text.label
        policy = self._policies(label.guild_id).get(label.policy_id) if label else None
        if label is None or policy is None:
            return False
        content = asked(policy, text.message, text.earlier, text.suspicion)
        ticket = Ticket(Priority.BACKFILL, tenant=label.guild_id)
        said = await self._judge.judge(policy, content, explain=False, seed=0, ticket=ticket)
        await self._store.note_verdict(label, None if isinstance(said, Unread) else said)
        return True


def _key(text: KnownText) -> tuple[int, str, int]:
    return (text.message.guild_id, text.label.policy_id if text.label else "", text.message.id)
