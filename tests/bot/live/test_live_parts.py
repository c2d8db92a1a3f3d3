"""The parts of the running bot one by one: the late judge, insisting on a store, the chronicle, the report."""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from bot.case import JobState
from bot.errors import EnvironmentProblem
from bot.guilds.status_report import EngineState
from bot.health import JudgeHealth
from bot.inquiry import Inquiry
from bot.intake.state import IntakeState
from bot.judges.own_model import OwnModel
from bot.live import chronicle, insisting
from bot.live.chronicle import tell_of_catching_up, tell_of_engine
from bot.live.engine import serve_judge
from bot.live.insisting import Troubles
from bot.live.late_judge import LOADING, LateJudge
from bot.live.status import Reporter
from bot.models.choice import Choice
from bot.outage import BackOff, Outage
from bot.ports import Backlog, Store, StoreUnavailable
from bot.settings import Settings
from bot.worker import Worker, WorkerSettings, Workload
from inference.judge import JudgeUnavailable
from inference.local import LocalJudge
from inference.rendering import Content
from inference.standin.notice import STANDIN_NAME
from inference.ticket import Priority, Ticket
from tests.bot.adapters import MODEL, START, TermJudge, make_message, make_policy, make_rulebook

QUICK = WorkerSettings(
    width=2,
    lease=timedelta(seconds=9),
    poll=timedelta(milliseconds=10),
    back_off=BackOff(timedelta(milliseconds=5), timedelta(milliseconds=20)),
)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch):
    monkeypatch.setattr(insisting, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(chronicle, "LOOK_EVERY", 0.001)
    structlog.reset_defaults()


class Flaky:
    """A store that is away for the named calls while `away` is set."""

    def __init__(self, store: Store, *calls: str) -> None:
        self._store, self._calls = store, calls
        self.away = False
        self.refused = 0

    def __getattr__(self, name: str):
        call = getattr(self._store, name)
        if name not in self._calls:
            return call

        async def perhaps(*arguments, **named):
            if self.away:
                self.refused += 1
                raise StoreUnavailable("The database cannot be used now: the disk is full.")
            return await call(*arguments, **named)

        return perhaps


async def fill(store: Store, count: int) -> None:
    await store.keep_policy(7, make_policy())
    for number in range(1, count + 1):
        suspected = make_rulebook(make_policy()).suspect(make_message(number, "you loser"))
        assert suspected is not None
        await store.record(suspected)


def well() -> JudgeHealth:
    return JudgeHealth(judging=0, waiting=0)


async def until(holds) -> None:
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)


async def test_before_the_model_is_there_it_is_unavailable_and_afterwards_it_answers():
    late = LateJudge("tiny", START)
    content = Content(text="you loser")
    with pytest.raises(JudgeUnavailable, match=LOADING):
        await late.judge(make_policy(), content)
    judge = TermJudge()
    late.arrive(judge, MODEL, well, START)
    assert (late.name, late.digest) == (MODEL.name, MODEL.digest)
    ticket = Ticket(Priority.BACKFILL, tenant=7, deadline=9.0)
    assert (await late.judge(make_policy(), content, explain=True, seed=1, ticket=ticket)).violation
    assert judge.tickets == [ticket]
    late.leave()
    with pytest.raises(JudgeUnavailable):
        await late.judge(make_policy(), content)


async def test_nobody_works_before_the_model_has_arrived():
    late = LateJudge("tiny", START)
    waiting = asyncio.create_task(late.arrival())
    await asyncio.sleep(0)
    assert not waiting.done()
    late.arrive(TermJudge(), MODEL, well, START)
    await asyncio.wait_for(waiting, 1)


async def test_an_undecided_verdict_names_the_model_that_arrived_late(memory, judge, walk_clock):
    late = LateJudge("tiny", START)
    await fill(memory, 1)
    (claim,) = await memory.claim(1, timedelta(seconds=9))
    judge.unreadable = {"you loser": {0, 1}}
    inquiry = Inquiry(late, late, lambda: 0.0)
    late.arrive(judge, MODEL, well, START)
    verdict = await inquiry.verdict(claim)
    assert (verdict.model_name, verdict.model_digest) == (MODEL.name, MODEL.digest)


