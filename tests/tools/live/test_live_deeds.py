from datetime import timedelta
from typing import Any

import pytest

from tests.discord_server import Channel, Message
from tests.discord_server.interactions import InteractionKind
from tests.tools.live.conftest import Quiet
from tools.live.views import opened as opened_form


def ids(quiet: Quiet, *names: str) -> list[str]:
    return [quiet.page.person(name)["id"] for name in names]


async def test_what_is_said_edited_and_deleted_appears_in_the_stream(quiet: Quiet):
    page, (mallory,) = quiet.page, ids(quiet, "mallory")
    said = (await page.do("say", person=mallory, channel=page.channel("help"), content=" hello <b> "))["message"]
    message = await page.until(lambda: page.messages.get(said), "the message")
    assert (message["content"], message["author"]["username"]) == ("hello <b>", "mallory")
    await page.do("edit", person=mallory, message=said, content="bye")
    await page.until(lambda: page.messages[said]["content"] == "bye", "the edit")
    assert page.messages[said]["edited_timestamp"]
    await page.do("delete", person=mallory, message=said)
    await page.until(lambda: said not in page.messages, "the deletion")


async def test_a_reply_names_the_message_it_answers(quiet: Quiet):
    page, (mallory,) = quiet.page, ids(quiet, "mallory")
    asked = next(each for each in page.messages.values() if "map does not load" in each["content"])
    said = await page.do(
        "say", person=mallory, channel=asked["channel_id"], content="same here", reply_to=asked["id"]
    )
    reply = await page.until(lambda: page.messages.get(said["message"]), "the reply")
    assert reply["referenced_message"]["id"] == asked["id"]


async def test_a_post_in_the_forum_becomes_a_thread_of_its_own(quiet: Quiet):
    page, (nils,) = quiet.page, ids(quiet, "nils")
    made = await page.do("post", person=nils, channel=page.channel("ideas"), title="Boats", content="with sails")
    await page.until(lambda: page.latest["place"]["channels"][-1]["name"] == "Boats", "the thread")
    thread = page.latest["place"]["channels"][-1]
    assert (thread["id"], thread["kind"], thread["parent"]) == (
        made["channel"],
        "public_thread",
        page.channel("ideas"),
    )


@pytest.mark.parametrize(
    ("deed", "body", "reason"),
    [
        ("say", {"person": "mallory", "channel": "review", "content": "x"}, "mallory does not see #review"),
        ("say", {"person": "mallory", "channel": "general", "content": "x" * 2001}, "1 to 2,000 characters"),
        ("say", {"person": "mallory", "channel": "general", "content": "  "}, "1 to 2,000 characters"),
        ("say", {"person": "1", "channel": "general", "content": "x"}, "this person is not here any more"),
        ("say", {"person": "ada", "channel": "1", "content": "x"}, "this channel is gone"),
        ("edit", {"person": "mallory", "message": "kara's", "content": "x"}, "only edit their own"),
        ("delete", {"person": "mallory", "message": "kara's"}, "only moderators"),
        ("delete", {"person": "ada", "message": "1"}, "this message is gone"),
        ("press", {"person": "ada", "message": "kara's", "custom_id": "no"}, "there is no button"),
        ("dismiss", {"person": "ada", "message": "kara's"}, "only answers that nobody else sees"),
        ("press", {"person": "ada", "message": "kara's", "custom_id": "no", "values": []}, "there is no menu"),
        ("fill", {"person": "ada", "interaction": "1", "values": {}}, "this form is gone"),
        ("apply", {"person": "mallory", "message": "kara's", "name": "no such"}, "there is no command"),
        ("use", {"person": "ada", "channel": "general", "words": "no such"}, "there is no command /no such"),
        ("trouble/flood", {}, "there is no trouble"),
    ],
)
async def test_what_a_client_would_not_let_people_do_is_refused_in_words(
    quiet: Quiet, deed: str, body: dict, reason: str
):
    page = quiet.page
    karas = next(each["id"] for each in page.messages.values() if each["author"]["username"] == "kara")
    meant = {"mallory": page.person("mallory")["id"], "ada": page.person("ada")["id"], "kara's": karas}
    meant |= {name: page.channel(name) for name in ("general", "review")}
    status, answer = await page.post(deed, **{key: meant.get(str(value), value) for key, value in body.items()})
    assert status == 409
    assert reason in answer["problem"]


