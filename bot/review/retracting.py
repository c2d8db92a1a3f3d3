"""What an answer to an appeal does to the decision: lets it stand, or has it taken back as any undo is.

Every step looks at the case as it is now and goes on from there: it does not matter where the process ended.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from bot.attention import needs_a_look
from bot.case import Action, CaseFile, CaseState, Decision
from bot.language import tr
from bot.missing_words import told
from bot.ports import UnknownCase
from bot.records.appeals import Answer
from bot.records.people import Made
from bot.review.appeals import Appealed
from bot.review.decisions import Ruling


class KnowsDecisions(Protocol):
    """The part of the store that is asked."""

    async def decisions(self, case_id: int) -> list[Made]:
        """Everything that was decided about a case, oldest first."""
        ...


class Retracting:
    """Takes decisions back. What Discord is away for, `Review` tries again."""

    def __init__(
        self,
        store: KnowsDecisions,
        decide: Callable[[Decision], Awaitable[Ruling]],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._decide = decide
        self._clock = clock

    async def outcome(self, appealed: Appealed, answer: Answer) -> str | None:
        """What came of an answer, in a few words; None: not all of it is done yet, so ask again.

        Raises:
            UnknownCase, StoreUnavailable.
        """
        if not answer.granted:
            return tr("The decision stands.")
        case = appealed.case
        if case.state is CaseState.DECIDED:
            return None
        made = await self._store.decisions(case.id)
        undone = _undone_for(made, appealed, answer)
        if undone is None:
            if not appealed.stands:
                return _why_it_does_not_stand(made, appealed)
            await self._go_on(appealed, answer, Action.UNDO)
            return None
        if not undone.enforced:
            reason = told(tr(undone.outcome)) if undone.outcome else tr("The reason is not known.")
            return tr("It could not be taken back: {reason} Please do it by hand.", reason=reason)
        if case.state is CaseState.OPEN and made[-1] == undone and not _has_news(case, undone.revision):
            await self._go_on(appealed, answer, Action.DISMISS)
            return None
        return undone.outcome or tr("The decision is taken back.")

    async def _go_on(self, appealed: Appealed, answer: Answer, action: Action) -> None:
        """Decide in the name of whoever answered. How that ended is seen the next time."""
        decision = Decision(
            case_id=appealed.case.id,
            action=action,
            moderator_id=answer.moderator_id,
            decided_at=self._clock(),
            reason=_reason(appealed, answer),
        )
        try:
            await self._decide(decision)
        except UnknownCase:  # decided by somebody at the same moment; or it is gone, which the next look finds
            return


def _why_it_does_not_stand(made: Sequence[Made], appealed: Appealed) -> str:
    """An undo takes back what was decided on the newest version that people decided about, and nothing before."""
    if any(each.number == appealed.appeal.decision and each.enforced and not each.taken_back for each in made):
        reason = tr("A later version of the message was decided on since.")
        return tr("It could not be taken back: {reason} Please do it by hand.", reason=reason)
    return tr("The decision had been taken back already.")


def _has_news(case: CaseFile, revision: int) -> bool:
    """Whether there is something to decide about a later version of the message, which no appeal is about."""
    newer = len(case.revisions) > revision
    return newer and (bool(case.reports) or any(f.revision > revision and needs_a_look(f) for f in case.findings))


def _reason(appealed: Appealed, answer: Answer) -> str:
    """Where the guild tells members of decisions, this is what they read."""
    if answer.text:
        return tr("Appeal {number} was granted: {text}", number=appealed.appeal.id, text=told(answer.text))
    return tr("Appeal {number} was granted.", number=appealed.appeal.id)


def _undone_for(made: Sequence[Made], appealed: Appealed, answer: Answer) -> Made | None:
    """The undo that this answer led to."""
    return next(
        (
            each
            for each in made
            if each.decision.action is Action.UNDO
            and each.number > appealed.appeal.decision
            and each.decision.moderator_id == answer.moderator_id
            and each.decision.decided_at >= answer.given_at
        ),
        None,
    )
