"""Weekly digests on the loopback Discord: posted once, found again by their footer."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import discord
import pytest

from bot.cogs.budget import EMBED_TOTAL
from bot.cogs.stats_digest import DiscordDigestBoard, digest_embed, escaped_title
from bot.figures.painting import Picture
from bot.figures.week import Digest
from bot.ports import Gone, Refused
from tests.bot.cogs.review_scene import ReviewScene, now, review_scene
from tests.discord_server import Permission

WEEK = date(2026, 11, 23)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[ReviewScene]:
    async with review_scene(tmp_path) as scene:
        yield scene


@pytest.fixture
def board(scene: ReviewScene) -> DiscordDigestBoard:
    return DiscordDigestBoard(scene.bot)


def digest(scene: ReviewScene, week: date = WEEK) -> Digest:
    picture = Picture("safeguild-week.png", b"\x89PNG", "Verdicts, by policy: 3 of 7.")
    return Digest(
        scene.guild.id,
        week,
        "The week from Nov 16 to Nov 22",
        ["7 verdicts."],
        {"Changed": ["**A**: new."]},
        picture,
    )


async def test_it_shows_words_and_a_picture_that_is_described(
    scene: ReviewScene, board: DiscordDigestBoard
) -> None:
    await board.post(digest(scene), scene.review_channel.id)
    (posted,) = scene.review_channel.messages
    assert "7 verdicts." in posted.embed_text
    assert posted.embeds[0]["image"]["url"] == "attachment://safeguild-week.png"
    assert posted.attachments[0].description == "Verdicts, by policy: 3 of 7."
    (request,) = scene.discord.requests_to("POST /channels/{}/messages")
    assert request.body["allowed_mentions"] == {"parse": []}
    assert len(request.body["nonce"]) <= 25


async def test_posting_a_week_twice_hangs_up_one_and_the_next_week_is_another(
    scene: ReviewScene, board: DiscordDigestBoard
) -> None:
    for week in (WEEK, WEEK, WEEK + timedelta(days=7)):
        await board.post(digest(scene, week), scene.review_channel.id)
    assert len(scene.review_channel.messages) == 2


async def test_it_is_found_by_its_week_among_other_messages_of_ours(
    scene: ReviewScene, board: DiscordDigestBoard
) -> None:
    since, channel = now() - timedelta(minutes=10), scene.review_channel
    await board.post(digest(scene), channel.id)
    await channel.say(scene.ada, "Safeguild · 2026-W49")
    assert await board.is_there(scene.guild.id, channel.id, WEEK, since)
    assert not await board.is_there(scene.guild.id, channel.id, WEEK + timedelta(days=7), since)
    assert not await board.is_there(scene.guild.id, channel.id, WEEK, now() + timedelta(minutes=1))


async def test_what_discord_refuses_is_told_with_what_is_missing(
    scene: ReviewScene, board: DiscordDigestBoard
) -> None:
    assert scene.guild.bot_member is not None
    await scene.review_channel.allow(
        scene.guild.bot_member, Permission.VIEW_CHANNEL, deny=Permission.SEND_MESSAGES
    )
    with pytest.raises(Refused, match="Attach Files"):
        await board.post(digest(scene), scene.review_channel.id)
    await scene.review_channel.delete()
    with pytest.raises(Gone):
        await board.post(digest(scene), scene.review_channel.id)


async def test_it_is_not_called_missing_where_history_is_not_shown(
    scene: ReviewScene, board: DiscordDigestBoard
) -> None:
    """Discord answers with an empty page then. Another digest would be posted."""
    await board.post(digest(scene), scene.review_channel.id)
    assert scene.guild.bot_member is not None
    await scene.review_channel.allow(scene.guild.bot_member, deny=Permission.READ_MESSAGE_HISTORY)
    known = scene.bot.get_channel(scene.review_channel.id)
    assert isinstance(known, discord.TextChannel)
    await scene.until(lambda: not known.permissions_for(known.guild.me).read_message_history)
    with pytest.raises(Refused, match="Read Message History"):
        await board.is_there(scene.guild.id, scene.review_channel.id, WEEK, now() - timedelta(minutes=1))


def test_a_digest_of_a_hundred_policies_stays_within_discords_limits(scene: ReviewScene) -> None:
    many = [f"**{escaped_title('Policy *' * 30)}**: changed." for _ in range(100)]
    long = replace(digest(scene), fields={"Needs attention": many, "Changed": many}, lines=many)
    embed = digest_embed(long)
    assert len(embed) <= EMBED_TOTAL
    assert all(len(field.value or "") <= 1024 for field in embed.fields)
    assert embed.footer.text == "Safeguild · 2026-W48"
