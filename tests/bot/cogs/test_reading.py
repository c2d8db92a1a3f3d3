"""Conversion of real discord.Message objects, made by discord.py out of raw payloads."""

import json
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.case import Message
from bot.cogs.client import SafeguildBot
from bot.cogs.reading import LONGEST_EXTRAS, read
from tests.bot.cogs import payloads
from tests.bot.cogs.housemates import Household, tell, unconnected_bot
from tests.bot.cogs.payloads import AUTHOR, BOT, FIRST, FORUM, GENERAL, GUILD, MODERATORS


@pytest.fixture
async def bot() -> SafeguildBot:
    """A bot that is in one guild, with a thread in the general channel and a post in the forum."""
    bot = unconnected_bot(Household())
    await bot._async_setup_hook()
    tell(bot, "READY", payloads.ready(GUILD))
    threads = [payloads.thread(FIRST, FORUM, "Buy followers"), payloads.thread(FIRST + 5, GENERAL, "a thread")]
    tell(bot, "GUILD_CREATE", payloads.guild(threads=threads))
    return bot


def received(bot: SafeguildBot, payload: dict[str, Any]) -> Message | None:
    """What is read of a message that the gateway brings."""
    heard: list[discord.Message] = []
    bot.dispatch = lambda event, *args: heard.extend(args) if event == "message" else None
    bot._connection.dispatch = bot.dispatch
    tell(bot, "MESSAGE_CREATE", json.loads(json.dumps(payload)))
    return read(heard[0])


def text_of(bot: SafeguildBot, **more: Any) -> str:
    message = received(bot, payloads.message(**more))
    assert message is not None
    return message.text


async def test_a_message_is_read_with_its_place_its_author_and_its_words(bot: SafeguildBot) -> None:
    message = received(bot, payloads.message(content="hi there", member=payloads.member(MODERATORS, 77)))
    assert message == Message(
        id=FIRST,
        guild_id=GUILD,
        channel_id=GENERAL,
        channel_name=f"channel{GENERAL}",
        author_id=AUTHOR,
        author_name=f"member{AUTHOR}",
        joined_at=datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        role_ids=(77, MODERATORS),
        created_at=discord.utils.snowflake_time(FIRST),
        content="hi there",
    )


async def test_an_edited_message_says_when_it_was_edited(bot: SafeguildBot) -> None:
    message = received(bot, payloads.message(edited_timestamp="2024-02-03T04:05:06+00:00"))
    assert message is not None
    assert message.edited_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)


async def test_a_reply_names_what_it_answers(bot: SafeguildBot) -> None:
    reference = {"type": 0, "message_id": str(FIRST - 1), "channel_id": str(GENERAL), "guild_id": str(GUILD)}
    message = received(bot, payloads.message(type=19, message_reference=reference, referenced_message=None))
    assert message is not None
    assert message.reply_to == FIRST - 1


async def test_a_message_in_a_thread_knows_the_channel_above_it(bot: SafeguildBot) -> None:
    message = received(bot, payloads.message(FIRST + 9, channel_id=str(FIRST + 5)))
    assert message is not None
    assert (message.channel_id, message.parent_id) == (FIRST + 5, GENERAL)
    assert message.text == "hello"


async def test_the_title_of_a_forum_post_is_text_of_its_first_message_only(bot: SafeguildBot) -> None:
    first = received(bot, payloads.message(FIRST, channel_id=str(FIRST)))
    second = received(bot, payloads.message(FIRST + 1, channel_id=str(FIRST)))
    assert first is not None
    assert second is not None
    assert first.text == "hello\nBuy followers"
    assert second.text == "hello"


async def test_a_thread_that_is_opened_is_read_by_its_title(bot: SafeguildBot) -> None:
    assert text_of(bot, type=18, content="A title somebody chose") == "A title somebody chose"


async def test_every_readable_part_of_an_embed_is_read(bot: SafeguildBot) -> None:
    embed = {
        "type": "rich",
        "title": "the title",
        "description": "the description",
        "author": {"name": "the author"},
        "footer": {"text": "the footer"},
        "fields": [{"name": "a name", "value": "a value"}, {"name": "b name", "value": "b value"}],
        "provider": {"name": "YouTube"},
    }
    assert text_of(bot, content="", embeds=[embed]).splitlines() == [
        "the author",
        "the title",
        "the description",
        "a name",
        "a value",
        "b name",
        "b value",
        "the footer",
    ]


@pytest.mark.parametrize("expiry", ["2024-01-26T00:00:00+00:00", None])
async def test_a_poll_is_read_also_if_it_never_ends(bot: SafeguildBot, expiry: str | None) -> None:
    poll = {
        "question": {"text": "Who is worst?"},
        "answers": [{"answer_id": n, "poll_media": {"text": text}} for n, text in ((1, "Ann"), (2, "Bob"))],
        "expiry": expiry,
        "allow_multiselect": False,
        "layout_type": 1,
    }
    assert text_of(bot, content="", poll=poll).splitlines() == ["Who is worst?", "Ann", "Bob"]


async def test_stickers_are_read_by_their_names(bot: SafeguildBot) -> None:
    assert (
        text_of(bot, content="", sticker_items=[{"id": "4", "name": "rude wave", "format_type": 1}]) == "rude wave"
    )


