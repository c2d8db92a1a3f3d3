"""How a press on a card is answered: in time, and so that the person knows what came of it."""

from typing import Any, Final

import discord
import structlog
from discord.ui import View

from bot.case import CaseFile, CaseState
from bot.cogs.budget import CONTENT
from bot.cogs.buttons import button
from bot.cogs.card_face import footer_of
from bot.cogs.failures import FAILURES, translation
from bot.cogs.forms import with_words
from bot.cogs.presses import Pressed
from bot.cogs.words import ago, order, outcome_line
from bot.cogs.words import person as mention
from bot.language import marked, tr
from bot.review.decisions import Ruling

_log = structlog.get_logger(__name__)

Click = discord.Interaction[Any]

QUIET: Final = discord.AllowedMentions.none()
_ACKNOWLEDGED_ALREADY: Final = 40060
_PUT_OFF: Final = marked(
    "Your decision is kept. Discord does not let me carry it out right now; I keep trying, and the card will say "
    "when it is done."
)
_ANYWAY: Final = marked("Do it anyway")


async def acknowledge(click: Click, *, answers: bool) -> bool:
    """Tell Discord within its 3 seconds that a press has arrived, before anything else is done.

    Without that the person sees that it failed and presses again, so nothing is done for this press.
    `answers`: it is answered with a message that only this person sees.
    """
    try:
        if answers:
            await click.response.defer(ephemeral=True, thinking=True)
        else:
            await click.response.defer()
    except FAILURES as error:
        if isinstance(error, discord.HTTPException) and error.code == _ACKNOWLEDGED_ALREADY:
            return True  # discord.py tried twice, and the first try had arrived
        _log.warning("a click was not acknowledged in time", guild=click.guild_id, reason=str(translation(error)))
        return False
    return True


async def tell(click: Click, text: str, view: View | None = None, embed: discord.Embed | None = None) -> None:
    """Say something to the person who pressed, and to nobody else."""
    more: dict[str, Any] = {} if embed is None else {"embed": embed}
    try:
        if not click.response.is_done():
            await click.response.send_message(text, ephemeral=True, allowed_mentions=QUIET, **more)
        elif click.response.type is discord.InteractionResponseType.deferred_channel_message:
            await click.edit_original_response(content=text, view=view, allowed_mentions=QUIET, **more)
        else:
            more |= {} if view is None else {"view": view}
            await click.followup.send(text, ephemeral=True, allowed_mentions=QUIET, **more)
    except FAILURES as error:
        _log.warning("an answer to a click did not arrive", guild=click.guild_id, reason=str(translation(error)))


async def give_back(click: Click, why_not: str, words: str) -> None:
    """Tell the person why nothing was done, and give them back what they had written for it: all of it."""
    text, file = with_words(why_not, words, CONTENT)
    if file is None:
        await tell(click, text)
        return
    try:
        await click.followup.send(text, file=file, ephemeral=True, allowed_mentions=QUIET)
    except FAILURES as error:
        _log.warning("an answer to a click did not arrive", guild=click.guild_id, reason=str(translation(error)))


async def warn_of_claim(click: Click, case: CaseFile, press: Pressed, revision: int) -> None:
    """Somebody else is on it: say so, with a button to go on all the same."""
    view = View(timeout=None)
    insisted = button(case, press.insisted())
    insisted.label = tr(_ANYWAY)
    view.add_item(insisted)
    view.stop()
    embed = discord.Embed(description=claim_of_another(case)).set_footer(text=footer_of(case.id, revision))
    await tell(click, "", view, embed)


def claim_of_another(case: CaseFile) -> str:
    """Who has claimed a case, for somebody else."""
    if case.holder is None:
        return ""
    return tr(
        "{person} is on it, claimed {when}.", person=mention(case.holder.moderator_id), when=ago(case.holder.since)
    )


def note(ruling: Ruling, user_id: int) -> str | None:
    """What the person who pressed has to know beyond what the card shows."""
    standing = ruling.standing
    if not ruling.mine and standing.moderator_id == user_id:
        return tr(
            "You have decided this already: {order}, {when}.", order=order(standing), when=ago(standing.decided_at)
        )
    if not ruling.mine:
        return tr(
            "{person} has decided this already: {order}, {when}.",
            person=mention(standing.moderator_id),
            order=order(standing),
            when=ago(standing.decided_at),
        )
    if ruling.case.state is CaseState.FAILED:
        return tr("This was not done. {outcome}", outcome=outcome_line(ruling.case.outcome or "", 600)).rstrip()
    return tr(_PUT_OFF) if ruling.case.state is CaseState.DECIDED else None
