"""The way to a rule id: every id can be reached, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.rule_path import RulePath

CLOSE, MORE = 1000, 1001


def letters(rule_id: str) -> tuple[int, ...]:
    return tuple(map(ord, rule_id))


def path_among(*rule_ids: str) -> RulePath:
    return RulePath(rule_ids, letters, (CLOSE, MORE))


def test_at_a_fork_all_ways_are_allowed_in_the_order_of_their_tokens() -> None:
    path = path_among("Q", "H2", "H1")
    assert path.allowed == (ord("H"), ord("Q"))
    assert path.take(ord("H"))
    assert path.allowed == (ord("1"), ord("2"))


def test_an_id_that_begins_another_may_end_or_go_on() -> None:
    path = path_among("H1", "H12")
    assert path.take(ord("H"))
    assert path.take(ord("1"))
    assert path.allowed == (ord("2"), CLOSE, MORE)
    assert not path.take(MORE)
    assert path.rule_id == "H1"


def test_an_id_that_begins_no_other_ends_by_itself() -> None:
    path = path_among("H1", "H12")
    assert all(path.take(token) for token in letters("H12"))
    assert path.allowed == ()
    assert path.rule_id == "H12"


def test_before_its_end_there_is_no_id() -> None:
    path = path_among("H1")
    assert path.take(ord("H"))
    with pytest.raises(KeyError):
        _ = path.rule_id


@given(st.sets(st.text("ABC", min_size=1, max_size=4), min_size=1, max_size=8), st.data())
def test_whatever_is_chosen_leads_to_one_of_the_ids(rule_ids: set[str], data: st.DataObject) -> None:
    path = path_among(*rule_ids)
    taken: list[int] = []
    while allowed := path.allowed:
        token = data.draw(st.sampled_from(allowed))
        if not path.take(token):
            assert token in {CLOSE, MORE}
            break
        taken.append(token)
    assert path.rule_id in rule_ids
    assert letters(path.rule_id) == tuple(taken)
    assert allowed or not any(other != path.rule_id and other.startswith(path.rule_id) for other in rule_ids)
