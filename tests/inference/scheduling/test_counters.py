"""What is counted is what is sent."""

import pytest
from pydantic import ValidationError

from inference.scheduling.counters import ByPriority, Counters, Counts, Tally
from inference.scheduling.ledger import Cells


@pytest.mark.parametrize("name", Counts.model_fields)
def test_every_count_is_sent_under_its_own_name(name: str) -> None:
    tally = Tally()
    setattr(tally, name, 7)
    sent = tally.counters(waiting=[0, 0, 0], running=0, used=Cells(0, 0))
    assert {field for field, number in sent if number == 7} == {name}


def test_what_is_counted_by_priority_and_what_is_in_use_now_is_sent_too() -> None:
    tally = Tally(admitted=[1, 2, 3], last_running=9)
    sent = tally.counters(waiting=[4, 5, 6], running=7, used=Cells(8, 10))
    assert sent.admitted == ByPriority(interactive=1, live=2, backfill=3)
    assert sent.waiting == ByPriority(interactive=4, live=5, backfill=6)
    assert (sent.running, sent.base_cells, sent.window_cells) == (7, 8, 10)


def test_what_is_sent_does_not_change_any_more() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Counters().steps += 1
