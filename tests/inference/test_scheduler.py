"""The scheduler is pure, so it is run here against a cache made of dictionaries."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.scheduler import Scheduler, Sequence, Step, TooLongError


class Cache:
    """What llama.cpp's unified cache would hold: per slot, the tokens by position."""

    def __init__(self, cells: int) -> None:
        self.cells = cells
        self.slots: dict[int, list[tuple[int, int]]] = {}

    def run(self, step: Step) -> None:
        for slot in step.clear:
            self.slots.pop(slot, None)
        for source, target in step.copy:
            assert target not in self.slots, "a copy must go into an empty slot"
            self.slots[target] = list(self.slots[source])
        for row in step.rows:
            held = self.slots.setdefault(row.slot, [])
            for offset, token in enumerate(row.tokens):
                assert row.position + offset == len(held), "positions must be contiguous"
                held.append((row.position + offset, token))
        assert self.used <= self.cells, "the cache must never be too small"

    @property
    def used(self) -> int:
        """Cells in use: a copy shares the cells of its source, so equal beginnings count once."""
        return len({tuple(held[: i + 1]) for held in self.slots.values() for i in range(len(held))})


def make(scheduler: Scheduler, number: int, prefix: str, private: int, more: int) -> Sequence:
    tokens = tuple(ord(letter) for letter in prefix)
    sequence = Sequence(number, prefix, tokens, reserve=private + more)
    scheduler.add(sequence, [1000 + number * 100 + i for i in range(private)])
    return sequence


def run_all(scheduler: Scheduler, cache: Cache, more: dict[int, int]) -> Iterator[Step]:
    """Step until nothing is left; every sequence decodes `more[id]` further tokens before it is done."""
    for _ in range(10_000):
        step = scheduler.step()
        if step is None:
            assert scheduler.idle, "the scheduler must not stall while somebody waits"
            return
        cache.run(step)
        for row in step.rows:
            if row.sequence is None:
                continue
            if more[row.sequence.id]:
                more[row.sequence.id] -= 1
                scheduler.feed(row.sequence, [7])
            else:
                scheduler.remove(row.sequence)
        yield step
    raise AssertionError("the scheduler did not come to an end")


@settings(max_examples=150, deadline=None)
@given(
    width=st.integers(1, 5),
    prefixes=st.integers(1, 3),
    step_tokens=st.integers(5, 40),
    jobs=st.lists(
        st.tuples(st.sampled_from(["aaaa", "bbbbbbbb", "cc", "dddddd"]), st.integers(1, 20), st.integers(0, 6)),
        min_size=1,
        max_size=15,
    ),
)
def test_every_sequence_is_fed_completely_in_order_and_always_fits(
    width: int, prefixes: int, step_tokens: int, jobs: list[tuple[str, int, int]]
) -> None:
    scheduler = Scheduler(width=width, prefixes=prefixes, cells=60, step_tokens=step_tokens)
    cache = Cache(60)
    sequences = [make(scheduler, i, prefix, private, more) for i, (prefix, private, more) in enumerate(jobs)]
    more = {i: job[2] for i, job in enumerate(jobs)}
    fed = dict.fromkeys(range(len(jobs)), 0)
    for step in run_all(scheduler, cache, more):
        assert sum(len(row.tokens) for row in step.rows) <= step_tokens
        for row in step.rows:
            for sequence in sequences:
                if row.sequence is sequence or (row.slot == sequence.slot and row.slot < width):
                    fed[sequence.id] = max(fed[sequence.id], sequence.position - len(sequence.prefix_tokens))
    assert fed == {i: private + more for i, (_, private, more) in enumerate(jobs)}


def test_a_prefix_is_prefilled_once_for_all_that_start_with_it() -> None:
    scheduler = Scheduler(width=4, prefixes=2, cells=200, step_tokens=64)
    for number in range(8):
        make(scheduler, number, "policy", 5, 2)
    steps = list(run_all(scheduler, Cache(200), dict.fromkeys(range(8), 2)))
    prefix_rows = [row for step in steps for row in step.rows if row.slot >= 4]
    assert sum(len(row.tokens) for row in prefix_rows) == len("policy")


def test_sequences_join_a_running_batch() -> None:
    scheduler = Scheduler(width=2, prefixes=1, cells=200, step_tokens=64)
    first = make(scheduler, 0, "p", 3, 10)
    for _ in range(2):
        assert scheduler.step() is not None
    scheduler.feed(first, [7])
    second = make(scheduler, 1, "p", 3, 10)
    step = scheduler.step()
    assert step is not None
    assert {row.slot for row in step.rows} == {first.slot, second.slot}


def test_a_decoding_sequence_is_not_held_up_by_a_long_prompt() -> None:
    scheduler = Scheduler(width=2, prefixes=1, cells=900, step_tokens=16)
    first = make(scheduler, 0, "p", 3, 10)
    for _ in range(2):
        scheduler.step()
    make(scheduler, 1, "p", 400, 1)
    for _ in range(10):
        scheduler.feed(first, [7])
        step = scheduler.step()
        assert step is not None
        assert any(row.sequence is first for row in step.rows)


