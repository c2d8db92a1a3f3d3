"""When silence is a hang, and when growth is a leak."""

from pathlib import Path

import pytest

from inference.engine_options import EngineOptions
from inference.patience import FACTOR, Patience
from inference.watchdog import Watchdog

MIB = 1 << 20


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


def test_before_much_is_known_a_full_step_is_expected_to_cost_as_much_a_token_as_the_dearest_one() -> None:
    patience = Patience(step_tokens=512)
    assert patience.seconds == 0
    patience.learn(16, 2.0)
    patience.learn(512, 3.0)
    assert patience.seconds == FACTOR * 64


def test_patience_follows_what_full_steps_cost() -> None:
    patience = Patience(step_tokens=500)
    for tokens in (1, 100, 300, 500) * 5:
        patience.learn(tokens, 0.1 + 0.01 * tokens)
    assert patience.seconds == pytest.approx(FACTOR * 5.1, rel=0.01)
