"""What members write stays data: it pings nobody, is no markup, and is in no log line."""

import re

from tests.discord_server import Message, Permission
from tests.journeys.acting import time_out
from tests.journeys.policies import blorp_policy
from tests.journeys.stage import Stage, case_of

EVIL_LINK = "[free nitro](https://evil.example)"
FENCE = "```"


def outside_of_code(text: str) -> str:
    """What Discord reads as markup: everything but code blocks. An odd number of fences would leave one open."""
    pieces = text.split(FENCE)
    assert len(pieces) % 2 == 1, text
    return "\n".join(pieces[::2])


def texts_of(message: Message) -> list[str]:
    """Each text that is rendered by itself: content, title, description, and every field."""
    found = [message.content]
    for embed in message.embeds:
        found += [
            embed.get("title", ""),
            embed.get("description", ""),
            (embed.get("footer") or {}).get("text", ""),
        ]
        found += [part for field in embed.get("fields", ()) for part in (field["name"], field["value"])]
    return found


def must_be_harmless(message: Message) -> None:
    for text in texts_of(message):
        live = outside_of_code(text)
        for marker in (
            r"@everyone",
            r"@here",
            r"https://evil",
            r"\[free nitro\]",
            r"# Shout",
            r"\*\*bold\*\*",
            r"\|\|",
        ):
            assert not re.search(rf"(?<!\\){marker}", live), (marker, text)
        assert "<@&" not in live


async def test_hostile_text_cannot_leave_its_code_block_and_pings_nobody(stage: Stage):
    role = stage.guild.add_role("everyone-else", mentionable=True)
    bot = stage.guild.bot_member
    assert bot is not None
    await bot.roles[0].edit(permissions=bot.roles[0].permissions | Permission.MENTION_EVERYONE)
    villain = stage.guild.add_member(f"**bold** @everyone {EVIL_LINK} {FENCE}")
    stage.general = stage.guild.add_channel(f"@here {EVIL_LINK}")
    shout = f"{FENCE}\n# Shout @everyone {role.mention} {stage.ada.mention}\n{EVIL_LINK} ||boo|| **bold** {FENCE}"
    await stage.general.say(villain, f"{shout} earlier")
    message, card = await stage.flagged(f"l\u200boser `loser` {FENCE} {shout}", by=villain)
    await message.edit(f"{shout} you clown")
    await card.wait_until(lambda shown: "version 1 of 2" in shown.embed_text)
    await stage.quiet()
    must_be_harmless(card)
    reply = await card.click(stage.ada, "Reasoning")
    for each in reply.messages:
        must_be_harmless(each)
    await time_out(card, stage.ada)
    await card.wait_until(lambda shown: "**Timed out for 1 h** by" in shown.embed_text)
    must_be_harmless(card)
    assert stage.discord.pings == []


async def test_what_the_model_repeats_of_a_hostile_policy_is_no_markup_either(stage: Stage):
    await stage.put_policy(
        "blorps", blorp_policy().replace("title: Blorps", f"title: '@everyone {EVIL_LINK} {FENCE}'")
    )
    card = await stage.card_about(await stage.until_flagged("you blorp"))
    must_be_harmless(card)
    for words, options in (("policy list", {}), ("policy show", {"policy": "blorps"})):
        reply = await stage.guild.slash(stage.guild.owner, stage.review, words, **options)
        must_be_harmless(reply.message)


async def test_an_answer_that_names_somebody_does_not_ping_them(stage: Stage):
    _, card = await stage.flagged()
    stale = await stage.forged(f"case:{case_of(card)}:delete")
    await card.click(stage.ada, "Dismiss")
    reply = await stale.click(stage.bob, "Forged")
    assert stage.ada.mention in await reply.wait_for_text()
    assert reply.message.content != ""
    assert stage.discord.pings == []


async def test_every_message_of_the_bot_forbids_all_mentions(stage: Stage):
    _, card = await stage.flagged()
    await card.click(stage.ada, "Reasoning")
    await card.click(stage.ada, "Dismiss")
    await stage.guild.slash(stage.guild.owner, stage.review, "policy list")
    sent = [each for each in stage.discord.requests if isinstance(each.body, dict) and says_something(each.body)]
    assert len(sent) >= 4
    for request in sent:
        assert request.body.get("allowed_mentions") == {"parse": []}, request.route


def says_something(body: dict[str, object]) -> bool:
    return bool(body.get("content") or body.get("embeds"))


async def test_nothing_that_members_write_or_are_called_is_in_the_log(stage: Stage):
    villain = stage.guild.add_member("canary-name")
    stage.general = stage.guild.add_channel("canary-channel")
    message, card = await stage.flagged("canary-text, you loser", by=villain)
    await message.edit("canary-edit, you clown")
    await card.click(stage.ada, "Delete")
    await stage.quiet()
    assert "canary" not in stage.bot.log
