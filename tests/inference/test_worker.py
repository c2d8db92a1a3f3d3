"""The worker with the real scheduler and the real walk, on a context that says what scripts say."""

import io
import threading

import numpy as np
import pytest

from inference import answer, wire
from inference.answer import Feed, Phase, Question, Text, Walk
from inference.output import Output
from inference.prompt import END, Harmony
from inference.scheduling.scheduler import Step
from inference.ticket import Priority, Ticket
from inference.wire import Ask, Beat, Cancel, Done, FromChild, Overdue, Refused, Taken
from inference.work_loop import Inbox
from inference.worker import listen
from policies.phrases import phrase
from tests.inference.scripted_context import Bench
from tests.inference.scripted_logits import VOCABULARY, Row, row, script
from tests.inference.scripted_logits import ask as question

PREFIX = tuple(range(100))
SECRET = "what a member wrote"


def ask(ask_id: int, ticket: Ticket | None = None, **changes: object) -> Ask:
    return Ask(id=ask_id, prefix_key="p", prefix=PREFIX, question=question(**changes), ticket=ticket or Ticket())


def rows(harmony: Harmony, *parts: str | int) -> list[Row]:
    return [row(wish) for wish in script(harmony, *parts)]


def results(said: list[FromChild]) -> dict[int, FromChild]:
    return {message.id: message for message in said if isinstance(message, Done | Refused | Overdue)}


def only(said: list[FromChild], kind: type) -> list:
    return [message for message in said if isinstance(message, kind)]


def test_asks_are_taken_answered_and_forgotten(harmony: Harmony) -> None:
    bench = Bench(harmony, {n: rows(harmony, " Fine.", END, "0") for n in range(10)})
    for n in range(10):
        bench.put(ask(n))
    said = bench.run()
    assert [message.id for message in only(said, Taken)] == list(range(10))
    assert {n: type(result) for n, result in results(said).items()} == dict.fromkeys(range(10), Done)
    assert results(said)[3].answer.analysis == "Fine."  # type: ignore[union-attr]
    assert bench.scheduler.idle


def test_one_key_for_two_prefixes_never_mixes_them_up(harmony: Harmony) -> None:
    """Whatever a caller does wrong, a text is not judged under another policy's prompt."""
    bench = Bench(harmony, {n: rows(harmony, " Fine.", END, "0") for n in (1, 2)})
    bench.put(ask(1))
    bench.put(ask(2).model_copy(update={"prefix": (*PREFIX[:-1], 7)}))
    said = bench.run()
    assert {type(result) for result in results(said).values()} == {Done}
    assert bench.scheduler.counters.prefix_misses == 2


def test_the_parts_of_an_answers_time_are_told(harmony: Harmony) -> None:
    """Steps take a second. The prefix takes two, then come the message, two tokens of analysis and the answer."""
    bench = Bench(harmony, {1: rows(harmony, " Fine.", END, "0")})
    bench.put(ask(1))
    bench.clock.now += 5
    (done,) = only(bench.run(), Done)
    timing = done.timing
    assert (timing.queued, timing.prefill, timing.reasoning, timing.answer) == (5000, 3000, 2000, 1000)


def test_time_in_the_queue_is_no_prefill(harmony: Harmony) -> None:
    """A batch of one: the second waits for the first."""
    limits = Bench.limits.__class__(1, 1, Bench.limits.cells, 64, 128)
    bench = Bench(harmony, {n: rows(harmony, " Fine.", END, "0") for n in (1, 2)}, limits=limits)
    bench.put(ask(1))
    bench.put(ask(2))
    first, second = only(bench.run(), Done)
    assert first.timing.queued == 0
    whole = first.timing.prefill + first.timing.reasoning + first.timing.answer
    assert (second.timing.queued, second.timing.prefill) == (whole, 1000)


def test_an_exception_in_one_walk_costs_that_ask_its_answer_and_no_other(harmony: Harmony) -> None:
    def sometimes(asked: Question, text: Text) -> Walk:
        steps = answer.walk(asked, text)
        output = yield next(steps)
        if asked.seed == 2:
            raise KeyError(SECRET)
        while True:
            try:
                output = yield steps.send(output)
            except StopIteration as end:
                return end.value

    bench = Bench(harmony, {n: rows(harmony, END, "0") for n in range(4)}, walk=sometimes)
    for n in range(4):
        bench.put(ask(n, seed=n))
    said = bench.run()
    found = results(said)
    assert [type(found[n]) for n in (0, 1, 3)] == [Done] * 3
    refused = found[2]
    assert isinstance(refused, Refused)
    assert not refused.final
    assert refused.defect.startswith("KeyError < test_worker.py:")
    assert SECRET not in wire.line(refused).decode()
    assert bench.scheduler.idle


@pytest.mark.parametrize("when", ["before the first token", "on being sent an output"])
def test_a_walk_that_fails_at_once_is_a_defect_too(harmony: Harmony, when: str) -> None:
    def fails(asked: Question, _text: Text) -> Walk:
        if when == "on being sent an output":
            yield Feed(asked.private, Phase.PREFILL)
        raise RecursionError(SECRET)

    bench = Bench(harmony, walk=fails)
    bench.put(ask(1))
    (refused,) = only(bench.run(), Refused)
    assert refused.defect.startswith("RecursionError")
    assert bench.scheduler.idle


