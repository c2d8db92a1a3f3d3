"""What is looked at, wherever members write it, and what is not."""

import asyncio

from tests.discord_server import Attachment, ChannelKind, Message, Permission, Poll
from tests.journeys.policies import BLORP, blorp_policy
from tests.journeys.stage import HARMLESS, INSULT, THREAT_AND_INSULT, Stage


async def assert_each_has_its_card(stage: Stage, messages: dict[str, Message]) -> None:
    """One card for each, with the words that it was flagged for and the place where they are."""
    for what, message in messages.items():
        card = await stage.card_about(message)
        assert "loser" in card.embed_text, what
        assert f"/{message.channel.id}/{message.id})" in card.embed_text, what
    await stage.quiet()
    assert len(stage.cards) == len(messages)


async def test_threads_forum_posts_forwards_and_replies_are_looked_at(stage: Stage):
    mallory, general = stage.mallory, stage.general
    elsewhere = stage.guild.add_channel("elsewhere", private_to=[mallory, stage.moderators])
    greeting = await general.say(stage.ada, HARMLESS)
    thread = await general.start_thread(stage.ada, "a side talk", on=greeting)
    forum = stage.guild.add_channel("help", ChannelKind.FORUM)
    original = await stage.review.say(stage.ada, "he calls everyone a loser")
    messages = {
        "thread": await thread.say(mallory, INSULT),
        "title of a forum post": await forum.post(mallory, "Bob is a loser", "and that is all"),
        "forward": await elsewhere.forward(mallory, original),
        "reply": await general.say(mallory, INSULT, reply_to=greeting),
    }
    await assert_each_has_its_card(stage, messages)


async def test_embeds_polls_stickers_and_names_of_files_are_looked_at(stage: Stage):
    mallory, general = stage.mallory, stage.general
    messages = {
        "embed": await general.say(mallory, embeds=[{"title": "about Mika", "description": INSULT}]),
        "poll": await general.say(mallory, poll=Poll("who is the worst", ("Ada", "Bob, that loser"))),
        "sticker": await general.say(mallory, stickers=["biggest loser"]),
        "name of a file": await general.say(mallory, files=["absolute loser.png"]),
    }
    await assert_each_has_its_card(stage, messages)


async def test_the_description_of_a_picture_is_looked_at(stage: Stage):
    picture = Attachment(stage.discord.world.snowflakes.mint(), "image.png", description="Bob the loser")
    await assert_each_has_its_card(stage, {"description": await stage.general.say(stage.mallory, files=[picture])})


async def test_a_new_title_of_a_forum_post_is_an_edit_of_it(stage: Stage):
    post = await stage.guild.add_channel("help", ChannelKind.FORUM).post(
        stage.mallory, "question", "how does it go"
    )
    await stage.assert_nothing_came_of(post)
    await post.channel.rename("Bob is a loser")
    assert "Bob is a loser" in (await stage.card_about(post)).embed_text


async def test_bots_webhooks_and_notices_are_not_looked_at(stage: Stage):
    robot = stage.guild.add_member("robot", bot=True)
    messages = [
        await stage.general.say(robot, INSULT),
        await stage.general.say_by_webhook("feed", INSULT),
        await stage.general.notice(7, stage.mallory, INSULT),
        await stage.general.say(stage.discord.bot, INSULT),
    ]
    await messages[0].edit(THREAT_AND_INSULT)
    await stage.assert_nothing_came_of(*messages)


async def test_the_review_channel_and_its_threads_are_not_looked_at(stage: Stage):
    note = await stage.review.say(stage.ada, f"he wrote: {INSULT}")
    thread = await stage.review.start_thread(stage.ada, "about mallory", on=note)
    inside = await thread.say(stage.bob, INSULT)
    await note.edit(THREAT_AND_INSULT)
    await stage.assert_nothing_came_of(note, inside)


async def test_one_message_has_one_card_however_many_policies_flag_it(stage: Stage):
    message, card = await stage.flagged(THREAT_AND_INSULT)
    await stage.quiet()
    assert stage.case(message).questions == (("harassment", 1), ("threats", 1))
    assert stage.cards_about(message) == [card]
    assert card.embeds[0]["title"] == "Critical · Threats: T1; Harassment: H1"
    assert "Harassment: violation" in card.embed_text
    assert "Threats: violation" in card.embed_text
    posted = [each for each in stage.discord.actions if each.channel_id == stage.review.id and each.kind == "post"]
    assert len(posted) == 1


async def test_many_people_at_once_have_one_card_each(stage: Stage):
    people = [stage.guild.add_member(f"member {number}") for number in range(4)]
    messages = await asyncio.gather(*(stage.general.say(each, INSULT) for each in people))
    cards = [await stage.card_about(message) for message in messages]
    await stage.quiet()
    assert [stage.cards_about(message) for message in messages] == [[card] for card in cards]
    for person, card in zip(people, cards, strict=True):
        assert person.mention in card.embed_text
        assert "No other cases" in card.embed_text


async def test_a_channel_outside_a_policy_s_scope_and_roles_that_are_exempt_are_not_looked_at(stage: Stage):
    quiet_corner = stage.guild.add_channel("quiet-corner")
    thread = await quiet_corner.start_thread(stage.mallory, "in the corner")
    jester = stage.guild.add_member("jester", [stage.guild.add_role("jesters", position=1)])
    scope = f"{{except_channels: [{quiet_corner.id}], except_roles: [{jester.roles[0].id}]}}"
    await stage.put_policy("blorps", blorp_policy(scope=scope))
    watched = await stage.until_flagged(BLORP)
    exempt = [
        await quiet_corner.say(stage.mallory, BLORP),
        await thread.say(stage.mallory, BLORP),
        await stage.general.say(jester, BLORP),
    ]
    assert BLORP in (await stage.card_about(watched)).embed_text
    await stage.assert_nothing_came_of(*exempt)


async def test_a_channel_that_the_bot_may_read_from_now_on_is_looked_at(stage: Stage):
    hidden = stage.guild.add_channel("hidden")
    bot = stage.guild.bot_member
    assert bot is not None
    await hidden.allow(bot, deny=Permission.VIEW_CHANNEL)
    await hidden.allow(bot, Permission.VIEW_CHANNEL)
    message = await hidden.say(stage.mallory, INSULT)
    await assert_each_has_its_card(stage, {"hidden": message})