async def nothing(_: int) -> None:
    """Nobody is shown anything."""


@pytest.mark.parametrize(
    ("call", "lease"),
    [("claim", timedelta(seconds=9)), ("finish", timedelta(seconds=9)), ("renew", timedelta(milliseconds=90))],
)
async def test_a_worker_whose_store_was_away_goes_on_and_judges_everything(memory, judge, walk_clock, call, lease):
    await fill(memory, 6)
    store, troubles = Flaky(memory, call, "release"), Troubles()
    inquiry = Inquiry(judge, MODEL, lambda: 0.0)
    worker = Worker(store, inquiry, nothing, clock=walk_clock, settings=replace(QUICK, lease=lease))
    judge.gate = asyncio.Event()
    task = asyncio.create_task(troubles.insist("worker", worker.run))
    await until(lambda: _is(judge.in_flight == 2))
    store.away = True
    if call != "renew":
        judge.gate.set()

    async def was_refused() -> bool:
        return store.refused >= 3

    await until(was_refused)
    assert "disk is full" in troubles.reasons["worker"]
    assert not task.done()
    store.away = False
    judge.gate.set()
    walk_clock.pass_by(timedelta(minutes=2))  # the leases that could not be given back end
    await until(lambda: _all_judged(memory))
    assert worker.workload.in_flight == 0
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_jobs_that_were_taken_and_not_begun_when_the_store_went_away_are_judged_by_the_next_run(
    memory, judge, walk_clock
):
    """Neither does anybody renew their leases for ever, nor do they take up the worker's room."""
    await fill(memory, 6)
    store = Flaky(memory, "release")
    settings = replace(QUICK, lease=timedelta(milliseconds=90))
    worker = Worker(store, Inquiry(judge, MODEL, lambda: 0.0), nothing, clock=walk_clock, settings=settings)
    for claim in await memory.claim(2, settings.lease):
        worker._held[claim.token] = claim
        worker._tasks[claim.token] = asyncio.create_task(nothing(0))
    store.away = True
    with pytest.raises(StoreUnavailable):
        await worker._give_back_unstarted()
    store.away = False
    walk_clock.pass_by(timedelta(seconds=1))
    worker.finish_up()
    async with asyncio.timeout(10):
        await worker.run()
    assert await _all_judged(memory)


async def _is(value: bool) -> bool:
    return value


async def _all_judged(memory: Store) -> bool:
    return (await memory.job_counts())[JobState.JUDGED] == 6


async def test_another_error_of_a_part_is_not_insisted_on():
    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await Troubles().insist("part", broken)


async def test_pauses_grow_and_a_part_that_ends_is_not_started_again(monkeypatch):
    pauses, tries = [], iter([True, True, True, False])
    real_sleep = asyncio.sleep

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await real_sleep(0)

    monkeypatch.setattr(asyncio, "sleep", sleep)

    async def work() -> None:
        if next(tries):
            raise StoreUnavailable("away")

    await Troubles().insist("part", work)
    assert pauses == [0.01, 0.02, 0.04]


async def test_catching_up_is_told_once_at_its_beginning_and_once_at_its_end():
    states = [IntakeState(), IntakeState(behind=3), IntakeState(behind=1, caught_up=5), IntakeState(caught_up=9)]
    with capture_logs() as lines, pytest.raises(IndexError):  # there is nothing more to look at
        await tell_of_catching_up(lambda: states.pop(0))
    assert [(line["event"], line.get("channels"), line.get("messages")) for line in lines] == [
        ("catching up", 3, None),
        ("caught up", None, 9),
    ]


class StillIntake:
    """What the reporter asks of the intake."""

    state = IntakeState(waiting=4, behind=2, behind_in={7: 2})


