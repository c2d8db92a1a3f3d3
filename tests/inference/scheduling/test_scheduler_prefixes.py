"""Prefixes: prefilled once, compacted, shared, evicted."""

from inference.scheduling.scheduler import Cells
from tests.inference.scheduling.scheduler_bench import INTERACTIVE, WINDOW, Bench, rows_of


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
    assert (step.clear, step.compact) == ((2,), ())
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


def test_of_two_prefixes_the_one_is_prefilled_first_that_more_wait_for() -> None:
    bench = Bench(width=7, step_tokens=8)
    bench.add(0, "twelve chars")
    for number in range(1, 4):
        bench.add(number, "fifteen letters")
    assert bench.step().rows[0].tokens == tuple(map(ord, "fifteen "))


def test_an_unused_prefix_makes_room_for_another_policy() -> None:
    bench = Bench(width=1, prefixes=1)
    bench.add(0, "first policy")
    bench.add(1, "second policy")
    assert any(2 in step.clear for step in bench.run_all())


def test_the_policy_that_was_needed_longest_ago_makes_room() -> None:
    bench = Bench(width=1, prefixes=2)
    for number, prefix in enumerate(["old", "new", "old", "third"]):
        bench.add(number, prefix)
        bench.run_all()
    held = sorted(bytes(bench.model.tokens(slot)).decode() for slot in (2, 3))
    assert held == ["old", "third"]


def test_a_policy_that_somebody_waits_for_is_spared_when_another_can_make_room() -> None:
    bench = Bench(width=1, prefixes=3)
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


def test_a_prefix_of_one_token_is_prefilled_not_decoded() -> None:
    bench = Bench()
    bench.add(0, "p", private=4, more=3)
    bench.run_all()
    counters = bench.scheduler.counters
    assert (counters.prefilled_tokens, counters.decoded_tokens) == (1 + 4, 3)
