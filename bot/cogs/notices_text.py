"""What members are told of a decision, in the guild's own words or in those that come with Safeguild.

A template may hold these placeholders; each is filled in once, the first time that it stands there:

    {server}    the server's name
    {decision}  what was decided, as a sentence
    {rule}      the wording of the rules that are cited
    {reason}    what the moderator wrote, when that is more than the rule
    {message}   what the member wrote, shortened; left out where it is never to be shown again
    {channel}   where they wrote it
    {appeal}    how to appeal, when appeals are taken

A line that holds nothing but placeholders that are empty is left out. Anything else in braces stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.case import Action, CaseFile, Decision
from bot.cogs.safe_text import code_block, escaped, shortened
from bot.cogs.words import at, length_of, place
from bot.guilds.settings import GuildSettings
from bot.language import in_quotes, marked, tr, tr_n
from bot.review.access import taken
from bot.review.care import cited_rules, hidden

PLACEHOLDERS: Final = ("server", "decision", "rule", "reason", "message", "channel", "appeal")
APPEALABLE: Final = frozenset({Action.DELETE, Action.WARN, Action.TIMEOUT, Action.KICK, Action.BAN})
LONGEST: Final = 4000
"""Units of a notice: it stands in an embed's description."""
_PLACEHOLDER: Final = re.compile(r"\{(" + "|".join(PLACEHOLDERS) + r")\}")
_RULES: Final = 2

_APPEAL: Final = marked("If you think that this is wrong, press “Appeal”: another moderator looks at it.")
NOTICE: Final = marked("""**{server}**
{decision}
{rule}
{reason}
{message}

{appeal}""")
HELP: Final = marked("""Somebody in **{server}** is worried about you after what you wrote. You are not in trouble.

If things feel too heavy, you do not have to carry them alone. Talk to somebody you trust, or to a helpline: many \
of them are free and confidential, and answer calls, texts or chats. <https://findahelpline.com> lists them by \
country.

If you are in danger right now, please call your local emergency number.

{reason}""")


@dataclass(frozen=True, slots=True)
class Notice:
    """What a member gets."""

    text: str
    """Ready to be shown, within Discord's limits."""
    can_appeal: bool


def is_told(decision: Decision, case: CaseFile, settings: GuildSettings) -> bool:
    """Whether the member hears of this decision. A warning and an offer of help are nothing else."""
    if decision.action in (Action.WARN, Action.HELP):
        return True
    if decision.action is Action.UNDO:
        return settings.notices and any(part in APPEALABLE for part, _ in taken(case))
    return settings.notices and decision.action in APPEALABLE


def notice(
    case: CaseFile,
    decision: Decision,
    settings: GuildSettings,
    server: str,
    *,
    quotes: bool = True,
    chosen: bool = True,
) -> Notice:
    """What the member is told, in the language that is spoken now.

    `quotes`: with what they wrote. Not for a moderator who may not read it. `chosen`: the decision is made; else
    its length and whether the message goes are still to be chosen.
    """
    if decision.action is Action.HELP:
        words = {"server": escaped(server, 200), "reason": _from_moderators(decision.reason)}
        return Notice(_filled(settings.help_text or tr(HELP), words), can_appeal=False)
    can_appeal = settings.appeals and decision.action in APPEALABLE
    words = _words(case, decision, server, can_appeal=can_appeal, chosen=chosen)
    if words["message"] and not quotes:
        words["message"] = tr("You wrote:") + " …"
    return Notice(_filled(settings.notice or tr(NOTICE), words), can_appeal)


def sample(settings: GuildSettings, server: str) -> tuple[str, str]:
    """Both texts as members would get them, with an invented decision: about a decision, and an offer of help."""
    words = {
        "server": escaped(server, 200),
        "decision": tr(_SAID[Action.WARN]),
        "rule": tr("The rule: {rule}", rule=tr("Insults aimed at a member.")),
        "reason": _from_moderators(tr("Please calm down.")),
        "message": "",
        "channel": "#general",
        "appeal": tr(_APPEAL) if settings.appeals else "",
    }
    told = _filled(settings.notice or tr(NOTICE), words)
    return told, _filled(settings.help_text or tr(HELP), words)


