import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio

from bot.gate import keeper as keeping
from bot.gate.gate import Gate, GateInspector
from bot.gate.keeper import GateKeeper, Pulse
from bot.gate.outlook import Stop
from bot.gate.reception import Reception
from bot.ports import Store, StoreUnavailable
from bot.rulebook import Rulebook
from inference.prefilter.budget.audit import Tally
from inference.prefilter.budget.quantile import cold
from policies.policy import Mode
from tests.bot.adapters import GUILD, make_message, make_policy, make_rulebook
from tests.bot.gate.lookers import Examples, NumberLooker, Timer, inspector_of, make_gate
from tests.bot.new_store import new_store

POLICY = make_policy(keywords=["loser"])
HARMLESS, SUSPICIOUS, FORCED = "0.4 good morning", "2.1 nobody likes you", "you loser"


@dataclass
class Judge:
    is_there: bool = True
    pace: float | None = None

    @property
    def pulse(self) -> Pulse:
        return Pulse(lambda: self.is_there, lambda: self.pace)


@dataclass
class Scene:
    store: Store
    gate: Gate
    timer: Timer
    judge: Judge = field(default_factory=Judge)

    def __post_init__(self) -> None:
        self.inspector = inspector_of(self.gate, POLICY)
        self.keeper = GateKeeper(self.gate, self.store, self.judge.pulse)
        self.rulebook = Rulebook({GUILD: {POLICY.id: POLICY}}, self.inspector)
        self.number = 0

    def say(self, text: str, times: int = 1) -> None:
        for _ in range(times):
            self.number += 1
            self.rulebook.suspect(make_message(self.number, text, author_id=self.number), just_written=True)

    async def record(self, text: str) -> None:
        self.number += 1
        suspected = self.rulebook.suspect(make_message(self.number, text), just_written=True)
        assert suspected is not None
        await self.store.keep_policy(GUILD, POLICY)
        await self.store.record(suspected)

    async def seconds(self, number: float) -> None:
        self.timer.now += number
        await self.keeper.balance()


@pytest_asyncio.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with new_store(tmp_path / "store.db") as store:
        timer = Timer()
        yield Scene(store, make_gate(audit_rate=1.0, timer=timer), timer)


async def test_scores_are_cut_when_the_judge_cannot_keep_up_and_recover(scene: Scene) -> None:
    scene.judge.pace = 0.1
    for _ in range(60):
        scene.say(HARMLESS, 40)
        await scene.seconds(5)
    part = scene.gate.part(GUILD)
    demand = scene.gate.pass_time(GUILD, 0.001)
    assert part < 0.9
    assert demand.wanted * part == pytest.approx(0.07, rel=0.2), "0.7 of what the judge can do"
    scene.judge.pace = 100.0
    steps = 0
    while scene.gate.part(GUILD) < 1:
        await scene.seconds(5)
        steps += 1
    assert 2 < steps < 30, "not all at once"


async def test_an_unknown_pace_cuts_nothing(scene: Scene) -> None:
    scene.say(SUSPICIOUS, 500)
    await scene.seconds(5)
    assert scene.gate.part(GUILD) == 1.0


async def test_random_checks_make_way_for_a_rush_and_come_back(scene: Scene) -> None:
    await scene.record(HARMLESS)
    for _ in range(keeping.RUSH_JOBS + 1):
        await scene.record(FORCED)
    await scene.seconds(5)
    assert scene.gate.audits_paused
    assert await scene.store.waiting_audits() == 0
    assert await scene.store.tally(GUILD, POLICY.id, POLICY.digest) == Tally()
    scene.judge.pace = 1.0
    await scene.seconds(5)
    assert scene.gate.audits_paused, "less than a rush waits, and more than a quarter of one"
    scene.judge.pace = 100.0
    await scene.seconds(5)
    assert not scene.gate.audits_paused, "for a fast judge it is nothing"


