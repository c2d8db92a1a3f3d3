"""The load generator on an answerer that takes its time."""

import asyncio
from dataclasses import dataclass, field

import pytest

from benchmarks.open_loop.arrivals import Request
from benchmarks.open_loop.load import Load
from benchmarks.open_loop.summary import Ending
from inference.answer import Answer, Question
from inference.answerer import TimedAnswer
from inference.judge import JudgeBusy, JudgeUnavailable
from inference.ticket import ORDINARY, Priority, Ticket
from policies.verdict import Timing

ANSWER = Answer(
    violation=False,
    probability=0.1,
    label_mass=1.0,
    rule_ids=(),
    quotes=(),
    rationale="",
    analysis="",
    tokens=7,
    cut=True,
    malformed=False,
)


@dataclass
class Slow:
    """Answers after as many milliseconds as the question's budget; takes in `room` at a time."""

    room: int = 1000
    model_name: str = "slow"
    asked: list[tuple[str, tuple[int, ...], Ticket]] = field(default_factory=list)
    inside: int = 0
    most_inside: int = 0
    broken: bool = False

    async def ask(
        self, prefix_key: str, prefix: tuple[int, ...], question: Question, ticket: Ticket = ORDINARY
    ) -> TimedAnswer:
        if self.broken:
            raise JudgeUnavailable
        if self.inside >= self.room:
            raise JudgeBusy
        self.asked.append((prefix_key, prefix, ticket))
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await asyncio.sleep(question.reasoning_budget / 1000)
        finally:
            self.inside -= 1
        return TimedAnswer(ANSWER, Timing(queued=2.0, prefill=0.0, reasoning=0.0, answer=0.0))


def request(at: float, milliseconds: int, policy: int = 0) -> Request:
    return Request(at, policy, (1, 2), milliseconds, Priority.BACKFILL, 9)


async def test_the_open_loop_does_not_wait_for_answers() -> None:
    slow = Slow()
    load = Load(slow, [(5,), (6,)])
    run = await load.run(load.open([request(0.0, 60), request(0.0, 60), request(0.02, 60, 1)]), most_seconds=5)
    assert slow.most_inside == 3
    assert {one.ending for one in run.outcomes} == {Ending.ANSWERED}
    assert slow.asked[2] == ("policy 1", (6,), Ticket(priority=Priority.BACKFILL, tenant=9))
    assert run.outcomes[0].queued == 0.002


async def test_times_count_from_when_a_request_was_due() -> None:
    load = Load(Slow(), [(5,)])
    run = await load.run(load.open([request(0.05, 30)]), most_seconds=5)
    assert 0.03 <= run.outcomes[0].total < run.seconds - 0.045


async def test_a_closed_loop_keeps_its_callers_busy_and_no_more() -> None:
    slow = Slow()
    load = Load(slow, [(5,)])
    run = await load.run(load.closed([request(0.0, 10) for _ in range(6)], callers=2), most_seconds=5)
    assert len(run.outcomes) == 6
    assert slow.most_inside == 2
    assert max(one.total for one in run.outcomes) < run.seconds


async def test_what_is_not_answered_in_time_is_withdrawn_and_stays_open() -> None:
    slow = Slow()
    load = Load(slow, [(5,)])
    run = await load.run(load.open([request(0.0, 5), request(0.0, 60_000)]), most_seconds=0.05)
    endings = [one.ending for one in run.outcomes]
    assert endings == [Ending.ANSWERED, Ending.OPEN]
    assert run.outcomes[1].total == pytest.approx(0.05, abs=0.04)
    assert slow.inside == 0


async def test_the_background_ends_with_the_foreground() -> None:
    slow = Slow()
    load = Load(slow, [(5,)])
    beside = [request(0.0, 60_000), request(0.01, 1), request(30.0, 1)]
    run = await load.run(load.open([request(0.0, 40)]), most_seconds=5, background=beside)
    assert sorted(one.ending.value for one in run.outcomes) == ["answered", "answered", "open"]
    assert run.seconds < 1


async def test_a_full_queue_is_written_down() -> None:
    load = Load(Slow(room=1), [(5,)])
    run = await load.run(load.open([request(0.0, 30), request(0.0, 30)]), most_seconds=5)
    assert sorted(one.ending.value for one in run.outcomes) == ["answered", "busy"]


async def test_an_engine_that_is_away_ends_the_run() -> None:
    load = Load(Slow(broken=True), [(5,)])
    with pytest.raises(ExceptionGroup):
        await load.run(asyncio.sleep(1.0), most_seconds=5, background=[request(0.0, 1)])
    with pytest.raises(ExceptionGroup):
        await load.run(load.open([request(0.0, 1)]), most_seconds=5)
