"""An appeal as moderators see it: what the member says, what was decided, and who may answer."""

import re
from collections.abc import Awaitable, Callable, Iterator
from enum import StrEnum
from typing import Any, Self

import discord
from discord.ui import Button, DynamicItem, Item, View

from bot.case import CaseFile
from bot.cogs.budget import DESCRIPTION, EMBED_TOTAL, FIELD_VALUE, Part, fit, joined
from bot.cogs.safe_text import code_block, escaped
from bot.cogs.words import ago, at, by, card_link, done, message_link, outcome_line, person, place
from bot.language import tr, tr_in
from bot.records.appeals import Appeal, AppealState, Told
from bot.review.appeals import Appealed

_COLOURS = {
    AppealState.OPEN: discord.Colour(0xE67E22),
    AppealState.GRANTED: discord.Colour(0x2ECC71),
    AppealState.REJECTED: discord.Colour(0x80848E),
}
_LONGEST_WORDS = 900
_LONGEST_TEXT = 1700


class AppealPress(StrEnum):
    """What a button under an appeal is for."""

    GRANT = "grant"
    REJECT = "reject"
    CASE = "case"


APPEAL_BUTTON = re.compile(r"appeal:(?P<case>[1-9][0-9]{0,18})")
"""Under the notice that a member gets. A button holds an id and never state."""
CARD_BUTTON = re.compile(r"appeal-card:(?P<appeal>[1-9][0-9]{0,18}):(?P<press>grant|reject|case)")

CardHandler = Callable[[discord.Interaction[Any], int, AppealPress], Awaitable[None]]
NoticeHandler = Callable[[discord.Interaction[Any], int], Awaitable[None]]


def appeal_id_of(custom_id: str | None) -> int | None:
    """The appeal that a button of a card belongs to; None if it is none of these."""
    found = CARD_BUTTON.fullmatch(custom_id or "")
    return int(found["appeal"]) if found else None


def appeal_button(case_id: int) -> Button[Any]:
    """What a member presses under a notice, in the language that is spoken now."""
    label = tr_in("button", "Appeal")
    return Button(label=label, style=discord.ButtonStyle.secondary, custom_id=f"appeal:{case_id}")


def appeal_buttons(appeal: Appeal) -> View:
    """The buttons of a card, as discord.py sends them. It is stopped at once, as that of cases is."""
    view = View(timeout=None)
    if appeal.state is AppealState.OPEN:
        view.add_item(_button(appeal, AppealPress.GRANT, tr("Grant"), discord.ButtonStyle.success))
        view.add_item(_button(appeal, AppealPress.REJECT, tr("Reject"), discord.ButtonStyle.danger))
    view.add_item(_button(appeal, AppealPress.CASE, tr("Show case"), discord.ButtonStyle.secondary))
    view.stop()
    return view


def appeal_face(appealed: Appealed) -> discord.Embed:
    """The card of an appeal, in the language that is spoken now."""
    appeal, case = appealed.appeal, appealed.case
    title = tr("Appeal of case {number}", number=case.id)
    parts = [
        Part("", lambda room: joined(list(_standing(appealed)), room), 90, 1200),
        Part("", _words_of_member(appeal), 80, _LONGEST_TEXT),
        Part(tr("What was decided"), lambda room: joined(list(_decided(appealed)), room), 70, FIELD_VALUE),
        Part(tr("What it is about"), lambda room: joined([_about(case)], room), 60, FIELD_VALUE),
    ]
    fitted = fit(parts, EMBED_TOTAL - 300)
    embed = discord.Embed(title=title, colour=_COLOURS[appeal.state], timestamp=appeal.made_at)
    embed.description = "\n".join(part.text for part in fitted if not part.name)[:DESCRIPTION]
    for part in fitted:
        if part.name:
            embed.add_field(name=part.name, value=part.text, inline=False)
    return embed.set_footer(text=tr("Appeal {number}", number=appeal.id))


