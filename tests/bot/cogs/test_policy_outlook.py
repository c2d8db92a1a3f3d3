from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cogs.budget import EMBED_TOTAL, FIELD_VALUE
from bot.cogs.policy_outlook import outlook_fields, share
from bot.cogs.policy_pages import show_page
from bot.cogs.safe_text import units
from bot.gate.outlook import Outlook, Stop
from inference.prefilter.budget.audit import Tally, estimate
from inference.prefilter.budget.recall import Seen
from policies.starter import starter_policies

CALM = Outlook(
    messages=1500.0,
    flagged=0.061,
    forced=0.012,
    flag_rate=0.05,
    part=1.0,
    stop=None,
    seen=Seen(violating=48, violating_of=50, allowed=0, allowed_of=12, threshold_wanted=1.4),
    rate_for_recall=0.04,
    tally=Tally(),
    misses=None,
    audits=True,
    knows_language=True,
)


def said(outlook: Outlook | None) -> str:
    return "\n".join(line for lines in outlook_fields(outlook).values() for line in lines)


def some_seen(violating: int, missed: int, allowed: int, cleared: int) -> Seen:
    return Seen(violating, violating + missed, allowed, allowed + cleared, 1.0)


def audited(**counts: int) -> Outlook:
    tally = Tally(**counts)
    return replace(CALM, tally=tally, misses=estimate(tally))


def test_a_policy_that_does_well_is_told_in_a_few_lines() -> None:
    text = said(CALM)
    for words in (
        "6.1% of messages lately; 1.2% by keywords",
        "Likeness may flag 5.0%",
        "sees 48 of 50 violations",
        "at least 88% of messages like these (95% sure)",
        "Unknown: no random check was answered yet",
    ):
        assert words in text
    assert "conflict" not in text
    assert "keep up" not in text
    assert len(text) < 500


@pytest.mark.parametrize("messages", [0.0, 1500.0])
def test_a_policy_that_leaves_nothing_to_likeness_is_not_advised_to_flag_more(messages: float) -> None:
    few = Seen(violating=0, violating_of=10, allowed=0, allowed_of=9, threshold_wanted=6.0)
    text = said(replace(CALM, seen=few, rate_for_recall=0.9, flag_rate=1e-9, messages=messages, stop=Stop.LOWER))
    assert "Likeness flags nothing" in text
    assert "are not tested" in text
    assert ("1.2% of messages lately, by exact matches" in text) is bool(messages)
    assert "conflict" not in text
    assert "higher `flag_rate`" not in text


def test_a_conflict_says_what_recall_would_cost_and_what_helps() -> None:
    few = Seen(violating=7, violating_of=10, allowed=3, allowed_of=9, threshold_wanted=0.6)
    text = said(replace(CALM, seen=few, rate_for_recall=0.24))
    for words in (
        "to see 9 in 10 violations, likeness would have to flag 24% of messages",
        "looks alike, keywords for what is missed, a higher `flag_rate`",
        "flag 3 of 9 allowed examples",
        "Fewer than 29 examples prove little",
    ):
        assert words in text


def test_a_cut_is_put_down_to_the_model() -> None:
    assert "cannot keep up with all servers: at the moment likeness may flag 2.0% only" in said(
        replace(CALM, part=0.4)
    )


@pytest.mark.parametrize(
    ("stop", "words"), [(Stop.UPPER, "unusually many messages look suspicious"), (Stop.LOWER, "few messages look")]
)
def test_a_share_that_is_not_the_wanted_one_is_explained(stop: Stop, words: str) -> None:
    assert words in said(replace(CALM, stop=stop))
    assert words not in said(replace(CALM, stop=stop, messages=20.0))


def test_what_is_not_known_yet_is_said_to_be_unknown() -> None:
    assert "Too few messages yet" in said(replace(CALM, messages=3.0))
    assert "random checks are turned off" in said(replace(CALM, audits=False))
    assert "no examples of violations" in said(replace(CALM, seen=None))
    assert "not in force" in said(None)


def test_misses_are_told_with_their_interval() -> None:
    text = said(audited(looked_at=12_000, flagged=600, confirmed=90, drawn=60, cleared=56, missed=1, unsure=3))
    for words in (
        "57 messages that nothing suspected, 1 violation.\n3 answers could not be read",
        "about 200 of 11400 were missed (between",
        "of all violations are flagged",
    ):
        assert words in text
    crashed = said(audited(looked_at=0, drawn=2, cleared=1, missed=1))
    assert "2 messages that nothing suspected, 1 violation." in crashed
    assert "about 1 of 2 were missed" in crashed, "a crash loses the last minute's messages, not their checks"
    assert "all violations" not in said(audited(looked_at=100, drawn=5, cleared=5)), "none was ever seen"


@pytest.mark.parametrize(
    ("part", "words"),
    [(0, "0.0%"), (1e-5, "under 0.1%"), (0.0123, "1.2%"), (0.0996, "10%"), (0.5, "50%"), (1, "100%")],
)
def test_shares_have_as_many_digits_as_matter(part: float, words: str) -> None:
    assert share(part) == words


@settings(max_examples=25, deadline=None)
@given(
    st.builds(
        Outlook,
        messages=st.floats(0, 1e9),
        flagged=st.floats(0, 1),
        forced=st.floats(0, 1),
        flag_rate=st.floats(1e-9, 1),
        part=st.floats(0, 1),
        stop=st.sampled_from([None, *Stop]),
        seen=st.builds(some_seen, *[st.integers(0, 200)] * 4),
        rate_for_recall=st.floats(0, 1),
        tally=st.builds(Tally, *[st.integers(0, 10**9)] * 7),
        misses=st.just(None),
        audits=st.booleans(),
    )
)
def test_whatever_is_told_fits_on_the_page(outlook: Outlook) -> None:
    whole = replace(outlook, misses=estimate(outlook.tally))
    assert all(units("\n".join(lines)) <= FIELD_VALUE for lines in outlook_fields(whole).values())
    assert len(show_page(starter_policies()["harassment"], b"", (), whole).embed) <= EMBED_TOTAL
