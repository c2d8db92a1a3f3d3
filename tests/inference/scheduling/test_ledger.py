from random import Random

from hypothesis import given
from hypothesis import strategies as st

from inference.scheduling.ledger import NOTHING, Cells, Ledger


def ledger(base: int = 100, window: int = 100, *, looks_back: int = 8, step_tokens: int = 16) -> Ledger:
    return Ledger(Cells(base, window), window=looks_back, step_tokens=step_tokens)


def test_a_sequence_holds_all_its_tokens_in_one_cache_and_a_window_and_a_step_in_the_other() -> None:
    book = ledger()
    book.take(book.growing(50))
    assert book.used == Cells(50, 8 + 16)


def test_all_that_grows_shares_one_step() -> None:
    book = ledger(base=1000)
    for _ in range(3):
        book.take(book.growing(50))
    assert book.used == Cells(150, 3 * 8 + 16)


def test_no_more_than_what_is_left_to_feed_is_promised_for_a_step() -> None:
    book = ledger()
    book.take(book.growing(10))
    assert book.used == Cells(10, 8 + 2)


def test_a_compacted_prefix_holds_its_window_and_grows_no_more() -> None:
    book = ledger()
    book.take(book.settled(50))
    assert book.used == Cells(50, 8)


def test_what_is_short_needs_as_many_window_cells_as_it_has_tokens() -> None:
    book = ledger()
    book.take(book.settled(5))
    book.take(book.growing(6))
    assert book.used == Cells(11, 11)


def test_either_cache_can_be_the_one_without_room() -> None:
    book = ledger(base=100, window=40)
    assert book.fits(book.growing(100))
    assert not book.fits(book.growing(101))
    book.take(book.growing(30))
    assert book.fits(book.growing(20) + book.settled(8))
    one_more = book.growing(20) + book.settled(8) + book.settled(1)
    assert not book.fits(one_more)
    assert book.fits(one_more, less=book.growing(30))


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=20),
    st.integers(1, 20),
    st.integers(1, 40),
)
def test_what_fits_the_base_cache_fits_a_window_cache_of_the_same_size(
    parts: list[tuple[bool, int]], looks_back: int, step_tokens: int
) -> None:
    """So a window cache that llama.cpp cuts down to the context's size costs no admission."""
    book = ledger(base=300, window=300, looks_back=looks_back, step_tokens=step_tokens)
    for grows, tokens in parts:
        demand = book.growing(tokens) if grows else book.settled(tokens)
        if book.used.base + tokens <= 300:
            assert book.fits(demand)
            book.take(demand)
    assert book.used.window <= book.used.base


@given(
    st.lists(st.booleans(), min_size=1, max_size=20),
    st.lists(st.integers(0, 500), min_size=20, max_size=20),
    st.integers(1, 30),
    st.integers(1, 60),
)
def test_the_window_cache_as_llama_cpp_sizes_it_holds_whatever_the_slots_hold(
    slots: list[bool], tokens: list[int], looks_back: int, step_tokens: int
) -> None:
    sized = looks_back * len(slots) + step_tokens
    book = ledger(base=10**6, window=sized, looks_back=looks_back, step_tokens=step_tokens)
    for grows, length in zip(slots, tokens, strict=False):
        demand = book.growing(length) if grows else book.settled(length)
        assert book.fits(demand)
        book.take(demand)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 60)), max_size=20), st.randoms())
def test_what_is_given_back_is_all_that_was_taken(parts: list[tuple[bool, int]], order: Random) -> None:
    book = ledger()
    demands = [book.growing(tokens) if grows else book.settled(tokens) for grows, tokens in parts]
    for demand in demands:
        book.take(demand)
    order.shuffle(demands)
    for demand in demands:
        book.give(demand)
    assert book.promised == NOTHING
