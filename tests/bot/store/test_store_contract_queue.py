"""The queue, room for cards and decisions about many cases, as every `Store` keeps them."""

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.case import Action, CaseState, Report, ReportKind
from bot.likeness import are_alike, bands
from bot.ports import Store, UnknownCase
from bot.records.reports import Alike, BulkExtent, ItemEnd, QueueClaims, QueueOrder, QueueView
from bot.store import queue_rows
from policies.policy import Effort, Mode, Policy, Rule, Severity
from policies.verdict import FirstLook, Verdict
from tests.bot.store.samples import GUILD, START, Clock, message, suspected, verdict
from tests.bot.store.steps import claimed, ended, opened

ADA, BOB = 900, 901
GRAVITIES = {f"R{number}": severity for number, severity in enumerate(Severity)}


def graded(mode: Mode = Mode.LIVE, policy_id: str = "graded") -> Policy:
    rules = tuple(Rule(id=name, text="Something.", severity=severity) for name, severity in GRAVITIES.items())
    return Policy(id=policy_id, title="Graded", goal="To grade.", rules=rules, mode=mode)


def found(severity: Severity, probability: float = 0.95, **fields: object) -> Verdict:
    (rule,) = (name for name, each in GRAVITIES.items() if each is severity)
    changes = {"rule_ids": (rule,), "probability": probability} | fields
    return verdict(True).model_copy(update=changes)


async def graver(store: Store, message_id: int, severity: Severity, text: str = "", **fields: object) -> int:
    """An open case of this severity."""
    case_id = await store.record(suspected(message_id, text or f"text {message_id}", policies=("graded",)))
    assert case_id is not None
    await store.finish(await claimed(store), found(severity, **fields))  # type: ignore[arg-type]
    return case_id


@pytest.fixture
async def queue(store: Store) -> Store:
    await store.keep_policy(GUILD, graded())
    return store


async def listed(store: Store, **fields: object) -> list[int]:
    view = QueueView(GUILD, ADA, **fields)  # type: ignore[arg-type]
    return [case.id for case in (await store.queue_page(view, 0, 50)).cases]


class TestOrder:
    async def test_the_gravest_come_first_and_among_equals_the_oldest(self, queue: Store) -> None:
        low, first, critical, second = [
            await graver(queue, 100 + number, severity)
            for number, severity in enumerate([Severity.LOW, Severity.HIGH, Severity.CRITICAL, Severity.HIGH])
        ]
        assert await listed(queue) == [critical, first, second, low]
        assert await listed(queue, order=QueueOrder.AGE) == [low, first, critical, second]

    async def test_what_is_on_the_edge_is_disputed_most(self, queue: Store) -> None:
        sure = await graver(queue, 100, Severity.LOW, probability=0.99)
        edge = await graver(queue, 101, Severity.LOW, probability=0.52)
        contradicted = await graver(
            queue, 102, Severity.LOW, first_look=FirstLook(effort=Effort.LOW, probability=0.3, tokens=1)
        )
        assert await listed(queue, order=QueueOrder.DISAGREEMENT) == [contradicted, edge, sure]

    async def test_a_later_verdict_moves_a_case_up(self, queue: Store) -> None:
        await queue.keep_policy(GUILD, graded(policy_id="second"))
        case_id = await queue.record(suspected(100, policies=("graded", "second")))
        other = await graver(queue, 101, Severity.HIGH) if case_id is None else None
        await queue.finish(await claimed(queue), found(Severity.LOW))
        assert other is None
        await queue.finish(await claimed(queue), found(Severity.CRITICAL))
        assert (await queue.waiting_cases(GUILD)).by_severity == {Severity.CRITICAL: 1}

    async def test_pages_follow_each_other(self, queue: Store) -> None:
        ids = [await graver(queue, 100 + number, Severity.LOW) for number in range(5)]
        view = QueueView(GUILD, ADA)
        pages = [await queue.queue_page(view, offset, 2) for offset in (0, 2, 4, 6)]
        assert [case.id for page in pages for case in page.cases] == ids
        assert {page.waiting.total for page in pages} == {5}


