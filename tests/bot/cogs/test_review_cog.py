import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.case import Action, CaseState, Decision
from bot.guilds.settings import GuildSettings
from tests.bot.cogs.review_scene import ReviewScene, review_scene
from tests.discord_server import BOT_PERMISSIONS, ActionKind, AuditEvent, CallbackKind, Permission


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[ReviewScene]:
    async with review_scene(tmp_path) as scene:
        yield scene


async def test_delete_deletes_the_message_and_the_card_says_who_did_it(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    reply = await card.click(scene.ada, "Delete")
    assert reply.acknowledged is CallbackKind.DEFERRED_UPDATE
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert said.deleted
    assert f"<@{scene.ada.id}>" in card.embed_text
    assert card.button_labels == ["Reopen", "Reasoning", "More"]
    (entry,) = scene.discord.audit_log
    assert entry.event is AuditEvent.MESSAGE_DELETE
    assert entry.reason == f"case {case.id}, decided by ada ({scene.ada.id})"
    after = await scene.store.case(case.id)
    assert (after.state, after.outcome) == (CaseState.ENFORCED, "The message is deleted.")
    assert reply.messages == []
    assert scene.discord.pings == []


async def test_timeout_lasts_as_long_as_the_button_said_and_the_message_can_still_be_deleted(
    scene: ReviewScene,
) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    assert card.button_labels == ["Timeout 1 h", "Delete", "Dismiss", "Claim", "Reasoning", "More"]
    before = datetime.now(UTC)
    await (await card.click(scene.ada, "Timeout 1 h")).submit({"reason": "Enough."})
    await card.wait_until(lambda shown: "**Timed out for 1 h** by" in shown.embed_text)
    until = scene.mallory.timed_out_until
    assert until is not None
    assert abs(until - before - timedelta(hours=1)) < timedelta(seconds=10)
    assert card.button_labels == ["Delete", "Undo", "Reasoning", "More"]
    await card.click(scene.ada, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert "Decided before: timeout of 1 h" in card.embed_text
    assert said.deleted


async def test_dismiss_touches_nobody(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    await card.click(scene.ada, "Dismiss")
    await card.wait_until(lambda shown: "**Dismissed** by" in shown.embed_text)
    assert not said.deleted
    assert {action.kind for action in scene.discord.actions} <= {ActionKind.POST, ActionKind.EDIT}


async def test_reasoning_is_for_the_eyes_of_the_moderator_alone(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    card = await scene.card(case)
    reply = await card.click(scene.ada, "Reasoning")
    assert reply.acknowledged is CallbackKind.DEFERRED_MESSAGE
    assert "looked at every word" in reply.ephemeral_text
    assert "digest" in reply.ephemeral_text
    assert reply.public_text == ""
    assert (await scene.store.case(case.id)).state is CaseState.OPEN


async def test_long_reasoning_comes_with_a_file(scene: ReviewScene) -> None:
    case, _ = await scene.flagged("loser " * 330)
    card = await scene.card(case)
    assert "*Cut: the message has" in card.embed_text
    reply = await card.click(scene.ada, "Reasoning")
    assert [each.filename for each in reply.message.attachments] == [f"case-{case.id}-reasoning.txt"]


@pytest.mark.parametrize("label", ["Delete", "Timeout 1 h", "Dismiss", "Reasoning"])
async def test_who_is_no_moderator_is_told_so_and_nothing_happens(scene: ReviewScene, label: str) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    await scene.review_channel.allow(scene.guild.everyone, Permission.VIEW_CHANNEL)
    reply = await card.click(scene.guild.add_member("bystander"), label)
    assert "Only moderators can do this" in await reply.wait_for_text()
    assert reply.public_text == ""
    assert not said.deleted
    assert (await scene.store.case(case.id)).state is CaseState.OPEN


async def test_a_role_taken_away_since_the_card_counts(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    await scene.review_channel.allow(scene.guild.everyone, Permission.VIEW_CHANNEL)
    await scene.ada.take(scene.ada.roles[0])
    assert "Only moderators" in await (await card.click(scene.ada, "Delete")).wait_for_text()
    assert not said.deleted


async def test_the_permission_counts_where_the_message_is(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    await scene.general.allow(scene.ada, deny=Permission.MANAGE_MESSAGES)
    reply = await card.click(scene.ada, "Delete")
    assert "You need the permission “Manage Messages” in the message's channel" in await reply.wait_for_text()
    assert not said.deleted


async def test_nobody_acts_on_the_owner_or_on_somebody_above(scene: ReviewScene) -> None:
    scene.mallory = scene.guild.owner
    card = await scene.card((await scene.flagged("you loser, says the owner"))[0])
    assert "nobody can act on the owner" in await (await card.click(scene.ada, "Delete")).wait_for_text()
    scene.mallory = scene.guild.add_member("chief", [scene.guild.add_role("Chiefs")])
    card = await scene.card((await scene.flagged("you loser, says the chief"))[0])
    form = await card.click(scene.ada, "Timeout 1 h")
    assert "not below yours" in await (await form.submit({})).wait_for_text()


async def test_who_has_left_cannot_be_timed_out_but_the_message_can_be_deleted(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    await scene.mallory.leave()
    form = await card.click(scene.ada, "Timeout 1 h")
    assert "has left" in await (await form.submit({})).wait_for_text()
    await card.click(scene.ada, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert said.deleted


async def test_a_message_that_is_gone_counts_as_deleted(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    await said.delete()
    await card.click(scene.ada, "Delete")
    await card.wait_until(lambda shown: "gone already" in shown.embed_text)
    assert (await scene.store.case(case.id)).state is CaseState.ENFORCED


async def test_a_channel_that_is_gone_is_no_obstacle(scene: ReviewScene) -> None:
    lounge = scene.guild.add_channel("lounge")
    case, _ = await scene.flagged(channel=lounge)
    card = await scene.card(case)
    await lounge.delete()
    await card.click(scene.ada, "Delete")
    await card.wait_until(lambda shown: "gone already" in shown.embed_text)
    assert (await scene.store.case(case.id)).state is CaseState.ENFORCED


async def test_a_message_in_an_archived_thread_that_the_bot_never_saw_is_deleted(scene: ReviewScene) -> None:
    thread = await scene.general.start_thread(scene.mallory, "aside")
    case, said = await scene.flagged(channel=thread)
    card = await scene.card(case)
    await thread.archive()
    scene.bot.guilds[0]._threads.clear()
    await scene.bot_role.edit(permissions=BOT_PERMISSIONS | Permission.MANAGE_THREADS)
    await card.click(scene.ada, "Delete")
    await scene.until_state(case.id, CaseState.ENFORCED)
    assert said.deleted


async def test_what_discord_refuses_is_shown_with_what_to_do_and_can_be_tried_again(scene: ReviewScene) -> None:
    thread = await scene.general.start_thread(scene.mallory, "aside")
    case, said = await scene.flagged(channel=thread)
    card = await scene.card(case)
    await thread.archive(locked=True)
    reply = await card.click(scene.ada, "Delete")
    await card.wait_until(lambda shown: "**Not done: delete**" in shown.embed_text)
    assert "Manage Threads" in card.embed_text
    assert "This was not done." in await reply.wait_for_text()
    assert card.button_labels == ["Timeout 1 h", "Delete", "Dismiss", "Claim", "Reasoning", "More"]
    await scene.bot_role.edit(permissions=BOT_PERMISSIONS | Permission.MANAGE_THREADS)
    await card.click(scene.ada, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert said.deleted


async def test_the_second_of_two_clicks_at_once_learns_who_was_first(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    card = await scene.card(case)
    bob = scene.guild.add_member("bob", scene.ada.roles)
    replies = await asyncio.gather(card.click(scene.ada, "Delete"), card.click(bob, "Dismiss"))
    await scene.until_state(case.id, CaseState.ENFORCED)
    standing = (await scene.store.case(case.id)).decision
    assert standing is not None
    late = replies[1] if standing.moderator_id == scene.ada.id else replies[0]
    told = await late.wait_for_text()
    assert f"<@{standing.moderator_id}> has decided this already: {standing.action}" in told
    assert len(scene.discord.actions_of(ActionKind.DELETE)) == (standing.action is Action.DELETE)
    assert scene.discord.pings == []


async def test_a_case_of_another_server_is_not_even_known(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    other = scene.discord.add_guild("Elsewhere")
    place = other.add_channel("mods")
    await asyncio.sleep(0.05)
    forged = await place.say(scene.discord.bot)
    forged.components = card.components
    for label in ("Delete", "Reasoning"):
        reply = await forged.click(other.owner, label)
        assert "do not know this case" in await reply.wait_for_text()
    assert not said.deleted


async def test_a_case_that_was_forgotten_says_so(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    card = await scene.card(case)
    await scene.store.purge(scene.guild.id)
    assert "do not know this case" in await (await card.click(scene.ada, "Dismiss")).wait_for_text()


async def test_dismissing_an_older_version_asks_to_look_again(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    scene.discord.faults.answer_next("PATCH /channels/{}/messages/{}", 503, times=20)
    case = await scene.judged(said, "you total loser", ["R2"])
    reply = await card.click(scene.ada, "Dismiss")
    assert "look again" in await reply.wait_for_text()
    assert "total loser" in card.embed_text
    assert (await scene.store.case(case.id)).state is CaseState.OPEN
    scene.discord.faults.clear()


async def test_a_click_is_acknowledged_before_anything_is_looked_up(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    card = await scene.card(case)
    scene.discord.faults.slow_next("GET /guilds/{}/members/{}", 1.0)
    reply = await card.click(scene.ada, "Delete")
    assert reply.latency is not None
    assert reply.latency < 0.5
    await scene.until_state(case.id, CaseState.ENFORCED)


async def test_while_discord_is_away_a_decision_waits_and_is_carried_out_once(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    scene.discord.faults.cut_next("DELETE /channels/{}/messages/{}", times=2)
    reply = await card.click(scene.ada, "Delete")
    assert "I keep trying" in await reply.wait_for_text()
    await scene.until_state(case.id, CaseState.ENFORCED)
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert said.deleted
    assert len(scene.discord.actions_of(ActionKind.DELETE)) == 1


async def test_a_bug_is_answered_with_a_plain_sentence(
    scene: ReviewScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, _ = await scene.flagged()
    card = await scene.card(case)

    def broken(_: int) -> GuildSettings:
        raise ZeroDivisionError

    monkeypatch.setattr(scene.guild_book, "settings", broken)
    for label in ("Reasoning", "Delete"):
        assert "Something went wrong in me" in await (await card.click(scene.ada, label)).wait_for_text()


async def test_a_decision_made_elsewhere_reaches_the_card_with_the_next_click(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    card = await scene.card(case)
    elsewhere = Decision(
        case_id=case.id, action=Action.DISMISS, moderator_id=scene.ada.id, decided_at=datetime.now(UTC)
    )
    await scene.store.decide(elsewhere)
    await scene.store.settle(case.id, enforced=True, outcome="Dismissed.")
    reply = await card.click(scene.ada, "Delete")
    assert "You have decided this already: dismiss" in await reply.wait_for_text()
    await card.wait_until(lambda shown: "**Dismissed** by" in shown.embed_text)
    assert len(scene.discord.actions_of(ActionKind.DELETE)) == 0


async def test_an_outage_during_a_click_leaves_the_case_as_it_is(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    scene.discord.faults.cut_next("GET /guilds/{}/members/{}", times=10)
    reply = await card.click(scene.ada, "Delete")
    assert "cannot be reached" in await reply.wait_for_text()
    assert not said.deleted
    assert (await scene.store.case(case.id)).state is CaseState.OPEN


async def test_a_click_on_another_card_of_the_case_brings_both_up_to_date(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    card = await scene.card(case)
    other = await scene.review_channel.say(scene.discord.bot)
    other.components = card.components
    scene.discord.faults.answer_next("PATCH /channels/{}/messages/{}", 503, times=2)
    await other.click(scene.ada, "Dismiss")
    for shown in (other, card):
        await shown.wait_until(lambda message: "**Dismissed** by" in message.embed_text)
    assert other.button_labels == card.button_labels


async def test_a_click_that_was_acknowledged_by_an_earlier_try_is_worked_on(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    scene.discord.faults.answer_next("POST /interactions/{}/{}/callback", 502, after_effect=True)
    await card.click(scene.ada, "Delete")
    await scene.until_state(case.id, CaseState.ENFORCED)
    assert said.deleted


async def test_a_click_that_was_not_acknowledged_does_nothing(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    scene.discord.interactions.answer_within = 0.1
    scene.discord.faults.answer_next("POST /interactions/{}/{}/callback", 404)
    assert (await card.click(scene.ada, "Delete")).failed
    await asyncio.sleep(0.2)
    assert not said.deleted
    assert (await scene.store.case(case.id)).state is CaseState.OPEN


async def test_the_card_changes_through_the_click_also_when_the_channel_takes_no_edits(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    card = await scene.card(case)
    scene.discord.faults.answer_next("PATCH /channels/{}/messages/{}", 503, times=1000)
    await card.click(scene.ada, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert said.deleted
    scene.discord.faults.clear()


async def test_a_case_that_is_not_open_takes_no_decision(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    card = await scene.card(case)
    calm = await scene.general.say(scene.mallory, "hello")
    cleared = await scene.judged(calm, violation=False)
    card.components = json.loads(json.dumps(card.components).replace(f"case:{case.id}:", f"case:{cleared.id}:"))
    reply = await card.click(scene.ada, "Dismiss")
    assert "not open for decisions" in await reply.wait_for_text()
    assert card.button_labels == ["Reasoning", "More"]


async def test_a_click_that_gives_up_during_a_global_rate_limit_silences_nobody(
    scene: ReviewScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """discord.py never sends anything again if the request that waits the limit out is cancelled."""
    monkeypatch.setattr("bot.cogs.review_checks._PATIENCE", 0.2)
    case, said = await scene.flagged()
    card = await scene.card(case)
    scene.discord.faults.answer_next("GET /guilds/{}/members/{}", 429, retry_after=0.6, scope="global")
    reply = await card.click(scene.ada, "Delete")
    await scene.until(lambda: "cannot be reached" in reply.ephemeral_text)
    monkeypatch.setattr("bot.cogs.review_checks._PATIENCE", 5.0)
    await card.click(scene.ada, "Delete")
    await card.wait_until(lambda shown: "**Deleted** by" in shown.embed_text)
    assert said.deleted
