"""Who may go, who is charged with a death, and who finds no room: without a process."""

import asyncio

import pytest

from inference.answer import Question
from inference.flights import RECENT, SUSPECT_AFTER, Flight, Flights
from inference.judge import JudgeBusy
from inference.ticket import Priority, Ticket
from inference.wire import Ask

QUESTION = Question((1, 2), ("H1",), 0.5, explain=False, reasoning_budget=1)


def flight(ask_id: int, ticket: Ticket | None = None, asked: float = 0.0) -> Flight:
    ask = Ask(id=ask_id, prefix_key="k", prefix=(1,), question=QUESTION, ticket=ticket or Ticket())
    return Flight(ask, asked, asyncio.get_running_loop().create_future())


def in_flight(count: int, queue: int = 100) -> tuple[Flights, list[Flight]]:
    flights, added = Flights(queue), [flight(number) for number in range(count)]
    for each in added:
        flights.add(each)
    return flights, added


def send(flights: Flights, *, taken: bool = True) -> list[int]:
    """Send what may go; returns the ids."""
    going = flights.may_go()
    for each in going:
        each.sent = True
        if taken:
            flights.taken(each.ask.id)
    return [each.ask.id for each in going]


@pytest.mark.parametrize(
    ("queue", "backfill", "live", "interactive"), [(10, 5, 9, 10), (256, 128, 230, 256), (1, 1, 1, 1)]
)
async def test_the_urgent_find_room_where_others_do_not(
    queue: int, backfill: int, live: int, interactive: int
) -> None:
    rooms = {Priority.BACKFILL: backfill, Priority.LIVE: live, Priority.INTERACTIVE: interactive}
    for priority, room in rooms.items():
        flights, _ = in_flight(room - 1, queue)
        flights.check_room(Ticket(priority))
        flights.add(flight(room))
        with pytest.raises(JudgeBusy, match=f"room for {room}"):
            flights.check_room(Ticket(priority))


FLOOD, QUIET = Ticket(tenant=1), Ticket(tenant=2)


def keep_asking(flights: Flights, ticket: Ticket, first: int = 1000) -> list[Flight]:
    """Ask until there is no room."""
    asked: list[Flight] = []
    for number in range(first, first + 10_000):
        try:
            flights.check_room(ticket)
        except JudgeBusy:
            return asked
        asked.append(flight(number, ticket))
        flights.add(asked[-1])
    raise AssertionError("there is no end to the room")


async def test_while_others_ask_a_tenant_may_have_half_of_what_its_priority_may() -> None:
    flights = Flights(100)
    flights.check_room(QUIET)
    assert len(keep_asking(flights, FLOOD)) == 45
    with pytest.raises(JudgeBusy, match="of one tenant"):
        flights.check_room(FLOOD)
    flights.check_room(Ticket(Priority.INTERACTIVE, tenant=1))
    with pytest.raises(JudgeBusy):
        flights.check_room(Ticket(Priority.BACKFILL, tenant=1))
    assert len(keep_asking(flights, QUIET, 2000)) == 45


async def test_a_tenant_that_is_alone_may_have_all_until_another_asks() -> None:
    flights = Flights(100)
    asked = keep_asking(flights, FLOOD)
    assert len(asked) == 90
    with pytest.raises(JudgeBusy):
        flights.check_room(QUIET)
    for one in asked[:46]:
        flights.remove(one)
        flights.remove(one)
        flights.check_room(QUIET)
        if len(flights.open) >= 45:
            with pytest.raises(JudgeBusy):
                flights.check_room(FLOOD)
    flights.check_room(FLOOD)


async def test_one_who_has_not_asked_for_long_leaves_the_other_everything() -> None:
    flights = Flights(100)
    flights.check_room(QUIET)
    for _ in range(RECENT):
        flights.check_room(FLOOD)
    assert len(keep_asking(flights, FLOOD)) == 90


async def test_what_is_settled_but_not_fetched_yet_takes_room() -> None:
    """Its caller has not run yet; it will be gone in a moment, and until then it is memory."""
    flights, (one,) = in_flight(1, queue=1)
    one.answer.cancel()
    with pytest.raises(JudgeBusy):
        flights.check_room(Ticket(Priority.INTERACTIVE))
    flights.remove(one)
    flights.check_room(Ticket(Priority.INTERACTIVE))


async def test_a_deadline_shrinks_by_the_time_already_spent() -> None:
    ticket = Ticket(Priority.BACKFILL, tenant=7, deadline=10.0)
    late = flight(1, ticket, asked=100.0)
    assert late.as_of(104.0).ticket == Ticket(Priority.BACKFILL, 7, 6.0)
    assert late.as_of(111.0).ticket.deadline == 0.0
    assert late.ask.ticket == ticket
    assert flight(2, asked=100.0).as_of(500.0).ticket.deadline is None


async def test_after_a_death_everything_goes_again_in_its_order() -> None:
    flights, _ = in_flight(4)
    assert send(flights) == [0, 1, 2, 3]
    assert send(flights) == []
    assert flights.child_died(charge=True) is None
    assert send(flights) == [0, 1, 2, 3]


async def test_suspects_go_alone_and_first_until_one_is_found() -> None:
    flights, (first, second, _) = in_flight(3)
    for _ in range(SUSPECT_AFTER):
        send(flights)
        flights.child_died(charge=True)
    late = flight(9)
    flights.add(late)
    assert send(flights) == [0]
    assert send(flights) == []
    first.answer.cancel()
    assert send(flights) == [1]
    assert flights.child_died(charge=True) is second


async def test_an_ask_that_the_child_never_had_is_not_charged() -> None:
    """It was written in the milliseconds between the death and its notice."""
    flights, (old,) = in_flight(1)
    send(flights)
    new = flight(1)
    flights.add(new)
    send(flights, taken=False)
    flights.child_died(charge=True)
    assert (old.deaths, new.deaths) == (1, 0)
    assert send(flights) == [0, 1]


async def test_a_child_that_dies_while_it_reads_is_charged_to_what_it_may_have_read() -> None:
    flights, (one,) = in_flight(1)
    for _ in range(SUSPECT_AFTER):
        send(flights, taken=False)
        assert flights.child_died(charge=True) is None
    send(flights, taken=False)
    assert flights.child_died(charge=True) is one


async def test_a_restart_that_was_planned_is_charged_to_nobody() -> None:
    flights, (one,) = in_flight(1)
    for _ in range(5):
        send(flights)
        assert flights.child_died(charge=False) is None
    assert one.deaths == 0
    assert send(flights) == [0]


async def test_an_innocent_that_was_alone_once_is_not_blamed_for_it() -> None:
    flights, (one,) = in_flight(1)
    send(flights)
    assert flights.child_died(charge=True) is None
    assert one.deaths == 1


async def test_the_taken_mark_of_a_dead_child_does_not_count_for_the_next() -> None:
    flights, (old,) = in_flight(1)
    send(flights)
    flights.child_died(charge=True)
    send(flights, taken=False)
    new = flight(1)
    flights.add(new)
    send(flights)
    flights.child_died(charge=True)
    assert (old.deaths, new.deaths) == (1, 1)


async def test_an_answer_finds_only_who_still_waits() -> None:
    flights, (one, two) = in_flight(2)
    one.answer.cancel()
    assert flights.find(0) is None
    assert flights.find(1) is two
    assert flights.find(5) is None
    flights.taken(5)
