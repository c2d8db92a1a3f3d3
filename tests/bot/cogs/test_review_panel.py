"""The panel behind a card, and cards that not everybody may read."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.case import CaseState
from policies.policy import Care
from tests.bot.cogs.acting_steps import (
    a_dismissal,
    acting_scene,
    carded,
    letting_in,
    settings,
    told,
)
from tests.bot.cogs.review_scene import ReviewScene, suggesting
from tests.discord_server import (
    BOT_PERMISSIONS,
    Permission,
)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[ReviewScene]:
    async with acting_scene(tmp_path) as scene:
        yield scene


class TestMore:
    async def test_only_what_this_person_and_the_bot_may_do_is_there(self, scene: ReviewScene) -> None:
        await scene.bot_role.edit(permissions=BOT_PERMISSIONS)
        await scene.ada.roles[0].edit(permissions=Permission.MANAGE_MESSAGES | Permission.MODERATE_MEMBERS)
        await asyncio.sleep(0.05)
        case_id, card, _ = await carded(scene, "delete")
        panel = (await card.click(scene.ada, "More")).message
        (menu,) = [part for row in panel.components for part in row["components"] if part["type"] == 3]
        assert [option["value"] for option in menu["options"]] == ["help", "warn", "timeout"]
        text = panel.embed_text
        assert "**Not possible: kick.** You need the permission “Kick Members”" in text
        assert "**Not possible: ban.** You need the permission “Ban Members”" in text
        assert {"Delete", "Escalate", "History", "Precedents"} <= set(panel.button_labels)
        assert "Add as example" not in panel.button_labels, "it changes a policy"
        form = await panel.select(scene.ada, f"case:{case_id}:act", "timeout")
        await form.submit({"amount": "60"})
        case = await scene.until_state(case_id, CaseState.ENFORCED)
        assert case.decision is not None
        assert case.decision.timeout == timedelta(hours=1)
        await card.wait_until(lambda shown: "**Timed out for 1 h** by" in shown.embed_text)
        await panel.wait_until(lambda shown: "Done." in shown.all_text)

    async def test_who_may_change_policies_is_offered_to_add_the_text_as_an_example(
        self, scene: ReviewScene
    ) -> None:
        await scene.ada.roles[0].edit(permissions=Permission.MANAGE_GUILD | Permission.MANAGE_MESSAGES)
        await asyncio.sleep(0.05)
        _, card, _ = await carded(scene, "delete")
        assert "Add as example" in (await card.click(scene.ada, "More")).message.button_labels

    async def test_precedents_are_decided_cases_that_this_person_may_read(self, scene: ReviewScene) -> None:
        first, card, _ = await carded(scene, "delete", text="you are a total loser, go away")
        await card.click(scene.ada, "Delete")
        await scene.until_state(first, CaseState.ENFORCED)
        cellar = scene.guild.add_channel("cellar", private_to=[])
        hidden, _ = await scene.flagged(
            "you are a total loser, go away now", await letting_in(cellar, scene.mallory)
        )
        await scene.store.decide(a_dismissal(hidden.id, scene.ada.id))
        await scene.store.settle(hidden.id, enforced=True, outcome="Dismissed.")
        _, card, _ = await carded(scene, "delete", text="what a total loser you are, go away")
        panel = (await card.click(scene.ada, "More")).message
        shown = await panel.click(scene.ada, "Precedents")
        text = (await shown.wait_for_text()).replace("\\", "")
        assert "**Deleted** by" in text
        assert "you are a total loser, go away”" in text
        assert f"Case {first}" in text
        assert "go away now" not in text

    async def test_the_authors_history_is_for_the_eyes_of_the_moderator(self, scene: ReviewScene) -> None:
        _, card, _ = await carded(scene, "delete")
        panel = (await card.click(scene.ada, "More")).message
        shown = await panel.click(scene.ada, "History")
        assert "History of a member" in shown.ephemeral_text
        assert shown.public_text == ""


class TestCare:
    async def test_somebody_in_distress_is_offered_help(self, scene: ReviewScene) -> None:
        scene.policy = suggesting("delete", care=Care.SUPPORT)
        case, _ = await scene.flagged("this is my last message")
        card = await scene.card(case)
        assert card.button_labels[:3] == ["Offer help", "Delete", "Dismiss"]
        assert "Somebody may need help" in card.embed_text
        form = await card.click(scene.ada, "Offer help")
        assert "findahelpline.com" in str(form.modal)
        await form.submit({"reason": "I am here if you want to talk."})
        await card.wait_until(lambda shown: "**Offered help** by" in shown.embed_text)
        (message,) = told(scene)
        assert "You are not in trouble" in message.all_text
        assert "I am here if you want to talk" in message.all_text
        assert "Insults" not in message.all_text
        assert message.buttons == []

    async def test_what_must_not_be_repeated_is_shown_nowhere(self, scene: ReviewScene) -> None:
        settings(scene, notices=True)
        scene.policy = suggesting("delete", care=Care.WITHHOLD)
        case, _ = await scene.flagged("unspeakable loser words")
        card = await scene.card(case)
        texts = [card.all_text]
        texts.append((await card.click(scene.ada, "Reasoning")).text)
        panel = (await card.click(scene.ada, "More")).message
        texts += [panel.all_text, (await panel.click(scene.ada, "Preview notice")).text]
        assert "Precedents" not in panel.button_labels
        await card.click(scene.ada, "Delete")
        await scene.until_state(case.id, CaseState.ENFORCED)
        texts += [message.all_text for message in told(scene)]
        assert len(texts) == 5
        assert all("unspeakable" not in text and "loser" not in text for text in texts)
        assert "report it to Discord" in texts[0]


class TestPrivateChannels:
    async def test_the_card_shows_no_text_and_evidence_shows_it_to_those_who_may_read_it(
        self, scene: ReviewScene
    ) -> None:
        staff = scene.guild.add_role("Staff")
        cellar = scene.guild.add_channel("cellar", private_to=[])
        await cellar.allow(staff, Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY)
        case, _ = await scene.flagged("a secret insult, loser", await letting_in(cellar, scene.mallory))
        card = await scene.card(case)
        assert "secret insult" not in card.all_text
        assert f"<@&{scene.ada.roles[0].id}>" in card.embed_text
        assert "cannot read the channel" in await (await card.click(scene.ada, "Evidence")).wait_for_text()
        assert "looked at every word" not in (await card.click(scene.ada, "Reasoning")).text
        await scene.ada.give(staff)
        await asyncio.sleep(0.05)
        reply = await card.click(scene.ada, "Evidence")
        assert "secret insult" in reply.ephemeral_text
        assert reply.public_text == ""
        assert "looked at every word" in (await card.click(scene.ada, "Reasoning")).text
        assert scene.discord.pings == []

    async def test_a_blurred_card_gives_the_reason_first(self, scene: ReviewScene) -> None:
        settings(scene, blur=True)
        _, card, _ = await carded(scene, "delete")
        text = card.embed_text
        assert text.index("A listed term") < text.index("||```\nyou loser\n```||")
