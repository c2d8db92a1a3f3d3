from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.case import Action, CaseFile, Decision
from bot.cogs.enforcement import DiscordEnforcer
from bot.cogs.enforcement_deeds import audit_reason, is_ours
from bot.cogs.people import acting_moderator
from bot.cogs.words import at, outcome_line
from bot.language import Language, speaking
from bot.ports import DiscordAway, Gone, Refused
from tests.bot.adapters import START
from tests.bot.cogs.card_samples import case_about
from tests.bot.cogs.review_scene import ReviewScene, now, review_scene
from tests.discord_server import BOT_PERMISSIONS, ActionKind, Permission


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[ReviewScene]:
    async with review_scene(tmp_path) as scene:
        yield scene


STRONG = BOT_PERMISSIONS | Permission.KICK_MEMBERS | Permission.BAN_MEMBERS


def decision(
    case: CaseFile, action: Action, length: timedelta | None = None, ago: timedelta = timedelta()
) -> Decision:
    return Decision(case_id=case.id, action=action, moderator_id=900, decided_at=now() - ago, timeout=length)


async def test_a_second_try_looks_first_and_deletes_nothing_that_is_gone(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    wanted = decision(case, Action.DELETE)
    assert await scene.enforcer.carry_out(case, wanted, again=True) == "The message is deleted."
    assert said.deleted
    assert await scene.enforcer.carry_out(case, wanted, again=True) == "The message is deleted."
    assert len(scene.discord.requests_to("DELETE /channels/{}/messages/{}")) == 1


async def test_a_second_try_deletes_even_where_looking_is_not_allowed(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    await scene.bot_role.edit(permissions=BOT_PERMISSIONS & ~Permission.READ_MESSAGE_HISTORY)
    await scene.general.allow(scene.guild.everyone, deny=Permission.READ_MESSAGE_HISTORY)
    await scene.enforcer.carry_out(case, decision(case, Action.DELETE), again=True)
    assert said.deleted


async def test_deleting_what_is_gone_says_so(scene: ReviewScene) -> None:
    case, said = await scene.flagged()
    await said.delete()
    told = await scene.enforcer.carry_out(case, decision(case, Action.DELETE), again=False)
    assert told == "The message was gone already."


async def test_a_timeout_ends_when_it_was_decided_to_however_often_it_is_tried(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    wanted = decision(case, Action.TIMEOUT, timedelta(hours=1), ago=timedelta(minutes=20))
    for again in (False, True, False):
        await scene.enforcer.carry_out(case, wanted, again=again)
    until = scene.mallory.timed_out_until
    assert until is not None
    assert wanted.ends_at is not None
    assert abs(until - wanted.ends_at) < timedelta(seconds=1)
    assert len(scene.discord.actions_of(ActionKind.TIMEOUT)) == 1


async def test_no_timeout_is_made_shorter_and_a_shorter_one_is_prolonged(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    await scene.enforcer.carry_out(case, decision(case, Action.TIMEOUT, timedelta(hours=1)), again=False)
    long = decision(case, Action.TIMEOUT, timedelta(days=7))
    assert "ends on" in await scene.enforcer.carry_out(case, long, again=False)
    told = await scene.enforcer.carry_out(case, decision(case, Action.TIMEOUT, timedelta(hours=2)), again=False)
    assert "A longer timeout was there already" in told
    assert scene.mallory.timed_out_until is not None
    assert scene.mallory.timed_out_until > now() + timedelta(days=6)


async def test_a_timeout_that_would_have_ended_is_not_begun(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    late = decision(case, Action.TIMEOUT, timedelta(hours=1), ago=timedelta(hours=2))
    with pytest.raises(Refused, match="away for longer than the timeout"):
        await scene.enforcer.carry_out(case, late, again=True)


async def test_who_has_left_is_gone(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    await scene.mallory.leave()
    with pytest.raises(Gone):
        await scene.enforcer.carry_out(case, decision(case, Action.TIMEOUT, timedelta(hours=1)), again=False)


async def test_a_missing_permission_is_refused_by_its_name(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    await scene.bot_role.edit(permissions=Permission.VIEW_CHANNEL)
    with pytest.raises(Refused, match="Manage Messages"):
        await scene.enforcer.carry_out(case, decision(case, Action.DELETE), again=False)
    with pytest.raises(Refused, match="Timeout Members"):
        await scene.enforcer.carry_out(case, decision(case, Action.TIMEOUT, timedelta(hours=1)), again=False)


async def test_an_outage_is_no_refusal(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    scene.discord.faults.cut_next("DELETE /channels/{}/messages/{}", times=5)
    with pytest.raises(DiscordAway):
        await scene.enforcer.carry_out(case, decision(case, Action.DELETE), again=False)


async def test_the_audit_log_names_the_moderator_and_has_the_id_alone_when_a_decision_is_resumed(
    scene: ReviewScene,
) -> None:
    case, _ = await scene.flagged()
    await scene.enforcer.carry_out(case, decision(case, Action.DELETE), again=True)
    token = acting_moderator.set("ädá \n" + "x" * 600)
    await scene.enforcer.carry_out(case, decision(case, Action.TIMEOUT, timedelta(hours=1)), again=False)
    acting_moderator.reset(token)
    resumed, named = (entry.reason for entry in scene.discord.audit_log)
    assert resumed == f"case {case.id}, decided by 900"
    assert named is not None
    assert named.startswith(f"case {case.id}, decided by ädá ")
    assert named.endswith("… (900)")


class TestMoreThanOneTry:
    async def test_a_kick_that_was_done_is_seen_by_who_is_gone(self, scene: ReviewScene) -> None:
        await scene.bot_role.edit(permissions=STRONG)
        case, _ = await scene.flagged()
        wanted = decision(case, Action.KICK)
        assert await scene.enforcer.carry_out(case, wanted, again=False) == "The member is kicked."
        assert "not in the server any more" in await scene.enforcer.carry_out(case, wanted, again=True)
        assert len(scene.discord.actions_of(ActionKind.KICK)) == 1

    async def test_a_kick_that_was_not_done_is_done_on_the_second_try(self, scene: ReviewScene) -> None:
        await scene.bot_role.edit(permissions=STRONG)
        case, _ = await scene.flagged()
        assert (
            await scene.enforcer.carry_out(case, decision(case, Action.KICK), again=True)
            == "The member is kicked."
        )

    async def test_who_has_come_back_since_is_left_to_a_person(self, scene: ReviewScene) -> None:
        await scene.bot_role.edit(permissions=STRONG)
        case, _ = await scene.flagged()
        wanted = decision(case, Action.KICK, ago=timedelta(minutes=5))
        scene.mallory.joined_at = now()
        with pytest.raises(Refused, match="left and come back"):
            await scene.enforcer.carry_out(case, wanted, again=True)
        assert scene.discord.actions_of(ActionKind.KICK) == []

    async def test_banning_twice_bans_once(self, scene: ReviewScene) -> None:
        await scene.bot_role.edit(permissions=STRONG)
        case, _ = await scene.flagged()
        wanted = decision(case, Action.BAN)
        for again in (False, True):
            assert await scene.enforcer.carry_out(case, wanted, again=again) == "The member is banned."
        assert len(scene.discord.actions_of(ActionKind.BAN)) == 1

    async def test_undoing_twice_lifts_once(self, scene: ReviewScene) -> None:
        await scene.bot_role.edit(permissions=STRONG)
        case, _ = await scene.flagged()
        ban = decision(case, Action.BAN)
        await scene.enforcer.carry_out(case, ban, again=False)
        done, undo = replace(case, answers=(ban,)), decision(case, Action.UNDO)
        for again in (False, True):
            assert await scene.enforcer.carry_out(done, undo, again=again) == "The ban is lifted."
        assert len(scene.discord.actions_of(ActionKind.UNBAN)) == 1

    async def test_who_left_with_a_timeout_keeps_it(self, scene: ReviewScene) -> None:
        case, _ = await scene.flagged()
        timeout = decision(case, Action.TIMEOUT, timedelta(hours=1))
        await scene.enforcer.carry_out(case, timeout, again=False)
        await scene.mallory.leave()
        with pytest.raises(Refused, match="cannot be lifted"):
            await scene.enforcer.carry_out(
                replace(case, answers=(timeout,)), decision(case, Action.UNDO), again=False
            )

    async def test_a_timeout_that_is_over_needs_no_lifting(self, scene: ReviewScene) -> None:
        case, _ = await scene.flagged()
        timeout = decision(case, Action.TIMEOUT, timedelta(minutes=1), ago=timedelta(hours=1))
        done = replace(case, answers=(timeout,))
        told = await scene.enforcer.carry_out(done, decision(case, Action.UNDO), again=False)
        assert told == "The timeout is over already."

    async def test_of_two_refusals_both_are_told(self, scene: ReviewScene) -> None:
        case, _ = await scene.flagged()
        await scene.bot_role.edit(permissions=Permission.VIEW_CHANNEL)
        both = decision(case, Action.TIMEOUT, timedelta(hours=1)).model_copy(update={"also_delete": True})
        with pytest.raises(Refused, match=r"Manage Messages.*Timeout Members"):
            await scene.enforcer.carry_out(case, both, again=False)


def test_the_audit_log_takes_what_fits_and_is_known_again_by_its_beginning() -> None:
    word = Decision(
        case_id=12, action=Action.BAN, moderator_id=900, decided_at=now(), reason="line one\nline two " + "x" * 900
    )
    reason = audit_reason(word)
    assert reason.startswith("case 12, decided by 900: line one line two xxx")
    assert len(reason) <= 512
    assert is_ours(reason, case_about(id=12))
    assert not is_ours(reason, case_about(id=1))
    assert not is_ours("case 12 was no fun", case_about(id=12))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("said", ["", "again"])
def test_a_reason_is_in_the_guilds_language_and_is_known_in_every_other(language: Language, said: str) -> None:
    word = Decision(case_id=12, action=Action.BAN, moderator_id=900, decided_at=now(), reason=said)
    with speaking(language):
        reason = audit_reason(word)
        assert reason.endswith(f"900: {said}" if said else "900")
    assert ("decided" in reason) == (language is Language.ENGLISH)
    assert is_ours(reason, case_about(id=12))
    assert not any(is_ours(reason, case_about(id=other)) for other in (1, 2, 120, 90))
    assert not is_ours("spam", case_about(id=12))
    assert not is_ours("", case_about(id=12))


async def test_the_audit_log_is_written_in_the_guilds_language(scene: ReviewScene) -> None:
    case, _ = await scene.flagged()
    german = DiscordEnforcer(scene.bot, now, None, lambda guild_id: {case.guild_id: Language.GERMAN}[guild_id])
    with speaking(Language.SPANISH):  # of the moderator who pressed
        await german.carry_out(case, decision(case, Action.DELETE), again=False)
    (entry,) = scene.discord.audit_log
    assert entry.reason == f"Fall {case.id}, entschieden von 900"


def test_a_stored_outcome_tells_moments_in_each_readers_zone_and_has_no_other_markup():
    told = outcome_line(f"The timeout ends on {at(START)}. **loud** <@1>", 200)
    assert told.startswith(f"The timeout ends on {at(START)}\\.")
    assert "\\*\\*loud" in told
    assert "\\<\\@1" in told
