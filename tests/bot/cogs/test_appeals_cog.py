"""Appeals on the loopback Discord: the button in a direct message, the card, the answer, the letter."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import discord
import pytest

from bot.case import Action, CaseState, Decision
from bot.cogs.appeals_face import appeal_button
from bot.guilds.settings import GuildSettings
from bot.records.appeals import AppealState, Told
from tests.bot.cogs.people_scene import PeopleScene, people_scene
from tests.discord_server import Message, NotAllowed, Permission


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[PeopleScene]:
    async with people_scene(tmp_path) as scene:
        yield scene
        scene.discord.raise_deviations()


async def test_an_appeal_is_shown_with_the_decision_and_granted_by_another_moderator(scene: PeopleScene) -> None:
    case = await scene.punished()
    card = await scene.appealed(case, "It was a *joke* between ```friends``` <@1>.")
    assert f"Appeal of case {case.id}" in card.all_text
    assert "It was a *joke* between" in card.all_text
    assert "```friends```" not in card.all_text, "nothing in it ends the code block"
    assert "Timed out for 1 h" in card.all_text
    assert "read the rules" in card.all_text
    assert scene.ada.mention in card.all_text
    form = await card.click(scene.bob, "Grant")
    reply = await form.submit({"words": "You are right."})
    assert "Granted" in reply.ephemeral_text
    await scene.until(lambda: "told by direct message" in card.all_text)
    assert "Granted** by" in card.all_text
    assert "The timeout is lifted" in card.all_text
    assert card.button_labels == ["Show case"]
    letter = scene.letters[-1].all_text
    assert "granted your appeal" in letter
    assert "You are right." in letter
    assert "bob" not in letter
    assert [action for _, action in scene.arm.done] == [Action.TIMEOUT, Action.UNDO]
    settled = await scene.until_state(case.id, CaseState.ENFORCED)
    assert settled.decision is not None
    assert settled.decision.action is Action.DISMISS, "it is not open again"


async def test_a_rejected_appeal_changes_nothing_and_needs_an_answer(scene: PeopleScene) -> None:
    case = await scene.punished()
    card = await scene.appealed(case)
    form = await card.click(scene.bob, "Reject")
    with pytest.raises(NotAllowed):
        await form.submit({"words": ""})
    await form.submit({"words": "The rule is clear."})
    await scene.until(lambda: "told by direct message" in card.all_text)
    assert "The decision stands" in scene.letters[-1].all_text
    assert "The rule is clear." in scene.letters[-1].all_text
    assert [action for _, action in scene.arm.done] == [Action.TIMEOUT]
    notice = scene.letters[0]
    again = await notice.click(scene.mallory.user, "Appeal")
    assert "the decision stands. It can be appealed once" in again.ephemeral_text


async def test_who_decided_first_does_not_answer_until_a_week_has_passed(scene: PeopleScene) -> None:
    case = await scene.punished()
    other = await scene.flagged("you fool")
    dismissal = {"action": Action.DISMISS, "moderator_id": scene.bob.id, "decided_at": scene.clock()}
    await scene.store.decide(Decision.model_validate({"case_id": other.id, **dismissal}))
    card = await scene.appealed(case)
    assert "another moderator" in card.all_text
    refused = await card.click(scene.ada, "Grant")
    assert refused.modal is None
    assert "You made the decision" in refused.ephemeral_text
    scene.clock.ahead = timedelta(days=7, minutes=1)
    allowed = await card.click(scene.ada, "Reject")
    assert allowed.modal is not None


@pytest.mark.parametrize("who", ["mallory", "eve"])
async def test_nobody_but_moderators_answers(scene: PeopleScene, who: str) -> None:
    card = await scene.appealed(await scene.punished())
    person = getattr(scene, who)
    scene.review_channel.overwrites.clear()
    reply = await card.click(person, "Grant")
    assert reply.modal is None
    assert "Only moderators" in reply.ephemeral_text


async def test_two_moderators_at_once_the_first_answer_stands(scene: PeopleScene) -> None:
    case = await scene.punished()
    card = await scene.appealed(case)
    first, second = await card.click(scene.bob, "Grant"), await card.click(scene.guild.owner, "Reject")
    await first.submit({"words": ""})
    late = await second.submit({"words": "no"})
    assert "has answered this appeal already" in late.ephemeral_text
    (appeal,) = await scene.store.appeals_of_case(case.id)
    assert appeal.state is AppealState.GRANTED


async def test_a_member_who_was_banned_can_appeal_and_a_stranger_cannot(scene: PeopleScene) -> None:
    case = await scene.punished(Action.BAN)
    notice = await scene.notice(case)
    await scene.mallory.leave()
    form = await notice.click(scene.mallory.user, "Appeal")
    await form.submit({"words": "please"})
    assert await scene.store.open_appeals(scene.guild.id) == 1
    view_for_eve = await forwarded(scene, case.id)
    reply = await view_for_eve.click(scene.eve.user, "Appeal")
    assert reply.modal is None
    assert "only for the person whom the message is about" in reply.ephemeral_text


async def forwarded(scene: PeopleScene, case_id: int) -> Message:
    """A notice with a button about somebody else, in Eve's direct messages."""
    view = discord.ui.View(timeout=None)
    view.add_item(appeal_button(case_id))
    view.stop()
    await (await scene.bot.fetch_user(scene.eve.id)).send("hm", view=view)
    return scene.discord.direct_channel(scene.eve.user).messages[-1]


