"""Whose turn it is, and who makes way."""

from itertools import pairwise

import pytest

from inference.scheduling.fair_queue import SHARE_OF_OLD
from inference.scheduling.scheduler import OVERTAKEN_AT_MOST, Sequence
from inference.ticket import Ticket
from tests.inference.scheduling.scheduler_bench import BACKFILL, INTERACTIVE, LIVE, Bench


def test_interactive_ones_are_admitted_first_then_live_then_backfill() -> None:
    bench = Bench(width=1)
    for number, priority in enumerate([BACKFILL, LIVE, INTERACTIVE, LIVE, BACKFILL, INTERACTIVE]):
        bench.add(number, priority=priority)
    bench.run_all()
    assert bench.finished == [2, 5, 1, 3, 0, 4]


@pytest.mark.parametrize(("width", "on_top"), [(1, 1), (2, 1), (8, 1), (16, 2), (32, 4)])
def test_on_top_of_the_width_there_are_a_few_slots_for_interactive_ones(width: int, on_top: int) -> None:
    bench = Bench(width=width, cells=9000)
    for number in range(2 * width):
        bench.add(number, more=20)
    bench.step()
    assert len(bench.scheduler.running) == width
    for number in range(1000, 1000 + on_top):
        bench.add(number, priority=INTERACTIVE)
    bench.step()
    assert [sequence.id for sequence in bench.scheduler.running[width:]] == [*range(1000, 1000 + on_top)]
    assert bench.scheduler.counters.requeued == 0, "nobody made way"


def test_interactive_ones_alone_may_have_every_slot() -> None:
    bench = Bench(width=8, cells=9000)
    for number in range(12):
        bench.add(number, priority=INTERACTIVE)
    bench.step()
    assert len(bench.scheduler.running) == 9


def test_old_backfill_gets_one_of_eight_admissions_under_a_flood_of_live_ones() -> None:
    bench = Bench(width=1, seconds=20.0)
    for number in range(40):
        bench.add(number, more=0)
    for number in range(100, 104):
        bench.add(number, more=0, priority=BACKFILL)
    bench.run_all()
    turns = [turn for turn, number in enumerate(bench.finished) if number >= 100]
    gaps = [after - before for before, after in pairwise(turns)]
    assert turns[0] <= SHARE_OF_OLD + 3
    assert all(1 < gap <= SHARE_OF_OLD for gap in gaps)