class TestFilters:
    async def test_what_only_a_shadow_found_does_not_wait_for_people(self, queue: Store) -> None:
        await queue.keep_policy(GUILD, graded(Mode.SHADOW))
        await graver(queue, 100, Severity.HIGH)
        assert await listed(queue) == []
        assert (await queue.waiting_cases(GUILD)).total == 0

    async def test_a_decided_case_does_not_wait(self, queue: Store) -> None:
        case_id = await graver(queue, 100, Severity.HIGH)
        await ended(queue, case_id, Action.DISMISS)
        assert await listed(queue) == []

    async def test_a_hidden_channel_is_not_shown_and_not_counted(self, queue: Store) -> None:
        await graver(queue, 100, Severity.HIGH)
        page = await queue.queue_page(QueueView(GUILD, ADA, hidden=frozenset({message().channel_id})), 0, 5)
        assert (page.cases, page.waiting.total) == ((), 0)

    async def test_a_thread_is_hidden_with_its_channel(self, queue: Store) -> None:
        in_thread = suspected(100, policies=("graded",))
        written = in_thread.message.model_copy(update={"channel_id": 50, "parent_id": 5})
        await queue.record(in_thread.model_copy(update={"message": written}))
        await queue.finish(await claimed(queue), found(Severity.LOW))
        assert len(await listed(queue)) == 1
        assert await listed(queue, hidden=frozenset({5})) == []

    async def test_claims_and_policies_narrow_it_down(self, queue: Store) -> None:
        mine, theirs, free = [await graver(queue, 100 + number, Severity.LOW) for number in range(3)]
        other = await opened(queue, 110)
        await queue.take_on(mine, ADA, START)
        await queue.take_on(theirs, BOB, START)
        assert await listed(queue, claims=QueueClaims.MINE) == [mine]
        assert set(await listed(queue, claims=QueueClaims.UNCLAIMED)) == {free, other}
        assert await listed(queue, policy_id="harassment") == [other]

    async def test_another_guilds_cases_are_its_own(self, queue: Store) -> None:
        await graver(queue, 100, Severity.HIGH)
        assert (await queue.queue_page(QueueView(GUILD + 1, ADA), 0, 5)).cases == ()


class TestTaking:
    async def test_only_the_first_gets_a_free_case(self, queue: Store) -> None:
        case_id = await graver(queue, 100, Severity.HIGH)
        assert await queue.take_free(case_id, ADA, START)
        assert not await queue.take_free(case_id, BOB, START)
        holder = (await queue.case(case_id)).holder
        assert holder is not None
        assert holder.moderator_id == ADA

    async def test_a_case_that_is_not_open_or_not_there_is_not_taken(self, queue: Store) -> None:
        case_id = await graver(queue, 100, Severity.HIGH)
        await ended(queue, case_id, Action.DISMISS)
        assert not await queue.take_free(case_id, ADA, START)
        assert not await queue.take_free(999, ADA, START)
        assert not await queue.take_free(2**70, ADA, START)


class TestRoom:
    async def test_cards_are_held_until_they_are_begun_and_hang_until_somebody_decides(
        self, queue: Store, clock: Clock
    ) -> None:
        low = await graver(queue, 100, Severity.LOW)
        critical = await graver(queue, 101, Severity.CRITICAL)
        assert (await queue.held_cards(GUILD)).by_severity == {Severity.LOW: 1, Severity.CRITICAL: 1}
        for case_id in (low, critical):
            await queue.begin_card(case_id, 5)
            await queue.card_shown(case_id, 9, 70 + case_id)
        clock.pass_by(timedelta(seconds=30))
        posted = await queue.posted_cards(GUILD, START, START)
        assert (await queue.held_cards(GUILD)).total == 0
        assert (posted.lately, posted.lately_critical) == ((START,), (START,))
        assert (posted.hanging, posted.hanging_critical) == (1, 1)
        await ended(queue, low, Action.DISMISS)
        later = await queue.posted_cards(GUILD, clock.now, START)
        assert (later.lately, later.hanging, later.hanging_critical) == ((), 0, 1)

    async def test_owed_cards_come_gravest_first(self, queue: Store) -> None:
        low, critical = await graver(queue, 100, Severity.LOW), await graver(queue, 101, Severity.CRITICAL)
        assert [case.id for case in await queue.cards_owed(GUILD, 5)] == [critical, low]

    async def test_the_line_keeps_its_place_until_it_is_forgotten(self, store: Store, clock: Clock) -> None:
        assert await store.queue_line(GUILD) is None
        await store.begin_queue_line(GUILD, 5)
        clock.pass_by(timedelta(minutes=1))
        await store.begin_queue_line(GUILD, 5)  # unconfirmed: it keeps the time of its first try
        begun = await store.queue_line(GUILD)
        assert begun is not None
        assert (begun.channel_id, begun.begun_at, begun.message_id) == (5, START, None)
        await store.queue_line_shown(GUILD, 77)
        assert await store.guilds_with_queue_line() == [GUILD]
        await store.forget_queue_line(GUILD)
        assert await store.queue_line(GUILD) is None


SPAM = "free nitro for everyone, click this link now and get three months of it for nothing"


def _candidates() -> Iterator[tuple[str, str]]:
    """Pairs of texts that share a fingerprint and are not alike."""
    rng = random.Random(7)
    while True:
        words = [f"word{rng.randrange(10**6)}" for _ in range(30)]
        one, other = " ".join(words), " ".join([*words[:25], *(f"other{number}" for number in range(5))])
        # as they are stored: with the names of what is attached
        texts = [message(100, text).text for text in (one, other)]
        if not set(bands(texts[0])).isdisjoint(bands(texts[1])) and not are_alike(*texts):
            yield one, other


