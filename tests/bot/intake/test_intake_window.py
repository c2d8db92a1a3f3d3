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


def test_a_message_that_began_twice_has_to_pass_twice() -> None:
    window = IntakeWindow()
    for message in (10, 11, 10):
        window.begin(1, 5, message)
    window.passed(1, 5, 11)
    window.passed(1, 5, 10)
    assert marks(window) == {}
    assert window.is_under_way(1, 5, 10)
    window.passed(1, 5, 10)
    assert marks(window) == {5: 11}


def test_a_held_channel_rises_to_its_hold_and_no_further_until_it_is_released() -> None:
    window = IntakeWindow()
    window.hold(1, 5, 10)
    window.begin(1, 5, 14)
    window.passed(1, 5, 14)
    assert marks(window) == {5: 10}
    window.hold(1, 5, 12)
    assert marks(window) == {5: 12}
    window.release(1, 5)
    assert marks(window) == {5: 14}


def test_a_hold_at_a_message_that_is_under_way_keeps_the_mark_below_it() -> None:
    window = IntakeWindow()
    window.begin(1, 5, 10)
    window.hold(1, 5, 10)
    assert marks(window) == {5: 9}
    window.passed(1, 5, 10)
    assert marks(window) == {5: 10}


def test_a_message_that_never_passes_costs_no_memory_for_those_that_do() -> None:
    window = IntakeWindow()
    window.begin(1, 5, 1)
    for message in range(2, 10_000):
        window.begin(1, 5, message)
        window.passed(1, 5, message)
    (channel,) = window._channels.values()
    assert len(channel.under_way) == len(channel.begun) == 1
    assert len(channel.tops) == 2
    window.passed(1, 5, 1)
    assert marks(window) == {5: 9_999}


def test_nothing_that_passes_later_raises_a_mark_of_a_forgotten_channel_or_guild() -> None:
    window = IntakeWindow()
    for channel in (5, 6):
        window.begin(1, channel, 10)
    window.begin(1, 5, 9)
    window.passed(1, 5, 9)
    window.forget(1, 5)
    window.passed(1, 5, 10)
    assert marks(window) == {}
    window.forget(1)
    window.passed(1, 6, 10)
    assert marks(window) == {}


def test_marks_of_a_paused_guild_wait_until_it_is_resumed() -> None:
    window = IntakeWindow()
    for guild in (1, 2):
        window.begin(guild, 5 + guild, 10)
        window.passed(guild, 5 + guild, 10)
    window.pause(1)
    assert marks(window) == {7: 10}
    window.resume(1)
    assert marks(window) == {6: 10}
    window.hold(1, 6, 20)
    window.pause_all()
    assert marks(window) == {}


def test_no_mark_is_handed_out_above_what_was_heard_of_its_guild() -> None:
    window = IntakeWindow()
    window.hear(1, 12)
    window.hold(1, 5, 20)
    assert marks(window) == {5: 12}
    window.hear(1, 30)
    assert marks(window) == {5: 20}


def test_marks_of_a_guild_that_was_forgotten_meanwhile_do_not_come_back() -> None:
    window = IntakeWindow()
    window.hold(1, 5, 10)
    raised = window.take_raised()
    window.forget(1)
    window.put_back(raised)
    assert marks(window) == {}


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