@pytest.mark.parametrize("body", [{}, {"person": "x"}, {"person": "1", "channel": "1", "content": "x", "more": 1}])
async def test_a_deed_that_makes_no_sense_is_refused(quiet: Quiet, body: dict):
    status, answer = await quiet.page.post("say", **body)
    assert status == 400
    assert "load it again" in answer["problem"]


async def test_a_moderator_deletes_what_others_wrote(quiet: Quiet):
    page, (ada,) = quiet.page, ids(quiet, "ada")
    karas = next(each["id"] for each in page.messages.values() if each["author"]["username"] == "kara")
    before = set(page.messages)
    await page.do("delete", person=ada, message=karas)
    await page.until(lambda: karas not in page.messages, "the deletion")
    assert before - set(page.messages) == {karas}


async def test_who_is_timed_out_is_shown_so_and_may_not_write(quiet: Quiet):
    page, (mallory,) = quiet.page, ids(quiet, "mallory")
    member = quiet.scene.named("mallory")
    member.timed_out_until = quiet.scene.discord.clock.now() + timedelta(minutes=5)
    member.announce_update()
    await page.until(lambda: page.person("mallory")["timed_out_until"], "the timeout")
    assert page.person("mallory")["writes"] == []
    status, answer = await page.post("say", person=mallory, channel=page.channel("general"), content="x")
    assert (status, answer["problem"]) == (409, "mallory may not write in #general")


async def test_only_who_sees_a_channel_is_told_so(quiet: Quiet):
    review = quiet.page.channel("review")
    seen = {each["name"]: review in each["sees"] for each in quiet.page.latest["people"]}
    assert seen == {"mallory": False, "ada": True, "olga": True, "nils": False}


async def test_without_a_bot_a_press_fails_as_it_would_at_discord(quiet: Quiet):
    page, (ada,) = quiet.page, ids(quiet, "ada")
    button = {"type": 2, "style": 1, "label": "Press", "custom_id": "press", "id": 2}
    card = await quiet.scene.guild.channel("review").say(quiet.scene.named("ada"), "card")
    card.components = [{"type": 1, "id": 1, "components": [button]}]
    await page.do("press", person=ada, message=str(card.id), custom_id="press")
    (answer,) = await page.until(lambda: page.answers_for("ada"), "the answer")
    await page.until(lambda: page.answers_for("ada")[0]["state"] == "failed", "the failure")
    assert (answer["source"], answer["command"], answer["messages"]) == (str(card.id), None, [])


