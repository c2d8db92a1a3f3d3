"""Runs a trial: asks the judge about every text, slowly and politely, and makes figures of the answers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.trials.figures import Answered, figures, flips
from bot.trials.items import Item
from bot.trials.memory import RememberingJudge
from bot.trials.plan import Plan
from bot.trials.result import Flips, TrialResult
from inference.evaluate import Asked, Labelled, Manner, Outcome, judge_all
from inference.patient import Patience
from policies.policy import Policy
from policies.verdict import Verdict

EXPLAINED: Final = 50
"""The gravest flips, for which both versions give their reasons."""
PATIENCE: Final = Patience(limit=12 * 3600.0)
"""A judge that is away is waited for: whoever has enough of it cancels."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a trial is."""

    done: int
    total: int
    seconds: float
    """Since it began."""
    trouble: str | None = None
    """Why the judge is away, while it is."""

    @property
    def seconds_left(self) -> float | None:
        """About how long it still takes; None as long as nobody can tell."""
        if not self.done or self.trouble:
            return None
        return self.seconds / self.done * (self.total - self.done)


OnProgress = Callable[[Progress], None]


class TrialRun:
    """One run of one plan."""

    def __init__(
        self,
        plan: Plan,
        judge: RememberingJudge,
        *,
        timer: Callable[[], float],
        on_progress: OnProgress,
        at_once: int = 4,
        patience: Patience = PATIENCE,
    ) -> None:
        """`timer` counts seconds. `on_progress` is called with every answer, and when the judge goes or comes."""
        self._plan = plan
        self._judge = judge
        self._timer = timer
        self._on_progress = on_progress
        self._manner = Manner(
            at_once=at_once, tenant=plan.guild_id, patience=patience, timer=timer, on_trouble=self._troubled
        )
        self._began = timer()
        self._progress = Progress(0, plan.questions, 0.0)

    async def run(self) -> TrialResult:
        """Ask all, and make figures of it. Cancelling withdraws what is at the judge.

        Raises:
            JudgeUnavailable: the judge was away for longer than the patience's limit.
        """
        plan = self._plan
        self._remember()
        after = await self._verdicts(plan.policy, plan.items)
        before = await self._verdicts(plan.against, plan.items) if plan.against else [None] * len(plan.items)
        answered = [Answered(*each) for each in zip(plan.items, after, before, strict=True)]
        compared = flips(answered, plan.policy, plan.against) if plan.against else None
        asked = plan.questions
        if compared and plan.against:
            asked += 2 * min(EXPLAINED, len(compared.gravest_first))
            compared = await self._explained(compared, plan.against)
        return TrialResult(
            policy=plan.policy,
            against=plan.against,
            figures=figures(answered, plan.population),
            flips=compared,
            judged=self._judge.asked,
            remembered=max(0, asked - self._judge.asked),
            unread=sum(each.after is None or each.after.violation is None for each in answered),
            left_out=plan.left_out,
            seconds=self._timer() - self._began,
            of_server=plan.guild_id != 0,
        )

    def _remember(self) -> None:
        """What the cases say already need not be asked again."""
        versions = [version for version in (self._plan.policy, self._plan.against) if version]
        for item in self._plan.items:
            for version in versions:
                if item.known and item.known.verdict:
                    self._judge.knows(version, item.content(version), item.known.verdict)

    async def _verdicts(self, policy: Policy, items: Sequence[Item]) -> list[Verdict | None]:
        return await self._asked(policy, items, self._manner)

    async def _explained(self, found: Flips, against: Policy) -> Flips:
        """The gravest flips with both sides' reasons. What a version said stays what it said."""
        gravest, rest = found.gravest_first[:EXPLAINED], found.gravest_first[EXPLAINED:]
        self._progress = replace(self._progress, total=self._progress.total + 2 * len(gravest))
        manner = replace(self._manner, explain=True)
        items = [flip.item for flip in gravest]
        after = await self._asked(self._plan.policy, items, manner)
        before = await self._asked(against, items, manner)
        told = [
            replace(flip, after=_with_reason(flip.after, one), before=_with_reason(flip.before, other))
            for flip, one, other in zip(gravest, after, before, strict=True)
        ]
        return replace(found, gravest_first=(*told, *rest))

    async def _asked(self, policy: Policy, items: Iterable[Item], manner: Manner) -> list[Verdict | None]:
        questions = (
            Asked(policy, Labelled(item.content(policy), bool(item.violates), item.rule_id)) for item in items
        )
        outcomes = await judge_all(self._judge, questions, manner=manner, on_verdict=self._answered)
        return [outcome.verdict for outcome in outcomes]

    def _answered(self, _: Outcome) -> None:
        self._tell(replace(self._progress, done=self._progress.done + 1, trouble=None))

    def _troubled(self, reason: str | None) -> None:
        self._tell(replace(self._progress, trouble=reason))

    def _tell(self, progress: Progress) -> None:
        self._progress = replace(progress, seconds=self._timer() - self._began)
        self._on_progress(self._progress)


def _with_reason(said: Verdict | None, explained: Verdict | None) -> Verdict | None:
    """The first answer with the second one's reason, where both say the same."""
    if said is None or explained is None or said.violation != explained.violation:
        return said
    return explained
