"""When silence is a hang, and when growth is a leak."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from inference.engine_options import EngineOptions
from inference.patience import FACTOR, Patience
from inference.scheduling.ledger import Cells
from inference.scheduling.step_cost import StepCost
from inference.scheduling.steps import Limits
from inference.watchdog import Watchdog

MIB = 1 << 20
SHAPES = ((1, 1), (8, 8), (100, 0), (300, 2), (500, 9))
"""Tokens and outputs of steps."""


def watchdog(**changes: float) -> Watchdog:
    limits = {"hang_seconds": 10.0, "start_seconds": 100.0, "memory_growth": 50 * MIB}
    return Watchdog(EngineOptions(Path(), Path(), **(limits | changes)), last_sign=1000.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ready", "busy", "silence", "hangs"),
    [
        (True, True, 9.0, False),
        (True, True, 11.0, True),
        (True, False, 500.0, False),
        (False, True, 99.0, False),
        (False, True, 101.0, True),
        (False, False, 101.0, True),
    ],
)
def test_silence_is_a_hang_when_there_is_something_to_say(
    ready: bool, busy: bool, silence: float, hangs: bool
) -> None:
    complaint = watchdog().complaint(1000.0 + silence, ready=ready, busy=busy, memory=None)
    assert bool(complaint) is hangs


def test_what_comes_after_a_quiet_time_has_all_its_time() -> None:
    dog = watchdog()
    assert not dog.complaint(2000.0, ready=True, busy=False, memory=None)
    assert not dog.complaint(2009.0, ready=True, busy=True, memory=None)
    assert "silent for 10 s" in dog.complaint(2011.0, ready=True, busy=True, memory=None)


def test_one_that_was_told_to_stop_something_owes_a_sign_even_when_nothing_else_is_asked_of_it() -> None:
    dog = watchdog()
    dog.owing = True
    assert "silent for 10 s" in dog.complaint(1011.0, ready=True, busy=False, memory=None)
    dog.heard(1011.0)
    assert not dog.complaint(1500.0, ready=True, busy=False, memory=None)


def test_a_child_whose_steps_are_long_is_waited_for_as_long_as_it_said_and_no_longer() -> None:
    dog = watchdog()
    dog.patience = 60.0
    assert not dog.complaint(1059.0, ready=True, busy=True, memory=None)
    assert "silent for 60 s" in dog.complaint(1061.0, ready=True, busy=True, memory=None)


def test_quick_steps_do_not_shorten_what_is_allowed() -> None:
    dog = watchdog()
    dog.patience = 0.5
    assert not dog.complaint(1009.0, ready=True, busy=True, memory=None)


def test_growth_counts_from_when_the_child_was_ready() -> None:
    dog = watchdog()
    assert not dog.complaint(1000.0, ready=False, busy=False, memory=10 * MIB)
    dog.memory = 300 * MIB
    assert not dog.complaint(1000.0, ready=True, busy=True, memory=350 * MIB)
    assert not dog.outgrown
    assert "from 300 to 351 MiB" in dog.complaint(1000.0, ready=True, busy=True, memory=351 * MIB)
    assert dog.outgrown


def test_memory_that_is_not_told_is_no_growth() -> None:
    dog = watchdog()
    assert not dog.complaint(1000.0, ready=True, busy=True, memory=900 * MIB)
    dog.memory = 300 * MIB
    assert not dog.complaint(1000.0, ready=True, busy=True, memory=None)


def patience_after(steps: Iterable[tuple[int, int, float]], *, step_tokens: int) -> Patience:
    """What is told by a worker that ran steps of so many tokens and outputs, in so many seconds."""
    cost = StepCost()
    patience = Patience(cost, Limits(8, 2, Cells(4096, 4096), step_tokens, window=128))
    for tokens, outputs, seconds in steps:
        cost.learn(tokens, seconds, outputs=outputs)
        patience.learn(tokens, seconds)
    return patience


def test_before_much_is_known_a_full_step_is_expected_to_cost_as_much_a_token_as_the_dearest_one() -> None:
    assert patience_after([], step_tokens=512).seconds == 0
    assert patience_after([(16, 0, 2.0), (512, 0, 3.0)], step_tokens=512).seconds == FACTOR * 64


def test_patience_follows_what_full_steps_cost() -> None:
    steps = [(tokens, 0, 0.1 + 0.01 * tokens) for tokens in (1, 100, 300, 500) * 5]
    assert patience_after(steps, step_tokens=500).seconds == pytest.approx(FACTOR * 5.1, rel=0.01)


def test_a_full_step_is_expected_to_have_all_the_outputs_that_it_can() -> None:
    """Eight sequences and an interactive one."""
    steps = [(tokens, outputs, 0.1 + 0.01 * tokens + 0.2 * outputs) for tokens, outputs in SHAPES * 5]
    assert patience_after(steps, step_tokens=500).seconds == pytest.approx(FACTOR * (5.1 + 9 * 0.2), rel=0.02)


def test_while_only_answers_are_written_tokens_are_thought_to_cost_it_all() -> None:
    """So whoever then sends a long prompt does not have the worker killed."""
    steps = [(rows, rows, 0.015 + 0.009 * rows) for rows in (1, 2, 4, 8) * 50]
    assert patience_after(steps, step_tokens=512).seconds >= FACTOR * 512 * 0.008
