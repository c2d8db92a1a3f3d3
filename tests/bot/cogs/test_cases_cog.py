"""`/case` and `/history` on the loopback Discord."""

import csv
import json
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest

from bot.case import Action, CaseState
from bot.records.appeals import NewAppeal
from bot.records.events import EventKind
from policies.policy import Care, Policy
from tests.bot.adapters import make_policy
from tests.bot.cogs.people_scene import PeopleScene, people_scene
from tests.discord_server import Member, NotAllowed, Permission

HOSTILE = "```‮evil``` <@1> [x](http://x.example) **b**\n" + "\n" * 300 + "=cmd()" + "ab" * 1500


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[PeopleScene]:
    async with people_scene(tmp_path) as scene:
        yield scene
        scene.discord.raise_deviations()
        assert scene.discord.pings == []


async def show(scene: PeopleScene, case_id: int, by: Member | None = None) -> str:
    return (await scene.slash(by or scene.bob, "case show", case=case_id)).ephemeral_text


class TestShow:
    async def test_everything_about_a_case_is_told_in_order(self, scene: PeopleScene) -> None:
        case = await scene.punished()
        await scene.slash(scene.bob, "case note", case=case.id, text="He did this before.")
        await scene.store.add_appeal(
            NewAppeal(scene.guild.id, case.id, 1, scene.mallory.id, "a joke", scene.clock())
        )
        told = await show(scene, case.id)
        assert "you loser" in told
        for one, other in zip(order := [
            "Decided** and carried out", "The message", "Judged by", "What happened", "flagged",
            "Timed out for 1 h", "read the rules", "It is done", "note of", "He did this before", "a joke",
        ], order[1:], strict=False):  # fmt: skip
            assert told.index(one) < told.index(other), (one, other)
        assert "kept until" in told

    async def test_a_hostile_text_of_any_length_makes_pages_that_can_be_turned(self, scene: PeopleScene) -> None:
        case = await scene.flagged(HOSTILE)
        for number in range(12):
            await scene.slash(scene.bob, "case note", case=case.id, text=f"note {number} " + "words " * 150)
        reply = await scene.slash(scene.bob, "case show", case=case.id)
        first = reply.ephemeral_text
        assert "Page 1 of" in first
        await reply.message.click(scene.bob, "Next")
        await reply.message.wait_until(lambda page: "Page 2 of" in page.all_text)
        assert "note 11" not in first
        await reply.message.click(scene.bob, "Back")
        await reply.message.wait_until(lambda page: "Page 1 of" in page.all_text)

    async def test_a_page_is_not_turned_for_who_is_no_moderator_any_more(self, scene: PeopleScene) -> None:
        case = await scene.flagged(HOSTILE)
        for number in range(6):
            await scene.slash(scene.bob, "case note", case=case.id, text=f"note {number} " + "words " * 150)
        reply = await scene.slash(scene.bob, "case show", case=case.id)
        await scene.bob.take(scene.moderators)
        await reply.message.click(scene.bob, "Next")
        await reply.message.wait_until(lambda page: "Only moderators" in page.all_text)
        assert "note" not in reply.message.all_text

    async def test_what_nobody_may_see_again_is_not_shown(self, scene: PeopleScene) -> None:
        policy: Policy = make_policy().model_copy(update={"care": Care.WITHHOLD})
        scene.policy = policy
        told = await show(scene, (await scene.flagged("unspeakable loser")).id)
        assert "unspeakable" not in told
        assert "withheld" in told

    async def test_a_case_of_another_server_is_not_known(self, scene: PeopleScene) -> None:
        case = await scene.flagged()
        other = scene.discord.add_guild("Elsewhere")
        reply = await other.slash(other.owner, other.add_channel("general"), "case show", case=case.id)
        assert "I do not know this case" in reply.ephemeral_text
        assert "I do not know this case" in await show(scene, 4711)

    async def test_cases_are_offered_by_number_and_by_title(self, scene: PeopleScene) -> None:
        case = await scene.flagged("you secret loser")

        async def offered(typed: str) -> list[object]:
            choices = await scene.guild.autocomplete(scene.bob, scene.general, "case show", case=typed)
            assert not any("secret" in choice.name for choice in choices)
            return [choice.value for choice in choices]

        assert await offered("") == [case.id]
        assert await offered(str(case.id)) == [case.id]
        assert await offered("haras") == [case.id]
        assert await offered("spam") == []


class TestNote:
    async def test_a_longer_note_is_written_in_a_form(self, scene: PeopleScene) -> None:
        case = await scene.flagged()
        form = await scene.slash(scene.bob, "case note", case=case.id)
        reply = await form.submit({"words": "first line\nsecond line"})
        assert "Noted" in reply.ephemeral_text
        (event,) = await scene.store.events(case.id)
        assert (event.kind, event.actor_id, event.text) == (
            EventKind.NOTE,
            scene.bob.id,
            "first line\nsecond line",
        )


class TestReopen:
    async def test_a_reopened_case_is_open_and_says_that_nothing_was_undone(self, scene: PeopleScene) -> None:
        case = await scene.punished()
        reply = await scene.slash(scene.bob, "case reopen", case=case.id, reason="new facts")
        assert "What was done stays done" in reply.ephemeral_text
        assert (await scene.store.case(case.id)).state is CaseState.OPEN
        assert [action for _, action in scene.arm.done] == [Action.TIMEOUT]
        assert case.id in scene.desk.shown
        again = await scene.slash(scene.bob, "case reopen", case=case.id, reason="again")
        assert "open already" in again.ephemeral_text
        assert "new facts" in await show(scene, case.id)

    async def test_nobody_reopens_a_case_about_themselves(self, scene: PeopleScene) -> None:
        case = await scene.punished()
        await scene.mallory.give(scene.moderators)
        reply = await scene.slash(scene.mallory, "case reopen", case=case.id, reason="me")
        assert "You wrote this message yourself" in reply.ephemeral_text
        assert (await scene.store.case(case.id)).state is CaseState.ENFORCED


