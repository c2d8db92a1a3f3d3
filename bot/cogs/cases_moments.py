"""What happened to a case, moment by moment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.case import CaseFile, Report, ReportKind
from bot.cogs.appeals_face import told_line
from bot.cogs.safe_text import escaped
from bot.cogs.words import at, done, outcome_line, person
from bot.language import in_quotes, marked, tr, tr_n
from bot.records.appeals import Appeal
from bot.records.events import CaseEvent, EventKind
from bot.records.people import Made
from bot.review.care import Hidden

_MOST_MOMENTS = 200
"""Lines of what happened, the newest of them: nobody reads more, and a member can make thousands of edits."""
_EVENTS = {
    EventKind.CLAIM: marked("claimed by {person}"),
    EventKind.RELEASE: marked("released by {person}"),
    EventKind.ESCALATE: marked("escalated by {person}"),
    EventKind.CALM: marked("escalation taken back by {person}"),
    EventKind.NOTE: marked("note of {person}"),
    EventKind.NOTICE_SENT: marked("the member was told by direct message"),
    EventKind.NOTICE_FAILED: marked("**the member could not be told**"),
    EventKind.REOPEN: marked("opened again by {person}"),
    EventKind.EXPORT: marked("exported by {person}"),
    EventKind.ERASED: marked("what was written was erased"),
}
"""Reports, appeals and undone decisions are told of where they stand with all their facts."""
_REPORTS = {
    ReportKind.MEMBER: marked("reported by a member"),
    ReportKind.MODERATOR: marked("a moderator asked for a verdict"),
    ReportKind.AUTOMOD: marked("AutoMod raised an alert"),
}


@dataclass(frozen=True, slots=True)
class Dossier:
    """A case with all that was done about it, as one person may see it."""

    case: CaseFile
    """Without words of members if they are hidden."""
    hidden: Hidden | None
    made: Sequence[Made]
    events: Sequence[CaseEvent]
    appeals: Sequence[Appeal]
    kept_until: datetime | None
    """When its texts are erased; None if they are already, or if nobody knows."""


def history(dossier: Dossier) -> Iterator[str]:
    """What was done, in order: each moment a block of its own, so that pages break between them."""
    moments = sorted(_moments(dossier), key=lambda moment: moment[0])
    if not moments:
        return
    left_out = len(moments) - _MOST_MOMENTS
    yield f"**{tr('What happened')}**"
    if left_out > 0:
        yield tr_n("({count} older line is left out.)", "({count} older lines are left out.)", left_out)
    yield from (f"{at(when)}: {text}" for when, text in moments[-_MOST_MOMENTS:])


def _moments(dossier: Dossier) -> Iterator[tuple[datetime, str]]:
    case = dossier.case
    yield case.opened_at, tr("flagged")
    for revision in case.revisions[1:]:
        if revision.edited_at:
            yield revision.edited_at, tr("edited by its author, and flagged again")
    if case.was_kept_back:
        yield case.opened_at, tr("AutoMod kept the message back: it was never posted")
    elif case.deleted_at:
        yield case.deleted_at, _gone(dossier.made, case.deleted_at)
    yield from ((report.made_at, _report(report)) for report in case.reports)
    yield from ((made.decision.decided_at, _decision(made)) for made in dossier.made)
    yield from ((appeal.made_at, _appeal(appeal)) for appeal in dossier.appeals)
    events = (event for event in dossier.events if event.kind in _EVENTS and not _is_told(event, dossier.made))
    yield from ((event.at, _event(event)) for event in events)


def _is_told(event: CaseEvent, made: Sequence[Made]) -> bool:
    """Whether the line of a decision says it already: what came of one tells of its notice, too."""
    if event.kind is not EventKind.NOTICE_SENT:
        return False
    return any(each.outcome and each.decision.decided_at <= event.at for each in made)


def _gone(made: Sequence[Made], when: datetime) -> str:
    """How the message went: what we delete is seen to go after that was decided."""
    by_us = any(each.enforced and each.decision.deletes and each.decision.decided_at <= when for each in made)
    return tr("the message was deleted, as decided") if by_us else tr("the message was gone")


def _report(report: Report) -> str:
    """Never by whom."""
    told = tr(_REPORTS[report.kind])
    return f"{told}: {escaped(report.reason, 300)}" if report.reason else told


def _decision(made: Made) -> str:
    who = person(made.decision.moderator_id)
    told = [tr("**{decision}** by {person}.", decision=done(made.decision), person=who)]
    if made.decision.reason:
        told.append(tr("Reason: {text}", text=escaped(made.decision.reason, 500)))
    if made.enforced is None:
        told.append(tr("It is being carried out."))
    elif made.enforced is False:
        told.append(tr("**Not done.**"))
    if made.outcome:
        told.append(outcome_line(made.outcome, 400))
    if made.taken_back:
        told.append(tr("*Taken back since.*"))
    elif made.reopened:
        told.append(tr("*The case was opened again since; what was done stays.*"))
    return " ".join(told)


def _appeal(appeal: Appeal) -> str:
    told = [tr("the member **appealed**.")]
    if appeal.text:
        told.append(in_quotes(escaped(appeal.text, 600)))
    if appeal.answer is None:
        told.append(tr("It waits for an answer."))
        return " ".join(told)
    who = {"person": person(appeal.answer.moderator_id), "when": at(appeal.answer.given_at)}
    if appeal.answer.granted:
        told.append(tr("Granted by {person} on {when}.", **who))
    else:
        told.append(tr("Rejected by {person} on {when}.", **who))
    if appeal.answer.text:
        told.append(in_quotes(escaped(appeal.answer.text, 400)))
    told.append(told_line(appeal))
    return " ".join(told)


def _event(event: CaseEvent) -> str:
    told = tr(_EVENTS[event.kind], person=person(event.actor_id) if event.actor_id else tr("Safeguild"))
    return f"{told}: {escaped(event.text, 700)}" if event.text else told


def kept_until(case: CaseFile, days: int) -> datetime | None:
    """When a case's texts are erased that are kept for so many days; None if they are already."""
    if case.erased_at:
        return None
    newest = case.message.edited_at or case.opened_at
    return max(newest, case.opened_at) + timedelta(days=days)