def test_both_lower_priorities_get_their_share_when_both_are_old() -> None:
    bench = Bench(width=1, seconds=100.0)
    for number in range(60):
        bench.add(number, more=0, priority=INTERACTIVE)
        bench.add(100 + number, more=0, priority=LIVE)
        bench.add(200 + number, more=0, priority=BACKFILL)
    while bench.scheduler.counters.waiting.interactive:
        bench.step()
    for first in range(2, len(bench.finished) - SHARE_OF_OLD):
        eight = [number // 100 for number in bench.finished[first : first + SHARE_OF_OLD]]
        assert set(eight) == {0, 1, 2}


def test_tenants_of_one_priority_are_admitted_in_turn() -> None:
    bench = Bench(width=1)
    for number in range(12):
        bench.add(number, tenant=1)
    for number in range(100, 103):
        bench.add(number, tenant=2)
    bench.run_all()
    assert sum(number >= 100 for number in bench.finished[:6]) == 3


def test_a_tenant_pays_for_the_prefixes_that_are_prefilled_for_it() -> None:
    bench = Bench(width=1, prefixes=1, cells=1000)
    for number in range(12):
        bench.add(number, "a long policy that changes each time "[: 30 + number % 2], tenant=1)
        bench.add(100 + number, "p", tenant=2)
    bench.run_all()
    assert sum(number >= 100 for number in bench.finished[:10]) >= 7


def test_a_tenant_is_charged_for_what_it_used_not_for_what_it_reserved() -> None:
    """One that reserves ten times as much but uses the same gets the same number of turns."""
    bench = Bench(width=1, cells=1000)
    for number in range(40):
        tokens = tuple(map(ord, "policy"))
        reserve, tenant = ((6, 1), (100, 2))[number % 2]
        sequence = Sequence(number, "policy", tokens, reserve, Ticket(LIVE, tenant))
        bench.scheduler.add(sequence, [1] * 6, 0.0)
        bench.more[number] = 0
    bench.run_all()
    first = [number % 2 for number in bench.finished[:20]]
    assert 8 <= sum(first) <= 12


def test_a_message_whose_policy_finds_no_slot_does_not_hold_up_the_others() -> None:
    bench = Bench(width=4, prefixes=1)
    bench.add(0, "first", more=40)
    bench.step()
    bench.add(1, "second")
    bench.add(2, "first", more=1)
    bench.run_all()
    assert bench.finished == [2, 0, 1]


def test_a_message_whose_policy_finds_no_slot_is_passed_only_so_often() -> None:
    bench = Bench(width=2, prefixes=1, cells=2000)
    staggered(bench, "first", private=4, more=8)
    bench.add(500, "second")
    for number in range(10, 100):
        bench.add(number, "first", private=4, more=8)
    bench.run_all()
    assert OVERTAKEN_AT_MOST < bench.finished.index(500) <= OVERTAKEN_AT_MOST + 2 * bench.limits.width


def test_a_large_message_is_not_starved_by_small_ones() -> None:
    bench = Bench(width=4, cells=120)
    staggered(bench, "small", private=10, more=10)
    bench.add(500, "large", 90, 10)
    for number in range(10, 100):
        bench.add(number, "small", 10, 10)
    bench.run_all()
    assert OVERTAKEN_AT_MOST < bench.finished.index(500) <= OVERTAKEN_AT_MOST + 2 * bench.limits.width


def staggered(bench: Bench, prefix: str, private: int, more: int) -> None:
    """As many as may run, none of which ends together with another."""
    for number in range(bench.limits.width):
        bench.add(number, prefix, private, more)
        bench.step()
        bench.step()


def test_backfill_may_pass_a_live_message_for_which_there_is_no_room() -> None:
    bench = Bench(width=4, prefixes=1)
    bench.add(0, "first", more=40)
    bench.step()
    bench.add(1, "second", priority=LIVE)
    backfill = bench.add(2, "first", priority=BACKFILL)
    bench.step()
    assert backfill.slot >= 0


def test_nobody_makes_way_for_the_second_when_the_first_finds_no_room() -> None:
    bench = Bench(width=1, prefixes=1)
    live = bench.add(0, "first", more=30)
    bench.step()
    bench.add(1, "first", more=30, priority=INTERACTIVE)
    bench.step()
    bench.add(2, "second", priority=INTERACTIVE)
    bench.add(3, "first", priority=INTERACTIVE)
    for _ in range(5):
        bench.step()
    assert live.slot >= 0


def test_an_interactive_one_without_cells_is_passed_by_no_lower_one() -> None:
    bench = Bench(width=5, cells=100)
    running = [bench.add(number, "p", 20, 10, priority=INTERACTIVE) for number in range(3)]
    bench.step()
    bench.add(10, "p", 60, 10, priority=INTERACTIVE)
    small = bench.add(11, "p", 2, 1, priority=LIVE)
    for _ in range(5):
        bench.step()
    assert small.slot == -1
    assert all(sequence.slot >= 0 for sequence in running)
    while small.slot == -1:
        bench.step()
    assert [sequence.id for sequence in bench.scheduler.running][:2] == [10, 11]


def test_an_interactive_one_takes_the_slot_of_the_newest_of_the_lowest_priority() -> None:
    bench = Bench(width=1, cells=1000)
    interactive = [bench.add(number, more=50, priority=INTERACTIVE) for number in range(1)]
    bench.step()
    backfill = bench.add(10, more=20, priority=BACKFILL)
    for _ in range(8):
        bench.step()
    assert backfill.fed > 4
    third = bench.add(11, priority=INTERACTIVE)
    bench.step()
    assert third.slot >= 0
    assert (backfill.slot, backfill.fed) == (-1, 0)
    assert interactive[0].slot >= 0
    bench.run_all()
    assert set(bench.finished) == {0, 10, 11}
    assert bench.scheduler.counters.requeued == 1


def test_nobody_makes_way_twice() -> None:
    bench = Bench(width=1, cells=1000)
    live = bench.add(0, more=100)
    bench.step()
    for number in (1, 2):
        bench.add(number, more=10, priority=INTERACTIVE)
    bench.step()
    assert live.slot == -1
    while live.slot == -1:
        bench.step()
    for number in (3, 4):
        bench.add(number, more=10, priority=INTERACTIVE)
    bench.step()
    assert live.slot >= 0
    bench.run_all()
    assert bench.scheduler.counters.requeued == 1


def test_one_that_came_in_by_the_share_of_the_old_makes_way_for_nobody() -> None:
    bench = Bench(width=1, seconds=1.0)
    old = bench.add(100, more=5)
    for number in range(20):
        bench.add(number, more=0, priority=INTERACTIVE)
    while old.slot == -1:
        bench.step()
    bench.add(50, priority=INTERACTIVE)
    bench.step()
    assert old.slot >= 0


def test_interactive_ones_never_make_way_for_one_another() -> None:
    bench = Bench(width=2)
    for number in range(6):
        bench.add(number, priority=INTERACTIVE)
    bench.run_all()
    assert bench.scheduler.counters.requeued == 0


def test_slots_on_top_are_for_interactive_ones_also_after_many_of_them_have_ended() -> None:
    bench = Bench(width=3, cells=1000)
    for number in range(8):
        bench.add(number, priority=INTERACTIVE)
    bench.run_all()
    for number in range(8, 20):
        bench.add(number)
    bench.step()
    assert len(bench.scheduler.running) == 3