async def test_an_outage_ends_by_itself_and_one_trouble_is_enough_at_a_time(
    quiet: Quiet, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tools.live.troubles.OUTAGE_SECONDS", 0.3)
    page = quiet.page
    await page.do("trouble/outage")
    await page.until(lambda: page.latest["health"]["outage"], "the outage")
    status, answer = await page.post("trouble/burst")
    assert (status, answer["problem"]) == (409, "one trouble at a time: wait until this one is over")
    await page.until(lambda: not page.latest["health"]["outage"], "its end")
    told = [each["text"] for each in page.latest["health"]["happenings"] if each["source"] == "you"]
    assert told[-1] == "Discord is back"
    assert page.pictures == 1, "the page itself was cut off"


async def test_a_burst_is_500_messages_with_five_insults(quiet: Quiet):
    page, before = quiet.page, len(quiet.page.messages)
    await page.do("trouble/burst")
    await page.until(lambda: len(page.messages) == before + 500, "the burst")
    assert sum("loser" in each["content"] for each in page.messages.values()) == 5


def bot_says(quiet: Quiet, channel: Channel, **parts: Any) -> Message:
    """A message as a bot would have sent it."""
    world = quiet.scene.discord.world
    return channel.add(Message(world.snowflakes.mint(), channel, quiet.scene.discord.bot, **parts))


async def test_direct_messages_of_the_bot_are_the_recipients_alone_and_their_buttons_work(quiet: Quiet):
    page, (mallory, ada) = quiet.page, ids(quiet, "mallory", "ada")
    letters = quiet.scene.discord.direct_channel(quiet.scene.named("mallory").user)
    button = {"type": 2, "style": 2, "label": "Appeal", "custom_id": "appeal:1", "id": 2}
    letter = bot_says(quiet, letters, content="told", components=[{"type": 1, "id": 1, "components": [button]}])
    place = await page.until(
        lambda: [each for each in page.latest["place"]["channels"] if each["kind"] == "dm"], "the letters"
    )
    assert [each["id"] for each in place] == [str(letters.id)]
    seen = {each["name"]: str(letters.id) in each["sees"] for each in page.latest["people"]}
    assert seen == {"mallory": True, "ada": False, "olga": False, "nils": False}
    assert page.messages[str(letter.id)]["content"] == "told"
    await page.do("press", person=mallory, message=str(letter.id), custom_id="appeal:1")
    (answer,) = await page.until(lambda: page.answers_for("mallory"), "the press")
    assert answer["channel"] == str(letters.id)
    status, told = await page.post("press", person=ada, message=str(letter.id), custom_id="appeal:1")
    assert (status, told["problem"]) == (409, "ada does not see #")


async def test_a_choice_from_a_menu_is_one_that_the_menu_offers(quiet: Quiet):
    page, (ada,) = quiet.page, ids(quiet, "ada")
    menu = {"type": 3, "custom_id": "menu", "id": 2, "options": [{"label": "One", "value": "1"}]}
    row = {"type": 1, "id": 1, "components": [menu]}
    message = bot_says(quiet, quiet.scene.guild.channel("review"), content="choose", components=[row])
    asked = {"person": ada, "message": str(message.id), "custom_id": "menu"}
    await page.do("press", values=["1"], **asked)
    await page.until(lambda: page.answers_for("ada"), "the choice")
    status, told = await page.post("press", values=["2"], **asked)
    assert status == 409
    assert "does not take" in told["problem"]


async def test_a_form_is_filled_in_by_whoever_opened_it(quiet: Quiet):
    page, (mallory, ada) = quiet.page, ids(quiet, "mallory", "ada")
    interactions = quiet.scene.discord.interactions
    opened = interactions.start(
        InteractionKind.COMMAND, quiet.scene.named("ada"), quiet.scene.guild.channel("general"), {}, name="form"
    )
    field = {"type": 4, "style": 1, "custom_id": "words", "max_length": 5}
    part = {"type": 18, "label": "Words", "component": field}
    opened.modal = {"title": "A form", "custom_id": "form", "components": [part]}
    filled = {"interaction": str(opened.id), "values": {"words": "yes"}}
    assert (await page.post("fill", person=mallory, **filled))[1]["problem"] == "somebody else opened this form"
    assert await page.do("fill", person=ada, **filled) == {}
    filled["values"] = {"words": "too long"}
    assert (await page.post("fill", person=ada, **filled))[0] == 409
    shown = opened_form(opened)["form"]
    assert (shown["interaction"], shown["title"]) == (str(opened.id), "A form")
    assert shown["parts"][0]["component"]["id"]


async def test_a_picture_is_shown_and_any_other_file_is_text_for_saving(quiet: Quiet):
    files = [quiet.scene.discord.world.upload(name, b"<b>") for name in ("chart.png", "page.html")]
    message = bot_says(quiet, quiet.scene.guild.channel("general"), attachments=files)
    types = []
    for file in files:
        async with quiet.page.http.get(f"{quiet.page.address}files/{message.id}/{file.id}") as answer:
            types.append(answer.content_type)
            assert await answer.read() == b"<b>"
    assert types == ["image/png", "text/plain"]
