import random

from hypothesis import given
from hypothesis import strategies as st

from bot.intake.window import IntakeWindow


def marks(window: IntakeWindow) -> dict[int, int]:
    return {channel: mark for channels in window.take_raised().values() for channel, mark in channels.items()}


def test_the_mark_stops_below_the_lowest_message_that_is_under_way() -> None:
    window = IntakeWindow()
    for message in (10, 11, 12):
        window.begin(1, 5, message)
    window.passed(1, 5, 12)
    assert marks(window) == {}
    window.passed(1, 5, 10)
    assert marks(window) == {5: 10}
    window.passed(1, 5, 11)
    assert marks(window) == {5: 12}


def test_an_edit_of_an_old_message_lowers_no_mark() -> None:
    window = IntakeWindow()
    for message in (10, 3):
        window.begin(1, 5, message)
        window.passed(1, 5, message)
    assert marks(window) == {5: 10}


def test_a_message_that_failed_holds_the_mark_until_it_passes() -> None:
    window = IntakeWindow()
    window.begin(1, 5, 10)
    window.begin(1, 5, 11)
    window.passed(1, 5, 11)
    assert marks(window) == {}
    window.begin(1, 5, 10)
    window.passed(1, 5, 10)
    assert marks(window) == {5: 11}


def test_marks_that_could_not_be_stored_come_again() -> None:
    window = IntakeWindow()
    window.begin(1, 5, 10)
    window.passed(1, 5, 10)
    raised = window.take_raised()
    window.put_back(raised)
    assert marks(window) == {5: 10}
    assert marks(window) == {}


@given(st.integers(0, 2**32), st.integers(1, 40))
def test_in_any_order_the_mark_is_the_highest_id_below_everything_under_way(seed: int, count: int) -> None:
    chance = random.Random(seed)
    window, under_way, passed, mark = IntakeWindow(), set[int](), set[int](), 0
    arriving = sorted(chance.sample(range(1, 500), count))
    while arriving or under_way:
        if arriving and (not under_way or chance.random() < 0.5):
            message = arriving.pop(0)
            window.begin(1, 5, message)
            under_way.add(message)
        else:
            message = chance.choice(sorted(under_way))
            window.passed(1, 5, message)
            under_way.remove(message)
            passed.add(message)
        mark = marks(window).get(5, mark)
        floor = min(under_way, default=10**9)
        assert mark == max((message for message in passed if message < floor), default=0)
