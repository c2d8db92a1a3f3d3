"""One job's way to a verdict: ask, ask once more when the answer cannot be read, then leave it to a person."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.case import Claim
from bot.question import question
from inference.judge import Judge
from inference.rendering import PROMPT_VERSION
from inference.second_try import SEEDS, Unread, asked_twice
from inference.ticket import Priority, Ticket
from policies.phrases import phrase
from policies.verdict import Verdict


class KnownModel(Protocol):
    """Which model a judge asks, for verdicts that it could not give itself. Read when one is made, not before."""

    @property
    def name(self) -> str:
        """What the model calls itself."""
        ...

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the model's file."""
        ...


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """A `KnownModel` that is known from the start."""

    name: str
    digest: str
    """SHA-256 (hex) of the model's file."""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """Asks a judge about claimed jobs."""

    judge: Judge
    model: KnownModel
    timer: Callable[[], float]
    """Seconds that only ever grow (`time.perf_counter`)."""
    priority: Priority = Priority.LIVE
    """Of every question but random checks, which may take their time. None of them has a deadline: what was
    suspected is judged, however late."""

    async def verdict(self, claim: Claim) -> Verdict:
        """The judge's verdict, or an undecided one when its answer was unreadable twice, or will always be.

        Raises:
            JudgeUnavailable: the engine is away; nothing was judged.
            JudgeBusy: the engine has no room for it; nothing was judged.
            DeadlinePassed: as `JudgeBusy`; for a judge that sets deadlines of its own.
        """
        priority = Priority.BACKFILL if claim.suspicion.is_audit else self.priority
        ticket = Ticket(priority, tenant=claim.message.guild_id)
        content = question(claim)
        started = self.timer()
        said = await asked_twice(lambda seed: self.judge.judge(claim.policy, content, seed=seed, ticket=ticket))
        return self._undecided(claim, said, started) if isinstance(said, Unread) else said

    def _undecided(self, claim: Claim, unread: Unread, started: float) -> Verdict:
        told = phrase("the model's answer could not be read, {count} times", count=len(SEEDS))
        if unread.never:
            told = phrase("the model cannot judge this message")
        return Verdict(
            violation=None,
            notes=(told, *unread.problems),
            effort=claim.policy.judge.effort,
            tokens=0,
            milliseconds=(self.timer() - started) * 1000,
            policy_digest=claim.policy.digest,
            model_digest=self.model.digest,
            model_name=self.model.name,
            prompt_version=PROMPT_VERSION,
            seed=unread.seed,
        )
