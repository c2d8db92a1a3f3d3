import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.allowance import Allowance
from bot.case import CaseState, Claim, JobState
from bot.inquiry import Inquiry
from bot.outage import BackOff
from bot.ports import Store, StoreUnavailable
from bot.worker import Worker, WorkerSettings
from inference.judge import DeadlinePassed, JudgeBusy, JudgeUnavailable
from inference.ticket import Priority, Ticket
from policies.verdict import Verdict
from tests.bot.adapters import MODEL, Clock, TermJudge, make_message, make_policy, make_rulebook, make_verdict

QUICK = WorkerSettings(
    width=3,
    poll=timedelta(milliseconds=10),
    back_off=BackOff(first=timedelta(milliseconds=5), longest=timedelta(milliseconds=20)),
    busy_rest=timedelta(milliseconds=20),
)
BOOK = make_rulebook(make_policy())


class Opened:
    """Remembers which cases were opened."""

    def __init__(self) -> None:
        self.ids: list[int] = []

    async def __call__(self, case_id: int) -> None:
        self.ids.append(case_id)


async def fill(memory: Store, *texts: str) -> None:
    await memory.keep_policy(7, make_policy())
    for number, text in enumerate(texts, start=1):
        suspected = BOOK.suspect(make_message(number, text))
        assert suspected is not None
        await memory.record(suspected)


def worker_on(
    memory: Store, judge: TermJudge, opened: Opened, clock: Clock, settings: WorkerSettings = QUICK
) -> Worker:
    return Worker(memory, Inquiry(judge, MODEL, lambda: 0.0), opened, clock=clock, settings=settings)


