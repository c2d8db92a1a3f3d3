"""A review server, an enforcer and a mortal process for the tests of cards and decisions."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.case import Action, CaseFile, CaseState, Decision
from bot.outage import BackOff
from bot.ports import DiscordAway, Gone, Refused, Store
from bot.review.outbox import OutboxSettings
from policies.policy import Mode
from tests.bot.adapters import GUILD, START, make_message, make_policy, make_rulebook, make_verdict

REVIEW, OLD_REVIEW = 900, 901
QUICK_BACK_OFF = BackOff(first=timedelta(milliseconds=2), longest=timedelta(milliseconds=10))
QUICK = OutboxSettings(
    width=4,
    batch=3,
    poll=timedelta(milliseconds=30),
    refused_rest=timedelta(milliseconds=30),
    look_delay=timedelta(milliseconds=10),
    back_off=QUICK_BACK_OFF,
)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Card:
    case_id: int
    channel_id: int
    posted_at: datetime
    version: int
    state: CaseState


@dataclass
class Wall:
    """The review channels. Every fault is a number of calls that meet it, or a set of what meets it."""

    cards: dict[int, Card] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    lost_answers: int = 0
    """Posts that arrive, and of which the sender hears nothing."""
    away: int = 0
    """Calls that do not arrive."""
    refusing: set[int] = field(default_factory=set)
    gone: set[int] = field(default_factory=set)
    """Channels."""
    refused_cases: set[int] = field(default_factory=set)
    broken_cases: set[int] = field(default_factory=set)
    away_cases: set[int] = field(default_factory=set)
    history_lag: timedelta = timedelta(0)
    nonce_enforced: bool = False
    slowness: timedelta = timedelta(0)
    """How long a post is on its way before it arrives."""
    gate: asyncio.Event | None = None

    async def post(self, case: CaseFile, channel_id: int) -> int:
        await self._arrive("post", channel_id, case.id)
        await asyncio.sleep(self.slowness.total_seconds())
        known = [
            number
            for number, card in self.cards.items()
            if (card.case_id, card.channel_id) == (case.id, channel_id)
        ]
        if self.nonce_enforced and known:
            return known[0]
        number = 1000 + len(self.calls)
        self.cards[number] = Card(case.id, channel_id, utc_now(), case.version, case.state)
        if self.lost_answers:
            self.lost_answers -= 1
            raise DiscordAway("Discord cannot be reached (TimeoutError).")
        return number

    async def update(self, case: CaseFile, channel_id: int, message_id: int) -> None:
        await self._arrive("update", channel_id, case.id)
        card = self.cards.get(message_id)
        if card is None:
            raise Gone("The message does not exist any more.")
        card.version, card.state = case.version, case.state

    async def find(self, case_id: int, channel_id: int, since: datetime) -> int | None:
        await self._arrive("find", channel_id, case_id)
        seen_up_to = utc_now() - self.history_lag
        for number, card in self.cards.items():
            if (card.case_id, card.channel_id) == (case_id, channel_id) and since <= card.posted_at <= seen_up_to:
                return number
        return None

    async def _arrive(self, verb: str, channel_id: int, case_id: int) -> None:
        self.calls.append(f"{verb} {case_id} {channel_id}")
        await (self.gate.wait() if self.gate else asyncio.sleep(0))
        if case_id in self.broken_cases:
            raise ZeroDivisionError
        if self.away or case_id in self.away_cases:
            self.away = max(0, self.away - 1)
            raise DiscordAway("Discord cannot be reached (ClientError).")
        if channel_id in self.gone:
            raise Gone("The channel does not exist any more.")
        if channel_id in self.refusing or case_id in self.refused_cases:
            raise Refused("The bot cannot see this channel.")

    def of(self, case_id: int) -> list[Card]:
        return [card for card in self.cards.values() if card.case_id == case_id]

    def count(self, verb: str) -> int:
        return sum(call.startswith(verb) for call in self.calls)


@dataclass
class Arm:
    """An enforcer. Told that it is not the first try, it looks first; else it acts."""

    effects: list[tuple[int, Action]] = field(default_factory=list)
    asked: list[tuple[int, bool]] = field(default_factory=list)
    lost_answers: int = 0
    away: int = 0
    away_cases: set[int] = field(default_factory=set)
    refusal: Refused | None = None
    broken: bool = False
    gate: asyncio.Event | None = None
    busy: int = 0
    most_busy: int = 0

    async def carry_out(self, case: CaseFile, decision: Decision, *, again: bool) -> str:
        self.asked.append((case.id, again))
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
        finally:
            self.busy -= 1
        if self.broken:
            raise ZeroDivisionError
        if self.refusal:
            raise self.refusal
        if self.away or case.id in self.away_cases:
            self.away = max(0, self.away - 1)
            raise DiscordAway("Discord has a problem of its own (HTTP 502).")
        return self._act(case.id, decision.action, again)

    def _act(self, case_id: int, action: Action, again: bool) -> str:
        if again and (case_id, action) in self.effects:
            return "It was done already."
        self.effects.append((case_id, action))
        if self.lost_answers:
            self.lost_answers -= 1
            raise DiscordAway("Discord cannot be reached (TimeoutError).")
        return "Deleted."


class Killed(BaseException):
    """The process is dead: nothing that it still does has an effect."""


class Life:
    """Counts the steps of a process, and ends it at one of them. `None` lives forever."""

    def __init__(self, steps: int | None = None) -> None:
        self.left = steps
        self.taken = 0
        self._on_their_way: set[asyncio.Future[Any]] = set()

    def step(self) -> None:
        self.taken += 1
        if self.left is not None:
            if self.left <= 0:
                raise Killed
            self.left -= 1

    async def send(self, call: Awaitable[Any]) -> Any:
        """What was sent arrives, even when the sender is gone."""
        sent = asyncio.ensure_future(call)
        self._on_their_way.add(sent)
        sent.add_done_callback(self._on_their_way.discard)
        return await asyncio.shield(sent)

    async def all_arrived(self) -> None:
        """The next process sees what this one did: a disk and Discord are not that slow."""
        await asyncio.gather(*self._on_their_way, return_exceptions=True)

    @property
    def is_over(self) -> bool:
        return self.left is not None and self.left <= 0


class Mortal:
    """A store, wall or arm in the hands of a process that may die just before or just after any call."""

    def __init__(self, target: object, life: Life) -> None:
        self._target = target
        self._life = life

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._target, name)
        return self._listing(call) if name == "cases" else self._doing(call)

    def _doing(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def do(*args: Any, **names: Any) -> Any:
            self._life.step()
            answer = await self._life.send(call(*args, **names))
            self._life.step()
            return answer

        return do

    def _listing(self, call: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
        async def walk(*args: Any) -> AsyncIterator[Any]:
            async for item in call(*args):
                self._life.step()
                yield item

        return walk


async def open_case(store: Store, message_id: int = 100, guild_id: int = GUILD, mode: Mode = Mode.LIVE) -> int:
    """A case that a violation has opened."""
    policy = make_policy(mode=mode)
    await store.keep_policy(guild_id, policy)
    message = make_message(message_id, guild_id=guild_id)
    suspected = make_rulebook(policy, guild_id=guild_id).suspect(message)
    assert suspected is not None
    case_id = await store.record(suspected)
    assert case_id is not None
    (claim,) = await store.claim(1, timedelta(minutes=1))
    await store.finish(claim, make_verdict(policy, violation=True, rule_ids=("R1",)))
    return case_id


def a_decision(case_id: int, action: Action = Action.DELETE, moderator_id: int = 500) -> Decision:
    timeout = timedelta(hours=1) if action is Action.TIMEOUT else None
    return Decision(case_id=case_id, action=action, moderator_id=moderator_id, decided_at=START, timeout=timeout)


@asynccontextmanager
async def running(*runs: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Until the end of the block; an error of theirs is an error of the test."""
    tasks = [asyncio.create_task(run) for run in runs]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        endings = await asyncio.gather(*tasks, return_exceptions=True)
    for ending in endings:
        if ending is not None and not isinstance(ending, asyncio.CancelledError):
            raise ending


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - conditions of several kinds, looked at from outside
            await asyncio.sleep(0.001)


async def until_nothing_is_owed(store: Store, seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while await store.guilds_owing_cards():  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.001)
