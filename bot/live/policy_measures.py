"""What a policy is measured by before it is saved: its length for the model, and what its exact matches find."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import structlog

from bot.errors import OperatorError
from bot.guilds.writing import Spotted
from inference.prefilter.suspicion import EvidenceKind, Suspicion
from inference.prompt import Harmony
from inference.rendering import policy_text
from policies.patterns import PatternError
from policies.policy import Mode, Policy

_log = structlog.get_logger(__name__)
_EXACT: Final = frozenset({EvidenceKind.KEYWORD, EvidenceKind.PATTERN, EvidenceKind.LINK, EvidenceKind.MENTIONS})
_NOWHERE: Final = 1
"""A guild for which a prefilter is built only to be asked about examples."""


class Suspecting(Protocol):
    """A prefilter."""

    def inspect(self, guild_id: int, text: str) -> tuple[Suspicion, ...]:
        """The suspicions that a text raises."""
        ...


class TokenCounter:
    """Counts tokens with the model's vocabulary, which is read when it is first needed."""

    def __init__(self, open_vocabulary: Callable[[], Harmony]) -> None:
        self._open = open_vocabulary
        self._harmony: Harmony | None = None
        self._one_at_a_time = asyncio.Lock()

    async def count(self, policy: Policy) -> int | None:
        """How long a policy is for the model; None if the vocabulary cannot be read."""
        try:
            harmony = await self._vocabulary()
        except OperatorError as error:
            _log.warning("the vocabulary cannot be read: policies are not measured", reason=str(error))
            return None
        return await asyncio.to_thread(harmony.count, policy_text(policy))

    async def _vocabulary(self) -> Harmony:
        async with self._one_at_a_time:
            if self._harmony is None:
                self._harmony = await asyncio.to_thread(self._open)
            return self._harmony


class Spotter:
    """Holds a policy's examples against its keywords, patterns and signals."""

    def __init__(self, build: Callable[[Mapping[int, Sequence[Policy]]], Suspecting]) -> None:
        self._build = build

    async def spotted(self, policy: Policy) -> Spotted | None:
        """How many of its examples exact matches find; None if it has no examples, or RE2 cannot take it."""
        if not policy.examples:
            return None
        try:
            return await asyncio.to_thread(self._count, policy)
        except PatternError:  # saving it says so
            return None

    def _count(self, policy: Policy) -> Spotted:
        watched = policy.model_copy(update={"mode": Mode.LIVE, "examples": ()})
        inspector = self._build({_NOWHERE: (watched,)})
        found = [
            (example.violates, _is_exact(inspector.inspect(_NOWHERE, example.text))) for example in policy.examples
        ]
        violating = [exact for violates, exact in found if violates]
        allowed = [exact for violates, exact in found if not violates]
        return Spotted(sum(violating), len(violating), sum(allowed), len(allowed))


def _is_exact(suspicions: Sequence[Suspicion]) -> bool:
    return any(evidence.kind in _EXACT for suspicion in suspicions for evidence in suspicion.evidence)
