"""When the cache has no room all the same."""

import pytest

from inference.scheduling.scheduler import OutOfRoomError
from tests.inference.scheduling.cache_model import NoRoomError
from tests.inference.scheduling.scheduler_bench import BACKFILL, LIVE, Bench, refuse


def test_one_that_begins_anew_is_not_charged_again() -> None:
    bench = Bench(width=4)
    for tenant in (1, 2):
        bench.add(tenant, more=10, tenant=tenant)
    for _ in range(5):
        bench.step()
    refuse(bench)
    bench.run_all()
    first, second = (bench.scheduler._queue._classes[LIVE]._tenants[tenant].start for tenant in (1, 2))
    assert first - len("policy") == second


def test_a_refused_step_evicts_one_idle_prefix_and_is_planned_again() -> None:
    bench = Bench(width=2, prefixes=3)
    for number, prefix in enumerate(["first idle", "second idle"]):
        bench.add(number, prefix)
        bench.run_all()
    bench.add(2, "busy")
    refused = refuse(bench)
    again = bench.step()
    assert again.rows == refused.rows
    assert len(again.clear) == 1
    counters = bench.scheduler.counters
    assert (counters.prefix_evictions, counters.requeued, counters.refused_steps) == (1, 0, 1)
    bench.run_all()
    assert bench.finished == [0, 1, 2]


def test_a_refused_step_lets_the_newest_of_the_lowest_priority_begin_anew_with_all_it_fed() -> None:
    bench = Bench(width=5)
    sequences = []
    for number, priority in enumerate([LIVE, BACKFILL, BACKFILL, LIVE]):
        sequences.append(bench.add(number, more=20, priority=priority))
        bench.step()
    backfill = sequences.pop(2)
    for _ in range(4):
        bench.step()
    fed = list(backfill.tokens)
    refuse(bench)
    assert (backfill.slot, backfill.tokens) == (-1, fed)
    assert all(sequence.slot >= 0 for sequence in sequences)
    bench.run_all()
    assert sorted(bench.finished) == [0, 1, 2, 3]
    assert bench.scheduler.counters.requeued == 1
    assert bench.scheduler.counters.refed_tokens == len(fed) - 1


def test_after_a_refusal_nobody_is_admitted_until_somebody_has_ended() -> None:
    bench = Bench(width=5)
    first, second, third = (bench.add(number, more=more) for number, more in enumerate([10, 60, 30]))
    bench.step()
    bench.step()
    refuse(bench)
    waiting = bench.add(3)
    while first.slot >= 0:
        assert (third.slot, waiting.slot) == (-1, -1)
        bench.step()
    bench.step()
    assert min(second.slot, third.slot, waiting.slot) >= 0
    bench.run_all()
    assert sorted(bench.finished) == [0, 1, 2, 3]


def test_one_after_another_gives_way_to_refusals_until_one_is_left() -> None:
    bench = Bench(width=4)
    for number in range(3):
        bench.add(number, more=10)
    for _ in range(3):
        bench.step()
    refuse(bench)
    refuse(bench)
    with pytest.raises(OutOfRoomError):
        refuse(bench)
    bench.run_all()
    assert sorted(bench.finished) == [0, 1, 2]


def test_one_that_is_withdrawn_between_a_step_and_its_refusal_is_gone() -> None:
    bench = Bench(width=4)
    stays, goes = bench.add(0, more=5), bench.add(1, more=5)
    bench.add(2, more=5)
    for _ in range(3):
        bench.step()
    step = bench.plan()
    with pytest.raises(NoRoomError):
        bench.model.run(step, refuse=True)
    bench.scheduler.remove(goes)
    bench.scheduler.refused(step)
    assert stays.slot >= 0
    bench.run_all()
    assert sorted(bench.finished) == [0, 2]


def test_a_refused_step_is_not_counted_as_run() -> None:
    bench = Bench()
    for number in range(3):
        bench.add(number)
    bench.step()
    before = bench.scheduler.counters
    refuse(bench)
    after = bench.scheduler.counters
    assert (after.steps, after.rows, after.occupancy) == (before.steps, before.rows, before.occupancy)
    assert after.prefilled_tokens == before.prefilled_tokens