class TestAlike:
    async def test_texts_are_alike_through_disguises_and_small_changes(self, queue: Store) -> None:
        first = await graver(queue, 100, Severity.LOW, SPAM)
        second = await graver(queue, 101, Severity.LOW, f"FREE nitr0 {SPAM.removeprefix('free nitro ')}!!")
        await graver(queue, 102, Severity.LOW, "something else that nobody would take for the same text at all")
        extent = await queue.alike(first, Alike.TEXT)
        assert extent.case_ids == (first, second)
        assert (extent.messages, extent.channels, extent.authors) == (2, 1, 1)

    @pytest.mark.parametrize("by", Alike)
    async def test_a_flood_is_not_gone_through_to_its_end_and_that_is_said(
        self, queue: Store, monkeypatch: pytest.MonkeyPatch, by: Alike
    ) -> None:
        ids = [await graver(queue, 100 + number, Severity.LOW, f"{SPAM} {number}") for number in range(4)]
        assert await queue.alike(ids[0], by) == BulkExtent(tuple(ids), 4, 1, 1)
        monkeypatch.setattr(queue_rows, "MOST_ALIKE", 3)
        assert await queue.alike(ids[0], by) == BulkExtent(tuple(ids[:3]), 3, 1, 1, more=True)

    async def test_candidates_that_only_share_a_fingerprint_are_not_taken(self, queue: Store) -> None:
        one, other = next(_candidates())
        first = await graver(queue, 100, Severity.LOW, one)
        await graver(queue, 101, Severity.LOW, other)
        assert (await queue.alike(first, Alike.TEXT)).case_ids == (first,)

    async def test_the_same_authors_open_cases_are_taken_together(self, queue: Store) -> None:
        first, second = await graver(queue, 100, Severity.LOW), await graver(queue, 101, Severity.LOW)
        stranger = await queue.record(suspected(102, "and more", policies=("graded",), author_id=56))
        await queue.finish(await claimed(queue), found(Severity.LOW))
        assert stranger is not None
        assert (await queue.alike(first, Alike.AUTHOR)).case_ids == (first, second)

    async def test_decided_and_hidden_cases_and_deleted_messages_are_left_out(self, queue: Store) -> None:
        first = await graver(queue, 100, Severity.LOW, SPAM)
        second = await graver(queue, 101, Severity.LOW, SPAM + " please")
        third = await graver(queue, 102, Severity.LOW, SPAM + " now")
        await ended(queue, second, Action.DISMISS)
        await queue.note_deletion(GUILD, [102], START)
        extent = await queue.alike(first, Alike.TEXT)
        assert (extent.case_ids, extent.messages) == ((first, third), 1)
        assert (await queue.alike(first, Alike.AUTHOR, frozenset({5}))).case_ids == ()

    async def test_an_unknown_case_is_like_nothing(self, store: Store) -> None:
        for number in (999, 2**70):
            with pytest.raises(UnknownCase):
                await store.alike(number, Alike.TEXT)


class TestBulk:
    async def test_what_is_noted_waits_until_each_case_has_ended(self, queue: Store) -> None:
        ids = tuple([await graver(queue, 100 + number, Severity.LOW) for number in range(3)])
        bulk = await queue.begin_bulk(GUILD, ADA, Action.DISMISS, ids, START)
        assert (bulk.total, bulk.waiting, bulk.action) == (3, 3, Action.DISMISS)
        assert await queue.bulk_waiting(bulk.id, 2) == list(ids[:2])
        await queue.end_bulk_item(bulk.id, ids[0], ItemEnd.DONE)
        await queue.end_bulk_item(bulk.id, ids[0], ItemEnd.REFUSED)  # it has ended already
        await queue.end_bulk_item(bulk.id, ids[1], ItemEnd.PASSED)
        now = await queue.last_bulk(GUILD, ADA)
        assert now is not None
        assert (now.id, now.waiting, now.done, now.refused, now.passed) == (bulk.id, 1, 1, 0, 1)
        assert [each.id for each in await queue.bulks_under_way()] == [bulk.id]
        await queue.end_bulk_item(bulk.id, ids[2], ItemEnd.REFUSED)
        assert await queue.bulks_under_way() == []
        assert await queue.bulk_done(bulk.id) == (ids[0],)
        assert await queue.last_bulk(GUILD, BOB) is None
        assert await queue.bulk(2**70) is None

    async def test_cases_of_other_guilds_are_left_out(self, queue: Store) -> None:
        case_id = await graver(queue, 100, Severity.LOW)
        assert (await queue.begin_bulk(GUILD + 1, ADA, Action.DISMISS, (case_id,), START)).total == 0

    async def test_it_is_forgotten_with_its_guild(self, queue: Store) -> None:
        case_id = await graver(queue, 100, Severity.LOW)
        bulk = await queue.begin_bulk(GUILD, ADA, Action.DISMISS, (case_id,), START)
        await queue.purge(GUILD)
        assert await queue.bulk(bulk.id) is None


async def test_a_reported_case_waits_for_people_in_the_queue(queue: Store) -> None:
    made = Report(ReportKind.MEMBER, 501, "", START)
    reported = await queue.report(suspected(100, policies=("graded",)).model_copy(update={"suspicions": ()}), made)
    assert await listed(queue) == [reported.case_id]
    assert (await queue.case(reported.case_id)).state is CaseState.OPEN
