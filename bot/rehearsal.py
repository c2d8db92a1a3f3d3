"""What policies would make of messages that were written already, before they are in force. Nothing is kept."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Final, Protocol

from bot.case import Message
from bot.question import asked
from inference.judge import DeadlinePassed, Judge, JudgeBusy, JudgeUnavailable, UnreadableAnswer
from inference.prefilter.suspicion import Suspicion
from inference.ticket import Priority, Ticket
from policies.policy import Policy
from policies.verdict import Verdict

MOST_JUDGED: Final = 12
"""Suspicions of a rehearsal that are judged, the surest first: a person waits for it."""
PATIENCE_SECONDS: Final = 60.0
"""How long verdicts are waited for."""


class Suspecting(Protocol):
    """A prefilter that was built for the rehearsal."""

    def inspect(
        self, guild_id: int, text: str, policy_ids: Collection[str] | None = None
    ) -> tuple[Suspicion, ...]:
        """The suspicions that a text raises by the policies' own flag rates."""
        ...


Build = Callable[[Mapping[int, Sequence[Policy]]], Suspecting]
"""Takes up to a second for each policy that was never fitted before."""


@dataclass(frozen=True, slots=True)
class Scene:
    """One message that a policy suspects."""

    message: Message
    policy: Policy
    suspicion: Suspicion
    verdict: Verdict | None = None
    """None where it was not judged: there were too many, or the judge had no time."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it."""

    looked_at: int
    """Messages."""
    scenes: tuple[Scene, ...]
    """All that was suspected; the surest first."""
    judge_away: bool
    """The judge gave no verdict where it was asked for one."""

    @property
    def violations(self) -> tuple[Scene, ...]:
        """Those that would become cards."""
        return tuple(scene for scene in self.scenes if scene.verdict and scene.verdict.violation is not False)


class Rehearsals:
    """Rehearses for people who wait for the answer."""

    def __init__(self, build: Build, judge: Judge) -> None:
        self._build = build
        self._judge = judge

    async def run(self, guild_id: int, policies: Sequence[Policy], messages: Sequence[Message]) -> Rehearsal:
        """Hold these messages against these policies. Raises PatternError if a policy's pattern cannot be used."""
        scenes = await asyncio.to_thread(self._suspect, guild_id, policies, messages)
        verdicts = await asyncio.gather(*map(self._verdict, scenes[:MOST_JUDGED]))
        judged = [
            Scene(scene.message, scene.policy, scene.suspicion, verdict)
            for scene, verdict in zip(scenes, verdicts, strict=False)
        ]
        return Rehearsal(len(messages), (*judged, *scenes[MOST_JUDGED:]), judge_away=None in verdicts)

    def _suspect(self, guild_id: int, policies: Sequence[Policy], messages: Sequence[Message]) -> list[Scene]:
        by_id = {policy.id: policy for policy in policies}
        prefilter = self._build({guild_id: tuple(policies)})
        scenes = [
            Scene(message, by_id[suspicion.policy_id], suspicion)
            for message in messages
            for suspicion in prefilter.inspect(guild_id, message.text)
        ]
        return sorted(scenes, key=_certainty, reverse=True)

    async def _verdict(self, scene: Scene) -> Verdict | None:
        """None if there is none in time: the person looks at the message without it."""
        ticket = Ticket(Priority.INTERACTIVE, tenant=scene.message.guild_id, deadline=PATIENCE_SECONDS)
        content = asked(scene.policy, scene.message, (), scene.suspicion)
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._judge.judge(scene.policy, content, ticket=ticket)
        except (JudgeUnavailable, JudgeBusy, DeadlinePassed, UnreadableAnswer, TimeoutError):
            return None


def _certainty(scene: Scene) -> float:
    """What matches exactly needs no score."""
    return inf if scene.suspicion.score is None else scene.suspicion.score