async def test_attachments_are_read_by_title_name_and_description(bot: SafeguildBot) -> None:
    files = [payloads.attachment("a.png"), payloads.attachment("b.png", title="b!", description="alt text")]
    message = received(bot, payloads.message(attachments=files))
    assert message is not None
    assert message.attachments == ("a.png", "b!: b.png: alt text")


async def test_a_forwarded_message_is_read_like_one_written_here(bot: SafeguildBot) -> None:
    forwarded = payloads.snapshot(
        "forwarded words",
        embeds=[{"type": "rich", "title": "forwarded embed"}],
        attachments=[payloads.attachment("forwarded.png")],
        sticker_items=[{"id": "4", "name": "forwarded sticker", "format_type": 1}],
        components=[
            {
                "type": 17,
                "id": 1,
                "components": [
                    {"type": 10, "id": 2, "content": "forwarded component"},
                    {"type": 1, "id": 3, "components": [{"type": 2, "id": 4, "style": 1, "label": "a button"}]},
                ],
            }
        ],
    )
    reference = {"type": 1, "message_id": str(FIRST - 1), "channel_id": "1", "guild_id": "2"}
    message = received(
        bot, payloads.message(content="", message_reference=reference, message_snapshots=[forwarded])
    )
    assert message is not None
    assert message.text.splitlines() == [
        "forwarded words",
        "forwarded embed",
        "forwarded sticker",
        "forwarded component",
        "a button",
        "forwarded.png",
    ]
    assert message.reply_to is None


@pytest.mark.parametrize(
    "more",
    [
        {"author": payloads.user(BOT, bot=True)},
        {"webhook_id": "77"},
        {"type": 6},
        {"type": 7},
        {"type": 8},
        {"type": 21},
        {"type": 24},
        {"type": 46},
        {"type": 9999},
    ],
)
async def test_bots_webhooks_and_notices_are_not_read(bot: SafeguildBot, more: dict[str, Any]) -> None:
    assert received(bot, payloads.message(**more)) is None


async def test_direct_messages_are_not_read(bot: SafeguildBot) -> None:
    direct = payloads.message()
    del direct["guild_id"], direct["member"]
    assert received(bot, direct) is None


async def test_an_author_whose_membership_is_not_told_has_no_roles(bot: SafeguildBot) -> None:
    message = received(bot, {key: value for key, value in payloads.message().items() if key != "member"})
    assert message is not None
    assert (message.role_ids, message.joined_at) == ((), None)


async def test_a_channel_that_is_not_known_yet_has_no_name(bot: SafeguildBot) -> None:
    message = received(bot, payloads.message(channel_id="424242"))
    assert message is not None
    assert (message.guild_id, message.channel_id, message.channel_name) == (GUILD, 424242, "")


async def test_what_cannot_be_stored_is_replaced(bot: SafeguildBot) -> None:
    assert text_of(bot, content="a\ud83d b\x00 c😀") == "a\ufffd b\ufffd c😀"


async def test_the_longest_message_keeps_its_words_and_what_goes_with_them_is_cut(bot: SafeguildBot) -> None:
    embed = {"type": "rich", "description": "d" * 4096, "footer": {"text": "f" * 2048}}
    files = [payloads.attachment("f.png", description="x" * 1024) for _ in range(10)]
    message = received(bot, payloads.message(content="w" * 4000, embeds=[embed] * 10, attachments=files))
    assert message is not None
    assert message.content == "w" * 4000
    assert sum(map(len, (*message.embeds, *message.attachments))) == LONGEST_EXTRAS


@given(
    content=st.text(st.characters(), max_size=50),
    title=st.text(st.characters(), max_size=20),
    filename=st.text(st.characters(), max_size=20),
)
def test_whatever_is_written_can_be_stored(content: str, title: str, filename: str) -> None:
    client = discord.Client(intents=discord.Intents.none())
    channel = discord.PartialMessageable(client._connection, GENERAL, GUILD)
    payload = payloads.message(
        content=content, embeds=[{"type": "rich", "title": title}], attachments=[payloads.attachment(filename)]
    )
    del payload["member"]
    message = read(discord.Message(state=client._connection, channel=channel, data=payload))  # type: ignore[arg-type]
    assert message is not None
    assert "\x00" not in message.text
    assert message.model_validate_json(message.model_dump_json()) == message


async def test_a_message_with_something_unreadable_in_it_is_read_by_its_words(bot: SafeguildBot) -> None:
    broken = payloads.message(sticker_items=[{"id": "no number"}], embeds=[{"fields": [{}]}])
    message = received(bot, broken)
    assert message is not None
    assert (message.text, message.author_id, message.joined_at is not None) == ("hello", AUTHOR, True)


@pytest.mark.parametrize(
    "odd",
    [
        {"edited_timestamp": "2024-01-25T00:00:00"},
        {"member": {**payloads.member(), "joined_at": "2024-01-02T03:04:05"}},
        {"member": None},
        {"attachments": None},
    ],
)
async def test_what_other_servers_than_discord_leave_out_or_write_otherwise_costs_no_message(
    bot: SafeguildBot, odd: dict[str, Any]
) -> None:
    assert "you loser" in text_of(bot, content="you loser", **odd)


async def test_a_thread_without_a_name_costs_no_message(bot: SafeguildBot) -> None:
    nameless = {**payloads.thread(FIRST + 9, GENERAL), "name": None}
    tell(bot, "THREAD_CREATE", nameless)
    assert text_of(bot, content="you loser", channel_id=str(FIRST + 9)) == "you loser"
