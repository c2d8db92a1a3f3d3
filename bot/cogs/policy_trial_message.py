"""`/policy test message:`: what one policy makes of one message. Dry: nothing is kept, and no case comes of it."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import discord

from bot.asking import PATIENCE_SECONDS, Silence
from bot.case import Earlier, Message
from bot.cogs.history import DiscordHistory
from bot.cogs.people import person, place_of
from bot.cogs.plainly import Declined
from bot.cogs.pointing import before, objection
from bot.cogs.replies import NOT_READY, Command, Reply, page
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import code_block, escaped, readable
from bot.cogs.words import sure
from bot.explaining.text import full_text, headline
from bot.explaining.told import Told, told
from bot.language import marked, said, tr
from bot.question import asked
from bot.trials.room import TrialRoom
from inference.judge import JudgeError, JudgeUnavailable, UnreadableAnswer
from inference.prefilter.explanation import Explanation
from inference.prefilter.suspicion import Suspicion
from inference.ticket import Priority, Ticket
from policies.policy import Care, Policy
from policies.verdict import Verdict

FILE: Final = "policy-test.txt"
LONGEST: Final = 4_000
"""Characters of a text that is tried."""
_LINK: Final = re.compile(
    r"<?https?://[^/\s]+/channels/(?P<guild>\d{1,19})/(?P<channel>\d{1,19})/(?P<message>\d{1,19})>?"
)
_TITLE, _RULE, _REASON, _TEXT = 80, 40, 500, 700
_DRY: Final = marked("Dry: nothing was kept, and nobody was told.")
_ELSEWHERE: Final = marked("This link leads to another server. I only look at messages of this one.")
_NO_SUCH_PLACE: Final = marked("I cannot see the channel that this link leads to.")
_NOT_YOURS: Final = marked("You cannot read the channel that this link leads to, so I do not show what is there.")
_NO_TEXT: Final = marked("There are no words in this message. Pictures are not looked at.")
_OWN_WORDS: Final = marked("The model's own words, as they came. They can be wrong.")
_SILENCES: Final = {
    Silence.AWAY: marked("The model is not there at the moment. `/safeguild status` says more."),
    Silence.LATE: marked("The model has too much to do at the moment. Try again in a minute."),
    Silence.UNREADABLE: marked("The model's answer could not be read. As a case it would go to people."),
}


@dataclass(frozen=True, slots=True)
class Pointed:
    """A message that somebody wants to have tried, with what came before it."""

    message: Message
    earlier: Sequence[Earlier] = ()


@dataclass(frozen=True, slots=True)
class Trialled:
    """What came of it."""

    policy: Policy
    pointed: Pointed
    prefilter: Told | None
    """None: the policy is not in force."""
    verdict: Verdict | None
    silence: Silence | None


async def pointed_at(
    command: Command, rooms: Rooms, history: DiscordHistory, policy: Policy, what: str
) -> Pointed:
    """The message that a link leads to, or the text itself as a message.

    Raises:
        Declined: it is not for this person, or no message of a member.
        DiscordError: Discord did not tell.
    """
    link = _LINK.fullmatch(what.strip())
    if link is None:
        return Pointed(_as_message(command, what))
    if command.guild is None or not isinstance(command.user, discord.Member):
        raise Declined(tr(NOT_READY))
    if int(link["guild"]) != command.guild.id:
        raise Declined(tr(_ELSEWHERE))
    place = await place_of(command.guild, int(link["channel"]))
    if place is None:
        raise Declined(tr(_NO_SUCH_PLACE))
    if not person(command.user, place).reads:
        raise Declined(tr(_NOT_YOURS))
    message = await history.current(command.guild.id, place.id, int(link["message"]))
    if reason := objection(rooms, message):
        raise Declined(reason)
    assert message is not None
    return Pointed(message, await before(history, message, policy.judge.context))


def _as_message(command: Command, text: str) -> Message:
    """The text as if this person had written it here, just now."""
    assert command.guild_id is not None
    return Message(
        id=command.id,
        guild_id=command.guild_id,
        channel_id=command.channel_id or command.guild_id,
        author_id=command.user.id,
        created_at=command.created_at,
        content=text[:LONGEST],
    )


async def tried(rooms: Rooms, judge: TrialRoom, policy: Policy, pointed: Pointed) -> Trialled:
    """Hold a message against one version of a policy. `policy` need not be in force."""
    message = pointed.message
    if not message.text.strip():
        raise Declined(tr(_NO_TEXT))
    explanation = await rooms.explain(message.guild_id, message.text, (policy.id,))
    content = asked(policy, message, pointed.earlier, _suspicion(policy, explanation))
    ticket = Ticket(Priority.INTERACTIVE, tenant=message.guild_id, deadline=PATIENCE_SECONDS)
    verdict, silence = None, None
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            verdict = await judge.judge.judge(policy, content, explain=True, ticket=ticket)
    except JudgeUnavailable:
        silence = Silence.AWAY
    except UnreadableAnswer:
        silence = Silence.UNREADABLE
    except (JudgeError, TimeoutError):
        silence = Silence.LATE
    known = told(explanation, {policy.id: policy}) if explanation else None
    return Trialled(policy, pointed, known, verdict, silence)


def _suspicion(policy: Policy, explanation: Explanation | None) -> Suspicion | None:
    """What the prefilter found, as the judge would be told of it."""
    forced = (
        next((each.forced for each in explanation.policies if each.policy_id == policy.id), ())
        if explanation
        else ()
    )
    return Suspicion(policy_id=policy.id, evidence=forced) if forced else None


def tried_page(found: Trialled) -> Reply:
    """The verdict with its reason; the model's own words and the prefilter's steps are in the file."""
    policy, verdict = found.policy, found.verdict
    withheld = policy.care is Care.WITHHOLD
    lines = [
        f"**{escaped(policy.title, _TITLE)}: {_word(found)}**",
        "" if withheld else code_block(found.pointed.message.text, _TEXT, rows=8)[0],
        tr(_DRY),
    ]
    fields = {
        tr("Why"): _reasons(policy, verdict, withheld=withheld) if verdict else [],
        tr("Would it be looked at?"): [_looked_at(found)],
    }
    file = None if withheld else discord.File(BytesIO(_whole(found).encode("utf-8", "replace")), filename=FILE)
    shown = {heading: texts for heading, texts in fields.items() if texts}
    return page(tr("Policy test"), [line for line in lines if line], _colour(verdict), shown, file)


def _word(found: Trialled) -> str:
    verdict = found.verdict
    if verdict is None or verdict.violation is None:
        return tr(_SILENCES[found.silence or Silence.UNREADABLE])
    likely = "" if verdict.probability is None else sure(verdict.probability)
    if verdict.violation:
        return tr("violation, {likely} likely", likely=likely) if likely else tr("violation")
    return tr("allowed, a violation is {likely} likely", likely=likely) if likely else tr("allowed")


def _reasons(policy: Policy, verdict: Verdict, *, withheld: bool) -> list[str]:
    rules = [f"{escaped(each, _RULE)}: {escaped(policy.rule(each).text, _REASON)}" for each in verdict.rule_ids]
    why = [] if withheld or not verdict.rationale else [escaped(verdict.rationale, _REASON)]
    return [*rules, *why, *(escaped(said(note), _REASON) for note in verdict.notes)]


def _looked_at(found: Trialled) -> str:
    if found.prefilter is None:
        return tr("This policy is not in force, so nothing is looked at for it.")
    return headline(found.prefilter)


def _whole(found: Trialled) -> str:
    """As plain text; what is hidden is written out."""
    parts = [f"{found.policy.title}: {_word(found)}", found.pointed.message.text]
    if verdict := found.verdict:
        parts.append(verdict.rationale)
        parts.append(f"{tr(_OWN_WORDS)}\n{verdict.reasoning}" if verdict.reasoning else "")
    if found.prefilter:
        parts.append(full_text(found.prefilter))
    return readable("\n\n".join(filter(None, parts))) + "\n"


def _colour(verdict: Verdict | None) -> discord.Colour | None:
    if verdict is None or verdict.violation is None:
        return None
    return discord.Colour.orange() if verdict.violation else discord.Colour.green()