async def work_off(worker: Worker) -> None:
    worker.finish_up()
    await asyncio.wait_for(worker.run(), 10)


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(worker.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - conditions of several kinds, looked at from outside
            await asyncio.sleep(0.002)


async def test_all_jobs_are_judged_and_never_more_than_the_width_at_once(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, *["you loser"] * 10)
    opened = Opened()
    worker = worker_on(memory, judge, opened, walk_clock)
    await work_off(worker)
    assert sorted(opened.ids) == list(range(1, 11))
    assert 1 < judge.most_in_flight <= QUICK.width
    assert worker.workload.judged == 10


async def test_a_cleared_case_opens_nothing(memory: Store, judge: TermJudge, walk_clock: Clock) -> None:
    await fill(memory, "losers' bracket")
    opened = Opened()
    await work_off(worker_on(memory, judge, opened, walk_clock))
    assert opened.ids == []
    assert (await memory.case_counts())[CaseState.CLEARED] == 1


async def test_an_unreadable_answer_is_asked_for_once_more_with_another_seed(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "you loser")
    judge.unreadable = {"you loser": {0}}
    await work_off(worker_on(memory, judge, Opened(), walk_clock))
    verdict = (await memory.case(1)).findings[0].verdict
    assert verdict is not None
    assert (verdict.violation, verdict.seed) == (True, 1)


async def test_an_answer_that_is_unreadable_twice_opens_the_case_as_undecided(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "losers' bracket")
    judge.unreadable = {"losers' bracket": {0, 1}}
    opened = Opened()
    worker = worker_on(memory, judge, opened, walk_clock)
    await work_off(worker)
    case = await memory.case(1)
    verdict = case.findings[0].verdict
    assert verdict is not None
    assert (case.state, verdict.violation, verdict.model_digest) == (CaseState.OPEN, None, MODEL.digest)
    assert opened.ids == [1]
    assert worker.workload.undecided == 1
    assert [seed for _, _, seed in judge.asked] == [0, 1]


async def test_what_can_never_be_judged_is_left_to_a_person_at_once(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "losers' bracket")
    judge.unanswerable = {"losers' bracket"}
    await work_off(worker_on(memory, judge, Opened(), walk_clock))
    case = await memory.case(1)
    verdict = case.findings[0].verdict
    assert verdict is not None
    assert (case.state, verdict.violation) == (CaseState.OPEN, None)
    assert list(map(str, verdict.notes)) == ["the model cannot judge this message", "it is too long"]
    assert len(judge.asked) == 1


async def test_nothing_is_lost_or_counted_as_failed_while_the_judge_is_away(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, *["you loser"] * 6)
    judge.away = 9
    opened = Opened()
    worker = worker_on(memory, judge, opened, walk_clock)
    await work_off(worker)
    assert sorted(opened.ids) == list(range(1, 7))
    assert (await memory.job_counts())[JobState.JUDGED] == 6
    assert worker.workload.outage is None


async def test_an_outage_is_visible_and_asked_about_by_one_job_at_a_time(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, *["you loser"] * 6)
    judge.away = 10_000
    worker = worker_on(memory, judge, Opened(), walk_clock)
    async with running(worker):
        await until(lambda: worker.workload.outage and worker.workload.outage.tries >= 4)
    outage = worker.workload.outage
    assert outage is not None
    assert outage.reason == "the engine is starting"
    assert outage.retry_after == QUICK.back_off.longest
    assert len(judge.asked) <= QUICK.width + outage.tries


@contextmanager
def noted_releases(memory: Store) -> Iterator[list[bool]]:
    """Whether each job that was given back had failed, in their order."""
    released: list[bool] = []
    release = memory.release

    async def note(claim: Claim, *, failed: bool) -> JobState:
        released.append(failed)
        return await release(claim, failed=failed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "release", note)
        yield released


async def test_a_judge_without_room_is_no_outage_and_every_job_is_judged_at_its_first_attempt(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, *["you loser"] * 12)
    judge.places = 2
    opened = Opened()
    worker = worker_on(memory, judge, opened, walk_clock, replace(QUICK, width=6, patience=timedelta(0)))
    with noted_releases(memory) as released:
        await work_off(worker)
    assert sorted(opened.ids) == list(range(1, 13))
    assert released
    assert not any(released)
    assert judge.most_in_flight == 2
    assert (worker.workload.outage, worker.workload.busy) == (None, False)


async def test_a_judge_without_room_is_asked_once_in_a_while_and_that_is_visible(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, *["you loser"] * 6)
    judge.places, judge.away = 0, 0
    worker = worker_on(memory, judge, Opened(), walk_clock)
    async with running(worker):
        await asyncio.sleep(0.3)
        assert worker.workload.busy
        assert worker.workload.outage is None
        assert QUICK.width + 3 < judge.refused <= QUICK.width + 30
        judge.places = 1
        await until(lambda: worker.workload.judged == 6)
        assert not worker.workload.busy


async def test_a_judge_that_says_it_is_busy_is_not_away_any_more(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "you loser")
    judge.away = 2
    worker = worker_on(memory, judge, Opened(), walk_clock)
    async with running(worker):
        await until(lambda: worker.workload.outage)
        judge.places, judge.away = 0, 0
        await until(lambda: worker.workload.busy)
        assert worker.workload.outage is None


async def test_a_deadline_that_passed_sends_the_job_back_as_well(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "you loser")
    answers = iter([DeadlinePassed("after 3 s"), JudgeBusy("full")])
    answer = judge.judge

    async def first_refuse(*given: Any, **named: Any) -> Verdict:
        if refusal := next(answers, None):
            raise refusal
        return await answer(*given, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "judge", first_refuse)
        opened = Opened()
        with noted_releases(memory) as released:
            await work_off(worker_on(memory, judge, opened, walk_clock))
    assert opened.ids == [1]
    assert released == [False, False]


def test_the_allowance_falls_to_what_there_was_room_for_and_grows_with_every_verdict() -> None:
    allowance, second = Allowance(8), timedelta(seconds=1)
    assert (allowance.jobs, allowance.rest(second)) == (8, 0.0)
    allowance.refused(5)
    allowance.refused(4)
    allowance.refused(6)
    assert (allowance.jobs, allowance.short) == (4, True)
    assert 0.5 <= allowance.rest(second) <= 1.5
    assert allowance.rest(second) == 0.0, "one rest for all that were refused together"
    allowance.answered()
    assert (allowance.jobs, allowance.short) == (5, False)
    for _ in range(9):
        allowance.answered()
    assert allowance.jobs == 8
    allowance.refused(0)
    assert allowance.jobs == 1


@pytest.mark.parametrize("priority", [Priority.LIVE, Priority.BACKFILL])
async def test_every_question_carries_its_guild_and_the_workers_priority(
    memory: Store, judge: TermJudge, walk_clock: Clock, priority: Priority
) -> None:
    await fill(memory, "you loser")
    inquiry = Inquiry(judge, MODEL, lambda: 0.0, priority)
    await work_off(Worker(memory, inquiry, Opened(), clock=walk_clock, settings=QUICK))
    assert judge.tickets == [Ticket(priority, tenant=7)]


async def test_a_worker_with_little_patience_gives_up_and_leaves_the_job(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "you loser")
    judge.away = 10_000
    settings = WorkerSettings(back_off=QUICK.back_off, patience=timedelta(0))
    with pytest.raises(JudgeUnavailable):
        await work_off(worker_on(memory, judge, Opened(), walk_clock, settings))
    assert (await memory.job_counts())[JobState.QUEUED] == 1


async def test_a_job_on_which_the_judge_breaks_ends_with_a_person_and_holds_up_nobody(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "you loser", "losers' bracket", "trash")
    judge.broken = {"losers' bracket"}
    opened = Opened()
    await work_off(worker_on(memory, judge, opened, walk_clock))
    assert sorted(opened.ids) == [1, 2, 3]
    assert (await memory.case(2)).findings[0].state is JobState.UNDECIDED


async def test_cancelling_gives_every_leased_job_back(memory: Store, judge: TermJudge, walk_clock: Clock) -> None:
    await fill(memory, *["you loser"] * 5)
    judge.gate = asyncio.Event()
    worker = worker_on(memory, judge, Opened(), walk_clock)
    async with running(worker):
        await until(lambda: judge.in_flight == QUICK.width)
        assert (await memory.job_counts())[JobState.JUDGING] == QUICK.width
    assert judge.in_flight == 0
    assert (await memory.job_counts())[JobState.QUEUED] == 5
    claims = await memory.claim(5, timedelta(seconds=60))
    assert {claim.attempt for claim in claims} == {1}


async def test_whenever_it_is_cancelled_no_job_stays_leased(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, *["you loser"] * 40)
    for pause in range(25):
        async with running(worker_on(memory, judge, Opened(), walk_clock)):
            await asyncio.sleep(pause / 4000)
        assert (await memory.job_counts()).get(JobState.JUDGING, 0) == 0


async def test_leases_are_renewed_while_the_judge_thinks(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "you loser")
    judge.gate = asyncio.Event()
    settings = WorkerSettings(width=1, lease=timedelta(milliseconds=300), poll=QUICK.poll)
    worker = worker_on(memory, judge, Opened(), walk_clock, settings)
    async with running(worker):
        await until(lambda: judge.in_flight == 1)
        for _ in range(5):
            walk_clock.pass_by(timedelta(milliseconds=200))
            await asyncio.sleep(0.15)
            assert await memory.claim(1, timedelta(seconds=60)) == []


async def taken_over(memory: Store, clock: Clock) -> Claim:
    """The only job, once its lease has ended before the worker came to renew it."""
    async with asyncio.timeout(10):
        while True:
            clock.pass_by(timedelta(seconds=1))
            for claim in await memory.claim(1, timedelta(hours=1)):
                return claim


async def test_a_job_that_somebody_else_took_over_is_withdrawn_and_its_verdict_dropped(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "you loser")
    judge.gate = asyncio.Event()
    settings = WorkerSettings(lease=timedelta(milliseconds=60), poll=QUICK.poll)
    worker = worker_on(memory, judge, Opened(), walk_clock, settings)
    async with running(worker) as task:
        await until(lambda: judge.in_flight == 1)
        taken = await taken_over(memory, walk_clock)
        await until(lambda: judge.in_flight == 0)
        assert not task.done()
    assert await memory.finish(taken, make_verdict(taken.policy, violation=False)) is CaseState.CLEARED


async def test_a_worker_that_leases_its_own_lost_job_again_stores_one_verdict(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, "you loser")
    judge.gate = asyncio.Event()
    opened = Opened()
    settings = WorkerSettings(lease=timedelta(milliseconds=300), poll=QUICK.poll)
    async with running(worker_on(memory, judge, opened, walk_clock, settings)) as task:
        await until(lambda: judge.in_flight == 1)
        walk_clock.pass_by(timedelta(hours=1))
        await until(lambda: judge.in_flight == 2)
        await until(lambda: judge.in_flight == 1)
        judge.gate.set()
        await until(lambda: opened.ids == [1])
        await asyncio.sleep(0.05)
        assert not task.done()
    assert opened.ids == [1]


async def test_a_full_disk_ends_the_work_with_that_error_and_the_job_waits_for_its_lease(
    memory: Store, judge: TermJudge, walk_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(memory, "you loser")

    async def disk_full(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(memory, "finish", disk_full)
        with pytest.raises(StoreUnavailable, match="full"):
            await work_off(worker_on(memory, judge, Opened(), walk_clock))
    walk_clock.pass_by(timedelta(minutes=2))
    opened = Opened()
    await work_off(worker_on(memory, judge, opened, walk_clock))
    assert opened.ids == [1]


async def test_an_idle_worker_starts_at_once_when_it_is_stirred(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    opened = Opened()
    worker = worker_on(memory, judge, opened, walk_clock, WorkerSettings(poll=timedelta(hours=1)))
    async with running(worker):
        await asyncio.sleep(0.02)
        await fill(memory, "you loser")
        worker.stir()
        await until(lambda: opened.ids == [1])
    assert (await memory.job_counts())[JobState.JUDGED] == 1


async def test_a_job_whose_task_never_began_goes_back_too(
    memory: Store, judge: TermJudge, walk_clock: Clock
) -> None:
    await fill(memory, *["you loser"] * 3)
    worker = worker_on(memory, judge, Opened(), walk_clock)
    create_task = asyncio.TaskGroup.create_task

    def cancelled_before_its_first_step(group: asyncio.TaskGroup, work: Coroutine[Any, Any, None]) -> object:
        task = create_task(group, work)
        if work.__name__ == "_work_on":
            task.cancel()
        return task

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio.TaskGroup, "create_task", cancelled_before_its_first_step)
        async with running(worker):
            await asyncio.sleep(0.05)
    assert (await memory.job_counts()).get(JobState.JUDGING, 0) == 0