@pytest.mark.parametrize("tokens", [(), tuple(range(5000))])
def test_a_walk_that_feeds_nothing_or_too_much_keeps_nobody_waiting(
    harmony: Harmony, tokens: tuple[int, ...]
) -> None:
    def greedy(asked: Question, _text: Text) -> Walk:
        yield Feed(asked.private, Phase.PREFILL)
        yield Feed(tokens, Phase.REASONING)
        raise AssertionError("it was fed")

    bench = Bench(harmony, walk=greedy)
    bench.put(ask(1))
    (refused,) = only(bench.run(), Refused)
    assert refused.defect.startswith("ValueError")


def test_memory_that_runs_out_is_not_one_asks_fault(harmony: Harmony) -> None:
    def fails(asked: Question, _text: Text) -> Walk:
        yield Feed(asked.private, Phase.PREFILL)
        raise MemoryError

    bench = Bench(harmony, walk=fails)
    bench.put(ask(1))
    with pytest.raises(MemoryError):
        bench.run()


def test_an_answer_without_numbers_is_refused_and_may_be_asked_again(harmony: Harmony) -> None:
    bench = Bench(harmony, {1: [Row(np.full(VOCABULARY, np.nan, np.float32))], 2: rows(harmony, END, "0")})
    bench.put(ask(1))
    bench.put(ask(2))
    found = results(bench.run())
    assert found[1] == Refused(id=1, why=phrase("the model's output is not made of numbers"), final=False)
    assert isinstance(found[2], Done)


def test_what_never_fits_is_refused_for_good(harmony: Harmony) -> None:
    bench = Bench(harmony)
    bench.put(ask(1, reasoning_budget=5000))
    (refused,) = only(bench.run(), Refused)
    assert refused.final
    assert "the context has 4096" in str(refused.why)
    assert not refused.defect


def test_a_step_that_finds_no_room_is_planned_anew_and_nobody_fails(harmony: Harmony) -> None:
    bench = Bench(harmony, {n: rows(harmony, " Fine.", END, "0") for n in range(4)})
    bench.context.refuse = {3, 5}
    for n in range(4):
        bench.put(ask(n))
    said = bench.run()
    assert [result.answer.analysis for result in results(said).values()] == ["Fine."] * 4  # type: ignore[union-attr]
    assert only(said, Beat)[-1].counters.refused_steps == 2


def test_a_cancelled_ask_leaves_between_steps_and_its_walk_is_closed(harmony: Harmony) -> None:
    closed = []

    def told(asked: Question, text: Text) -> Walk:
        try:
            return (yield from answer.walk(asked, text))
        finally:
            closed.append(asked.seed)

    bench = Bench(harmony, {n: rows(harmony, *[" very"] * 15, END, "0") for n in (1, 2)}, walk=told)
    bench.put(ask(1, seed=1))
    bench.put(ask(2, seed=2))
    bench.context.meanwhile = {5: lambda: bench.put(Cancel(id=1))}
    said = bench.run()
    assert closed == [1, 2]
    assert list(results(said)) == [2]
    assert (
        max(
            n for n, step in enumerate(bench.context.steps) for r in step.rows if r.sequence and r.sequence.id == 1
        )
        == 5
    )
    assert only(said, Beat)[-1].counters.cancelled == 1


def test_a_cancellation_of_what_was_just_answered_does_nothing(harmony: Harmony) -> None:
    bench = Bench(harmony, {1: rows(harmony, END, "0")})
    bench.put(ask(1))
    bench.put(Cancel(id=9))
    assert list(results(bench.run())) == [1]


def test_an_ask_whose_deadline_passed_is_told_and_makes_room(harmony: Harmony) -> None:
    bench = Bench(harmony, {n: rows(harmony, *[" very"] * 15, END, "0") for n in (1, 2)})
    bench.put(ask(1, Ticket(deadline=6.5)))
    bench.put(ask(2, Ticket(deadline=60.0)))
    said = bench.run()
    found = results(said)
    assert found[1] == Overdue(id=1)
    assert isinstance(found[2], Done)
    assert only(said, Beat)[-1].counters.overdue == 1
    assert bench.scheduler.idle


def test_a_deadline_counts_from_when_the_ask_came_and_not_from_when_it_was_looked_at(harmony: Harmony) -> None:
    bench = Bench(harmony, {1: rows(harmony, END, "0")})
    bench.put(ask(1, Ticket(deadline=3.0)))
    bench.clock.now += 4
    assert results(bench.run()) == {1: Overdue(id=1)}


def test_a_late_ask_that_the_parent_gives_up_counts_as_late_and_not_as_cancelled(harmony: Harmony) -> None:
    bench = Bench(harmony, {1: rows(harmony, *[" very"] * 15, END, "0")})
    bench.put(ask(1, Ticket(deadline=6.5)))
    bench.context.meanwhile = {6: lambda: bench.put(Cancel(id=1))}
    counters = only(bench.run(), Beat)[-1].counters
    assert (counters.overdue, counters.cancelled) == (1, 0)


