"""What joins a step while somebody sits before a screen; the plain case is tested with the scheduler."""

import pytest

from inference.scheduling.batching import BRISK_SECONDS, CARRIED_OVER, SLOWDOWN
from inference.scheduling.scheduler import Sequence
from inference.ticket import Priority
from tests.inference.scheduling.timed_machine import Machine, Speed

INTERACTIVE, LIVE, BACKFILL = Priority


def busy(fixed: float, per_token: float, per_output: float = 0.0) -> tuple[Machine, Sequence]:
    """Many live ones decode, and one that is interactive."""
    machine = Machine(Speed(fixed, per_token, per_output))
    for _ in range(14):
        machine.add(LIVE, 100, 2_000)
    machine.run(40)
    urgent = machine.add(INTERACTIVE, 50, 400)
    machine.run(5)
    return machine, urgent


@pytest.mark.parametrize(
    ("fixed", "per_token", "per_output"),
    [(0.001, 0.01, 0.0), (0.02, 0.01, 0.0), (0.01, 0.003, 0.0), (0.0032, 0.00017, 0.00137), (0.02, 0.008, 0.019)],
)
def test_others_slow_an_interactive_one_down_by_a_fifth_in_the_mean(
    fixed: float, per_token: float, per_output: float
) -> None:
    machine, urgent = busy(fixed, per_token, per_output)
    began, fed = machine.now, urgent.fed
    machine.run(200)
    alone = fixed + per_token + per_output
    assert urgent.fed - fed == 200, "it has a row in every step"
    assert machine.now - began <= 200 * alone * (1 + 1.05 * SLOWDOWN)


@pytest.mark.parametrize(("fixed", "per_token"), [(0.001, 0.01), (0.02, 0.01)])
def test_no_single_step_is_longer_than_what_was_carried_over_allows(fixed: float, per_token: float) -> None:
    machine, _ = busy(fixed, per_token)
    for _ in range(100):
        began = machine.now
        machine.step()
        alone = fixed + per_token
        assert machine.now - began <= alone * (1 + CARRIED_OVER * SLOWDOWN) * 1.05


def test_those_who_come_after_a_quiet_time_find_no_more_allowance_than_of_a_few_steps() -> None:
    machine, _ = busy(0.02, 0.01)
    for sequence in machine.sequences[:14]:
        machine.scheduler.remove(sequence)
    machine.run(100)
    for _ in range(14):
        machine.add(LIVE, 100, 100)
    for _ in range(20):
        began = machine.now
        machine.step()
        assert machine.now - began <= (0.02 + 0.01) * (1 + CARRIED_OVER * SLOWDOWN) * 1.05


def test_nobody_stalls_while_an_interactive_one_runs() -> None:
    """Where a token costs as much as a step, others still have a sixth of the time, each in turn."""
    machine, _ = busy(0.001, 0.01)
    before = {sequence.id: sequence.fed for sequence in machine.sequences[:14]}
    machine.run(300)
    gained = [machine.sequences[number].fed - fed for number, fed in before.items()]
    assert sum(gained) >= 300 * SLOWDOWN * 0.9
    assert max(gained) - min(gained) <= 2


def test_where_tokens_cost_little_everybody_decodes_all_the_same() -> None:
    machine, _ = busy(0.02, 0.0001)
    assert len(machine.step()) == 15


def test_others_join_as_before_once_nobody_sits_before_a_screen() -> None:
    machine, urgent = busy(0.001, 0.01)
    machine.scheduler.remove(urgent)
    assert set(machine.step()) == set(range(14))


def test_a_long_interactive_prompt_leaves_a_quarter_of_a_step_to_others() -> None:
    machine = Machine(Speed(0.02, 0.0))
    machine.add(LIVE, 10, 2_000)
    machine.run(10)
    urgent = machine.add(INTERACTIVE, 2_000, 10)
    tokens = machine.step()
    assert tokens == {0: 1, urgent.id: 192}


def test_a_row_that_costs_more_than_several_steps_of_an_interactive_prompt_is_saved_up_for() -> None:
    machine = Machine(Speed(0.001, 0.00001, 0.02))
    guest = machine.add(LIVE, 10, 2_000)
    machine.run(20)
    machine.add(INTERACTIVE, 20_000, 10)
    before = guest.fed
    machine.run(90)
    assert 2 <= guest.fed - before <= 4


def test_a_guest_with_a_long_prompt_does_not_take_the_turns_of_those_who_decode() -> None:
    machine = Machine(Speed(0.001, 0.01))
    for _ in range(5):
        machine.add(LIVE, 20, 2_000)
    machine.run(20)
    machine.add(INTERACTIVE, 20, 1_000)
    machine.add(LIVE, 3_000, 10)
    machine.run(20)
    before = [sequence.fed for sequence in machine.sequences[:5]]
    machine.run(200)
    assert all(sequence.fed - fed >= 4 for sequence, fed in zip(machine.sequences, before, strict=False))


def test_backfill_comes_behind_live_ones_but_is_not_left_out() -> None:
    machine = Machine(Speed(0.001, 0.01))
    kinds = [LIVE] * 6 + [BACKFILL] * 6
    for priority in kinds:
        machine.add(priority, 20, 2_000)
    machine.run(40)
    machine.add(INTERACTIVE, 20, 1_000)
    machine.run(20)
    before = [sequence.fed for sequence in machine.sequences[:12]]
    machine.run(400)
    gained = [sequence.fed - fed for sequence, fed in zip(machine.sequences, before, strict=False)]
    assert sum(gained[:6]) > 2.5 * sum(gained[6:])
    assert min(gained) > 0


def test_steps_are_short_for_a_while_after_somebody_sat_before_a_screen() -> None:
    machine = Machine(Speed(0.02, 0.01))
    for _ in range(3):
        machine.add(LIVE, 30, 5_000)
    machine.run(20)
    urgent = machine.add(INTERACTIVE, 10, 10)
    while machine.left[urgent.id] or urgent.slot >= 0:
        machine.step()
    machine.add(LIVE, 1_000, 10)
    began = machine.now
    machine.run(5)
    assert machine.now - began <= 5 * BRISK_SECONDS * 1.05
    machine.now += 400
    machine.add(LIVE, 1_000, 10)
    assert sum(machine.step().values()) == 256


def test_nothing_keeps_steps_short_where_nobody_is_interactive() -> None:
    machine = Machine(Speed(0.02, 0.01))
    for _ in range(4):
        machine.add(LIVE, 1_000, 10)
    machine.run(3)
    assert sum(machine.step().values()) == 256