def usual_reason(case: CaseFile, room: int) -> str:
    """The wording of the cited rules, which a moderator need not repeat; plain text, "" where none is cited."""
    return shortened("; ".join(dict.fromkeys(f"{rule.id}: {rule.text}" for rule in cited_rules(case))), room)


def _words(case: CaseFile, decision: Decision, server: str, *, can_appeal: bool, chosen: bool) -> dict[str, str]:
    return {
        "server": escaped(server, 200),
        "decision": _decided(case, decision, chosen=chosen),
        "rule": "" if decision.action is Action.UNDO else _rules(case),
        "reason": _from_moderators(decision.reason) if _is_more_than_the_rule(case, decision) else "",
        "message": "" if hidden(case) or decision.action is Action.UNDO else _message(case),
        "channel": place(case.message.channel_id),
        "appeal": tr(_APPEAL) if can_appeal else "",
    }


def _decided(case: CaseFile, decision: Decision, *, chosen: bool) -> str:
    sentences = [_SAID[decision.action]] if decision.action in _SAID else []
    said = [tr(sentence) for sentence in sentences]
    if decision.action is Action.TIMEOUT and not chosen:
        said.append(tr("You cannot write or talk for *(the length that you choose)*."))
    elif decision.action is Action.TIMEOUT and decision.timeout is not None and decision.ends_at is not None:
        length, end = length_of(decision.timeout), at(decision.ends_at)
        said.append(tr("You cannot write or talk for {length}, until {end}.", length=length, end=end))
    if decision.action is Action.UNDO:
        lifted = {part for part, _ in taken(case)}
        said += [tr(_LIFTED[part]) for part in (Action.TIMEOUT, Action.BAN) if part in lifted]
    said += _about_message(case, decision, chosen=chosen)
    return " ".join(said)


def _about_message(case: CaseFile, decision: Decision, *, chosen: bool) -> Iterator[str]:
    """What became of what they wrote."""
    channel = place(case.message.channel_id)
    if case.was_kept_back and decision.action is not Action.UNDO:
        yield tr("Discord's AutoMod kept your message in {channel} back: it was not posted.", channel=channel)
    elif not chosen and not case.deleted_at and decision.action in _MAY_DELETE:
        yield tr("*(If you choose to delete it:)* Your message in {channel} was deleted.", channel=channel)
    elif decision.deletes:
        yield tr("Your message in {channel} was deleted.", channel=channel)


_SAID: Final[Mapping[Action, str]] = {
    Action.WARN: marked("The moderators warn you."),
    Action.KICK: marked("You were removed from the server."),
    Action.BAN: marked("You were banned from the server."),
    Action.UNDO: marked("What the moderators had decided about you was taken back."),
}
_MAY_DELETE: Final = frozenset({Action.WARN, Action.TIMEOUT, Action.KICK, Action.BAN})
_LIFTED: Final[Mapping[Action, str]] = {
    Action.TIMEOUT: marked("You can write again."),
    Action.BAN: marked("You may join the server again."),
}


def _rules(case: CaseFile) -> str:
    texts = list(dict.fromkeys(in_quotes(escaped(rule.text, 300)) for rule in cited_rules(case)))[:_RULES]
    if not texts:
        return ""
    return tr_n("The rule: {rules}", "The rules: {rules}", len(texts), rules=" · ".join(texts))


def _message(case: CaseFile) -> str:
    return tr("You wrote:") + "\n" + code_block(case.message.text, 400, rows=8)[0]


def _from_moderators(reason: str) -> str:
    return tr("From the moderators: {words}", words=escaped(reason, 600)) if reason.strip() else ""


def _is_more_than_the_rule(case: CaseFile, decision: Decision) -> bool:
    return decision.reason.strip() != usual_reason(case, len(decision.reason.strip()) or 1).strip()


def _filled(template: str, words: Mapping[str, str]) -> str:
    left = dict(words)
    lines = [_line(line, left) for line in template.split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line for line in lines if line is not None)).strip()
    return shortened(text, LONGEST) or "…"


def _line(line: str, left: dict[str, str]) -> str | None:
    """The line with its placeholders filled in; None if it held nothing else, and they are empty."""
    filled = _PLACEHOLDER.sub(lambda found: left.pop(found[1], ""), line)
    return None if line.strip() and not filled.strip() else filled