def test_the_ticket_reaches_the_scheduler(harmony: Harmony) -> None:
    bench = Bench(harmony)
    ticket = Ticket(Priority.INTERACTIVE, tenant=5, deadline=100.0)
    bench.put(ask(1, ticket))
    bench.run()
    (sequence,) = {r.sequence for step in bench.context.steps for r in step.rows if r.sequence}
    assert sequence.ticket == ticket


def test_beats_come_once_a_second_while_there_is_work_and_once_when_it_ends(harmony: Harmony) -> None:
    bench = Bench(harmony, {1: rows(harmony, *[" very"] * 18, END, "0")})
    bench.context.seconds = 0.25
    bench.put(ask(1))
    said = bench.run()
    beats = only(said, Beat)
    steps = len(bench.context.steps)
    assert 5 <= len(beats) <= steps / 4 + 2
    assert isinstance(said[-1], Beat)
    assert beats[-1].counters.steps == steps
    assert beats[-1].counters.running == 0


def test_time_in_the_model_is_told_from_time_in_python(harmony: Harmony) -> None:
    bench = Bench(harmony, {1: rows(harmony, END, "0")})

    def slow(asked: Question, text: Text) -> Walk:
        for_ever = answer.walk(asked, text)
        output: Output = yield next(for_ever)
        bench.clock.now += 0.5
        yield for_ever.send(output)
        raise AssertionError("not reached")

    bench.walk = slow
    bench.put(ask(1))
    beat = only(bench.run(), Beat)[-1]
    assert beat.counters.model_seconds == pytest.approx(len(bench.context.steps))
    assert beat.counters.python_seconds == pytest.approx(0.5)


def test_the_worker_says_how_long_it_may_be_silent(harmony: Harmony) -> None:
    """Ten times what a full step of 64 tokens should take: here every step takes a second."""
    bench = Bench(harmony, {1: rows(harmony, *[" very"] * 10, END, "0")})
    bench.put(ask(1))
    beats = only(bench.run(), Beat)
    assert 9 <= beats[-1].patience <= 30
    assert beats[0].patience >= 10


def test_hundreds_of_asks_leave_nothing_behind(harmony: Harmony) -> None:
    bench = Bench(harmony, {n: rows(harmony, END, "0") for n in range(300)})
    for n in range(300):
        bench.put(ask(n, reasoning_budget=5))
    assert len(results(bench.run())) == 300
    assert bench.scheduler.idle
    assert bench.scheduler.running == ()


def first_of(inbox: Inbox) -> object:
    arrived = inbox.get(timeout=5)
    assert arrived is not None
    return arrived[0]


def test_the_end_of_the_input_closes_the_inbox() -> None:
    inbox = listen(io.BytesIO(wire.line(Cancel(id=1))))
    assert first_of(inbox) == Cancel(id=1)
    assert inbox.get(timeout=5) is None


def test_half_a_line_of_a_killed_parent_closes_the_inbox_and_is_not_quoted(
    capfd: pytest.CaptureFixture[str],
) -> None:
    inbox = listen(io.BytesIO(wire.line(Cancel(id=1)) + b'{"kind":"ask","id":2,"prefix_key":"secret","pre'))
    assert first_of(inbox) == Cancel(id=1)
    assert inbox.get(timeout=5) is None
    for thread in threading.enumerate():
        if thread.name == "inbox":
            thread.join(5)
    said = capfd.readouterr().err
    assert "no message" in said
    assert "secret" not in said


def test_every_message_gets_a_sign_of_life_also_a_cancellation_that_comes_too_late(harmony: Harmony) -> None:
    bench = Bench(harmony)
    bench.put(Cancel(id=7))
    assert [type(message) for message in bench.run()] == [Beat]


def test_the_scheduler_is_told_what_each_step_cost(harmony: Harmony, monkeypatch: pytest.MonkeyPatch) -> None:
    """By that it keeps steps short for whoever sits before a screen."""
    bench = Bench(harmony, {1: rows(harmony, " Fine.", END, "0")})
    told: list[tuple[Step, float]] = []
    monkeypatch.setattr(bench.scheduler, "spent", lambda step, seconds: told.append((step, seconds)))
    bench.put(ask(1))
    bench.run()
    assert told == [(step, 1.0) for step in bench.context.steps]


def test_time_without_work_is_no_time_of_ours(harmony: Harmony) -> None:
    class Quiet(Inbox):
        def get_nowait(self) -> tuple[Ask | Cancel, float] | None:
            message = super().get_nowait()
            bench.clock.now += 100
            return message

    bench = Bench(harmony, {1: rows(harmony, " Fine.", END, "0")})
    bench.inbox = Quiet()
    bench.put(ask(1))
    counters = only(bench.run(), Beat)[-1].counters
    assert counters.model_seconds == len(bench.context.steps)
    assert counters.python_seconds == 0