@pytest.mark.parametrize(
    ("why", "told"),
    [
        ("late", "The time for an appeal is over"),
        ("off", "takes no appeals any more"),
        ("undone", "taken back already"),
        ("purged", "not known any more"),
    ],
)
async def test_an_appeal_that_makes_no_sense_is_answered_plainly(scene: PeopleScene, why: str, told: str) -> None:
    case = await scene.punished()
    notice = await scene.notice(case)
    if why == "late":
        scene.clock.ahead = timedelta(days=31)
    elif why == "off":
        scene.guild_book.kept[scene.guild.id] = GuildSettings(appeals=False)
    elif why == "undone":
        await scene.store.reopen(case.id, scene.ada.id, "", scene.clock())
    else:
        await scene.store.purge(scene.guild.id)
    reply = await notice.click(scene.mallory.user, "Appeal")
    assert reply.modal is None
    assert told in reply.ephemeral_text


async def test_the_card_says_when_a_member_takes_no_direct_messages(
    scene: PeopleScene,
) -> None:
    case = await scene.punished()
    card = await scene.appealed(case)
    scene.mallory.user.accepts_dms = False
    await (await card.click(scene.bob, "Grant")).submit({"words": ""})
    await scene.until(lambda: "could not be told" in card.all_text)
    (appeal,) = await scene.store.appeals_of_case(case.id)
    assert appeal.told is Told.FAILED


async def test_what_cannot_be_taken_back_is_said(scene: PeopleScene) -> None:
    case = await scene.punished()
    card = await scene.appealed(case)
    scene.arm.refusal = "The author has left the server."
    await (await card.click(scene.bob, "Grant")).submit({"words": ""})
    await scene.until(lambda: "could not be taken back" in card.all_text)
    assert "The author has left the server" in card.all_text
    await scene.until(lambda: "told by direct message" in card.all_text)


async def test_a_grant_waits_for_discord_and_is_carried_out_once(scene: PeopleScene) -> None:
    case = await scene.punished()
    card = await scene.appealed(case)
    scene.arm.away = 3
    await (await card.click(scene.bob, "Grant")).submit({"words": ""})
    await scene.until(lambda: "told by direct message" in card.all_text)
    assert [action for _, action in scene.arm.done].count(Action.UNDO) == 1


async def test_a_card_that_was_taken_down_hangs_again_while_the_appeal_is_open(scene: PeopleScene) -> None:
    case = await scene.punished()
    card = await scene.appealed(case)
    await card.delete()
    (appeal,) = await scene.store.appeals_of_case(case.id)
    await scene.store.forget_appeal_card(appeal.id)
    scene.court.stir(scene.guild.id)
    new = await scene.appeal_card()
    assert new.id != card.id


async def test_who_may_not_ban_does_not_grant_an_appeal_against_a_ban(scene: PeopleScene) -> None:
    case = await scene.punished(Action.BAN)
    card = await scene.appealed(case)
    await scene.moderators.edit(permissions=scene.moderators.permissions & ~Permission.BAN_MEMBERS)
    form = await card.click(scene.bob, "Grant")
    reply = await form.submit({"words": ""})
    assert "You need the permission “Ban Members”" in reply.ephemeral_text
    assert await scene.store.open_appeals(scene.guild.id) == 1


async def test_the_case_is_one_press_away(scene: PeopleScene) -> None:
    case = await scene.punished()
    card = await scene.appealed(case)
    told = (await card.click(scene.bob, "Show case")).ephemeral_text
    assert f"Case {case.id}" in told
    assert "What happened" in told
    refused = await scene.slash(scene.bob, "case show", case=case.id)
    assert refused.ephemeral_text == told
