"""What joins a step, and what leaves."""

import pytest

from inference.scheduling.scheduler import Cells, Limits, Sequence, TooLongError
from inference.ticket import Priority
from tests.inference.scheduling.scheduler_bench import BACKFILL, INTERACTIVE, Bench


def test_sequences_join_a_running_batch() -> None:
    bench = Bench()
    first = bench.add(0, more=10)
    for _ in range(2):
        bench.step()
    second = bench.add(1)
    assert {row.slot for row in bench.step().rows} == {first.slot, second.slot}


def test_everybody_who_decodes_has_a_row_in_every_step_that_a_long_prompt_could_fill() -> None:
    bench = Bench(width=4, cells=900, step_tokens=8)
    decoding = [bench.add(number, "p", 1, 60) for number in (1, 2)]
    for _ in range(3):
        bench.step()
    prompting = bench.add(0, "p", 400, 1)
    for _ in range(20):
        step = bench.step()
        assert [row.sequence for row in step.rows[:2]] == decoding
        assert len(step.rows[2].tokens) == 6
    assert prompting.fed == 6 * 20


def test_a_short_prompt_does_not_wait_for_a_long_one() -> None:
    bench = Bench(width=4, cells=2000, step_tokens=16)
    bench.add(0, "p", 800, 1)
    for _ in range(3):
        bench.step()
    short = bench.add(1, "p", 12, 1)
    assert short in [row.sequence for row in bench.step().rows]


def test_a_long_prompt_is_not_passed_for_ever_by_short_ones() -> None:
    bench = Bench(width=4, cells=2000, step_tokens=16)
    long = bench.add(0, "p", 300, 1)
    for number in range(1, 400):
        bench.add(number, "p", 30, 1)
    steps = 0
    while long.id not in bench.first_output:
        bench.step()
        steps += 1
    assert steps < 300


def test_what_an_interactive_one_waits_for_is_prefilled_first() -> None:
    bench = Bench(width=7, cells=2000, step_tokens=8)
    for number in range(3):
        bench.add(number, "short", 20)
    for _ in range(2):
        bench.step()
    bench.add(3, "a very much longer policy than that", 30, priority=INTERACTIVE)
    step = bench.step()
    assert step.rows[0].tokens == tuple(map(ord, "a very"))


def test_what_can_never_fit_is_refused_at_once() -> None:
    bench = Bench(cells=50)
    with pytest.raises(TooLongError, match="50"):
        bench.add(0, private=60)
    assert bench.scheduler.idle


def test_a_sequence_must_have_something_to_feed_and_reserve_it() -> None:
    scheduler = Bench().scheduler
    with pytest.raises(ValueError, match="0 to feed"):
        scheduler.add(Sequence(0, "p", (1,), 4), [], 0.0)
    with pytest.raises(ValueError, match="reserves 4"):
        scheduler.add(Sequence(0, "p", (1,), 4), [1] * 5, 0.0)
    assert scheduler.idle


def test_nobody_feeds_more_than_it_reserved() -> None:
    bench = Bench()
    sequence = bench.add(0, private=4, more=0)
    for _ in range(2):
        bench.model.run(bench.plan())
    with pytest.raises(ValueError, match="more than the 4 tokens"):
        bench.scheduler.feed(sequence, [7])


def test_a_removed_sequence_gives_its_slot_and_cells_back() -> None:
    bench = Bench(width=1, prefixes=1, cells=40)
    first, second = bench.add(0, "p", 20, 10), bench.add(1, "p", 20, 10)
    bench.step()
    bench.scheduler.remove(second)
    bench.step()
    bench.scheduler.remove(first)
    bench.scheduler.remove(first)
    assert bench.scheduler.idle
    assert bench.scheduler.used == Cells(1, 1)
    assert bench.scheduler.counters.cancelled == 2


def test_overdue_ones_are_told_once_whether_they_wait_or_run() -> None:
    bench = Bench(width=1)
    runs, waits = bench.add(0, more=200, deadline=5.0), bench.add(1, deadline=3.0)
    bench.add(2, deadline=9.0)
    bench.step()
    assert bench.scheduler.overdue(2.9) == ()
    assert bench.scheduler.overdue(6.0) == (waits, runs)
    assert bench.scheduler.overdue(6.0) == ()
    bench.scheduler.remove(waits)
    bench.scheduler.remove(runs)
    assert (bench.scheduler.counters.overdue, bench.scheduler.counters.cancelled) == (2, 0)


def test_a_finished_one_is_never_overdue() -> None:
    bench = Bench()
    bench.add(0, deadline=5.0)
    bench.run_all()
    assert bench.scheduler.overdue(10.0) == ()


def test_the_counters_add_up() -> None:
    bench = Bench(width=3, prefixes=1)
    for number in range(6):
        bench.add(number, ("policy", "other policy")[number // 3], priority=Priority(number % 3))
    bench.add(6, priority=BACKFILL)
    assert bench.scheduler.counters.waiting.backfill == 3
    steps = bench.run_all()
    counters = bench.scheduler.counters
    assert counters.steps == len(steps)
    assert counters.rows == sum(len(step.rows) for step in steps)
    assert counters.decoded_tokens + counters.prefilled_tokens == sum(step.tokens for step in steps)
    assert counters.decoded_tokens == 7 * 2
    assert counters.prefix_hits + counters.prefix_misses == 7
    assert counters.prefix_evictions == counters.prefix_misses - 1
    admitted = counters.admitted
    assert (admitted.interactive, admitted.live, admitted.backfill) == (2, 2, 3)
    assert (counters.running, counters.waiting.backfill) == (0, 0)
    assert counters.base_cells == len(bench.model.tokens(4))


def test_a_step_must_have_room_for_every_sequence() -> None:
    with pytest.raises(ValueError, match="no room for 9"):
        Limits(8, 1, Cells(100, 100), 4, 8)


@pytest.mark.parametrize("limits", [(0, 1, 8), (1, 0, 8), (1, 1, 0)])
def test_a_context_without_sequences_prefixes_or_window_is_none(limits: tuple[int, int, int]) -> None:
    width, prefixes, window = limits
    with pytest.raises(ValueError, match="at least one"):
        Limits(width, prefixes, Cells(100, 100), 4, window)
