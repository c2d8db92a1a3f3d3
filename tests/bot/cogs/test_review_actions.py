"""Presses that lead to more than one step: forms, notices, undo, claims, escalations, the panel."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.case import Action, CaseState, Decision
from bot.records.events import EventKind
from policies.policy import Care
from tests.bot.cogs.review_scene import ReviewScene, now, review_scene, suggesting
from tests.discord_server import (
    BOT_PERMISSIONS,
    ActionKind,
    AuditEvent,
    CallbackKind,
    Channel,
    Member,
    Message,
    Permission,
)

STRONG = BOT_PERMISSIONS | Permission.KICK_MEMBERS | Permission.BAN_MEMBERS
NO_DIRECT_MESSAGES = "POST /users/@me/channels"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[ReviewScene]:
    async with review_scene(tmp_path) as scene:
        await scene.bot_role.edit(permissions=STRONG)
        yield scene


def told(scene: ReviewScene) -> list[Message]:
    """What Mallory was told by direct message."""
    return scene.discord.direct_channel(scene.mallory.user).messages


async def carded(scene: ReviewScene, *suggestions: str, text: str = "you loser") -> tuple[int, Message, Message]:
    """A case under a policy that suggests this: its id, its card and the message."""
    scene.policy = suggesting(*suggestions)
    case, said = await scene.flagged(text)
    return case.id, await scene.card(case), said


def settings(scene: ReviewScene, **changes: object) -> None:
    kept = scene.guild_book.kept
    kept[scene.guild.id] = kept[scene.guild.id].model_copy(update=changes)


async def acted(scene: ReviewScene, card: Message, label: str, **values: str) -> None:
    form = await card.click(scene.ada, label)
    assert form.acknowledged is CallbackKind.MODAL
    assert form.latency is not None
    assert form.latency < 1.5
    await form.submit(values)


def a_dismissal(case_id: int, moderator_id: int) -> Decision:
    return Decision(case_id=case_id, action=Action.DISMISS, moderator_id=moderator_id, decided_at=now())


async def letting_in(channel: Channel, member: Member) -> Channel:
    """The member may write there."""
    await channel.allow(member, Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
    return channel


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
