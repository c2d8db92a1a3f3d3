from inference.scheduling.deadlines import SLACK, Deadlines
from inference.scheduling.steps import Sequence
from inference.ticket import Ticket


def sequence(number: int, deadline: float | None, asked: float = 0.0) -> Sequence:
    made = Sequence(number, "p", (), 1, Ticket(deadline=deadline))
    made.asked = asked
    return made


def test_those_whose_deadline_has_passed_are_told_once_the_earliest_first() -> None:
    deadlines = Deadlines()
    late, early, later = sequence(1, 5.0), sequence(2, 1.0, asked=2.0), sequence(3, 50.0)
    for each in (late, early, later, sequence(4, None)):
        deadlines.add(each)
    assert deadlines.pop_passed(2.9) == ()
    assert deadlines.pop_passed(5.0) == (early, late)
    assert deadlines.pop_passed(5.0) == ()
    assert deadlines.pop_passed(1e9) == (later,)


def test_those_who_are_gone_are_not_told() -> None:
    deadlines = Deadlines()
    gone = sequence(1, 5.0)
    deadlines.add(gone)
    deadlines.remove(gone)
    deadlines.remove(gone)
    assert deadlines.pop_passed(10.0) == ()


def test_memory_does_not_grow_with_those_who_are_gone() -> None:
    deadlines = Deadlines()
    for number in range(5_000):
        passing = sequence(number, 86_400.0)
        deadlines.add(passing)
        deadlines.remove(passing)
    assert len(deadlines._heap) <= SLACK + 1
