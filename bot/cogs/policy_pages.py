"""What the `/policy` commands show."""

from collections.abc import Mapping
from io import BytesIO

import discord

from bot.cogs.policy_outlook import outlook_fields
from bot.cogs.replies import Reply, page, problem_line
from bot.cogs.safe_text import escaped
from bot.cogs.words import place
from bot.gate.outlook import Outlook
from policies.hints import nearest
from policies.policy import Effort, Judging, Mode, Policy, Rule
from policies.problems import Problem

MEANINGS: Mapping[Mode, str] = {
    Mode.OFF: "messages are not looked at for it",
    Mode.SHADOW: "messages are judged and counted, no card appears",
    Mode.LIVE: "violations appear as cards",
}
_TITLE, _TEXT = 120, 300
"""The most units of a policy's title and of a rule."""


def list_page(policies: Mapping[str, Policy], problems: tuple[Problem, ...]) -> Reply:
    """A guild's policies, one line each, and what is wrong with its files."""
    if not policies and not problems:
        return page("Policies", ["This server has no policy. Add one with `/policy add`."])
    lines = [_list_line(policy) for _, policy in sorted(policies.items())]
    kept = "Until they are put right, the versions before these errors hold."
    errors = [kept, *map(problem_line, problems)] if problems else []
    return page("Policies", lines, fields={"Files with errors": errors})


def show_page(
    policy: Policy, source: bytes, problems: tuple[Problem, ...], outlook: Outlook | None = None
) -> Reply:
    """One policy, with its file attached as it stands on the disk, and how it does."""
    lines = [f"`{policy.id}`. {_mode(policy)}", escaped(policy.goal, _TEXT), ""]
    fields = {
        "Allowed": [f"- {escaped(line, _TEXT)}" for line in policy.allowed],
        "Examples": [_examples(policy)],
        "Looked at": [_scope(policy)],
        "Judging": [_judging(policy)],
        "Errors in its file": [problem_line(each) for each in problems if each.file == f"{policy.id}.yaml"],
        **outlook_fields(outlook),
    }
    file = discord.File(BytesIO(source), filename=f"{policy.id}.yaml")
    return page(escaped(policy.title, _TITLE), [*lines, *map(_rule_line, policy.rules)], fields=fields, file=file)


def added_page(policy: Policy) -> Reply:
    """What a policy that was just added forbids."""
    lines = [
        escaped(policy.goal, _TEXT),
        "",
        "**It forbids:**",
        *map(_rule_line, policy.rules),
        "",
        _mode(policy),
        "Change that with `/policy mode`; read all of it with `/policy show`.",
    ]
    return page(f"Added: {escaped(policy.title, _TITLE)}", lines, discord.Colour.green())


def mode_page(policy: Policy, review_channel: int | None) -> Reply:
    """What the mode that was just set means."""
    lines = [f"**{escaped(policy.title, _TITLE)}** is changed. {_mode(policy)}"]
    if policy.mode is Mode.LIVE and review_channel:
        lines.append(f"Cards appear in {place(review_channel)}.")
    elif policy.mode is Mode.LIVE:
        lines.append("No review channel is set, so cases wait. Set one with `/safeguild setup`.")
    return page("", lines, discord.Colour.green())


def unknown_page(name: str, known: Mapping[str, Policy], kind: str) -> Reply:
    """There is no policy of this name: which ones there are, and which one was probably meant."""
    lines = [f"There is no {kind} “{escaped(name, 60)}”."]
    if meant := nearest(name.strip(), tuple(known)):
        lines.append(f"Did you mean `{meant}`?")
    lines.append(f"There are: {', '.join(f'`{each}`' for each in sorted(known))}." if known else "There is none.")
    return page("", lines)


def already_page(policy_id: str, policy: Policy | None) -> Reply:
    """The policy was added before."""
    if policy is None:
        return page("", [f"This server has a file `{policy_id}.yaml` already, with errors: see `/policy list`."])
    known = f"This server has **{escaped(policy.title, _TITLE)}** already."
    return page("", [known, f"{_mode(policy)} Change that with `/policy mode`."])


def _mode(policy: Policy) -> str:
    return f"Mode: **{policy.mode.value}**, {MEANINGS[policy.mode]}."


def _list_line(policy: Policy) -> str:
    count = f"{len(policy.rules)} rules" if len(policy.rules) != 1 else "1 rule"
    return f"**{escaped(policy.title, _TITLE)}** (`{policy.id}`): {policy.mode.value}, {count}"


def _rule_line(rule: Rule) -> str:
    return f"- **{escaped(rule.id, 40)}** ({rule.severity.value}): {escaped(rule.text, _TEXT)}"


def _examples(policy: Policy) -> str:
    bad = sum(example.violates for example in policy.examples)
    shown = len(policy.shown_examples)
    return f"{bad} of violations, {len(policy.examples) - bad} of what is allowed; {shown} of them in the prompt"


def _scope(policy: Policy) -> str:
    """Where the policy holds."""
    scope = policy.scope
    where = _list([place(each) for each in scope.channels]) if scope.channels else "every channel"
    but = [place(each) for each in scope.except_channels] + [f"<@&{each}>" for each in scope.except_roles]
    return f"in {where}" + (f", but not {_list(but)}" if but else "")


def _list(mentions: list[str], most: int = 12) -> str:
    rest = len(mentions) - most
    return ", ".join(mentions[:most]) + (f" and {rest} more" if rest > 0 else "")


def _judging(policy: Policy) -> str:
    judge = policy.judge
    return (
        f"a violation from {judge.threshold * 100:.4g}% likely on; {judge.context} messages before it are read "
        f"along; {_effort(judge)}; likeness alone may flag {policy.prefilter.flag_rate:.1%} "
        "of all messages"
    )


def _effort(judge: Judging) -> str:
    if judge.effort is not Effort.AUTO:
        return f"effort {judge.effort.value}"
    low, high = (f"{bound * 100:.4g}%" for bound in judge.unsure)
    return f"effort auto: low, and again at {judge.second_effort.value} from {low} to {high} likely"
