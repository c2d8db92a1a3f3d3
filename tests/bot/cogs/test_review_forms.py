"""Presses that open a form, and what members are told of what was done."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.case import Action, CaseState
from bot.records.events import EventKind
from tests.bot.cogs.acting_steps import (
    NO_DIRECT_MESSAGES,
    a_dismissal,
    acted,
    acting_scene,
    carded,
    settings,
    told,
)
from tests.bot.cogs.review_scene import ReviewScene
from tests.discord_server import (
    ActionKind,
    AuditEvent,
    Permission,
)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[ReviewScene]:
    async with acting_scene(tmp_path) as scene:
        yield scene


class TestForms:
    async def test_a_form_knows_the_rule_and_the_audit_log_gets_what_was_written(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "kick")
        form = await card.click(scene.ada, "Kick")
        assert form.modal is not None
        assert "R1: Insults aimed at a member." in str(form.modal)
        assert "this server sends no notices" in str(form.modal)
        await form.submit({"reason": "Third time this week."})
        await card.wait_until(lambda shown: "**Kicked** by" in shown.embed_text)
        (entry,) = scene.discord.audit_log
        assert entry.event is AuditEvent.MEMBER_KICK
        assert entry.reason == f"case {case_id}, decided by ada ({scene.ada.id}): Third time this week."
        assert (await scene.store.case(case_id)).decision.reason == "Third time this week."  # type: ignore[union-attr]
        assert scene.mallory.user.id not in scene.guild.members

    async def test_a_ban_deletes_as_much_history_as_was_chosen(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "ban")
        await acted(scene, card, "Ban", amount="24")
        await scene.until_state(case_id, CaseState.ENFORCED)
        (ban,) = scene.discord.actions_of(ActionKind.BAN)
        assert ban.detail["delete_message_seconds"] == 86_400

    async def test_one_press_deletes_and_times_out_where_a_rule_suggests_both(self, scene: ReviewScene) -> None:
        case_id, card, said = await carded(scene, "delete", "timeout 10m")
        await acted(scene, card, "Delete + 10 min")
        await card.wait_until(lambda shown: "**Deleted and timed out for 10 min** by" in shown.embed_text)
        assert said.deleted
        assert scene.mallory.is_timed_out
        decision = (await scene.store.case(case_id)).decision
        assert decision is not None
        assert (decision.action, decision.also_delete) == (Action.TIMEOUT, True)

    async def test_what_was_chosen_in_the_form_counts_and_not_what_the_button_said(
        self, scene: ReviewScene
    ) -> None:
        case_id, card, said = await carded(scene, "delete", "timeout 10m")
        await acted(scene, card, "Delete + 10 min", delete="leave", amount="1440")
        case = await scene.until_state(case_id, CaseState.ENFORCED)
        assert case.decision is not None
        assert case.decision.timeout == timedelta(days=1)
        assert not said.deleted

    async def test_of_two_parts_the_one_that_works_is_done_and_both_are_told(self, scene: ReviewScene) -> None:
        case_id, card, said = await carded(scene, "delete", "timeout 10m")
        scene.discord.faults.answer_next("PATCH /guilds/{}/members/{}", 400)
        await acted(scene, card, "Delete + 10 min")
        case = await scene.until_state(case_id, CaseState.FAILED)
        assert said.deleted
        assert (case.outcome or "").startswith("The message is deleted. Not everything was done:")
        await card.wait_until(lambda shown: "**Not done: delete and timeout of 10 min**" in shown.embed_text)

    async def test_who_loses_the_permission_while_the_form_is_open_does_nothing(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "kick")
        form = await card.click(scene.ada, "Kick")
        await scene.ada.roles[0].edit(permissions=Permission.MANAGE_MESSAGES)
        await asyncio.sleep(0.05)
        assert "You need the permission “Kick Members”" in await (await form.submit({})).wait_for_text()
        assert (await scene.store.case(case_id)).state is CaseState.OPEN

    async def test_a_form_that_comes_too_late_gives_back_the_reason_that_was_written(
        self, scene: ReviewScene
    ) -> None:
        """The one that it opened with has cost nobody any work."""
        case_id, card, _ = await carded(scene, "timeout 1h")
        mine, usual = [await card.click(scene.ada, "Timeout 1 h") for _ in range(2)]
        await scene.store.decide(a_dismissal(case_id, scene.guild.owner.id))
        reply = await mine.submit({"reason": "Third time this week."})
        assert "has decided this already" in await reply.wait_for_text()
        assert "You wrote:\n```\nThird time this week.\n```" in reply.ephemeral_text
        reply = await usual.submit({})
        assert "has decided this already" in await reply.wait_for_text()
        assert "You wrote:" not in reply.ephemeral_text

    async def test_a_long_reason_comes_back_whole(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "timeout 1h")
        form = await card.click(scene.ada, "Timeout 1 h")
        await scene.store.decide(a_dismissal(case_id, scene.guild.owner.id))
        reason = "\n".join(f"reason {number}" for number in range(39))
        reply = await form.submit({"reason": reason})
        assert "has decided this already" in await reply.wait_for_text()
        (file,) = reply.message.attachments
        assert file.content.decode() == reason

    async def test_who_lacks_the_permission_gets_no_form(self, scene: ReviewScene) -> None:
        _, card, _ = await carded(scene, "kick")
        await scene.ada.roles[0].edit(permissions=Permission.MANAGE_MESSAGES)
        await asyncio.sleep(0.05)
        reply = await card.click(scene.ada, "Kick")
        assert reply.modal is None
        assert "You need the permission “Kick Members”" in reply.ephemeral_text


class TestNotices:
    async def test_members_are_told_the_rule_the_decision_and_how_to_appeal(self, scene: ReviewScene) -> None:
        settings(scene, notices=True)
        case_id, card, _ = await carded(scene, "delete")
        await card.click(scene.ada, "Delete")
        case = await scene.until_state(case_id, CaseState.ENFORCED)
        (message,) = told(scene)
        for words in ("Workshop", "was deleted", "Insults aimed at a member", "you loser", "press “Appeal”"):
            assert words in message.all_text.replace("\\", "")
        assert [button["custom_id"] for button in message.buttons] == [f"appeal:{case_id}"]
        assert (case.outcome or "").endswith("The member was told by direct message.")
        assert [event.kind for event in await scene.store.events(case_id)] == [EventKind.NOTICE_SENT]
        assert scene.discord.pings == []

    async def test_who_is_kicked_is_told_before(self, scene: ReviewScene) -> None:
        settings(scene, notices=True, appeals=False)
        case_id, card, _ = await carded(scene, "kick")
        await acted(scene, card, "Kick")
        await scene.until_state(case_id, CaseState.ENFORCED)
        (message,) = told(scene)
        done = [action.target_id for action in scene.discord.actions]
        assert done.index(message.id) < done.index(scene.mallory.id)
        assert message.buttons == []

    async def test_the_form_shows_what_will_be_sent(self, scene: ReviewScene) -> None:
        settings(scene, notices=True, notice="Hello from {server}! {decision}\n{reason}\nEnd")
        _, card, _ = await carded(scene, "kick")
        form = await card.click(scene.ada, "Kick")
        assert "> Hello from Workshop! You were removed from the server. *(If you choose to delete it:)*" in str(
            form.modal
        )
        assert "\\n> End" in str(form.modal)

    async def test_a_member_who_takes_no_messages_is_kicked_all_the_same_and_the_card_says_so(
        self, scene: ReviewScene
    ) -> None:
        settings(scene, notices=True)
        case_id, card, _ = await carded(scene, "kick")
        scene.discord.faults.answer_next(NO_DIRECT_MESSAGES, 400)
        await acted(scene, card, "Kick")
        await card.wait_until(lambda shown: "could not be told" in shown.embed_text)
        assert scene.mallory.user.id not in scene.guild.members
        assert [event.kind for event in await scene.store.events(case_id)] == [EventKind.NOTICE_FAILED]

    async def test_a_warning_is_recorded_whether_or_not_it_arrives(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "warn")
        scene.discord.faults.answer_next(NO_DIRECT_MESSAGES, 400)
        await acted(scene, card, "Warn", reason="Be kind.")
        case = await scene.until_state(case_id, CaseState.ENFORCED)
        assert "could not be told" in (case.outcome or "")
        assert told(scene) == []

    async def test_a_message_whose_answer_was_lost_is_looked_for_and_not_sent_twice(
        self, scene: ReviewScene, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As after some minutes, when Discord does not know the nonce any more."""
        nonces = iter(range(100))
        monkeypatch.setattr("bot.cogs.notices._nonce", lambda _: f"told-{next(nonces)}")
        case_id, card, _ = await carded(scene, "warn")
        scene.discord.faults.cut_next("POST /channels/{}/messages", after_effect=True)
        await acted(scene, card, "Warn")
        case = await scene.until_state(case_id, CaseState.ENFORCED)
        assert case.outcome == "The member was told by direct message."
        assert len(told(scene)) == 1
        assert [event.kind for event in await scene.store.events(case_id)] == [EventKind.NOTICE_SENT]
