"""The supervision, with a child that has no model; tests/inference/test_local.py has the real one."""

import asyncio
import json
import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inference import child as child_module
from inference import engine as engine_module
from inference import flights
from inference.answer import Answer, Question
from inference.engine import Engine, ModelUnusable
from inference.engine_options import EngineOptions
from inference.judge import DeadlinePassed, JudgeBusy, JudgeUnavailable, Unanswerable, UnreadableAnswer
from inference.scheduling.counters import Counters
from inference.sizing import ModelShape, Wishes, plan_context
from inference.ticket import ORDINARY, Priority, Ticket
from inference.wire import Beat, Done, Fatal, Overdue, Ready, Refused, Taken, line
from policies.phrases import phrase
from policies.verdict import Timing

QUESTION = Question((1, 2), ("H1",), 0.5, explain=False, reasoning_budget=1)
CHILD = Path(__file__).with_name("scripted_child.py")
SHAPE = ModelShape(
    blocks=2, window_every=2, window=128, cell_bytes=64, weights=10**6, embedding=10**5, head=10**5,
    vocabulary=201_088, width=64, expert_width=64, experts_used=4,
)  # fmt: skip
PLAN = plan_context(SHAPE, 10**9, Wishes(width=8, prefixes=16, step_tokens=512))
ANSWER = Answer(False, 0.1, 1.0, (), (), "", "", 1, cut=False, malformed=False)
MESSAGES = (
    Ready(model_name="scripted", plan=PLAN),
    Taken(id=0),
    Done(id=0, answer=ANSWER, timing=Timing(queued=1.0, prefill=2.0, reasoning=3.0, answer=4.0)),
    Refused(id=0, why=phrase("{a} is {b}", a=1, b=phrase("gone")), final=False),
    Overdue(id=0),
    Beat(counters=Counters()),
    Fatal(reason=""),
)
SENTENCES = json.dumps({message.kind: json.loads(line(message)) for message in MESSAGES})
"""What the child can say, by kind."""


@pytest.fixture(autouse=True)
def _quick_restarts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "RESTART_SECONDS", (0.0, 0.05))


def options(folder: Path, hang_seconds: float = 20.0, **more: Any) -> EngineOptions:
    (folder / "sentences").write_text(SENTENCES)
    command = (sys.executable, "-I", "-S", str(CHILD), str(folder))
    return EngineOptions(model=folder, vocabulary=folder, hang_seconds=hang_seconds, command=command, **more)


async def ask(engine: Engine, key: str, ticket: Ticket = ORDINARY) -> str:
    return (await engine.ask(key, (1,), QUESTION, ticket)).answer.analysis


def asked(folder: Path) -> list[list[str]]:
    """What reached a child, in order: id, priority, tenant, deadline."""
    return [line.split() for line in (folder / "asked").read_text().splitlines()]


async def test_many_asks_are_answered(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        assert await asyncio.gather(*(ask(engine, "ok") for _ in range(50))) == ["ok"] * 50
        assert engine.model_name == "scripted"


async def test_what_was_in_flight_when_the_child_is_killed_is_judged_again(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        asks = [asyncio.create_task(ask(engine, "slow")) for _ in range(3)]
        await asyncio.sleep(0.1)
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)
        assert await asyncio.gather(*asks) == ["slow"] * 3
        assert engine.restarts == 1


async def test_an_answer_ends_a_row_of_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "RESTART_SECONDS", (0.0, 0.05, 60.0))
    async with Engine(options(tmp_path)) as engine:
        for _ in range(3):
            assert engine.process_id is not None
            os.kill(engine.process_id, signal.SIGKILL)
            assert await asyncio.wait_for(ask(engine, "slow"), 10) == "slow"


