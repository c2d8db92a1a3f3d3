"""What was done is undone, claimed and escalated: two who press never work against each other."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.case import Action, CaseState
from tests.bot.cogs.acting_steps import (
    acted,
    acting_scene,
    carded,
    settings,
)
from tests.bot.cogs.review_scene import ReviewScene


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[ReviewScene]:
    async with acting_scene(tmp_path) as scene:
        yield scene


class TestUndo:
    async def test_a_timeout_is_lifted_and_the_case_is_open_again(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "timeout 1h")
        await acted(scene, card, "Timeout 1 h")
        await scene.until_state(case_id, CaseState.ENFORCED)
        await card.wait_until(lambda shown: "Undo" in shown.button_labels)
        await card.click(scene.ada, "Undo")
        await card.wait_until(lambda shown: "taken back" in shown.embed_text)
        assert not scene.mallory.is_timed_out
        assert card.button_labels[:3] == ["Timeout 1 h", "Delete", "Dismiss"]
        assert "Decided before: timeout of 1 h" in card.embed_text

    async def test_a_timeout_that_is_another_one_by_now_stays(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "timeout 1h")
        await acted(scene, card, "Timeout 1 h")
        case = await scene.until_state(case_id, CaseState.ENFORCED)
        assert scene.mallory.timed_out_until is not None
        scene.mallory.timed_out_until += timedelta(hours=3)
        await scene.until_shown(case_id)
        await card.click(scene.ada, "Undo")
        case = await scene.until_state(case_id, CaseState.OPEN)
        assert scene.mallory.is_timed_out
        assert case.answers == ()

    async def test_a_ban_is_lifted_if_it_is_ours(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "ban")
        await acted(scene, card, "Ban")
        await scene.until_state(case_id, CaseState.ENFORCED)
        await card.wait_until(lambda shown: "Undo" in shown.button_labels)
        await card.click(scene.ada, "Undo")
        await scene.until_state(case_id, CaseState.OPEN)
        assert scene.guild.bans == {}

    async def test_somebody_elses_ban_is_left_alone(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "ban")
        scene.guild.bans[scene.mallory.id] = "spam in another channel"
        await acted(scene, card, "Ban")
        case = await scene.until_state(case_id, CaseState.ENFORCED)
        assert case.outcome == "The member was banned already; that ban stays."
        await card.wait_until(lambda shown: "Undo" in shown.button_labels)
        await card.click(scene.ada, "Undo")
        await scene.until_state(case_id, CaseState.OPEN)
        assert scene.guild.bans == {scene.mallory.id: "spam in another channel"}

    async def test_what_cannot_be_undone_says_so_and_is_only_opened_again(self, scene: ReviewScene) -> None:
        case_id, card, said = await carded(scene, "delete")
        await card.click(scene.ada, "Delete")
        await card.wait_until(lambda shown: "A deleted message cannot be brought back." in shown.embed_text)
        await card.click(scene.ada, "Reopen")
        case = await scene.until_state(case_id, CaseState.OPEN)
        assert said.deleted
        assert case.author_record.acted_on == 0

    async def test_of_two_people_who_undo_at_once_one_does(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "timeout 1h")
        await acted(scene, card, "Timeout 1 h")
        await scene.until_state(case_id, CaseState.ENFORCED)
        await card.wait_until(lambda shown: "Undo" in shown.button_labels)
        bob = scene.guild.add_member("bob", scene.ada.roles)
        await asyncio.gather(card.click(scene.ada, "Undo"), card.click(bob, "Undo"))
        await scene.until_state(case_id, CaseState.OPEN)
        made = (await scene.store.case(case_id)).earlier_decisions
        assert [decision.action for decision in made] == [Action.TIMEOUT, Action.UNDO]


class TestClaims:
    async def test_a_claim_is_seen_and_warns_others_without_locking_them_out(self, scene: ReviewScene) -> None:
        case_id, card, said = await carded(scene, "delete")
        await card.click(scene.ada, "Claim")
        await card.wait_until(lambda shown: "**Claimed** by" in shown.embed_text)
        bob = scene.guild.add_member("bob", scene.ada.roles)
        warning = await card.click(bob, "Delete")
        assert "is on it" in await warning.wait_for_text()
        assert not said.deleted
        await warning.message.click(bob, "Do it anyway")
        await scene.until_state(case_id, CaseState.ENFORCED)
        assert said.deleted
        await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)

    async def test_whoever_holds_it_is_not_warned_and_others_read_it_in_the_form(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "timeout 1h")
        await card.click(scene.ada, "Claim")
        await card.wait_until(lambda shown: "**Claimed** by" in shown.embed_text)
        bob = scene.guild.add_member("bob", scene.ada.roles)
        assert "is on it" in str((await card.click(bob, "Timeout 1 h")).modal)
        assert "is on it" not in str((await card.click(scene.ada, "Timeout 1 h")).modal)
        await card.click(scene.ada, "Dismiss")
        await scene.until_state(case_id, CaseState.ENFORCED)

    async def test_a_claim_warns_nobody_of_what_is_decided(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "delete")
        await card.click(scene.ada, "Claim")
        await card.wait_until(lambda shown: "**Claimed** by" in shown.embed_text)
        await card.click(scene.ada, "Dismiss")
        await scene.until_state(case_id, CaseState.ENFORCED)
        await card.wait_until(lambda shown: "Undo" in shown.button_labels)
        bob = scene.guild.add_member("bob", scene.ada.roles)
        undone = await card.click(bob, "Undo")
        assert (await scene.until_state(case_id, CaseState.OPEN)).decision is None
        assert "is on it" not in undone.text


class TestEscalations:
    async def test_one_calls_the_role_and_leaves_the_decision_to_it(self, scene: ReviewScene) -> None:
        chiefs = scene.guild.add_role("Chiefs", position=2, mentionable=True)
        settings(scene, escalation_role=chiefs.id)
        case_id, card, said = await carded(scene, "delete")
        panel = (await card.click(scene.ada, "More")).message
        await panel.click(scene.ada, "Escalate")
        await card.wait_until(lambda shown: "**Escalated** by" in shown.embed_text)
        call = await scene.review_channel.wait_for_message(lambda message: "asks you to decide" in message.content)
        assert call.pings == {chiefs.mention}
        assert "somebody with more say" in await (await card.click(scene.ada, "Delete")).wait_for_text()
        assert not said.deleted
        await scene.ada.give(chiefs)
        await asyncio.sleep(0.05)
        await card.click(scene.ada, "Delete")
        await scene.until_state(case_id, CaseState.ENFORCED)

    async def test_whoever_escalated_can_take_it_back(self, scene: ReviewScene) -> None:
        case_id, card, _ = await carded(scene, "delete")
        panel = (await card.click(scene.ada, "More")).message
        await panel.click(scene.ada, "Escalate")
        await card.wait_until(lambda shown: "**Escalated** by" in shown.embed_text)
        panel = (await card.click(scene.ada, "More")).message
        await panel.click(scene.ada, "Take back escalation")
        await card.wait_until(lambda shown: "**Escalated**" not in shown.embed_text)
        await card.click(scene.ada, "Dismiss")
        decided = (await scene.until_state(case_id, CaseState.ENFORCED)).decision
        assert decided is not None
        assert (decided.action, decided.moderator_id) == (Action.DISMISS, scene.ada.id)
