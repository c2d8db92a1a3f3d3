"""A page of the queue: one line for each case, and what can be done from here."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import discord
from discord.ui import Button, Select, View

from bot.attention import SEVERITIES, needs_a_look, severity_of
from bot.case import CaseFile
from bot.cogs.queue_state import PAGE, QueuePress, QueueState
from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import escaped, readable, shortened
from bot.cogs.words import ago, card_link, person, place
from bot.language import marked, number, tr, tr_n
from bot.records.reports import Bulk, QueueClaims, QueueOrder, QueuePage, Waiting
from bot.severities import severity_word
from policies.policy import Mode, Policy, Severity

_MARKS: Final = {Severity.LOW: "🟡", Severity.MEDIUM: "🟠", Severity.HIGH: "🔴", Severity.CRITICAL: "🟣"}
_ORDERS: Final = {
    QueueOrder.SEVERITY: marked("Gravest first"),
    QueueOrder.AGE: marked("Oldest first"),
    QueueOrder.DISAGREEMENT: marked("Most disputed first"),
}
_CLAIMS: Final = {
    QueueClaims.ALL: marked("All cases"),
    QueueClaims.MINE: marked("Those that I have claimed"),
    QueueClaims.UNCLAIMED: marked("Those that nobody has claimed"),
}
_MOST_OPTIONS: Final = 25
_OPTION: Final = 100
_TITLE, _RULE = 60, 24


def queue_page(state: QueueState, found: QueuePage, policies: Mapping[str, Policy], last: Bulk | None) -> Reply:
    """The page as only the one who asked sees it."""
    total = found.waiting.total
    lines = [_summary(found.waiting)] if total else [tr("Nothing waits here.")]
    lines += [line for case in found.cases for line in _lines(case)]
    if total > PAGE:
        lines.append(_where(state, len(found.cases), total))
    lines += list(_under_way(last))
    reply = page(tr("The queue"), lines, discord.Colour.blurple() if total else discord.Colour.green())
    return replace(reply, view=_view(state, found, policies))


def breakdown(waiting: Waiting) -> str:
    """ "2 critical, 5 high, 30 low"."""
    ordered = [severity for severity in reversed(SEVERITIES) if waiting.by_severity.get(severity)]
    told = [f"{number(waiting.by_severity[severity])} {severity_word(severity)}" for severity in ordered]
    return ", ".join(told)


def _summary(waiting: Waiting) -> str:
    return tr_n(
        "**{count} case waits for people**: {severities}.",
        "**{count} cases wait for people**: {severities}.",
        waiting.total,
        severities=breakdown(waiting),
    )


def _where(state: QueueState, shown: int, total: int) -> str:
    return tr(
        "{first} to {last} of {total}",
        first=number(state.offset + 1),
        last=number(state.offset + shown),
        total=number(total),
    )


def _lines(case: CaseFile) -> Iterator[str]:
    severity = severity_of(case.findings)
    yield f"{_MARKS[severity]} **{tr('Case {number}', number=case.id)}** · {_charge(case)}"
    parts = [
        person(case.message.author_id),
        place(case.message.channel_id),
        ago(case.opened_at),
        *_holder(case),
        _link(case),
    ]
    yield "-# " + " · ".join(part for part in parts if part)


def _charge(case: CaseFile) -> str:
    """ "Harassment: H1; pointed at 2 times": by members, moderators or AutoMod."""
    told = [
        f"{escaped(finding.policy.title, _TITLE)}: {_rules(finding.verdict.rule_ids) if finding.verdict else '?'}"
        for finding in case.findings
        if finding.policy.mode is Mode.LIVE and needs_a_look(finding)
    ]
    told = list(dict.fromkeys(told))[:3]
    if case.reports:
        told.append(tr_n("pointed at {count} time", "pointed at {count} times", len(case.reports)))
    return "; ".join(told) or tr("nothing found")


def _rules(rule_ids: Sequence[str]) -> str:
    return ", ".join(escaped(rule_id, _RULE) for rule_id in rule_ids[:3]) or tr("undecided")


def _holder(case: CaseFile) -> Iterator[str]:
    if case.holder is not None:
        yield tr("claimed by {who}", who=person(case.holder.moderator_id))


def _link(case: CaseFile) -> str:
    link = card_link(case)
    return f"[{tr('Card')}]({link})" if link else tr("no card yet")


def _under_way(last: Bulk | None) -> Iterator[str]:
    if last is not None and last.waiting:
        ended = last.total - last.waiting
        yield tr("Your bulk decision: {ended} of {total} cases.", ended=number(ended), total=number(last.total))


def _view(state: QueueState, found: QueuePage, policies: Mapping[str, Policy]) -> View:
    view = View(timeout=None)
    if found.cases:
        view.add_item(_case_menu(state, found.cases))
    view.add_item(_menu(state, QueuePress.ORDER, {key: tr(text) for key, text in _ORDERS.items()}, state.order))
    view.add_item(_menu(state, QueuePress.CLAIMS, {key: tr(text) for key, text in _CLAIMS.items()}, state.claims))
    if policies:
        view.add_item(_menu(state, QueuePress.POLICY, _policies(policies), state.policy_id or "*"))
    last_row = 4
    more = state.offset + len(found.cases) < found.waiting.total
    for press, label, is_on in (
        (QueuePress.BACK, tr("Back"), state.offset > 0),
        (QueuePress.ON, tr("Next"), more),
        (QueuePress.NEXT, tr("Take the next one"), found.waiting.total > 0),
    ):
        style = discord.ButtonStyle.primary if press is QueuePress.NEXT else discord.ButtonStyle.secondary
        view.add_item(
            Button(label=label, style=style, custom_id=state.custom_id(press), disabled=not is_on, row=last_row)
        )
    view.stop()  # presses find their way by the custom id alone
    return view


def _case_menu(state: QueueState, cases: Sequence[CaseFile]) -> "Select[View]":
    options = [
        discord.SelectOption(
            label=shortened(tr("Case {number}", number=case.id), _OPTION),
            value=str(case.id),
            description=shortened(readable(_title_of(case)), _OPTION) or None,
        )
        for case in cases
    ]
    return Select(custom_id=state.custom_id(QueuePress.CASE), placeholder=tr("Open a case"), options=options)


def _title_of(case: CaseFile) -> str:
    titles = dict.fromkeys(
        finding.policy.title
        for finding in case.findings
        if finding.policy.mode is Mode.LIVE and needs_a_look(finding)
    )
    return ", ".join(titles)


def _menu(state: QueueState, press: QueuePress, options: Mapping[str, str], chosen: str) -> "Select[View]":
    return Select(
        custom_id=state.custom_id(press),
        options=[
            discord.SelectOption(label=shortened(label, _OPTION), value=value, default=value == chosen)
            for value, label in options.items()
        ],
    )


def _policies(policies: Mapping[str, Policy]) -> dict[str, str]:
    on = (policy for policy in policies.values() if policy.mode is Mode.LIVE)
    live = sorted(on, key=lambda policy: policy.title)
    titles = {policy.id: readable(policy.title) for policy in live[: _MOST_OPTIONS - 1]}
    return {"*": tr("All policies"), **titles}