async def test_the_report_tells_of_engine_queue_and_catching_up(memory):
    await fill(memory, 3)
    late, workload, health = LateJudge(STANDIN_NAME, START), Workload(), well()
    reporter = Reporter("1.0", START, late, lambda: workload, StillIntake(), memory)
    report = await reporter.report(7)
    assert (report.engine.state, report.engine.stand_in) == (EngineState.LOADING, True)
    assert (report.waiting, report.backlog) == (3, Backlog(questions=3, cases=0))
    assert (report.behind, report.intake_waiting) == ({7: 2}, 4)
    ready = START + timedelta(minutes=1)
    late.arrive(TermJudge(), MODEL, lambda: health, ready)
    assert (await reporter.report(7)).engine.state is EngineState.READY
    outage = Outage("its process ended", ready, 1, timedelta(seconds=1))
    workload = replace(workload, outage=outage)
    away = (await reporter.report(7)).engine
    assert (away.state, away.reason, away.since) == (EngineState.AWAY, "its process ended", ready)
    workload = replace(workload, outage=replace(outage, reason=LOADING))
    assert (await reporter.report(7)).engine.state is EngineState.READY, "the worker has not asked again yet"
    workload, health = Workload(busy=True), JudgeHealth(judging=2, waiting=1)
    engine = (await reporter.report(7)).engine
    assert (engine.state, engine.health, engine.busy) == (EngineState.READY, health, True)
    workload, health = Workload(), JudgeHealth(0, 0, restarting=True, restarts=1)
    engine = (await reporter.report(7)).engine
    assert (engine.state, engine.health) == (EngineState.RESTARTING, None), "it is not ready"


async def test_a_model_that_is_started_again_is_told_and_so_is_how_it_does(monkeypatch):
    monkeypatch.setattr(chronicle, "ENGINE_EVERY", 0.0)
    calm = JudgeHealth(judging=3, waiting=1, together=2.345, prefix_hits=0.5)
    dead, back = JudgeHealth(0, 0, restarting=True, restarts=1), JudgeHealth(0, 0, restarts=1)
    states = [None, calm, calm, dead, dead, back]
    with capture_logs() as lines, pytest.raises(IndexError):  # there is nothing more to look at
        await tell_of_engine(lambda: states.pop(0))
    doing = "how the engine is doing"
    assert [line["event"] for line in lines] == [
        doing,
        "the model's process has ended and is started again",
        doing,
        "the model is ready again",
        doing,
    ]
    assert {name: value for name, value in lines[0].items() if name not in ("event", "log_level")} == {
        "judging": 3,
        "waiting": 1,
        "together": 2.35,
        "prefix_hits": 0.5,
    }
    assert lines[1]["log_level"] == "warning"


async def test_the_engine_hands_its_judge_over_and_takes_it_back(place, standin_model, walk_clock):
    late = LateJudge("tiny", START)
    settings = Settings(data_folder=place, model={"path": standin_model}, engine={"threads": 1})
    task = asyncio.create_task(serve_judge(OwnModel(settings, Choice(standin_model, "")), late, clock=walk_clock))
    async with asyncio.timeout(60):
        while not late.is_there:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.05)
    assert late.name == STANDIN_NAME
    assert len(late.digest) == 64
    assert late.health is not None
    assert (late.health.judging, late.health.waiting) == (0, 0)
    assert isinstance(late._judge, LocalJudge)
    os.kill(late._judge.engine.process_id or 0, signal.SIGKILL)
    await until(lambda: _is(late.health is not None and late.health.restarting))
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert not late.is_there
    assert late.health is None


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def test_a_model_that_cannot_be_used_ends_the_engine_with_a_reason(place, tiny, walk_clock):
    settings = Settings(data_folder=place, model={"path": tiny}, engine={"threads": 1})
    with pytest.raises(EnvironmentProblem, match="the model cannot judge"):
        await serve_judge(OwnModel(settings, Choice(tiny, "")), LateJudge("tiny", START), clock=walk_clock)


@pytest.fixture
def tiny(tmp_path: Path, make_gguf) -> Path:
    return make_gguf(tmp_path / "tiny.gguf")