def test_what_can_never_fit_is_refused_at_once() -> None:
    scheduler = Scheduler(width=2, prefixes=1, cells=50, step_tokens=16)
    with pytest.raises(TooLongError, match="50"):
        make(scheduler, 0, "policy", 60, 1)
    assert scheduler.idle


def test_an_unused_prefix_makes_room_for_another_policy() -> None:
    scheduler = Scheduler(width=1, prefixes=1, cells=40, step_tokens=64)
    cache = Cache(40)
    make(scheduler, 0, "first policy", 4, 0)
    make(scheduler, 1, "second policy", 4, 0)
    steps = list(run_all(scheduler, cache, {0: 0, 1: 0}))
    assert any(1 in step.clear for step in steps)


def test_the_policy_that_was_needed_longest_ago_makes_room() -> None:
    scheduler = Scheduler(width=1, prefixes=2, cells=60, step_tokens=64)
    cache = Cache(60)
    for number, prefix in enumerate(["old", "new", "old", "third"]):
        make(scheduler, number, prefix, 4, 0)
        list(run_all(scheduler, cache, {number: 0}))
    prefilled = [tuple(token for _, token in held) for slot, held in cache.slots.items() if slot >= 1]
    assert sorted(prefilled) == sorted(tuple(map(ord, prefix)) for prefix in ("old", "third"))


def test_a_policy_does_not_make_room_for_its_own_messages() -> None:
    scheduler = Scheduler(width=1, prefixes=2, cells=30, step_tokens=64)
    cache = Cache(30)
    for number, (prefix, private) in enumerate([("older", 4), ("newer", 4), ("older", 24)]):
        make(scheduler, number, prefix, private, 0)
        steps = list(run_all(scheduler, cache, {number: 0}))
    assert sum(len(row.tokens) for step in steps for row in step.rows) == 24


def test_a_policy_that_nobody_waits_for_any_more_is_not_prefilled_further() -> None:
    scheduler = Scheduler(width=2, prefixes=2, cells=200, step_tokens=4)
    withdrawn = make(scheduler, 0, "a long policy", 2, 0)
    make(scheduler, 1, "short", 2, 0)
    scheduler.step()
    scheduler.remove(withdrawn)
    step = scheduler.step()
    assert step is not None
    assert [row.tokens for row in step.rows] == [tuple(map(ord, "shor"))]


def test_a_policy_half_prefilled_for_a_withdrawn_message_is_finished_for_the_next() -> None:
    scheduler = Scheduler(width=1, prefixes=1, cells=200, step_tokens=4)
    cache = Cache(200)
    withdrawn = make(scheduler, 0, "a long policy", 2, 0)
    step = scheduler.step()
    assert step is not None
    cache.run(step)
    scheduler.remove(withdrawn)
    make(scheduler, 1, "a long policy", 2, 0)
    rows = [row for step in run_all(scheduler, cache, {1: 0}) for row in step.rows]
    assert sum(len(row.tokens) for row in rows) == len("a long policy") - 4 + 2


def test_all_who_decode_share_a_step_that_a_long_prompt_could_fill() -> None:
    scheduler = Scheduler(width=3, prefixes=1, cells=900, step_tokens=8)
    prompting = make(scheduler, 0, "p", 400, 1)
    decoding = [make(scheduler, number, "p", 1, 20) for number in (1, 2)]
    for _ in range(2):
        assert scheduler.step() is not None
    for _ in range(10):
        for sequence in decoding:
            scheduler.feed(sequence, [7])
        step = scheduler.step()
        assert step is not None
        assert [row.sequence for row in step.rows[:2]] == decoding
        assert len(step.rows[2].tokens) == 6
    assert prompting.position == 1 + 6 * 11


def test_a_new_policy_is_prefilled_before_prompts_go_on() -> None:
    """Its messages cannot begin without it, and each one that begins makes the batch fuller."""
    scheduler = Scheduler(width=2, prefixes=2, cells=900, step_tokens=8)
    make(scheduler, 0, "p", 400, 1)
    for _ in range(3):
        scheduler.step()
    make(scheduler, 1, "policy", 4, 1)
    step = scheduler.step()
    assert step is not None
    assert step.rows[0].tokens == tuple(map(ord, "policy"))


def test_a_removed_sequence_gives_its_slot_and_cells_back() -> None:
    scheduler = Scheduler(width=1, prefixes=1, cells=40, step_tokens=64)
    first = make(scheduler, 0, "p", 20, 10)
    second = make(scheduler, 1, "p", 20, 10)
    scheduler.step()
    scheduler.remove(second)
    scheduler.step()
    scheduler.remove(first)
    assert scheduler.idle
    assert scheduler.cells_used == len("p")


def test_a_step_must_have_room_for_every_sequence() -> None:
    with pytest.raises(ValueError, match="no room"):
        Scheduler(width=8, prefixes=1, cells=100, step_tokens=4)
