"""Random samples out of channels' histories, and the judge's word beside them."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.records.labels import KnownText, Label, LabelSource, Stratum
from bot.trials.drawing import WEEK, Stretch, drawn, mixed, random_moment, weight_of_page
from bot.trials.samples import SampleJudging
from inference.ticket import Priority
from policies.verdict import Verdict
from tests.bot.adapters import GUILD, TermJudge, make_message, make_policy
from tests.bot.trials.trial_samples import known, label

NOW = datetime(2030, 1, 8, tzinfo=UTC)


def stretch(first: int, count: int, weight: float = 1.0) -> Stretch:
    return Stretch(tuple(make_message(first + number) for number in range(count)), weight)


def test_every_message_is_drawn_once_however_often_it_was_found():
    found = drawn([stretch(1, 5), stretch(3, 5, weight=2.0)], Random(1))
    assert sorted(message.id for message in found) == list(range(1, 8))


def test_messages_come_as_often_as_their_weight_says():
    dice, first = Random(2), Counter[bool]()
    for _ in range(2_000):
        first[drawn([stretch(1, 10), stretch(100, 10, weight=3.0)], dice)[0].id >= 100] += 1
    assert first[True] / 2_000 == pytest.approx(0.75, abs=0.04)


def test_a_flood_does_not_hide_behind_its_few_seconds():
    """A page that covers seconds is seldom hit: what is on it counts for all that was not hit."""
    assert weight_of_page(timedelta(days=7), pages=1) == 1.0
    assert weight_of_page(timedelta(hours=1), pages=2) == pytest.approx(84.0)
    assert weight_of_page(timedelta(0), pages=1) == WEEK / timedelta(seconds=1)


def test_a_moment_lies_within_the_week():
    moments = [random_moment(NOW, Random(seed)) for seed in range(50)]
    assert all(NOW - WEEK <= moment <= NOW for moment in moments)
    assert max(moments) - min(moments) > timedelta(days=5)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(1, 20))
def test_as_many_are_handed_out_as_there_are_half_of_each_kind_where_possible(
    cleared: int, unflagged: int, wanted: int
):
    one, other = mixed(cleared, unflagged, wanted)
    assert one <= cleared
    assert other <= unflagged
    assert one + other == min(wanted, cleared + unflagged)
    if min(cleared, unflagged) >= wanted:
        assert abs(one - other) <= 1


class SampleShelf:
    """Samples that wait for the judge's word."""

    def __init__(self, *texts: KnownText) -> None:
        self.waiting = list(texts)
        self.noted: list[tuple[int, bool | None]] = []

    async def unjudged_samples(self, limit: int) -> list[KnownText]:
        return self.waiting[:limit]

    async def note_verdict(self, of: Label, verdict: Verdict | None) -> None:
        self.waiting = [text for text in self.waiting if text.label is not of]
        self.noted.append((of.message_id, verdict.violation if verdict else None))


def sample(number: int, text: str, policy_id: str = "harassment") -> KnownText:
    of = label(number, source=LabelSource.SAMPLE, stratum=Stratum.UNFLAGGED)
    return known(number, text, of=Label(**{**_fields(of), "policy_id": policy_id}))


def _fields(of: Label) -> dict[str, object]:
    return {name: getattr(of, name) for name in Label.__slots__}


def judging(shelf: SampleShelf, judge: TermJudge) -> SampleJudging:
    policy = make_policy()
    return SampleJudging(shelf, judge, lambda _: {policy.id: policy})  # type: ignore[arg-type]


async def test_the_judges_word_is_put_beside_every_sample_with_the_least_urgent_ticket():
    shelf, judge = SampleShelf(sample(1, "you loser"), sample(2, "hello"), sample(3, "odd")), TermJudge()
    judge.unanswerable.add("odd")
    await judging(shelf, judge).catch_up()
    assert shelf.noted == [(1, True), (2, False), (3, None)]
    assert {(ticket.priority, ticket.tenant) for ticket in judge.tickets} == {(Priority.BACKFILL, GUILD)}


async def test_a_policy_that_is_gone_does_not_hold_up_the_others():
    gone = [sample(number, "you loser", policy_id="gone") for number in range(1, 30)]
    shelf = SampleShelf(*gone, sample(50, "hello"))
    await asyncio.wait_for(judging(shelf, TermJudge()).catch_up(), 5)
    assert shelf.noted == [(50, False)]


async def test_it_looks_again_when_it_is_stirred():
    shelf = SampleShelf()
    work = judging(shelf, TermJudge())
    running = asyncio.create_task(work.run())
    await asyncio.sleep(0)
    shelf.waiting.append(sample(1, "hello"))
    work.stir()
    async with asyncio.timeout(5):
        while not shelf.noted:  # noqa: ASYNC110 - the shelf has no event
            await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