class TestHistory:
    async def test_a_members_history_is_told_also_after_they_left(self, scene: PeopleScene) -> None:
        case = await scene.punished()
        await scene.flagged("again you loser")
        await scene.mallory.leave()
        reply = await scene.slash(scene.bob, "history", member=scene.mallory)
        told = reply.ephemeral_text
        assert "2 cases" in told
        assert "1 open · 1 acted on · 0 dismissed" in told
        assert "1 timeout" in told
        assert "R1" in told
        assert f"**{case.id}**" in told
        assert "loser" not in told, "lists quote nobody"

    async def test_nothing_is_known_of_a_stranger(self, scene: PeopleScene) -> None:
        reply = await scene.slash(scene.bob, "history", member=scene.eve)
        assert "Nothing is known" in reply.ephemeral_text

    async def test_many_cases_make_pages(self, scene: PeopleScene) -> None:
        for number in range(60):
            await scene.flagged(f"loser {number}")
        reply = await scene.slash(scene.bob, "history", member=scene.mallory)
        assert "Page 1 of" in reply.ephemeral_text
        await reply.message.click(scene.bob, "Next")
        await reply.message.wait_until(lambda page: "Page 2 of" in page.all_text)


class TestExport:
    async def test_a_spreadsheet_is_without_anybodys_words(self, scene: PeopleScene) -> None:
        await scene.punished(text="=cmd() you loser")
        reply = await scene.slash(scene.bob, "case export")
        (file,) = reply.message.attachments
        assert file.filename == "cases.csv"
        (row,) = csv.DictReader(StringIO(file.content.decode("utf-8-sig")))
        assert (row["state"], row["decision"], row["rules"]) == ("enforced", "timeout", "harassment:R1")
        assert row["texts_left_out"] == "not asked for"
        assert "loser" not in file.content.decode()
        assert "mallory" not in file.content.decode()

    async def test_administrators_get_texts_and_no_formula(self, scene: PeopleScene) -> None:
        await scene.flagged("=cmd() you loser")
        refused = await scene.slash(scene.bob, "case export", texts=True)
        assert "Manage Server" in refused.ephemeral_text
        reply = await scene.slash(scene.guild.owner, "case export", texts=True)
        (row,) = csv.DictReader(StringIO(reply.message.attachments[0].content.decode("utf-8-sig")))
        assert row["text"] == "'=cmd() you loser"

    async def test_json_lines_hold_decisions_and_appeals(self, scene: PeopleScene) -> None:
        case = await scene.punished()
        await scene.store.add_appeal(
            NewAppeal(scene.guild.id, case.id, 1, scene.mallory.id, "a joke", scene.clock())
        )
        reply = await scene.slash(scene.bob, "case export", format="jsonl", state="enforced", days=1)
        (line,) = reply.message.attachments[0].content.decode().splitlines()
        told = json.loads(line)
        assert told["decisions"][0]["action"] == "timeout"
        assert told["appeals"][0]["state"] == "open"
        assert "joke" not in line
        assert "rules" not in told["decisions"][0].get("reason", "")

    async def test_filters_that_fit_nothing_say_so(self, scene: PeopleScene) -> None:
        await scene.flagged()
        for options in ({"state": "failed"}, {"policy": "spam"}, {"member": scene.eve}):
            reply = await scene.slash(scene.bob, "case export", **options)
            assert "No case fits" in reply.ephemeral_text

    async def test_what_discord_does_not_take_is_refused_with_advice(
        self, scene: PeopleScene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await scene.flagged()
        monkeypatch.setattr("bot.cogs.cases_exporting._SPARE", 100 * 1024 * 1024)
        reply = await scene.slash(scene.bob, "case export")
        assert "safeguild cases export" in reply.ephemeral_text
        assert reply.message.attachments == []


COMMANDS: dict[str, dict[str, object]] = {
    "case show": {"case": 1},
    "case note": {"case": 1, "text": "x"},
    "case reopen": {"case": 1, "reason": "x"},
    "case export": {},
    "history": {},
}
"""Every command of this room, with options that it needs."""


@pytest.mark.parametrize("words", COMMANDS)
async def test_who_may_use_a_command(scene: PeopleScene, words: str) -> None:
    """The table: moderators by role, managers and the owner may; members, and those who are shown it, may not."""
    options = COMMANDS[words] | ({"member": scene.mallory} if words == "history" else {})
    case = await scene.punished()
    manager = scene.guild.add_member("max", [scene.guild.add_role("Managers", Permission.MANAGE_GUILD)])
    hidden_from = []
    for name, person in {"eve": scene.eve, "max": manager}.items():
        try:
            await scene.slash(person, words, **options)
        except NotAllowed:
            hidden_from.append(name)
    assert hidden_from == ["eve", "max"], "only who may time members out sees it by default"
    shown = scene.guild.add_role("Helpers", Permission.MODERATE_MEMBERS)
    await scene.eve.give(shown)
    await manager.give(shown)
    outcome = {}
    for name, person in {
        "mod": scene.bob, "owner": scene.guild.owner, "manager": manager, "helper": scene.eve
    }.items():  # fmt: skip
        reply = await scene.slash(person, words, **options)
        outcome[name] = "Only moderators" in reply.ephemeral_text
        assert reply.public_text == ""
    assert outcome == {"mod": False, "owner": False, "manager": False, "helper": True}
    assert (await scene.store.case(case.id)).id == case.id