def told_line(appeal: Appeal) -> str:
    """Whether the member knows of the answer."""
    lines = {
        Told.NO: tr("The member is being told."),
        Told.BEGUN: tr("The member is being told."),
        Told.YES: tr("The member was told by direct message."),
        Told.UNSURE: tr("Whether the member was told is not known: I was stopped while I told them."),
        Told.FAILED: tr(
            "**The member could not be told by direct message:** {reason}",
            reason=escaped(appeal.not_told_because, 300),
        ),
    }
    return lines[appeal.told]


def _button(appeal: Appeal, press: AppealPress, label: str, style: discord.ButtonStyle) -> Button[Any]:
    return Button(label=label, style=style, custom_id=f"appeal-card:{appeal.id}:{press}", row=0)


def _standing(appealed: Appealed) -> Iterator[str]:
    appeal, answer = appealed.appeal, appealed.appeal.answer
    if answer is None:
        yield tr("{member} asks to look at this again.", member=person(appeal.member_id))
        yield from _who_may(appealed)
        return
    who = {"person": person(answer.moderator_id), "when": ago(answer.given_at)}
    yield (
        tr("**Granted** by {person} {when}.", **who)
        if answer.granted
        else tr("**Rejected** by {person} {when}.", **who)
    )
    if appeal.outcome is None:
        yield tr("It is being carried out.")
    else:
        yield outcome_line(appeal.outcome, 400)
        if (told := told_line(appeal)) not in appeal.outcome:  # the notice that it was taken back was the answer
            yield told
    if answer.text:
        yield tr("Answer: {text}", text=escaped(answer.text, _LONGEST_WORDS))


def _who_may(appealed: Appealed) -> Iterator[str]:
    decision = appealed.decision
    if decision is None:
        return
    yield tr(
        "{person} decided, so **another moderator** answers. From {date} on, any moderator may.",
        person=person(decision.moderator_id),
        date=at(appealed.anyone_from),
    )
    if not appealed.others_decide:
        yield tr("Nobody else has decided cases here so far: an administrator who decided may answer now.")


def _words_of_member(appeal: Appeal) -> Callable[[int], str]:
    if not appeal.text:
        return lambda _: tr("*(The text was erased.)*")
    return lambda room: code_block(appeal.text, room)[0]


def _decided(appealed: Appealed) -> Iterator[str]:
    decision = appealed.decision
    if decision is None:
        yield tr("The decision is not known any more.")
        return
    yield f"**{done(decision)}** {by(decision)}"
    if decision.reason:
        yield tr("Reason: {text}", text=escaped(decision.reason, 500))
    if not appealed.stands and appealed.appeal.state is AppealState.OPEN:
        yield tr("It does not stand any more: it was taken back, or decided anew, since.")


def _about(case: CaseFile) -> str:
    links = [f"[{tr('Message')}]({message_link(case)})"] if case.deleted_at is None else []
    if address := card_link(case):
        links.append(f"[{tr('Card of the case')}]({address})")
    return " · ".join([place(case.message.channel_id), *links])


def card_items(handler: CardHandler) -> type[DynamicItem[Button[Any]]]:
    """The class that discord.py makes of every pressed button of an appeal's card."""

    class AppealCardButton(DynamicItem[Button[Any]], template=CARD_BUTTON):
        def __init__(self, appeal_id: int, press: AppealPress) -> None:
            super().__init__(Button(custom_id=f"appeal-card:{appeal_id}:{press}"))
            self.appeal_id = appeal_id
            self.press = press

        @classmethod
        async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(int(match["appeal"]), AppealPress(match["press"]))

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            await handler(interaction, self.appeal_id, self.press)

    return AppealCardButton


def notice_items(handler: NoticeHandler) -> type[DynamicItem[Button[Any]]]:
    """The class that discord.py makes of the pressed button under a notice."""

    class AppealButton(DynamicItem[Button[Any]], template=APPEAL_BUTTON):
        def __init__(self, case_id: int) -> None:
            super().__init__(Button(custom_id=f"appeal:{case_id}"))
            self.case_id = case_id

        @classmethod
        async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(int(match["case"]))

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            await handler(interaction, self.case_id)

    return AppealButton
