"""What the `/policy` commands show."""

from collections.abc import Iterable, Mapping
from io import BytesIO

import discord

from bot.cogs.policy_outlook import outlook_fields, share
from bot.cogs.replies import Reply, page, problem_line
from bot.cogs.safe_text import escaped
from bot.cogs.words import place
from bot.gate.outlook import Outlook, is_out_of_reach
from bot.language import marked, percent, tr, tr_in, tr_n
from bot.looks import EFFORTS
from policies.hints import nearest
from policies.policy import Effort, Judging, Mode, Policy, Rule
from policies.problems import Problem

MEANINGS: Mapping[Mode, str] = {
    Mode.OFF: marked("messages are not looked at for it"),
    Mode.SHADOW: marked("messages are judged and counted, no card appears"),
    Mode.LIVE: marked("violations appear as cards"),
}
MODE_NAMES: Mapping[Mode, str] = {
    Mode.OFF: marked("off", context="mode of a policy"),
    Mode.SHADOW: marked("shadow", context="mode of a policy"),
    Mode.LIVE: marked("live", context="mode of a policy"),
}
_TITLE, _TEXT = 120, 300
"""The most units of a policy's title and of a rule."""
_MOST_PLACES = 15
"""Channels or roles that are named one by one."""


def mode_name(mode: Mode) -> str:
    """What people call a mode."""
    return tr_in("mode of a policy", MODE_NAMES[mode])


def list_page(policies: Mapping[str, Policy], problems: tuple[Problem, ...]) -> Reply:
    """A guild's policies, one line each, and what is wrong with its files."""
    if not policies and not problems:
        return page(tr("Policies"), [tr("This server has no policy. Add one with `/policy add`.")])
    lines = [_list_line(policy) for _, policy in sorted(policies.items())]
    kept = tr("Until they are put right, the versions before these errors hold.")
    errors = [kept, *map(problem_line, problems)] if problems else []
    return page(tr("Policies"), lines, fields={tr("Files with errors"): errors})


def show_page(
    policy: Policy, source: bytes, problems: tuple[Problem, ...], outlook: Outlook | None = None
) -> Reply:
    """One policy, with its file attached as it stands on the disk, and how it does."""
    lines = [f"`{policy.id}`. {mode_line(policy)}", escaped(policy.goal, _TEXT), ""]
    fields = {
        tr_in("part of a policy", "Allowed"): [f"- {escaped(line, _TEXT)}" for line in policy.allowed],
        tr_in("part of a policy", "Examples"): [_examples(policy)],
        tr("Looked at"): [_scope(policy)],
        tr("Judging"): [_judging(policy, outlook)],
        tr("Errors in its file"): [problem_line(each) for each in problems if each.file == f"{policy.id}.yaml"],
        **outlook_fields(outlook),
    }
    file = discord.File(BytesIO(source), filename=f"{policy.id}.yaml")
    return page(escaped(policy.title, _TITLE), [*lines, *map(rule_line, policy.rules)], fields=fields, file=file)


def added_page(policy: Policy) -> Reply:
    """What a policy that was just added forbids."""
    lines = [
        escaped(policy.goal, _TEXT),
        "",
        tr("**It forbids:**"),
        *map(rule_line, policy.rules),
        "",
        mode_line(policy),
        tr("Change that with `/policy mode`; read all of it with `/policy show`."),
    ]
    title = tr("Added: {title}", title=escaped(policy.title, _TITLE))
    return page(title, lines, discord.Colour.green())


def mode_page(policy: Policy, review_channel: int | None) -> Reply:
    """What the mode that was just set means."""
    title = escaped(policy.title, _TITLE)
    lines = [tr("**{title}** is changed. {mode}", title=title, mode=mode_line(policy))]
    if policy.mode is Mode.LIVE:
        lines.append(cards_line(review_channel))
    return page("", lines, discord.Colour.green())


def cards_line(review_channel: int | None) -> str:
    """Where a live policy's cards appear."""
    if review_channel:
        return tr("Cards appear in {place}.", place=place(review_channel))
    return tr("No review channel is set, so cases wait. Set one with `/safeguild setup`.")


