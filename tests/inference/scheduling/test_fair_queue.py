import weakref
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from inference.scheduling.fair_queue import AGEING_SECONDS, PASSED_AT_MOST, SHARE_OF_OLD, FairQueue
from inference.scheduling.steps import Sequence
from inference.ticket import Priority, Ticket

INTERACTIVE, LIVE, BACKFILL = Priority


def waiting(
    number: int, priority: Priority = LIVE, tenant: int = 0, cost: int = 100, prefix: str = "p", asked: float = 0.0
) -> Sequence:
    sequence = Sequence(number, prefix, (1, 2), cost, Ticket(priority, tenant))
    sequence.asked = asked
    return sequence


def serve_next(queue: FairQueue, now: float = 0.0) -> Sequence:
    first = next(queue.in_order(now))
    queue.serve(first, first.sequence.reserve)
    return first.sequence


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 500)), min_size=1, max_size=80))
def test_tenants_that_always_wait_are_served_alike_within_two_of_the_largest_costs(
    asked: list[tuple[int, int]],
) -> None:
    """The bound of start-time fair queueing: the largest cost of either of two tenants."""
    queue = FairQueue()
    left = Counter(tenant for tenant, _ in asked)
    for number, (tenant, cost) in enumerate(asked):
        queue.add(waiting(number, tenant=tenant, cost=cost))
    largest = max(cost for _, cost in asked)
    served = dict.fromkeys(left, 0)
    while all(left.values()):
        sequence = serve_next(queue)
        left[sequence.ticket.tenant] -= 1
        served[sequence.ticket.tenant] += sequence.reserve
        assert max(served.values()) - min(served.values()) <= 2 * largest


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_every_tenant_is_served_first_in_first_out_whoever_is_withdrawn(data: st.DataObject) -> None:
    queue = FairQueue()
    everybody: dict[int, Sequence] = {}
    last_served: dict[tuple[Priority, int], int] = {}
    for number in range(data.draw(st.integers(1, 60))):
        action = data.draw(st.sampled_from(["add", "add", "serve", "withdraw"]))
        if action == "add":
            sequence = waiting(
                number,
                data.draw(st.sampled_from(Priority)),
                data.draw(st.integers(0, 2)),
                prefix=data.draw(st.sampled_from("ab")),
            )
            everybody[number] = sequence
            queue.add(sequence)
        elif everybody and action == "withdraw":
            queue.withdraw(everybody.pop(data.draw(st.sampled_from(sorted(everybody)))))
        elif everybody and action == "serve":
            sequence = serve_next(queue)
            key = (sequence.ticket.priority, sequence.ticket.tenant)
            assert sequence.id > last_served.get(key, -1)
            last_served[key] = sequence.id
            del everybody[sequence.id]
        assert len(queue) == len(everybody)
        assert {w.sequence.id for w in queue.in_order(0.0)} <= set(everybody)
        assert all(sequence in queue for sequence in everybody.values())
        for priority in Priority:
            assert queue.count(priority) == sum(s.ticket.priority is priority for s in everybody.values())
        for prefix in "ab":
            assert queue.wants(prefix) == sum(s.prefix_key == prefix for s in everybody.values())


def test_a_tenant_that_comes_late_has_no_claim_to_the_past() -> None:
    queue = FairQueue()
    for number in range(30):
        queue.add(waiting(number, tenant=1))
    for _ in range(20):
        serve_next(queue)
    for number in range(100, 110):
        queue.add(waiting(number, tenant=2))
    assert [serve_next(queue).ticket.tenant for _ in range(6)] in ([2, 1] * 3, [1, 2] * 3)


def test_what_was_charged_too_much_is_given_back() -> None:
    queue = FairQueue()
    for number in range(10):
        queue.add(waiting(number, tenant=1, cost=1000))
        queue.add(waiting(100 + number, tenant=2, cost=100))
    turns = Counter[int]()
    for _ in range(10):
        sequence = serve_next(queue)
        turns[sequence.ticket.tenant] += 1
        queue.give_back(sequence, sequence.reserve - 100)
    assert turns == {1: 5, 2: 5}


def test_the_oldest_of_each_prefix_is_a_candidate_in_the_order_of_arrival() -> None:
    queue = FairQueue()
    for number, prefix in enumerate("aababc"):
        queue.add(waiting(number, prefix=prefix))
    assert [candidate.sequence.id for candidate in queue.in_order(0.0)] == [0, 2, 5]
    serve_next(queue)
    serve_next(queue)
    assert [candidate.sequence.id for candidate in queue.in_order(0.0)] == [2, 3, 5]


def test_one_that_comes_back_is_before_all_of_its_priority_and_costs_nothing() -> None:
    queue = FairQueue()
    queue.add(waiting(0, INTERACTIVE))
    for number in (1, 2, 3):
        queue.add(waiting(number, tenant=number))
    newer, older = waiting(8, tenant=9, asked=7.0), waiting(9, tenant=9, asked=3.0)
    queue.put_back(newer)
    queue.put_back(older)
    order = [serve_next(queue).id for _ in range(6)]
    assert order == [0, 9, 8, 1, 2, 3]


def test_an_old_lower_priority_is_due_after_few_admissions_of_others() -> None:
    queue = FairQueue()
    for number in range(30):
        queue.add(waiting(number, INTERACTIVE, asked=1e9))
    queue.add(waiting(100, BACKFILL))
    now = AGEING_SECONDS[BACKFILL] + 1
    order = [serve_next(queue, now).id for _ in range(SHARE_OF_OLD)]
    assert order.index(100) == PASSED_AT_MOST


def test_a_young_lower_priority_waits_for_all_the_others() -> None:
    queue = FairQueue()
    for number in range(30):
        queue.add(waiting(number, LIVE))
    queue.add(waiting(100, BACKFILL, asked=5.0))
    now = AGEING_SECONDS[BACKFILL]
    assert [serve_next(queue, now).id for _ in range(31)][-1] == 100


def test_age_is_that_of_the_oldest_who_still_waits() -> None:
    queue = FairQueue()
    old, young = waiting(100, BACKFILL), waiting(101, BACKFILL, asked=1000.0)
    queue.add(old)
    queue.add(young)
    for number in range(30):
        queue.add(waiting(number, LIVE, asked=1000.0))
    queue.withdraw(old)
    assert 101 not in [serve_next(queue, 1000.0).id for _ in range(30)]


class Traced(Sequence):
    """Tells by a weak reference whether anybody holds it."""

    __slots__ = ("__weakref__",)


def test_of_those_who_were_served_or_withdrawn_nothing_is_kept() -> None:
    """With one priority alone in use, too: nobody asks how old the others are then."""
    queue = FairQueue()
    held = []
    for number in range(300):
        sequence = Traced(number, "p", (1, 2), 100, Ticket())
        held.append(weakref.ref(sequence))
        queue.add(sequence)
        if number % 3:
            queue.serve(next(queue.in_order(0.0)), 100)
            queue.give_back(sequence, 40)
        else:
            queue.withdraw(sequence)
    del sequence
    assert [reference for reference in held if reference()] == []
