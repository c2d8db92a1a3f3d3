"""Steps of presses that lead to more than one: a card under a policy that suggests something, and forms."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.case import Action, Decision
from tests.bot.cogs.review_scene import ReviewScene, now, review_scene, suggesting
from tests.discord_server import (
    BOT_PERMISSIONS,
    CallbackKind,
    Channel,
    Member,
    Message,
    Permission,
)

STRONG = BOT_PERMISSIONS | Permission.KICK_MEMBERS | Permission.BAN_MEMBERS
NO_DIRECT_MESSAGES = "POST /users/@me/channels"


@asynccontextmanager
async def acting_scene(folder: Path) -> AsyncIterator[ReviewScene]:
    """A bot that may do everything."""
    async with review_scene(folder) as scene:
        await scene.bot_role.edit(permissions=STRONG)
        yield scene


def told(scene: ReviewScene) -> list[Message]:
    """What Mallory was told by direct message."""
    return scene.discord.direct_channel(scene.mallory.user).messages


async def carded(scene: ReviewScene, *suggestions: str, text: str = "you loser") -> tuple[int, Message, Message]:
    """A case under a policy that suggests this: its id, its card and the message."""
    scene.policy = suggesting(*suggestions)
    case, said = await scene.flagged(text)
    return case.id, await scene.card(case), said


def settings(scene: ReviewScene, **changes: object) -> None:
    kept = scene.guild_book.kept
    kept[scene.guild.id] = kept[scene.guild.id].model_copy(update=changes)


async def acted(scene: ReviewScene, card: Message, label: str, **values: str) -> None:
    form = await card.click(scene.ada, label)
    assert form.acknowledged is CallbackKind.MODAL
    assert form.latency is not None
    assert form.latency < 1.5
    await form.submit(values)


def a_dismissal(case_id: int, moderator_id: int) -> Decision:
    return Decision(case_id=case_id, action=Action.DISMISS, moderator_id=moderator_id, decided_at=now())


async def letting_in(channel: Channel, member: Member) -> Channel:
    """The member may write there."""
    await channel.allow(member, Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
    return channel
