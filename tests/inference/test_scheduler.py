"""The scheduler is pure: these tests play the worker, and a model of llama.cpp's caches runs the steps."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from inference.fair_queue import SHARE_OF_OLD
from inference.scheduler import (
    OVERTAKEN_AT_MOST,
    Cells,
    Limits,
    OutOfRoomError,
    Row,
    Scheduler,
    Sequence,
    Step,
    TooLongError,
)
from inference.ticket import Priority, Ticket
from tests.inference.cache_model import CacheModel, NoRoomError

WINDOW = 8
INTERACTIVE, LIVE, BACKFILL = Priority


class Bench:
    """A scheduler, the model of its caches, and sequences that decode so many tokens more."""

    def __init__(
        self,
        width: int = 4,
        prefixes: int = 2,
        cells: int = 400,
        step_tokens: int = 64,
        seconds: float = 0.01,
        window_cells: int = 10**6,
    ) -> None:
        both = Cells(cells, min(window_cells, cells, WINDOW * (width + prefixes) + step_tokens))
        self.limits = Limits(width, prefixes, both, step_tokens, WINDOW)
        self.scheduler = Scheduler(self.limits)
        self.model = CacheModel(both, WINDOW)
        self.now = 0.0
        self.seconds = seconds
        self.more: dict[int, int] = {}
        self.first_output: dict[int, float] = {}
        self.finished: list[int] = []

    def add(
        self,
        number: int,
        prefix: str = "policy",
        private: int = 4,
        more: int = 2,
        priority: Priority = LIVE,
        tenant: int = 0,
        deadline: float | None = None,
    ) -> Sequence:
        tokens = tuple(map(ord, prefix))
        sequence = Sequence(number, prefix, tokens, private + more, Ticket(priority, tenant, deadline))
        self.scheduler.add(sequence, [1000 + number] * private, self.now)
        self.more[number] = more
        return sequence

    def plan(self) -> Step:
        step = self.scheduler.step(self.now)
        assert step is not None
        return step

    def read(self, step: Step) -> None:
        """What the worker does once a step was run."""
        self.now += self.seconds
        for row in step.rows:
            if row.sequence is None:
                continue
            self.first_output.setdefault(row.sequence.id, self.now)
            if self.more[row.sequence.id]:
                self.more[row.sequence.id] -= 1
                self.scheduler.feed(row.sequence, [7])
            else:
                self.scheduler.remove(row.sequence)
                self.finished.append(row.sequence.id)

    def step(self) -> Step:
        step = self.plan()
        self.model.run(step)
        self.read(step)
        return step

    def run(self, most: int = 5_000) -> Iterator[Step]:
        """Until nobody is left."""
        for _ in range(most):
            if self.scheduler.idle:
                return
            yield self.step()
        raise AssertionError("the scheduler did not come to an end")

    def run_all(self) -> list[Step]:
        return list(self.run())


def rows_of(steps: list[Step], slots: range) -> list[Row]:
    return [row for step in steps for row in step.rows if row.slot in slots]


def test_a_prefix_is_prefilled_once_for_all_who_start_with_it() -> None:
    bench = Bench()
    for number in range(8):
        bench.add(number)
    steps = bench.run_all()
    assert sum(len(row.tokens) for row in rows_of(steps, range(4, 6))) == len("policy")
    assert bench.scheduler.counters.prefix_misses == 1
    assert bench.scheduler.counters.prefix_hits == 7


def test_a_whole_prefix_is_compacted_in_the_step_in_which_it_is_first_copied() -> None:
    bench = Bench()
    bench.add(0, "a policy longer than the window")
    first, second = bench.step(), bench.step()
    assert (first.compact, first.copy) == ((), ())
    assert second.compact == (4,)
    assert second.copy == ((4, 0),)


def test_a_prefix_that_fits_into_the_window_needs_no_compaction() -> None:
    bench = Bench()
    bench.add(0, "12345678")
    assert [step.compact for step in bench.run_all()] == [(), (), (), ()]


def test_a_prefix_whose_message_was_withdrawn_is_compacted_before_the_next_one_copies_it() -> None:
    bench = Bench()
    withdrawn = bench.add(0, "a policy longer than the window")
    bench.step()
    bench.scheduler.remove(withdrawn)
    assert bench.scheduler.step(bench.now) is None
    bench.add(1, "a policy longer than the window")
    assert bench.step().compact == (4,)


def test_a_prefix_that_is_evicted_before_it_was_compacted_is_not_compacted() -> None:
    bench = Bench(width=1, prefixes=1)
    withdrawn = bench.add(0, "a policy longer than the window")
    bench.step()
    bench.scheduler.remove(withdrawn)
    bench.add(1, "another one of that length")
    step = bench.step()
    assert (step.clear, step.compact) == ((1,), ())
    bench.run_all()
    assert bench.finished == [1]


def test_a_whole_prefix_promises_no_more_than_its_window() -> None:
    bench = Bench(step_tokens=16)
    withdrawn = bench.add(0, "a policy longer than the window")
    for _ in range(2):
        bench.step()
    bench.scheduler.remove(withdrawn)
    bench.scheduler.step(bench.now)
    assert bench.scheduler.used == Cells(len("a policy longer than the window"), WINDOW)


def test_who_waits_for_window_cells_comes_in_once_a_prefix_grows_no_more() -> None:
    bench = Bench(width=3, prefixes=1, step_tokens=16, window_cells=35)
    for number, private in ((0, 4), (1, 18)):
        bench.add(number, "a prefix of thirty characters.", private, more=2)
    admitted = []
    for _ in range(3):
        bench.step()
        admitted.append(len(bench.scheduler.running))
    assert admitted == [1, 1, 2]


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


def test_of_two_prefixes_the_one_is_prefilled_first_that_more_wait_for() -> None:
    bench = Bench(width=8, step_tokens=8)
    bench.add(0, "twelve chars")
    for number in range(1, 4):
        bench.add(number, "fifteen letters")
    assert bench.step().rows[0].tokens == tuple(map(ord, "fifteen "))


def test_what_an_interactive_one_waits_for_is_prefilled_first() -> None:
    bench = Bench(width=8, cells=2000, step_tokens=8)
    for number in range(3):
        bench.add(number, "short", 20)
    for _ in range(2):
        bench.step()
    bench.add(3, "a very much longer policy than that", 30, priority=INTERACTIVE)
    step = bench.step()
    assert step.rows[0].tokens == tuple(map(ord, "a very"))


def test_interactive_ones_are_admitted_first_then_live_then_backfill() -> None:
    bench = Bench(width=1)
    for number, priority in enumerate([BACKFILL, LIVE, INTERACTIVE, LIVE, BACKFILL, INTERACTIVE]):
        bench.add(number, priority=priority)
    bench.run_all()
    assert bench.finished == [2, 5, 1, 3, 0, 4]


@pytest.mark.parametrize(("width", "kept"), [(2, 1), (8, 1), (16, 2), (32, 4)])
def test_a_few_slots_are_kept_for_interactive_ones(width: int, kept: int) -> None:
    bench = Bench(width=width, cells=5000)
    for number in range(2 * width):
        bench.add(number)
    bench.step()
    assert len(bench.scheduler.running) == width - kept
    bench.add(1000, priority=INTERACTIVE)
    bench.step()
    assert bench.scheduler.running[-1].id == 1000


def test_a_single_slot_is_for_everybody() -> None:
    bench = Bench(width=1)
    bench.add(0, priority=BACKFILL)
    bench.step()
    assert len(bench.scheduler.running) == 1


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
    bench = Bench(width=3, prefixes=1, cells=2000)
    staggered(bench, "first", private=4, more=8)
    bench.add(500, "second")
    for number in range(10, 100):
        bench.add(number, "first", private=4, more=8)
    bench.run_all()
    assert OVERTAKEN_AT_MOST < bench.finished.index(500) <= OVERTAKEN_AT_MOST + 2 * bench.limits.width


def test_a_large_message_is_not_starved_by_small_ones() -> None:
    bench = Bench(width=5, cells=120)
    staggered(bench, "small", private=10, more=10)
    bench.add(500, "large", 90, 10)
    for number in range(10, 100):
        bench.add(number, "small", 10, 10)
    bench.run_all()
    assert OVERTAKEN_AT_MOST < bench.finished.index(500) <= OVERTAKEN_AT_MOST + 2 * bench.limits.width


def staggered(bench: Bench, prefix: str, private: int, more: int) -> None:
    """As many as may run, none of which ends together with another."""
    for number in range(bench.limits.width - bench.limits.interactive_slots):
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
    bench = Bench(width=2, prefixes=1)
    live = bench.add(0, "first", more=30)
    bench.step()
    bench.add(1, "first", more=30, priority=INTERACTIVE)
    bench.step()
    bench.add(2, "second", priority=INTERACTIVE)
    bench.add(3, "first", priority=INTERACTIVE)
    for _ in range(5):
        bench.step()
    assert live.slot >= 0


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
    bench = Bench(width=2, cells=1000)
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
    bench = Bench(width=2, cells=1000)
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


def test_an_unused_prefix_makes_room_for_another_policy() -> None:
    bench = Bench(width=1, prefixes=1)
    bench.add(0, "first policy")
    bench.add(1, "second policy")
    assert any(1 in step.clear for step in bench.run_all())


def test_the_policy_that_was_needed_longest_ago_makes_room() -> None:
    bench = Bench(width=1, prefixes=2)
    for number, prefix in enumerate(["old", "new", "old", "third"]):
        bench.add(number, prefix)
        bench.run_all()
    held = sorted(bytes(bench.model.tokens(slot)).decode() for slot in (1, 2))
    assert held == ["old", "third"]


def test_a_policy_that_somebody_waits_for_is_spared_when_another_can_make_room() -> None:
    bench = Bench(width=2, prefixes=3)
    for number, prefix in enumerate(["wanted", "unwanted", "busy"]):
        bench.add(number, prefix)
        bench.run_all()
    bench.add(3, "busy", more=30)
    bench.step()
    bench.add(4, "new", priority=INTERACTIVE)
    bench.add(5, "wanted")
    bench.step()
    bench.run_all()
    assert bench.scheduler.counters.prefix_evictions == 1
    assert bench.scheduler.counters.refed_tokens == 0, "the wanted one stayed"


def test_no_policy_is_evicted_for_a_message_that_finds_no_room_even_so() -> None:
    bench = Bench(width=3, prefixes=3, cells=100)
    bench.add(0, "idle policy")
    bench.run_all()
    bench.add(1, "busy", 20, 30)
    bench.step()
    bench.add(2, "large", 40, 30)
    bench.step()
    assert bench.scheduler.counters.prefix_evictions == 0


def test_a_policy_does_not_make_room_for_its_own_messages() -> None:
    bench = Bench(width=1, prefixes=2, cells=30)
    for number, (prefix, private) in enumerate([("older", 4), ("newer", 4)]):
        bench.add(number, prefix, private, 0)
        bench.run_all()
    bench.add(2, "older", 24, 0)
    assert sum(step.tokens for step in bench.run_all()) == 24


def test_a_policy_that_nobody_waits_for_any_more_is_not_prefilled_further() -> None:
    bench = Bench(step_tokens=4)
    withdrawn = bench.add(0, "a long policy")
    bench.step()
    bench.scheduler.remove(withdrawn)
    bench.add(1, "short")
    assert [row.tokens for row in bench.step().rows] == [tuple(map(ord, "shor"))]


def test_a_policy_half_prefilled_for_a_withdrawn_message_is_finished_for_the_next() -> None:
    bench = Bench(width=1, prefixes=1, step_tokens=4)
    withdrawn = bench.add(0, "a long policy")
    bench.step()
    bench.scheduler.remove(withdrawn)
    bench.add(1, "a long policy", private=2, more=0)
    assert sum(step.tokens for step in bench.run_all()) == len("a long policy") - 4 + 2


def test_an_empty_prefix_is_a_prefix() -> None:
    bench = Bench()
    bench.add(0, "")
    bench.run_all()
    assert bench.finished == [0]


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


def refuse(bench: Bench) -> Step:
    step = bench.plan()
    with pytest.raises(NoRoomError):
        bench.model.run(step, refuse=True)
    bench.scheduler.refused(step)
    return step


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
    bench = Bench(width=4)
    first = bench.add(0, more=10)
    second = bench.add(1, more=30)
    bench.step()
    bench.step()
    refuse(bench)
    waiting = bench.add(2)
    while first.pending:
        assert (second.slot, waiting.slot) == (-1, -1)
        bench.step()
    bench.step()
    assert second.slot >= 0
    assert waiting.slot >= 0
    bench.run_all()
    assert sorted(bench.finished) == [0, 1, 2]


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


def test_the_counters_add_up() -> None:
    bench = Bench(width=4, prefixes=1)
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
    with pytest.raises(ValueError, match="no room for 8"):
        Limits(8, 1, Cells(100, 100), 4, 8)


@pytest.mark.parametrize("limits", [(0, 1, 8), (1, 0, 8), (1, 1, 0)])
def test_a_context_without_sequences_prefixes_or_window_is_none(limits: tuple[int, int, int]) -> None:
    width, prefixes, window = limits
    with pytest.raises(ValueError, match="at least one"):
        Limits(width, prefixes, Cells(100, 100), 4, window)


def test_a_prefix_of_one_token_is_prefilled_not_decoded() -> None:
    bench = Bench()
    bench.add(0, "p", private=4, more=3)
    bench.run_all()
    counters = bench.scheduler.counters
    assert (counters.prefilled_tokens, counters.decoded_tokens) == (1 + 4, 3)
