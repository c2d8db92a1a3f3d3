"""The walk of a message through gate, store, worker and desk, with real parts but for the model and Discord."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.case import Message
from bot.gate.gate import Gate
from bot.intake.arrival import Arrival, Source
from bot.intake.completion import HistoryCompletion
from bot.intake.recent import RecentMessages
from bot.intake.removals import Removals
from bot.intake.room import Room
from bot.intake.work import Lanes
from bot.moderation import Moderation
from bot.ports import Store, StoreUnavailable
from bot.rulebook import Rulebook
from bot.worker import WorkerSettings
from inference.prefilter.budget.audit import Tally
from inference.ticket import Priority
from tests.bot.adapters import (
    GUILD,
    MODEL,
    Clock,
    MemoryHistory,
    RememberingDesk,
    TermJudge,
    make_message,
    make_policy,
)
from tests.bot.gate.lookers import inspector_of, make_gate
from tests.bot.new_store import new_store

POLICY = make_policy(terms=("loser", "trash"), keywords=["loser"])
HARMLESS, FORCED, OVERLOOKED = "0.4 good morning", "0.4 you loser", "0.4 you are trash"
QUICK = WorkerSettings(width=4, poll=timedelta(milliseconds=5))


@dataclass
class Walk:
    store: Store
    gate: Gate
    judge: TermJudge
    desk: RememberingDesk
    moderation: Moderation

    async def work_off(self) -> None:
        """Judge everything, random checks included."""
        working = asyncio.create_task(self.moderation.work())
        async with asyncio.timeout(10):
            while not await self._is_done():  # noqa: ASYNC110 - nobody tells of it
                await asyncio.sleep(0.005)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working

    async def _is_done(self) -> bool:
        waiting = (await self.store.backlog(GUILD)).questions + await self.store.waiting_audits()
        return not waiting and not self.moderation.workload.in_flight

    async def counts(self) -> Tally:
        return await self.store.tally(GUILD, POLICY.id, POLICY.digest)


@pytest_asyncio.fixture
async def walk(tmp_path: Path) -> AsyncIterator[Walk]:
    async with new_store(tmp_path / "store.db") as store:
        gate, judge, desk = make_gate(audit_rate=1.0), TermJudge(), RememberingDesk()
        book = Rulebook({GUILD: {POLICY.id: POLICY}}, inspector_of(gate, POLICY))
        moderation = Moderation(
            book, store, judge, desk, model=MODEL, clock=Clock(), timer=lambda: 0.0, settings=QUICK
        )
        yield Walk(store, gate, judge, desk, moderation)


async def test_what_a_random_check_finds_becomes_a_card_and_what_it_clears_leaves_a_count(walk: Walk) -> None:
    for number, text in enumerate((HARMLESS, OVERLOOKED, FORCED, HARMLESS), start=1):
        await walk.moderation.receive(make_message(number, text), just_written=True)
    await walk.work_off()
    shown = {case.message.content: case.findings[0].suspicion.is_audit for case in walk.desk.shown}
    assert shown == {OVERLOOKED: True, FORCED: False}
    assert await walk.counts() == Tally(confirmed=1, drawn=3, cleared=2, missed=1)
    assert await walk.store.find(GUILD, 1) is None, "its text is gone"
    assert walk.judge.asked[0][1].text == FORCED, "after everything that is suspected"
    assert [ticket.priority for ticket in walk.judge.tickets] == [Priority.LIVE, *[Priority.BACKFILL] * 3]


async def test_random_checks_leave_room_for_what_is_suspected(walk: Walk) -> None:
    walk.judge.gate = asyncio.Event()
    for number in range(1, 20):
        await walk.moderation.receive(make_message(number, HARMLESS), just_written=True)
    working = asyncio.create_task(walk.moderation.work())
    await asyncio.sleep(0.05)
    assert walk.judge.in_flight == 1
    for number in range(50, 60):
        await walk.moderation.receive(make_message(number, FORCED), just_written=True)
    await asyncio.sleep(0.05)
    assert walk.judge.in_flight == QUICK.width
    walk.judge.gate.set()
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_edits_and_what_is_read_from_history_are_neither_counted_nor_drawn(walk: Walk) -> None:
    await walk.moderation.receive(make_message(1, HARMLESS))
    await walk.moderation.revise(make_message(2, HARMLESS))
    await walk.moderation.revise(make_message(3, FORCED))
    await walk.work_off()
    assert walk.gate.take_unsaved(GUILD) == []
    assert await walk.counts() == Tally()
    assert len(walk.desk.shown) == 1


async def test_the_intake_says_which_messages_were_just_written(walk: Walk) -> None:
    history, recent, clock = MemoryHistory(), RecentMessages(), Clock()
    completion = HistoryCompletion(history, recent)
    lanes = Lanes(
        walk.moderation,
        Removals(walk.moderation, clock),
        Room(100),
        live=completion,
        read=completion,
        clock=clock,
        count=2,
    )
    running = asyncio.create_task(lanes.run())
    said: dict[Source, Message] = {
        source: make_message(number, HARMLESS) for number, source in enumerate(Source, start=1)
    }
    for source, message in said.items():
        lanes.put(Arrival(message, (), source))
    while any(lanes.holds(message.id) for message in said.values()):  # noqa: ASYNC110 - nobody tells of it
        await asyncio.sleep(0.005)
    running.cancel()
    assert walk.gate.take_unsaved(GUILD)[0].looked_at == 1
    assert await walk.store.find(GUILD, said[Source.CREATED].id) is not None
    assert await walk.store.find(GUILD, said[Source.READ].id) is None


async def test_a_message_whose_case_could_not_be_stored_is_counted_once_and_keeps_its_suspicion(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("The disk is full.")

    for text in (FORCED, OVERLOOKED):
        message = make_message(len(text), text)
        with monkeypatch.context() as patched:
            patched.setattr(walk.store, "record", away)
            with pytest.raises(StoreUnavailable):
                await walk.moderation.receive(message, just_written=True)
        assert await walk.moderation.receive(message, just_written=True) is not None
    assert walk.gate.take_unsaved(GUILD)[0].looked_at == 2