async def test_a_text_that_kills_the_engine_is_found_and_the_others_are_answered(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        asks = [asyncio.create_task(ask(engine, key)) for key in ("slow", "die", "slow", "ok")]
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert isinstance(results[1], UnreadableAnswer)
        assert [results[0], *results[2:]] == ["slow", "slow", "ok"]
        assert await ask(engine, "ok") == "ok"


async def test_a_child_that_hangs_is_killed_and_its_work_done_by_the_next(tmp_path: Path) -> None:
    async with Engine(options(tmp_path, hang_seconds=0.4)) as engine:
        with pytest.raises(UnreadableAnswer):
            await ask(engine, "hang")
        assert engine.restarts == flights.SUSPECT_AFTER + 1
        assert await ask(engine, "ok") == "ok"


async def test_a_child_that_hangs_is_killed_even_when_its_asks_are_given_up_sooner(tmp_path: Path) -> None:
    """With few asks, all with a short deadline, there is none in flight most of the time."""
    async with Engine(options(tmp_path, hang_seconds=0.8)) as engine:
        with pytest.raises(DeadlinePassed):
            await ask(engine, "hang", Ticket(deadline=0.2))
        async with asyncio.timeout(10):
            while not engine.restarts:  # noqa: ASYNC110 - the engine counts, it tells nobody
                await asyncio.sleep(0.02)
        assert await ask(engine, "ok") == "ok"


async def test_a_child_that_works_long_but_gives_signs_of_life_is_left_alone(tmp_path: Path) -> None:
    async with Engine(options(tmp_path, hang_seconds=1.2)) as engine:
        assert await ask(engine, "beat") == "late"
        assert engine.restarts == 0


async def test_time_in_which_the_parent_itself_stood_still_is_no_silence_of_the_child(tmp_path: Path) -> None:
    async with Engine(options(tmp_path, hang_seconds=1.0)) as engine:
        waiting = asyncio.create_task(ask(engine, "wait"))
        await asyncio.sleep(0.1)
        time.sleep(1.3)  # noqa: ASYNC251 - a loop that stands still is what is tried
        await asyncio.sleep(0.05)
        waiting.cancel()
        assert await ask(engine, "ok") == "ok"
        assert engine.restarts == 0


async def test_a_supervisor_that_fails_leaves_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_command: object) -> None:
        raise RuntimeError("a bug")

    async with Engine(options(tmp_path)) as engine:
        monkeypatch.setattr(child_module.Child, "start", fail)
        with pytest.raises(JudgeUnavailable, match="its supervisor failed"):
            await asyncio.wait_for(ask(engine, "die"), 10)


async def test_a_quiet_engine_without_work_is_not_taken_for_a_hanging_one(tmp_path: Path) -> None:
    async with Engine(options(tmp_path, hang_seconds=0.2)) as engine:
        await asyncio.sleep(0.7)
        assert await ask(engine, "ok") == "ok"
        assert engine.restarts == 0


async def test_a_model_that_cannot_be_loaded_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with pytest.raises(ModelUnusable, match="the model file is broken"):
        async with Engine(options(tmp_path)):
            pass