async def test_nothing_is_drawn_while_the_judge_is_away_or_has_not_come_to_the_last_ones(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.judge.is_there = False
    await scene.seconds(5)
    assert scene.gate.audits_paused
    scene.judge.is_there = True
    await scene.seconds(5)
    assert not scene.gate.audits_paused
    monkeypatch.setattr(keeping, "MOST_WAITING_AUDITS", 1)
    for _ in range(2):
        await scene.record(HARMLESS)
    await scene.seconds(5)
    assert scene.gate.audits_paused
    assert await scene.store.waiting_audits() == 2, "they are judged all the same"


async def test_counts_are_kept_and_gone_on_from(scene: Scene) -> None:
    scene.say(HARMLESS, 30)
    scene.say(FORCED, 3)
    await scene.keeper.save()
    await scene.keeper.save()
    again = Scene(scene.store, make_gate(), Timer())
    await again.keeper.load()
    again.say(SUSPICIOUS)
    await again.keeper.save()
    assert await scene.store.tally(GUILD, POLICY.id, POLICY.digest) == Tally(looked_at=34, flagged=4)
    meter = again.gate.meter(GUILD, again.inspector.book[GUILD][POLICY.id])
    assert meter._surprises.weight > 325


async def test_counts_outlive_a_store_that_is_away(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(keeping, "BALANCE_SECONDS", 0.001)
    monkeypatch.setattr(keeping, "SAVE_SECONDS", 0.0)
    scene.say(HARMLESS, 5)
    with monkeypatch.context() as patched:
        patched.setattr(scene.store, "keep_traffic", away)
        working = asyncio.create_task(scene.keeper.run())
        await asyncio.sleep(0.05)
        assert not working.done()
    while (await scene.store.tally(GUILD, POLICY.id, POLICY.digest)).looked_at < 5:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.005)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


def test_an_inspector_without_a_memory_is_asked_as_ever() -> None:
    suspected = make_rulebook(POLICY).suspect(make_message(), just_written=True)
    assert suspected is not None
    assert suspected.just_written


async def test_people_are_told_how_a_policy_stands(scene: Scene) -> None:
    examples = Examples(violating=(0.5, 2.0, 3.0), allowed=(0.2, 1.9))
    off = make_policy("off", mode=Mode.OFF)
    reception = Reception(scene.gate, scene.store, lambda book: NumberLooker(book, examples), str.casefold)
    assert await reception.outlook(GUILD, POLICY.id) is None
    scene.inspector = reception({GUILD: [POLICY, off]})
    assert isinstance(scene.inspector, GateInspector)
    assert reception.thresholds(GUILD) == {POLICY.id: pytest.approx(cold(0.05))}
    assert reception.thresholds(GUILD + 1) == {}
    assert await reception.outlook(GUILD, "off") is None
    assert await reception.outlook(GUILD, "spam") is None
    scene.rulebook = Rulebook({GUILD: {POLICY.id: POLICY}}, scene.inspector)
    scene.say(FORCED, 30)
    scene.say(HARMLESS, 270)
    await scene.keeper.save()
    seen = await reception.outlook(GUILD, POLICY.id)
    assert seen is not None
    assert seen.knows_shares
    assert (seen.flagged, seen.forced) == (pytest.approx(0.1, rel=0.1), seen.flagged)
    assert seen.seen is not None
    assert (seen.seen.violating, seen.seen.allowed) == (2, 1)
    assert seen.conflict
    assert 0.1 < seen.rate_for_recall < 0.9
    assert seen.tally == Tally(looked_at=300, flagged=30)
    scene.say(FORCED, 2)
    sooner = await reception.outlook(GUILD, POLICY.id)
    assert sooner is not None
    assert sooner.tally == Tally(looked_at=302, flagged=32), "random checks are kept at once, messages are not"
    assert (seen.misses, seen.audits, seen.part) == (None, True, 1.0)
    assert seen.stop is None


async def test_a_threshold_at_its_stop_is_told(scene: Scene) -> None:
    reception = Reception(scene.gate, scene.store, NumberLooker, str.casefold)
    scene.rulebook = Rulebook({GUILD: {POLICY.id: POLICY}}, reception({GUILD: [POLICY]}))
    scene.say(HARMLESS)
    scene.gate.grant(GUILD, 0.01)
    cut = await reception.outlook(GUILD, POLICY.id)
    assert cut is not None
    assert cut.stop is None, "it is high because of the cut"
    scene.gate.grant(GUILD, 1.0)
    scene.say("7.0 flood", 2000)
    upper = await reception.outlook(GUILD, POLICY.id)
    scene.say("0.1 calm", 30_000)
    lower = await reception.outlook(GUILD, POLICY.id)
    assert upper is not None
    assert lower is not None
    assert (upper.stop, lower.stop) == (Stop.UPPER, Stop.LOWER)


def test_an_unchanged_policy_is_not_digested_again(scene: Scene) -> None:
    reception = Reception(scene.gate, scene.store, NumberLooker, str.casefold)
    first, second = reception({GUILD: [POLICY]}), reception({GUILD: [POLICY]})
    assert first.book[GUILD][POLICY.id] is second.book[GUILD][POLICY.id]
