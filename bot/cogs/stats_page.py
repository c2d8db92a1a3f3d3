"""How `/stats` looks: a few lines, pictures below them, and two buttons."""

import re
from collections.abc import Awaitable, Callable, Sequence
from io import BytesIO
from typing import Any, Self

import discord
from discord.ui import Button, DynamicItem, Item, View

from bot.cogs.budget import DESCRIPTION, TITLE, joined
from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import escaped, shortened
from bot.figures.painting import Picture
from bot.figures.span import Period
from bot.figures.statistics import Overview, Question, RuleBookPage
from bot.language import tr
from policies.policy import Policy

COLOUR = discord.Colour.blurple()
SHARE, RULES = "share", "rules"
_CUSTOM_ID = re.compile(r"stats:(?P<press>share|rules):(?P<period>7|30|90):(?P<policy>[a-z0-9-]{0,40})")
_LONGEST_ALT = 1024
_LONGEST_TITLE = 100

StatsHandler = Callable[[discord.Interaction[Any], str, Question], Awaitable[None]]
"""Takes the interaction, which button it was, and what the panel is about. Raises nothing."""


def overview_embeds(told: Overview, policy: Policy | None) -> list[discord.Embed]:
    """The lines with the first picture, and one embed for each other picture."""
    title = tr("Figures, {days}", days=told.days)
    if policy:
        title = tr("{policy}: figures, {days}", policy=_title(policy), days=told.days)
    lines = list(told.lines)
    if not told.pictures:
        lines.append(tr("The charts could not be drawn. Whoever runs the bot finds the reason in its log."))
    first = discord.Embed(title=shortened(title, TITLE), description=joined(lines, DESCRIPTION), colour=COLOUR)
    return with_pictures(first, told.pictures)


def with_pictures(first: discord.Embed, pictures: Sequence[Picture]) -> list[discord.Embed]:
    """An embed for each picture, beginning with the first one."""
    embeds = [first, *(discord.Embed(colour=COLOUR) for _ in pictures[1:])]
    for embed, picture in zip(embeds, pictures, strict=False):
        embed.set_image(url=f"attachment://{picture.name}")
    return embeds


def files(pictures: Sequence[Picture]) -> list[discord.File]:
    """The pictures, to be sent once."""
    return [
        discord.File(BytesIO(each.data), filename=each.name, description=shortened(each.alt, _LONGEST_ALT))
        for each in pictures
    ]


def rules_page(told: RuleBookPage, policy: Policy) -> Reply:
    """The clause ledger."""
    title = tr("{policy}: its rules, {days}", policy=_title(policy), days=told.days)
    return page(title, told.lines, COLOUR, {tr("What to do"): told.advice} if told.advice else {})


def panel_buttons(question: Question, *, may_share: bool) -> View:
    """The buttons below the pictures. They hold what was asked, and work after a restart."""
    view = View(timeout=None)
    if may_share:
        view.add_item(Button(label=tr("Share in this channel"), custom_id=custom_id(SHARE, question)))
    if question.policy_id:
        view.add_item(Button(label=tr("Rules"), custom_id=custom_id(RULES, question)))
    view.stop()
    return view


def custom_id(press: str, question: Question) -> str:
    """What Discord sends back when the button is pressed."""
    return f"stats:{press}:{int(question.period)}:{question.policy_id or ''}"


def handled_by(handler: StatsHandler) -> type[DynamicItem[Button[Any]]]:
    """The class that discord.py makes of every pressed button of a panel, whenever it was shown."""

    class StatsButton(DynamicItem[Button[Any]], template=_CUSTOM_ID):
        def __init__(self, pressed: re.Match[str]) -> None:
            super().__init__(Button(custom_id=pressed.group()))
            self._pressed = pressed

        @classmethod
        async def from_custom_id(cls, _: discord.Interaction[Any], __: Item[Any], match: re.Match[str], /) -> Self:
            return cls(match)

        async def callback(self, interaction: discord.Interaction[Any]) -> None:
            period = Period(int(self._pressed["period"]))
            question = Question(interaction.guild_id or 0, period, self._pressed["policy"] or None)
            await handler(interaction, self._pressed["press"], question)

    return StatsButton


def _title(policy: Policy) -> str:
    return escaped(policy.title, _LONGEST_TITLE)