def unknown_policy_page(name: str, known: Iterable[str]) -> Reply:
    """There is no policy of this name: which ones there are, and which one was probably meant."""
    return _unknown_page(tr("There is no policy “{name}”.", name=escaped(name, 60)), name, sorted(known))


def unknown_starter_page(name: str, known: Iterable[str]) -> Reply:
    """There is no starter policy of this name."""
    return _unknown_page(tr("There is no starter policy “{name}”.", name=escaped(name, 60)), name, sorted(known))


def _unknown_page(head: str, name: str, known: list[str]) -> Reply:
    lines = [head]
    if meant := nearest(name.strip(), known):
        lines.append(tr("Did you mean `{name}`?", name=meant))
    listed = ", ".join(f"`{each}`" for each in known)
    lines.append(tr("There are: {names}.", names=listed) if known else tr("There is none."))
    return page("", lines)


def already_page(policy_id: str, policy: Policy | None) -> Reply:
    """The policy was added before."""
    if policy is None:
        line = tr("This server has a file `{id}.yaml` already, with errors: see `/policy list`.", id=policy_id)
        return page("", [line])
    known = tr("This server has **{title}** already.", title=escaped(policy.title, _TITLE))
    change = tr("{mode} Change that with `/policy mode`.", mode=mode_line(policy))
    return page("", [known, change])


def mode_line(policy: Policy) -> str:
    """A policy's mode and what it means."""
    return tr("Mode: **{mode}**, {meaning}.", mode=mode_name(policy.mode), meaning=tr(MEANINGS[policy.mode]))


def rule_line(rule: Rule) -> str:
    """A rule, for a list of them."""
    return f"- **{escaped(rule.id, 40)}** ({tr(rule.severity.value)}): {escaped(rule.text, _TEXT)}"


def _list_line(policy: Policy) -> str:
    count = tr_n("{count} rule", "{count} rules", len(policy.rules))
    return f"**{escaped(policy.title, _TITLE)}** (`{policy.id}`): {mode_name(policy.mode)}, {count}"


def _examples(policy: Policy) -> str:
    bad = sum(example.violates for example in policy.examples)
    return tr(
        "{bad} of violations, {allowed} of what is allowed; {shown} of them in the prompt",
        bad=bad,
        allowed=len(policy.examples) - bad,
        shown=len(policy.shown_examples),
    )


def _scope(policy: Policy) -> str:
    """Where the policy holds."""
    scope = policy.scope
    where = _list([place(each) for each in scope.channels]) if scope.channels else tr("every channel")
    but = [place(each) for each in scope.except_channels] + [f"<@&{each}>" for each in scope.except_roles]
    if but:
        return tr("in {places}, but not {others}", places=where, others=_list(but))
    return tr("in {places}", places=where)


def _list(mentions: list[str]) -> str:
    rest = len(mentions) - _MOST_PLACES
    listed = ", ".join(mentions[:_MOST_PLACES])
    return tr("{listed} and {count} more", listed=listed, count=rest) if rest > 0 else listed


def _judging(policy: Policy, outlook: Outlook | None) -> str:
    judge, rate = policy.judge, policy.prefilter.flag_rate
    told = {"threshold": _share(judge.threshold), "context": judge.context, "effort": _effort(judge)}
    if outlook.exact_only if outlook else is_out_of_reach(rate):
        return tr(
            "a violation from {threshold} likely on; {context} messages before it are read along; {effort}; only "
            "exact matches are flagged",
            **told,
        )
    return tr(
        "a violation from {threshold} likely on; {context} messages before it are read along; {effort}; likeness "
        "alone may flag {rate} of all messages",
        **told,
        rate=share(rate),
    )


def _effort(judge: Judging) -> str:
    if judge.effort is not Effort.AUTO:
        return tr("effort {effort}", effort=tr_in("effort", EFFORTS[judge.effort]))
    low, high = map(_share, judge.unsure)
    return tr(
        "effort auto: low, and again at {second} from {low} to {high} likely",
        second=tr_in("effort", EFFORTS[judge.second_effort]),
        low=low,
        high=high,
    )


def _share(part: float) -> str:
    """In per cent, with one digit after the point where it matters."""
    return percent(part, 0 if round(part * 100, 1).is_integer() else 1)
