from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.case import CaseFile
from bot.ports import DiscordAway, Gone, Refused
from tests.bot.cogs.card_samples import case_about, hostile_case
from tests.bot.cogs.review_scene import ReviewScene, now, review_scene
from tests.discord_server import Permission


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[ReviewScene]:
    async with review_scene(tmp_path) as scene:
        yield scene


def case_in(scene: ReviewScene, **fields: Any) -> CaseFile:
    """A case of a server that the bot is in."""
    return case_about(guild_id=scene.guild.id, **fields)


async def test_posting_twice_within_minutes_hangs_up_one_card(scene: ReviewScene) -> None:
    case = case_in(scene)
    first = await scene.board.post(case, scene.review_channel.id)
    again = await scene.board.post(replace(case, version=7), scene.review_channel.id)
    assert first == again
    assert len(scene.review_channel.messages) == 1
    (posted, _) = scene.discord.requests_to("POST /channels/{}/messages")
    assert posted.body["enforce_nonce"] is True
    assert len(posted.body["nonce"]) <= 25
    assert posted.body["allowed_mentions"] == {"parse": []}


async def test_the_nonce_is_short_whatever_the_case(scene: ReviewScene) -> None:
    case = case_in(scene, id=2**63 - 1)
    message_id = await scene.board.post(case, scene.review_channel.id)
    with pytest.raises(Gone):
        await scene.board.update(case, scene.review_channel.id, message_id + 2**60)
    await scene.board.post(case, scene.review_channel.id)
    sent = scene.discord.requests_to("POST /channels/{}/messages")
    assert {len(request.body["nonce"]) <= 25 for request in sent} == {True}
    assert sent[0].body["nonce"] != sent[1].body["nonce"]


async def test_a_card_that_people_took_down_is_not_taken_for_the_one_that_follows_it(scene: ReviewScene) -> None:
    case = case_in(scene)
    first = await scene.board.post(case, scene.review_channel.id)
    await scene.review_channel.latest.delete()
    with pytest.raises(Gone):
        await scene.board.update(case, scene.review_channel.id, first)
    assert await scene.board.post(case, scene.review_channel.id) == scene.review_channel.latest.id != first


async def test_an_update_changes_the_card_in_place(scene: ReviewScene) -> None:
    case = case_in(scene)
    message_id = await scene.board.post(case, scene.review_channel.id)
    await scene.board.update(replace(case, deleted_at=now()), scene.review_channel.id, message_id)
    (card,) = scene.review_channel.messages
    assert "it was deleted" in card.embed_text
    assert card.button_labels == ["Dismiss", "Claim", "Reasoning", "Evidence", "More"]


async def test_a_card_is_found_among_our_own_messages_by_its_buttons(scene: ReviewScene) -> None:
    since = now() - timedelta(minutes=10)
    for number in (1, 12, 121):
        await scene.board.post(case_in(scene, id=number), scene.review_channel.id)
    wanted = scene.review_channel.messages[1].id
    await scene.review_channel.say_many(scene.ada, (f"talk {number}" for number in range(130)))
    await scene.board.post(case_in(scene, id=5), scene.review_channel.id)
    find, channel_id = scene.board.find, scene.review_channel.id
    assert await find(12, channel_id, since) == wanted
    assert await find(5, channel_id, since) == scene.review_channel.latest.id
    assert await find(2, channel_id, since) is None
    assert await find(12, channel_id, now() + timedelta(minutes=1)) is None


async def test_somebody_elses_message_is_no_card(scene: ReviewScene) -> None:
    await scene.board.post(case_in(scene), scene.review_channel.id)
    (card,) = scene.review_channel.messages
    card.author = scene.discord.add_user("impostor")
    assert await scene.board.find(12, scene.review_channel.id, now() - timedelta(hours=1)) is None


async def test_a_card_of_nothing_but_hostile_texts_is_taken_and_pings_nobody(scene: ReviewScene) -> None:
    text = f"@everyone <@{scene.ada.id}> <@&{scene.ada.roles[0].id}> ``` [x](https://evil.example) \ud83d" * 40
    case = replace(hostile_case(text), guild_id=scene.guild.id)
    message_id = await scene.board.post(case, scene.review_channel.id)
    await scene.board.update(case, scene.review_channel.id, message_id)
    assert scene.discord.pings == []


async def test_a_missing_permission_is_refused_with_what_to_do(scene: ReviewScene) -> None:
    assert scene.guild.bot_member is not None
    await scene.review_channel.allow(scene.guild.bot_member, deny=Permission.VIEW_CHANNEL)
    with pytest.raises(Refused, match="View Channel"):
        await scene.board.post(case_in(scene), scene.review_channel.id)
    with pytest.raises(Refused, match="Read Message History"):
        await scene.board.find(12, scene.review_channel.id, now())


async def test_a_channel_that_is_gone_and_a_lost_answer_are_told_apart(scene: ReviewScene) -> None:
    scene.discord.faults.cut_next("POST /channels/{}/messages", after_effect=True)
    with pytest.raises(DiscordAway):
        await scene.board.post(case_in(scene), scene.review_channel.id)
    found = await scene.board.find(12, scene.review_channel.id, now() - timedelta(minutes=10))
    assert found == scene.review_channel.latest.id
    await scene.review_channel.delete()
    with pytest.raises(Gone):
        await scene.board.post(case_in(scene), scene.review_channel.id)


async def test_a_post_whose_answer_says_that_discord_broke_is_not_repeated_behind_our_back(
    scene: ReviewScene,
) -> None:
    """discord.py would post again. Where nonces are not heeded, that would make a second card."""
    scene.discord.faults.answer_next("POST /channels/{}/messages", 502, after_effect=True)
    with pytest.raises(DiscordAway, match="502"):
        await scene.board.post(case_in(scene), scene.review_channel.id)
    assert len(scene.discord.requests_to("POST /channels/{}/messages")) == 1
    found = await scene.board.find(12, scene.review_channel.id, now() - timedelta(minutes=10))
    assert found == scene.review_channel.latest.id


async def test_a_card_is_not_called_missing_where_history_is_not_shown(scene: ReviewScene) -> None:
    """Discord answers with an empty page then. Another card would be posted."""
    await scene.board.post(case_in(scene), scene.review_channel.id)
    assert scene.guild.bot_member is not None
    await scene.review_channel.allow(scene.guild.bot_member, deny=Permission.READ_MESSAGE_HISTORY)
    await scene.until(lambda: not _sees_history(scene))
    with pytest.raises(Refused, match="Read Message History"):
        await scene.board.find(12, scene.review_channel.id, now() - timedelta(minutes=10))


def _sees_history(scene: ReviewScene) -> bool:
    channel = scene.bot.get_channel(scene.review_channel.id)
    assert isinstance(channel, discord.TextChannel)
    return channel.permissions_for(channel.guild.me).read_message_history