async def test_an_engine_that_cannot_come_back_says_so_until_it_can(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        (tmp_path / "broken").touch()
        with pytest.raises((JudgeUnavailable, UnreadableAnswer)):
            await ask(engine, "die")
        with pytest.raises(JudgeUnavailable, match="the model file is broken"):
            await ask(engine, "ok")
        assert engine.away
        (tmp_path / "broken").unlink()
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not engine.away:
                break
        assert await ask(engine, "ok") == "ok"


async def test_what_cannot_be_answered_is_told_from_what_never_can(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(UnreadableAnswer, match="makes no sense") as unreadable:
            await ask(engine, "refuse")
        assert not isinstance(unreadable.value, Unanswerable)
        with pytest.raises(Unanswerable, match="much too long"):
            await ask(engine, "long")


async def test_garbage_from_the_child_stops_nobody_for_ever(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(UnreadableAnswer):
            await asyncio.wait_for(ask(engine, "garbage"), 10)
        assert await ask(engine, "ok") == "ok"


async def test_a_line_without_an_end_stops_nobody_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "MAX_LINE", 10_000)
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(UnreadableAnswer):
            await asyncio.wait_for(ask(engine, "endless"), 10)
        assert await ask(engine, "ok") == "ok"


@pytest.mark.parametrize("key", ["orphan", "closed"])
async def test_pipes_and_processes_that_do_not_end_keep_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setattr(child_module, "LAST_WORDS_SECONDS", 0.05)
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(UnreadableAnswer):
            await asyncio.wait_for(ask(engine, key), 10)
        assert await ask(engine, "ok") == "ok"


async def test_a_process_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    program = tmp_path / "child"
    script = f'#!/bin/sh\nexec {sys.executable} -I -S {CHILD} "$@"\n'
    program.write_text(script)
    program.chmod(0o755)
    async with Engine(replace(options(tmp_path), command=(str(program), str(tmp_path)))) as engine:
        program.unlink()
        with pytest.raises(JudgeUnavailable, match="cannot be started"):
            await ask(engine, "die")
        assert engine.process_id is None
        program.write_text(script)
        program.chmod(0o755)
        for _ in range(100):
            await asyncio.sleep(0.05)
            if not engine.away:
                break
        assert await ask(engine, "ok") == "ok"


async def test_a_program_that_is_missing_from_the_start_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelUnusable, match="cannot be started"):
        async with Engine(EngineOptions(tmp_path, tmp_path, command=(str(tmp_path / "none"),))):
            pass


async def test_a_cancelled_ask_does_not_disturb_the_others(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        asks = [asyncio.create_task(ask(engine, "slow")) for _ in range(4)]
        await asyncio.sleep(0.1)
        asks[1].cancel()
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert isinstance(results[1], asyncio.CancelledError)
        assert [results[0], *results[2:]] == ["slow"] * 3


async def test_the_child_hears_of_cancelled_asks_and_of_no_others(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        asks = [asyncio.create_task(ask(engine, key)) for key in ("ok", "wait", "ok", "wait")]
        await asyncio.wait([asks[0], asks[2]], timeout=10)
        for waiting in asks[1::2]:
            waiting.cancel()
        await asyncio.gather(*asks, return_exceptions=True)
        assert await ask(engine, "ok") == "ok"
    assert (tmp_path / "cancelled").read_text() == "2 4 "


async def test_an_ask_that_is_cancelled_while_the_child_restarts_is_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "RESTART_SECONDS", (0.0, 0.3))
    async with Engine(options(tmp_path)) as engine:
        waiting = asyncio.create_task(ask(engine, "die"))
        while not engine.restarts:  # noqa: ASYNC110 - the engine counts, it tells nobody
            await asyncio.sleep(0.01)
        waiting.cancel()
        assert await ask(engine, "ok") == "ok"
        assert engine.restarts == 1


async def test_closing_ends_the_child_and_frees_who_waits(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        waiting = asyncio.create_task(ask(engine, "hang"))
        await asyncio.sleep(0.1)
        process_id = engine.process_id
    with pytest.raises(JudgeUnavailable, match="shutting down"):
        await waiting
    assert process_id is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process_id, 0)


async def test_the_reason_of_a_death_names_the_childs_last_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(UnreadableAnswer):
            await ask(engine, "die")
    assert "exit code 7 (something went wrong inside)" in caplog.text


async def test_a_child_that_dies_of_every_text_is_away_and_its_texts_are_not_blamed(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        for _ in range(engine_module.BLAMED_IN_A_ROW):
            with pytest.raises(UnreadableAnswer):
                await ask(engine, "die")
        with pytest.raises(JudgeUnavailable, match="dies of every text"):
            await ask(engine, "die")


async def test_a_tickets_urgency_tenant_and_deadline_reach_the_child(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        await ask(engine, "ok", Ticket(Priority.BACKFILL, tenant=42))
        await ask(engine, "ok", Ticket(Priority.INTERACTIVE, deadline=50.0))
    assert asked(tmp_path)[0] == ["1", "BACKFILL", "42", "None"]
    assert asked(tmp_path)[1][:3] == ["2", "INTERACTIVE", "0"]
    assert 49 < float(asked(tmp_path)[1][3]) <= 50


async def test_an_answer_comes_with_its_timing(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        timed = await engine.ask("ok", (1,), QUESTION)
    assert timed.timing == Timing(queued=1.0, prefill=2.0, reasoning=3.0, answer=4.0)


async def test_an_answer_that_is_late_is_not_waited_for_and_the_child_hears_of_it(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(DeadlinePassed):
            await ask(engine, "wait", Ticket(deadline=0.05))
        assert await ask(engine, "ok") == "ok"
    assert (tmp_path / "cancelled").read_text() == "1 "


async def test_a_deadline_that_the_child_finds_passed_is_told(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(DeadlinePassed):
            await ask(engine, "late")
        assert await ask(engine, "ok") == "ok"


async def test_a_deadline_holds_while_the_child_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "RESTART_SECONDS", (0.0, 30.0))
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(DeadlinePassed):
            await asyncio.wait_for(ask(engine, "die", Ticket(deadline=0.3)), 10)


async def test_killed_in_mid_flight_everybody_goes_again_in_order_with_what_is_left_of_their_time(
    tmp_path: Path,
) -> None:
    tickets = [
        Ticket(Priority.BACKFILL, 1),
        Ticket(Priority.INTERACTIVE, 2, deadline=60.0),
        Ticket(Priority.LIVE, 3, deadline=20.0),
        Ticket(Priority.LIVE, 4),
    ]
    async with Engine(options(tmp_path)) as engine:
        asks = [asyncio.create_task(ask(engine, "slow", ticket)) for ticket in tickets]
        await asyncio.sleep(0.15)
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)
        assert await asyncio.gather(*asks) == ["slow"] * 4
    first = asked(tmp_path)[0]
    again = asked(tmp_path)[-4:]
    assert first[0] == "1"
    assert [line[:3] for line in again] == [
        ["1", "BACKFILL", "1"], ["2", "INTERACTIVE", "2"], ["3", "LIVE", "3"], ["4", "LIVE", "4"],
    ]  # fmt: skip
    assert 40 < float(again[1][3]) < 59.9
    assert 1 < float(again[2][3]) < 19.9


async def test_a_full_queue_says_so_at_once_and_keeps_room_for_the_urgent(tmp_path: Path) -> None:
    async with Engine(options(tmp_path, queue=10)) as engine:
        backfill = Ticket(Priority.BACKFILL)
        waiting = [asyncio.create_task(ask(engine, "wait", backfill)) for _ in range(5)]
        await asyncio.sleep(0)
        with pytest.raises(JudgeBusy):
            await ask(engine, "ok", backfill)
        waiting += [asyncio.create_task(ask(engine, "wait")) for _ in range(4)]
        await asyncio.sleep(0)
        with pytest.raises(JudgeBusy):
            await ask(engine, "ok")
        assert await ask(engine, "ok", Ticket(Priority.INTERACTIVE)) == "ok"
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await ask(engine, "ok", backfill) == "ok"


async def test_a_long_step_that_was_announced_is_no_hang(tmp_path: Path) -> None:
    async with Engine(options(tmp_path, hang_seconds=0.4)) as engine:
        assert await ask(engine, "slow step") == "slow step"
        assert engine.restarts == 0


async def test_what_the_child_counts_is_told_and_begins_anew_with_the_next_child(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        assert engine.plan is not None
        assert engine.plan.width == 8
        await ask(engine, "slow")
        assert engine.counters.steps == 14
        with pytest.raises(Unanswerable):
            await ask(engine, "die")
        while engine.loading:  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0.01)
        assert engine.counters.steps == 0


async def test_a_defect_in_the_child_reaches_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(UnreadableAnswer, match="a defect"):
            await ask(engine, "defect")
    assert "KeyError < answer.py:1 walk" in caplog.text


async def test_the_engine_is_loading_until_it_is_ready_again(tmp_path: Path) -> None:
    engine = Engine(options(tmp_path))
    assert engine.loading
    async with engine:
        assert not engine.loading
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)
        while not engine.restarts:  # noqa: ASYNC110 - the engine counts, it tells nobody
            await asyncio.sleep(0.001)
        assert engine.loading
        assert not engine.away
        assert await ask(engine, "ok") == "ok"
        assert not engine.loading


async def test_a_child_that_grows_without_end_is_started_again_and_its_ask_is_not_blamed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Engine(options(tmp_path, hang_seconds=2.0, memory_growth=30_000_000)) as engine:
        growing = asyncio.create_task(ask(engine, "grow"))
        while engine.restarts < flights.SUSPECT_AFTER + 2:  # noqa: ASYNC110 - the engine counts, it tells nobody
            await asyncio.sleep(0.05)
        assert not growing.done()
        growing.cancel()
        assert await ask(engine, "ok") == "ok"
    assert "has grown from" in caplog.text


async def test_a_text_that_kills_the_child_before_it_counts_as_taken_is_found_too(tmp_path: Path) -> None:
    async with Engine(options(tmp_path)) as engine:
        with pytest.raises(Unanswerable, match="dies of this text"):
            await asyncio.wait_for(ask(engine, "deaf"), 20)
        assert await ask(engine, "ok") == "ok"
