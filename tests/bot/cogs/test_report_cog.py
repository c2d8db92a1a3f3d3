"""Reports of members, as they are taken and refused."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.case import Earlier, Message, Report, ReportKind, Suspected
from bot.cogs import report as report_cog
from bot.cogs import setup, sync
from bot.cogs.report import LONGEST_REASON, NAME
from bot.guilds.settings import GuildSettings
from bot.pointing import MOST_IN_SHORT, MOST_OPENED
from bot.ports import Store
from bot.records.reports import Reported
from tests.bot.adapters import make_message
from tests.bot.cogs.command_stage import STARTED, Stage, stage
from tests.bot.new_store import new_store
from tests.discord_server import Member, Reply
from tests.discord_server import Message as Said
from tests.discord_server.interactions import InteractionKind

NOW = STARTED + timedelta(hours=1)


@dataclass
class Scene:
    """A stage with a store behind the reports."""

    made: Stage
    store: Store
    taken: list[Report]

    async def report(self, said: Said, by: object = None, **values: object) -> Reply:
        """Max reports a message: the modal is filled in and sent off."""
        asked = await said.use(by or self.made.max, NAME)  # type: ignore[arg-type]
        return await asked.submit({"reason": "", **values}) if asked.modal else asked  # type: ignore[dict-item]

    async def flood(self, count: int) -> None:
        """As many members report as many messages."""
        for number in range(count):
            message = make_message(5_000 + number, guild_id=self.made.guild.id)
            made = Report(ReportKind.MEMBER, 9_000 + number, "", NOW)
            await self.store.report(Suspected(message=message, suspicions=()), made)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    taken: list[Report] = []
    async with new_store(tmp_path / "memory.sqlite3", clock=lambda: NOW) as store:

        async def take(message: Message, earlier: Sequence[Earlier], made: Report) -> Reported:
            taken.append(made)
            return await store.report(Suspected(message=message, earlier=tuple(earlier), suspicions=()), made)

        async with stage(
            tmp_path,
            cogs=(report_cog, setup, sync),
            store=store,
            change=lambda rooms: replace(rooms, report=take),
        ) as made:
            yield Scene(made, store, taken)


async def test_a_report_is_thanked_for_and_carries_the_reason(scene: Scene):
    said = await scene.made.general.say(scene.made.mia, "you fool")
    reply = await scene.report(said, reason="  he means me ")
    assert "Thank you" in reply.ephemeral_text
    assert reply.public_text == ""
    assert scene.taken == [Report(ReportKind.MEMBER, scene.made.max.id, "he means me", NOW)]
    assert "reported this message already" in (await scene.report(said)).ephemeral_text


async def test_the_policy_that_is_chosen_stands_before_the_reason(scene: Scene):
    await scene.made.guild_book.save(scene.made.guild.id, GuildSettings())
    await scene.made.policy_book.add(scene.made.guild.id, "spam")
    said = await scene.made.general.say(scene.made.mia, "buy this")
    title = scene.made.policy_book.policies(scene.made.guild.id)["spam"].title
    await scene.report(said, reason="x" * LONGEST_REASON, about=[title])
    assert scene.taken[0].reason == f"{title}: {'x' * LONGEST_REASON}"


async def test_ones_own_a_bots_and_a_switched_off_report_are_refused_in_plain_words(scene: Scene):
    made = scene.made
    own = await made.general.say(made.max, "oops")
    assert "You wrote this message yourself" in (await scene.report(own)).ephemeral_text
    webhook = await made.general.say_by_webhook("news", "hello")
    assert "not written by a member" in (await scene.report(webhook)).ephemeral_text
    await made.guild_book.save(made.guild.id, GuildSettings(reports=False))
    said = await made.general.say(made.mia, "you fool")
    assert "does not take reports" in (await scene.report(said)).ephemeral_text
    assert scene.taken == []


async def reporting(scene: Scene, said: Said, by: Member, reason: str) -> Reply:
    """A form that an earlier process opened is sent off."""
    server = scene.made.discord
    field = {"type": 4, "id": 2, "custom_id": "reason", "value": reason}
    data = {
        "custom_id": f"report-form:{said.channel.id}:{said.id}",
        "components": [{"type": 18, "id": 1, "component": field}],
    }
    started = server.interactions.start(InteractionKind.MODAL_SUBMIT, by, by.guild.channel("general"), data)
    return await Reply(server.world, started).settled()


async def test_a_form_of_an_earlier_start_is_about_the_message_as_it_stands_now(scene: Scene):
    made = scene.made
    said = await made.general.say(made.mia, "you fool")
    assert "Thank you" in (await reporting(scene, said, made.max, "he means me")).ephemeral_text
    assert [each.reason for each in scene.taken] == ["he means me"]
    await said.delete()
    gone = await reporting(scene, said, made.ada, "and me, too")
    assert "does not exist any more" in gone.ephemeral_text
    assert "and me, too" in gone.ephemeral_text, "nobody loses what they wrote"
    own = await made.general.say(made.max, "oops")
    assert "You wrote this message yourself" in (await reporting(scene, own, made.max, "")).ephemeral_text
    hidden = await made.review.say(made.mia, "a secret")
    refused = await reporting(scene, hidden, made.max, "what do they say?")
    assert "I cannot find the message any more" in refused.ephemeral_text
    assert len(scene.taken) == 1


async def test_what_is_deleted_while_its_report_is_written_is_reported_all_the_same(scene: Scene):
    said = await scene.made.general.say(scene.made.mia, "you fool")
    asked = await said.use(scene.made.max, NAME)
    await said.delete()
    assert "Thank you" in (await asked.submit({"reason": "he means me"})).ephemeral_text
    case = await scene.store.find(scene.made.guild.id, said.id)
    assert case is not None
    assert case.message.content == "you fool"


async def test_a_report_that_is_not_taken_gives_its_words_back(scene: Scene):
    said = await scene.made.general.say(scene.made.mia, "you fool")
    asked = await said.use(scene.made.max, NAME)
    await scene.made.guild_book.save(scene.made.guild.id, GuildSettings(reports=False))
    told = (await asked.submit({"reason": "he means me"})).ephemeral_text
    assert "does not take reports" in told
    assert "he means me" in told
    assert scene.taken == []


async def test_one_member_reports_only_so_much(scene: Scene):
    for number in range(MOST_IN_SHORT):
        await scene.report(await scene.made.general.say(scene.made.mia, f"message {number}"))
    said = await scene.made.general.say(scene.made.mia, "one more")
    assert "reported a lot lately" in (await scene.report(said)).ephemeral_text
    assert "Thank you" in (await scene.report(said, by=scene.made.ada)).ephemeral_text
    assert len(scene.taken) == MOST_IN_SHORT + 1


async def test_a_crowd_cannot_flood_the_queue_but_known_cases_still_count(scene: Scene):
    known = await scene.made.general.say(scene.made.mia, "known already")
    await scene.report(known, by=scene.made.ada)
    await scene.flood(MOST_OPENED)
    said = await scene.made.general.say(scene.made.mia, "another one")
    assert "Many reports come in" in (await scene.report(said)).ephemeral_text
    assert "Thank you" in (await scene.report(known)).ephemeral_text
