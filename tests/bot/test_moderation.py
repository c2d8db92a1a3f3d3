import asyncio
from datetime import timedelta

import pytest

from bot.case import CaseFile, CaseState, JobState, Suspected
from bot.moderation import FLUSH_EVERY, Moderation
from bot.ports import Store, StoreUnavailable
from bot.rulebook import Rulebook
from policies.policy import Mode, Policy, Scope
from tests.bot.adapters import (
    CHANNEL,
    GUILD,
    MODEL,
    Clock,
    RememberingDesk,
    TermJudge,
    make_earlier,
    make_message,
    make_policy,
    make_rulebook,
)

DEFAULT = make_rulebook(make_policy())


def core(
    memory: Store, judge: TermJudge, desk: RememberingDesk, clock: Clock, rulebook: Rulebook = DEFAULT
) -> Moderation:
    return Moderation(rulebook, memory, judge, desk, model=MODEL, clock=clock, timer=lambda: 0.0)


async def work_off(moderation: Moderation) -> None:
    moderation.finish_up()
    await asyncio.wait_for(moderation.work(), 10)


async def all_cases(memory: Store) -> list[CaseFile]:
    return [case async for case in memory.cases(*CaseState)]


async def test_a_violation_becomes_an_open_case_and_one_card(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    case_id = await moderation.receive(make_message(), [make_earlier(1, 66, "hello")])
    await work_off(moderation)
    (case,) = desk.shown
    assert (case.id, case.state) == (case_id, CaseState.OPEN)
    (finding,) = case.findings
    assert finding.verdict is not None
    assert (finding.verdict.rule_ids, finding.verdict.quotes) == (("R1",), ("loser",))


async def test_an_innocent_message_is_never_written_down(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    assert await moderation.receive(make_message(text="good game")) is None
    await work_off(moderation)
    assert await all_cases(memory) == []
    assert judge.asked == []


async def test_two_policies_that_flag_one_message_make_one_case(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    book = make_rulebook(make_policy("harassment"), make_policy("insults", ["loser"]))
    moderation = core(memory, judge, desk, walk_clock, book)
    await moderation.receive(make_message())
    await work_off(moderation)
    (case,) = await all_cases(memory)
    assert {finding.policy.id for finding in case.findings} == {"harassment", "insults"}
    assert {shown.id for shown in desk.shown} == {case.id}


async def test_a_shadow_policy_is_judged_and_counted_but_shows_no_card(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock, make_rulebook(make_policy(mode=Mode.SHADOW)))
    await moderation.receive(make_message())
    await work_off(moderation)
    assert (await memory.job_counts())[JobState.JUDGED] == 1
    assert desk.shown == []


@pytest.mark.parametrize(
    "policy",
    [
        make_policy(mode=Mode.OFF),
        make_policy(scope=Scope(channels=(CHANNEL + 1,))),
        make_policy(scope=Scope(except_channels=(CHANNEL,))),
        make_policy(scope=Scope(except_roles=(9,))),
    ],
    ids=["off", "other channel", "excepted channel", "excepted role"],
)
async def test_a_policy_that_does_not_hold_is_not_asked(
    policy: Policy, memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock, make_rulebook(policy))
    assert await moderation.receive(make_message(role_ids=(9,))) is None


async def test_a_message_keeps_only_the_context_that_its_policies_read(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock, make_rulebook(make_policy(context=2)))
    await moderation.receive(make_message(), [make_earlier(number, 66, str(number)) for number in range(1, 9)])
    (case,) = await all_cases(memory)
    assert [line.text for line in case.earlier] == ["7", "8"]


async def test_jobs_keep_the_version_that_flagged_them_when_a_policy_changes_and_changes_back(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    first, second = make_policy(), make_policy(terms=["loser"])
    moderation = core(memory, judge, desk, walk_clock, make_rulebook(first))
    for number, policy in enumerate((first, second, first), start=1):
        moderation.adopt(make_rulebook(policy))
        await moderation.receive(make_message(number))
    digests = [case.findings[0].policy.digest for case in await all_cases(memory)]
    assert digests == [first.digest, second.digest, first.digest]


async def test_a_guild_that_was_purged_and_comes_back_at_once_is_moderated(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    await moderation.receive(make_message(1))
    await memory.purge(GUILD)
    case_id = await moderation.receive(make_message(2))
    assert [(case.id, case.message.id) for case in await all_cases(memory)] == [(case_id, 2)]


async def test_an_edit_is_a_new_revision_only_when_its_text_changed(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    first = await moderation.receive(make_message(text="you loser"))
    assert await moderation.receive(make_message(text="you loser")) is None
    assert await moderation.receive(make_message(text="you trash")) == first
    await work_off(moderation)
    (case,) = await all_cases(memory)
    assert [revision.content for revision in case.revisions] == ["you loser", "you trash"]


async def test_the_watermark_is_stored_with_a_case_and_after_many_quiet_messages(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    await moderation.receive(make_message(10, "hi"))
    assert await memory.watermarks(GUILD) == {}
    await moderation.receive(make_message(11))
    assert await memory.watermarks(GUILD) == {CHANNEL: 11}
    for number in range(FLUSH_EVERY):
        await moderation.receive(make_message(20 + number, "hi"))
    assert (await memory.watermarks(GUILD))[CHANNEL] == 19 + FLUSH_EVERY


async def test_in_quiet_times_the_watermark_is_stored_while_the_worker_runs(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.moderation.FLUSH_SECONDS", 0.01)
    moderation = core(memory, judge, desk, walk_clock)
    await moderation.receive(make_message(10, "hi"))
    working = asyncio.create_task(moderation.work())
    async with asyncio.timeout(5):
        while await memory.watermarks(GUILD) != {CHANNEL: 10}:  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.01)
    assert not working.done()
    working.cancel()


async def test_a_message_whose_case_could_not_be_stored_holds_the_watermark(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    moderation = core(memory, judge, desk, walk_clock)

    async def disk_full(_: Suspected) -> int | None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(memory, "record", disk_full)
        with pytest.raises(StoreUnavailable):
            await moderation.receive(make_message(10))
    await moderation.receive(make_message(11))
    assert await memory.watermarks(GUILD) == {}
    await moderation.receive(make_message(10))
    assert await memory.watermarks(GUILD) == {CHANNEL: 11}


async def test_a_watermark_that_could_not_be_stored_is_stored_by_the_next_flush(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    moderation = core(memory, judge, desk, walk_clock)

    async def disk_full(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    await moderation.receive(make_message(10, "hi"))
    with monkeypatch.context() as patch:
        patch.setattr(memory, "advance", disk_full)
        with pytest.raises(StoreUnavailable):
            await moderation.flush()
    await moderation.flush()
    assert await memory.watermarks(GUILD) == {CHANNEL: 10}


async def test_receiving_is_safe_while_many_messages_arrive_at_once(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    texts = ["you loser", "hello"] * 50
    await asyncio.gather(*(moderation.receive(make_message(n, text)) for n, text in enumerate(texts, start=1)))
    await moderation.flush()
    assert await memory.watermarks(GUILD) == {CHANNEL: 100}
    await work_off(moderation)
    assert len(await all_cases(memory)) == len(desk.shown) == 50


async def test_an_edit_into_something_innocent_is_noted_on_the_case_and_shown(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    case_id = await moderation.receive(make_message())
    await work_off(moderation)
    assert await moderation.revise(make_message(text="sorry", edited_at=walk_clock.now)) is None
    assert await moderation.revise(make_message(101, "hello", edited_at=walk_clock.now)) is None
    assert [case.id for case in desk.shown] == [case_id, case_id]
    assert desk.shown[-1].current is not None
    assert desk.shown[-1].current.content == "sorry"


async def test_an_edit_back_to_a_flagged_text_is_shown_and_not_judged_again(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    await moderation.receive(make_message())
    await work_off(moderation)
    for minute, text in enumerate(("sorry", "you loser"), start=1):
        edited_at = walk_clock.now + timedelta(minutes=minute)
        assert await moderation.revise(make_message(text=text, edited_at=edited_at)) is None
    assert desk.shown[-1].current is None
    assert len(judge.asked) == 1


async def test_a_link_preview_under_flagged_words_changes_nothing_unless_it_is_suspicious_itself(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    case_id = await moderation.receive(make_message())
    assert await moderation.revise(make_message(embeds=("a nice page",))) is None
    case = (await all_cases(memory))[0]
    assert (len(case.revisions), case.current) == (1, None)
    assert await moderation.revise(make_message(embeds=("a nice page", "trash talk"))) == case_id
    (case,) = await all_cases(memory)
    assert case.revisions[-1].embeds == ("a nice page", "trash talk")
    assert [evidence.quote for evidence in case.findings[-1].suspicion.evidence] == ["trash"]


async def test_a_link_preview_under_innocent_words_is_looked_at(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    assert await moderation.receive(make_message(text="look")) is None
    assert await moderation.revise(make_message(text="look", embeds=("trash talk",))) is not None


async def test_a_deletion_is_noted_on_the_case_and_shown_once(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    await moderation.receive(make_message())
    await work_off(moderation)
    for _ in range(2):
        await moderation.removed(GUILD, [100, 101])
    assert len(desk.shown) == 2
    assert desk.shown[-1].deleted_at == walk_clock.now


async def test_a_message_that_has_begun_holds_the_mark_until_it_is_received(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    moderation.begin(make_message(10, "hi"))
    await moderation.receive(make_message(11))
    assert await memory.watermarks(GUILD) == {}
    await moderation.receive(make_message(10, "hi"))
    await moderation.flush()
    assert await memory.watermarks(GUILD) == {CHANNEL: 11}


async def test_a_suspicion_that_is_safe_does_not_fail_because_the_marks_could_not_be_stored(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    moderation = core(memory, judge, desk, walk_clock)

    async def disk_full(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(memory, "advance", disk_full)
        assert await moderation.receive(make_message(10)) is not None
    await moderation.flush()
    assert await memory.watermarks(GUILD) == {CHANNEL: 10}


async def test_a_forgotten_guild_leaves_no_mark_and_its_policies_are_kept_anew(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    await moderation.receive(make_message(10))
    await moderation.receive(make_message(11, "hi"))
    await moderation.forget(GUILD)
    await memory.purge(GUILD)
    await moderation.flush()
    assert await memory.watermarks(GUILD) == {}
    assert await moderation.receive(make_message(12)) is not None


async def test_the_event_loop_turns_between_two_messages_however_many_are_received_at_once(
    memory: Store, judge: TermJudge, desk: RememberingDesk, walk_clock: Clock
) -> None:
    moderation = core(memory, judge, desk, walk_clock)
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    counting = asyncio.create_task(count_turns())
    await asyncio.gather(*(moderation.receive(make_message(number, "hi")) for number in range(1, 101)))
    counting.cancel()
    assert turns >= 100
