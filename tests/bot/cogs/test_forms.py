"""Forms are found by their ids alone, and nobody loses what they wrote in one."""

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.cogs.budget import CONTENT
from bot.cogs.client import SORRY, STALE
from bot.cogs.forms import FormBook, StandingForm, Typed, with_words
from bot.cogs.safe_text import units
from bot.cogs.words_form import Question, WordsForm
from bot.guilds.settings import GuildSettings
from bot.ports import StoreUnavailable
from bot.records.events import EventKind
from tests.bot.cogs.command_stage import stage
from tests.bot.cogs.people_scene import PeopleScene, people_scene
from tests.discord_server import Channel, DiscordServer, Member, Reply
from tests.discord_server.interactions import InteractionKind

PLEA = "It was a joke between friends, and I can prove it."


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[PeopleScene]:
    async with people_scene(tmp_path) as scene:
        yield scene


async def sent(
    server: DiscordServer, who: Member, channel: Channel, custom_id: str, fields: Mapping[str, str]
) -> Reply:
    """A form that this process never opened."""
    components = [
        {"type": 18, "id": number, "component": {"type": 4, "id": 9 + number, "custom_id": name, "value": text}}
        for number, (name, text) in enumerate(fields.items())
    ]
    data = {"custom_id": custom_id, "components": components}
    started = server.interactions.start(InteractionKind.MODAL_SUBMIT, who, channel, data)
    reply = Reply(server.world, started)
    await reply.wait_for_text()
    return reply


async def test_discord_py_keeps_no_form_of_ours(scene: PeopleScene) -> None:
    case = await scene.punished()
    notice = await scene.notice(case)
    form = await notice.click(scene.mallory.user, "Appeal")
    assert form.modal is not None
    assert scene.bot._connection._view_store._modals == {}


async def test_a_form_that_nobody_opened_here_is_worked_on_as_if_it_had_been(scene: PeopleScene) -> None:
    case = await scene.punished()
    reply = await sent(scene.discord, scene.bob, scene.general, f"note-form:{case.id}", {"words": " Look twice. "})
    assert "Noted" in reply.ephemeral_text
    events = await scene.store.events(case.id)
    assert [each.text for each in events if each.kind is EventKind.NOTE] == ["Look twice."]


async def test_whoever_may_not_send_a_form_gets_their_own_words_back_and_nothing_else(scene: PeopleScene) -> None:
    case = await scene.punished()
    reply = await sent(scene.discord, scene.eve, scene.general, f"note-form:{case.id}", {"words": "my own words"})
    assert "Only moderators" in reply.ephemeral_text
    assert "my own words" in reply.ephemeral_text
    assert "loser" not in reply.ephemeral_text
    assert [each for each in await scene.store.events(case.id) if each.kind is EventKind.NOTE] == []


@pytest.mark.parametrize("why", ["late", "away", "gone", "answered"])
async def test_an_appeal_that_is_not_taken_gives_its_words_back(
    scene: PeopleScene, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = await scene.punished()
    notice = await scene.notice(case)
    first, second = [await notice.click(scene.mallory.user, "Appeal") for _ in range(2)]
    if why == "late":
        scene.guild_book.kept[scene.guild.id] = GuildSettings(appeals=False)
    elif why == "gone":
        await scene.store.purge(scene.guild.id)
    elif why == "answered":
        await second.submit({"words": "another one"})
    else:

        async def away(*_: object) -> None:
            raise StoreUnavailable("the disk is full")

        monkeypatch.setattr(type(scene.store), "case", away)
    reply = await first.submit({"words": PLEA})
    assert "You wrote:" in reply.ephemeral_text
    assert PLEA in reply.ephemeral_text


async def test_an_appeal_and_a_rejection_without_a_word_are_not_taken(scene: PeopleScene) -> None:
    case = await scene.punished()
    notice = await scene.notice(case)
    form = await notice.click(scene.mallory.user, "Appeal")
    assert "You wrote nothing" in (await form.submit({"words": "   "})).ephemeral_text
    assert await scene.store.appeals_of_case(case.id) == []
    card = await scene.appealed(case)
    form = await card.click(scene.bob, "Reject")
    assert "You wrote nothing" in (await form.submit({"words": " \n "})).ephemeral_text
    assert await scene.store.open_appeals(scene.guild.id) == 1


async def test_a_form_of_an_older_version_is_stale_and_gives_its_words_back(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        fields = {"title": "A long thought", "words": PLEA}
        reply = await sent(made.discord, made.max, made.general, "a" * 32, fields)
        assert STALE in reply.ephemeral_text
        assert f"```\nA long thought\n\n{PLEA}\n```" in reply.ephemeral_text
        assert not reply.public_text


async def test_a_handler_that_fails_costs_nobody_their_words(tmp_path: Path) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    async with stage(tmp_path) as made:
        made.bot.forms.hear(re.compile("broken-form"), broken)
        reply = await sent(made.discord, made.max, made.general, "broken-form", {"words": PLEA})
        assert SORRY in reply.ephemeral_text
        assert PLEA in reply.ephemeral_text


def test_what_does_not_fit_or_cannot_be_shown_letter_by_letter_comes_as_a_file() -> None:
    text, file = with_words("No.", "short and plain", CONTENT)
    assert (text, file) == ("No.\nYou wrote:\n```\nshort and plain\n```", None)
    for words in ("long " * 900, "with ``` ticks", "a\u202eb", "rows\n" * 40):
        text, file = with_words("No.", words, CONTENT)
        assert units(text) <= CONTENT
        assert file is not None
        assert file.fp.read().decode() == words
    assert with_words("No.", " \n", CONTENT) == ("No.", None)


def test_fields_are_read_out_of_labels_and_rows() -> None:
    components = [
        {"type": 10, "id": 1},
        {"type": 18, "component": {"type": 4, "custom_id": "reason", "value": "  why  "}},
        {"type": 18, "component": {"type": 3, "custom_id": "amount", "values": ["60"]}},
        {"type": 1, "components": [{"type": 4, "custom_id": "notice", "value": None}]},
    ]
    components.append({"type": 4, "custom_id": "odd", "value": "\0erased and \ud83d"})
    typed = Typed.of(_interaction({"custom_id": "x", "components": components}))
    assert typed.text("odd", 100) == "\ufffderased and \ufffd", "no mark of ours, and nothing that no file takes"
    assert typed.text("reason", 100) == "why"
    assert typed.text("reason", 2) == "wh"
    assert typed.text("nothing", 100) == typed.text("notice", 100) == ""
    assert (typed.choice("amount"), typed.choice("nothing")) == ("60", None)
    assert typed.words.startswith("  why  ")


async def test_a_form_has_the_id_by_which_it_is_found() -> None:
    form = WordsForm(Question("T" * 60, "L" * 60, "D" * 120), "note-form:5")
    assert isinstance(form, StandingForm)
    assert form.to_dict()["custom_id"] == "note-form:5"
    heard: list[tuple[str, str]] = []

    async def hear(_: object, match: re.Match[str], typed: Typed) -> None:
        heard.append((match["case"], typed.words))

    book = FormBook()
    book.hear(re.compile("note-form:(?P<case>[0-9]+)"), hear)
    assert await book.sent(_interaction({"custom_id": "note-form:5", "components": []}))
    assert not await book.sent(_interaction({"custom_id": "note-form:5x", "components": []}))
    assert not await book.sent(_interaction(None))
    assert heard == [("5", "")]


def _interaction(data: Any) -> discord.Interaction[Any]:
    made = discord.Interaction.__new__(discord.Interaction)
    made.data = data
    return made
