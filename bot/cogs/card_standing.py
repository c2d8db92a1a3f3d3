"""Where a case is, in a few lines at the head of its card: claimed, decided, taken back, gone."""

from collections.abc import Iterator, Mapping
from typing import Final

from bot.cards import Card
from bot.case import Action, CaseFile, CaseState, Decision, Report, ReportKind
from bot.cogs.enforcement_undo import STAYS
from bot.cogs.safe_text import escaped
from bot.cogs.words import ago, by, done, order, outcome_line, person
from bot.language import marked, tr, tr_n
from bot.review.access import LIFTED, taken
from bot.review.care import Hidden
from policies.policy import Care

_WAITS: Final = (CaseState.OPEN, CaseState.FAILED)
_HIDDEN: Final[Mapping[Hidden, str]] = {
    Hidden.WITHHELD: marked(
        "**What was written is not repeated here.** To pass it on, to other moderators too, may be a crime. Open "
        "the message itself and report it to Discord (hold it or right-click it, then “Report Message”) before it "
        "is deleted. In many countries the police or a hotline take reports as well. Do not save or share it."
    ),
    Hidden.ERASED: marked(
        "**What was written was erased**, because its time was over or because its author asked."
    ),
    Hidden.UNREADABLE: marked(
        "**What was written cannot be read:** it is damaged in my memory. Whoever runs me has been told. Look at "
        "the message itself, if it is still there."
    ),
}
KEPT_BACK: Final = marked("**Discord's AutoMod kept the message back:** it was never posted.")
_SUPPORT: Final = marked(
    "**Somebody may need help.** “Offer help” sends the author a kind message with where to find it; it is no "
    "sanction. Other actions are under “More”."
)


def standing(case: CaseFile, card: Card) -> Iterator[str]:
    """Where the case is, when it is not simply open."""
    if case.state in _WAITS:
        yield from _in_hand(case)
    if case.decision:
        yield from _decided(case, case.decision)
    yield from _earlier_decisions(case)
    yield from _reports(case)
    if card.since.kept_back:
        yield tr(KEPT_BACK)
    elif card.since.deleted_at and not _deleted_by_us(case):
        yield tr("**The message is gone:** it was deleted {when}.", when=ago(card.since.deleted_at))
    if card.since.being_judged and len(case.revisions) > 1:
        yield tr("**The message was edited.** Its newest version is being judged.")
    elif card.since.being_judged:
        yield tr("It is being judged.")
    if card.care is Care.SUPPORT and case.state is CaseState.OPEN:
        yield tr(_SUPPORT)


def told_hidden(reason: Hidden, kept_out: str) -> str:
    """What stands in place of the message. `kept_out`: who may not read it, for those who can change that."""
    if reason is not Hidden.PRIVATE:
        return tr(_HIDDEN[reason])
    return tr(
        "**Not everybody here may read where this was written** ({who}), so it is not shown. Press “Evidence” to "
        "read it, if you may.",
        who=kept_out,
    )


def _in_hand(case: CaseFile) -> Iterator[str]:
    if case.holder:
        yield tr("**Claimed** by {person} {when}.", **_who(case.holder.moderator_id), when=ago(case.holder.since))
    if case.escalated:
        yield tr(
            "**Escalated** by {person} {when}: for somebody with more say.",
            **_who(case.escalated.moderator_id),
            when=ago(case.escalated.since),
        )


def _who(user_id: int) -> dict[str, str]:
    return {"person": person(user_id)}


def _decided(case: CaseFile, decision: Decision) -> Iterator[str]:
    told = case.outcome if decision.action is not Action.DISMISS else None
    outcome = outcome_line(told or "", 500)
    if case.state is CaseState.DECIDED:
        yield tr("**Decided: {order}**, {by}. It is being carried out.", order=order(decision), by=by(decision))
    elif case.state is CaseState.FAILED:
        yield tr(
            "**Not done: {order}**, decided {by}. {outcome}",
            order=order(decision),
            by=by(decision),
            outcome=outcome,
        )
        yield tr("Press a button to try again, or decide otherwise.")
    else:
        yield f"**{done(decision)}** {by(decision)}. {outcome}".rstrip()
        yield from _cannot_be_undone(case, decision)


def _cannot_be_undone(case: CaseFile, decision: Decision) -> Iterator[str]:
    """What stays as it is although the case can be opened again. Where something is lifted, its button says so."""
    parts = (decision.action, *((Action.DELETE,) if decision.also_delete else ()))
    if not LIFTED.isdisjoint((*parts, *(part for part, _ in taken(case)))):
        return
    if facts := [tr(STAYS[part]) for part in parts if part in STAYS]:
        yield tr("-# {fact} “Reopen” lets you decide anew.", fact=" ".join(facts))


def _earlier_decisions(case: CaseFile) -> Iterator[str]:
    before = [made for made in case.earlier_decisions if made.action is not Action.UNDO]
    undone = [made for made in case.earlier_decisions if made.action is Action.UNDO]
    for decision in before[-2:]:
        yield tr("Decided before: {order}, {by}.", order=order(decision), by=by(decision))
    if case.state is not CaseState.OPEN or not case.earlier_decisions:
        return
    if undone and case.earlier_decisions[-1] == undone[-1]:
        yield tr("That was taken back {by}, and the case is to be decided again.", by=by(undone[-1]))
    elif _was_edited_after(case, case.earlier_decisions[-1]):
        yield tr("The message was edited after that, and is to be decided again.")
    else:
        yield tr("The case was opened again after that, and is to be decided again.")


def _was_edited_after(case: CaseFile, decision: Decision) -> bool:
    edited = case.revisions[-1].edited_at
    return edited is not None and edited > decision.decided_at


def _reports(case: CaseFile) -> Iterator[str]:
    members = sum(report.kind is ReportKind.MEMBER for report in case.reports)
    if members:
        yield tr_n("**Reported** by {count} member.", "**Reported** by {count} members.", members)
    for report in case.reports[-2:]:
        yield from _report(report)


def _report(report: Report) -> Iterator[str]:
    """Who reports as a member stays hidden."""
    reason = escaped(report.reason, 200)
    if report.kind is ReportKind.MODERATOR:
        yield tr(
            "{person} asked to have it judged {when}.", person=person(report.reporter_id), when=ago(report.made_at)
        )
    if report.kind is ReportKind.AUTOMOD:
        yield tr(
            "Discord's AutoMod raised an alert {when}. {reason}", when=ago(report.made_at), reason=reason
        ).rstrip()
    elif reason:
        yield tr("Reason: {reason}", reason=reason)


def _deleted_by_us(case: CaseFile) -> bool:
    return case.state is CaseState.ENFORCED and any(decision.deletes for decision in (case.decision,) if decision)
