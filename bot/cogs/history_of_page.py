"""A member's history in pages: what they are counted with, and their cases by time."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.attention import is_for_people, needs_a_look
from bot.cards import card
from bot.case import Action, CaseFile, CaseState
from bot.cogs.cases_pages_view import packed
from bot.cogs.safe_text import escaped
from bot.cogs.words import at, done, person, place
from bot.language import tr, tr_n
from bot.records.people import MemberRecord
from policies.policy import Mode

PAGE = 2400
"""Units of a page."""
MOST_CASES = 100
"""The newest cases are listed and their rules counted; more than these nobody reads."""
_MOST_RULES = 12
_ACTIONS: Mapping[Action, Callable[[int], str]] = {
    Action.WARN: lambda count: tr_n("{count} warning", "{count} warnings", count),
    Action.TIMEOUT: lambda count: tr_n("{count} timeout", "{count} timeouts", count),
    Action.KICK: lambda count: tr_n("{count} kick", "{count} kicks", count),
    Action.BAN: lambda count: tr_n("{count} ban", "{count} bans", count),
    Action.DELETE: lambda count: tr_n("{count} message deleted", "{count} messages deleted", count),
    Action.DISMISS: lambda count: tr_n("{count} dismissed", "{count} dismissed", count),
    Action.HELP: lambda count: tr_n("{count} offer of help", "{count} offers of help", count),
}


def history_pages(record: MemberRecord, cases: Sequence[CaseFile], member_id: int) -> list[str]:
    """The pages' texts. `cases`: the member's newest ones, newest first."""
    listed = [case for case in cases if is_for_people(case) or case.earlier_decisions or case.decision]
    summary = "\n".join(_summary(record, listed, member_id))
    return packed([summary, *map(_line, listed)], PAGE)


def _summary(record: MemberRecord, listed: Sequence[CaseFile], member_id: int) -> Iterator[str]:
    if not record.cases and not listed:
        yield tr("Nothing is known of {member} here: no case, no decision.", member=person(member_id))
        return
    yield tr_n(
        "**{count} case** about {member}",
        "**{count} cases** about {member}",
        record.cases,
        member=person(member_id),
    )
    yield tr(
        "{open} open · {acted_on} acted on · {dismissed} dismissed",
        open=record.open,
        acted_on=record.acted_on,
        dismissed=record.dismissed,
    ) + (" · " + tr_n("{count} taken back", "{count} taken back", record.taken_back) if record.taken_back else "")
    if record.since:
        yield tr("The first one was opened on {date}.", date=at(record.since))
    if done_to_them := _counted(record.actions):
        yield tr("Done: {actions}", actions=done_to_them)
    if rules := _rules(listed):
        yield tr("Rules: {rules}", rules=rules)
    if pointed := sum(bool(case.reports) and _was_acted_on(case) for case in listed):
        yield tr_n("{count} report led to something.", "{count} reports led to something.", pointed)
    yield from _appeals(record)


def _counted(actions: Mapping[Action, int]) -> str:
    return " · ".join(say(count) for action, say in _ACTIONS.items() if (count := actions.get(action)))


def _rules(cases: Sequence[CaseFile]) -> str:
    """ "H1 (Harassment): 3 · S2 (Spam): 1": what live policies' verdicts cite, where it was not dismissed."""
    count = Counter(
        (rule_id, finding.policy.title)
        for case in cases
        if not _was_dismissed(case)
        for finding in case.findings
        if finding.verdict and finding.policy.mode is Mode.LIVE and needs_a_look(finding)
        for rule_id in finding.verdict.rule_ids
    )
    return " · ".join(
        f"**{escaped(rule_id, 40)}** ({escaped(title, 60)}): {times}"
        for (rule_id, title), times in count.most_common(_MOST_RULES)
    )


def _appeals(record: MemberRecord) -> Iterator[str]:
    total = record.appeals_open + record.appeals_granted + record.appeals_rejected
    if total:
        yield (
            tr_n("{count} appeal", "{count} appeals", total)
            + ": "
            + tr(
                "{open} open, {granted} granted, {rejected} rejected",
                open=record.appeals_open,
                granted=record.appeals_granted,
                rejected=record.appeals_rejected,
            )
        )


def _line(case: CaseFile) -> str:
    """One case; nothing of what was written."""
    when, where = at(case.message.created_at), place(case.message.channel_id)
    head = f"**{case.id}** · {when} · {where}\n{escaped(card(case).title, 250)}"
    return f"{head}\n{_end(case)}"


def _end(case: CaseFile) -> str:
    if case.decision is None:
        return tr("Open") if case.state is CaseState.OPEN else tr("Waits for a verdict.")
    told = {"decision": done(case.decision), "person": person(case.decision.moderator_id)}
    if case.state is CaseState.FAILED:
        return tr("{decision} by {person}: **not done**", **told)
    if case.state is CaseState.DECIDED:
        return tr("{decision} by {person}, being carried out", **told)
    return tr("{decision} by {person}", **told)


def _was_dismissed(case: CaseFile) -> bool:
    return case.decision is not None and case.decision.action in (Action.DISMISS, Action.HELP)


def _was_acted_on(case: CaseFile) -> bool:
    return case.state is CaseState.ENFORCED and not _was_dismissed(case)
