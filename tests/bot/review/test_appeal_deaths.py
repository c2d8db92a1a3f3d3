"""A process may die between any two steps of an appeal: one card, one undo, one letter at most, and an end.

As in test_process_death: every call to the store, the board, the post and the arm is a point at which it dies.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.case import Action, CaseState
from bot.guilds.settings import GuildSettings
from bot.language import Language
from bot.ports import DiscordAway, Gone, Refused, Store, StoreUnavailable
from bot.records.appeals import Answer, Appeal, Told
from bot.records.events import CaseEvent, EventKind
from bot.review.appeal_cards import CardPace
from bot.review.appeal_court import AppealCourt, Guilds, NotTaken, Outside
from bot.review.appeals import Appealed
from bot.review.decisions import Review
from bot.review.retracting import Retracting
from bot.store import open_store
from tests.bot.adapters import GUILD, START, make_message, make_policy, make_rulebook, make_verdict
from tests.bot.review.review_adapters import (
    QUICK_BACK_OFF,
    REVIEW,
    Arm,
    Killed,
    Life,
    Mortal,
    a_decision,
    open_case,
    running,
    utc_now,
)

PACE = CardPace(
    poll=timedelta(milliseconds=10),
    refused_rest=timedelta(milliseconds=20),
    look_delay=timedelta(milliseconds=4),
    back_off=QUICK_BACK_OFF,
)
ANOTHER = 501


@dataclass
class Wall:
    """The review channel: {message id: [appeal id, version]}. There is one channel, whatever it is asked about."""

    cards: dict[int, list[int]] = field(default_factory=dict)
    lost_answers: int = 0
    refusals: int = 0

    async def post(self, appealed: Appealed, channel_id: int) -> int:
        assert channel_id == REVIEW
        if self.refusals:
            self.refusals -= 1
            raise Refused("The bot cannot see this channel.")
        number = 1000 + len(self.cards)
        self.cards[number] = [appealed.appeal.id, appealed.appeal.version]
        if self.lost_answers:
            self.lost_answers -= 1
            raise DiscordAway("Discord cannot be reached.")
        return number

    async def update(self, appealed: Appealed, channel_id: int, message_id: int) -> None:  # noqa: ARG002
        if message_id not in self.cards:
            raise Gone("The message does not exist any more.")
        self.cards[message_id] = [appealed.appeal.id, appealed.appeal.version]

    async def find(self, appeal_id: int, channel_id: int, since: datetime) -> int | None:  # noqa: ARG002
        return next((number for number, card in self.cards.items() if card[0] == appeal_id), None)


@dataclass
class Post:
    """Letters that arrived. After a lost answer the next one has the same nonce, and is the same letter."""

    letters: list[int] = field(default_factory=list)
    away: int = 0
    refusal: str | None = None
    deadly: bool = False
    """The process dies when the letter has arrived."""
    _lost: bool = False

    async def tell(self, appealed: Appealed) -> None:
        if self.refusal:
            raise Refused(self.refusal)
        if not self._lost:
            self.letters.append(appealed.appeal.id)
        if self.deadly:
            raise Killed
        self._lost = bool(self.away)
        if self.away:
            self.away -= 1
            raise DiscordAway("Discord cannot be reached.")


@dataclass
class Nobody:
    async def show(self, case: Any) -> None:
        """Cards of cases are not what this is about."""


@dataclass
class World:
    """What outlives a process."""

    store: Store
    wall: Wall = field(default_factory=Wall)
    post: Post = field(default_factory=Post)
    arm: Arm = field(default_factory=Arm)
    case_id: int = 0

    async def punished(self) -> int:
        """A case with a timeout that was carried out; its author."""
        self.case_id = await open_case(self.store)
        await self.store.decide(
            a_decision(self.case_id, Action.TIMEOUT).model_copy(update={"decided_at": utc_now()})
        )
        await self.store.settle(self.case_id, enforced=True, outcome="done")
        return (await self.store.case(self.case_id)).message.author_id

    async def is_at_rest(self) -> bool:
        made = await self.store.appeals_of_case(self.case_id)
        return bool(made) and made[0].is_finished and not await self.store.appeal_cards_owed(9)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with open_store(tmp_path / "memory.sqlite3", clock=utc_now) as store:
        yield World(store)


def court_of(world: World, life: Life) -> tuple[AppealCourt, Review]:
    store: Any = Mortal(world.store, life)
    arm, wall, post = (Mortal(part, life) for part in (world.arm, world.wall, world.post))
    review = Review(store, arm, Nobody(), clock=utc_now, back_off=QUICK_BACK_OFF)
    court = AppealCourt(
        store,
        Retracting(store, review.decide, clock=utc_now),
        Outside(wall, post),
        Guilds(lambda _: GuildSettings(review_channel=REVIEW), lambda _: Language.ENGLISH),
        clock=utc_now,
        pace=PACE,
    )
    return court, review


async def people(world: World, court: AppealCourt, member_id: int, *, granted: bool) -> None:
    """The member appeals, and another moderator answers as soon as a card hangs."""
    while True:
        with suppress(NotTaken):
            await court.hand_in(world.case_id, member_id, "a joke")
        for appeal_id, _ in list(world.wall.cards.values()):
            await court.answer(appeal_id, Answer(ANOTHER, utc_now(), granted, ""))
        await asyncio.sleep(0.002)


async def live(world: World, life: Life, member_id: int, *, granted: bool = True) -> None:
    """One process, until it dies or everything is done."""
    court, review = court_of(world, life)
    tasks = [
        asyncio.create_task(run)
        for run in (court.run(), review.run(), people(world, court, member_id, granted=granted))
    ]
    try:
        async with asyncio.timeout(10):
            while not life.is_over and not await world.is_at_rest():  # noqa: ASYNC110 - looked at from outside
                await asyncio.sleep(0.002)
    finally:
        for task in tasks:
            task.cancel()
        endings = await asyncio.gather(*tasks, return_exceptions=True)
        await life.all_arrived()
    for ending in endings:
        if isinstance(ending, Exception):
            raise ending


async def check(world: World, *, undone: bool = True) -> None:
    (appeal,) = await world.store.appeals_of_case(world.case_id)
    assert len(world.wall.cards) == 1
    ((appeal_id, version),) = world.wall.cards.values()
    assert (appeal_id, version) == (appeal.id, appeal.version)
    letters = len(world.post.letters)
    assert letters == 1 if appeal.told is Told.YES else letters <= 1
    case = await world.store.case(world.case_id)
    assert case.state is CaseState.ENFORCED
    assert case.decision is not None
    assert case.decision.action is (Action.DISMISS if undone else Action.TIMEOUT)
    assert world.arm.effects.count((world.case_id, Action.UNDO)) == undone


@pytest.mark.parametrize("granted", [True, False])
async def test_a_process_that_lives_does_it_all_once(world: World, granted: bool) -> None:
    member_id = await world.punished()
    await live(world, Life(), member_id, granted=granted)
    await check(world, undone=granted)
    (appeal,) = await world.store.appeals_of_case(world.case_id)
    assert appeal.told is Told.YES


@pytest.mark.parametrize("steps", range(1, 60, 2))
async def test_a_process_that_dies_at_any_step_leaves_what_the_next_one_ends(world: World, steps: int) -> None:
    member_id = await world.punished()
    for life in (Life(steps), Life(steps + 3)):
        with suppress(Killed, BaseExceptionGroup):
            await live(world, life, member_id)
    await live(world, Life(), member_id)
    await check(world)


async def test_a_posting_whose_answer_was_lost_makes_one_card(world: World) -> None:
    member_id = await world.punished()
    world.wall.lost_answers = 2
    await live(world, Life(), member_id)
    await check(world)


async def test_a_refused_card_is_tried_again_later(world: World) -> None:
    member_id = await world.punished()
    world.wall.refusals = 2
    await live(world, Life(), member_id)
    await check(world)


async def test_a_letter_is_not_sent_twice_when_discord_is_away(world: World) -> None:
    member_id = await world.punished()
    world.post.away = 1
    await live(world, Life(), member_id)
    await check(world)


async def test_a_member_who_cannot_be_told_does_not_hold_the_appeal_up(world: World) -> None:
    member_id = await world.punished()
    world.post.refusal = "takes no messages"
    await live(world, Life(), member_id)
    (appeal,) = await world.store.appeals_of_case(world.case_id)
    assert (appeal.told, appeal.not_told_because) == (Told.FAILED, "takes no messages")
    assert await world.store.open_appeals(GUILD) == 0


async def test_a_guild_that_tells_of_what_is_taken_back_sends_one_letter(world: World) -> None:
    member_id = await world.punished()
    soon = CaseEvent(world.case_id, utc_now() + timedelta(minutes=1), EventKind.NOTICE_SENT)
    await world.store.add_event(soon)
    await live(world, Life(), member_id)
    (appeal,) = await world.store.appeals_of_case(world.case_id)
    assert appeal.told is Told.YES
    assert world.post.letters == []


async def test_a_process_that_ended_while_it_told_the_member_leaves_a_card_that_says_so(world: World) -> None:
    member_id = await world.punished()
    court, _ = court_of(world, Life())
    appealed, _ = await court.hand_in(world.case_id, member_id, "a joke")
    appeal_id = appealed.appeal.id
    await world.store.begin_appeal_card(appeal_id, REVIEW)
    await world.store.appeal_card_shown(appeal_id, 1, await world.wall.post(appealed, REVIEW))
    await court.answer(appeal_id, Answer(ANOTHER, utc_now(), granted=False, text="no"))
    await world.store.settle_appeal(appeal_id, "It stands.")
    await world.store.begin_telling(appeal_id)
    await live(world, Life(), member_id, granted=False)
    await check(world, undone=False)
    (appeal,) = await world.store.appeals_of_case(world.case_id)
    assert (appeal.told, world.post.letters) == (Told.UNSURE, [])


async def test_a_letter_is_not_sent_again_by_the_process_after_the_one_that_died_of_it(world: World) -> None:
    member_id = await world.punished()
    world.post.deadly = True
    with suppress(Killed, BaseExceptionGroup, TimeoutError):
        async with asyncio.timeout(1):
            await live(world, Life(), member_id, granted=False)
    assert len(world.post.letters) == 1
    world.post.deadly = False
    await live(world, Life(), member_id, granted=False)
    await check(world, undone=False)
    (appeal,) = await world.store.appeals_of_case(world.case_id)
    assert (appeal.told, len(world.post.letters)) == (Told.UNSURE, 1)


class Forgetful:
    """A store that is away when it is to note how telling the member ended."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.away = 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def end_telling(self, appeal_id: int, failure: str | None) -> None:
        if self.away:
            self.away -= 1
            raise StoreUnavailable("The disk is full.")
        await self._store.end_telling(appeal_id, failure)


async def test_where_it_could_not_be_noted_that_the_member_was_told_the_card_says_so_at_once(world: World) -> None:
    member_id = await world.punished()
    real, world.store = world.store, cast("Any", Forgetful(world.store))
    await live(world, Life(), member_id, granted=False)
    world.store = real
    await check(world, undone=False)
    (appeal,) = await world.store.appeals_of_case(world.case_id)
    assert (appeal.told, len(world.post.letters)) == (Told.UNSURE, 1)


async def granted_after(world: World, what: Callable[[World], Awaitable[object]]) -> Appeal:
    """The member appeals, something happens to the case, and another moderator grants the appeal."""
    member_id = await world.punished()
    court, review = court_of(world, Life())
    appealed, _ = await court.hand_in(world.case_id, member_id, "a joke")
    await what(world)
    await court.answer(appealed.appeal.id, Answer(ANOTHER, utc_now(), granted=True, text=""))
    async with running(court.run(), review.run()), asyncio.timeout(5):
        while not await world.is_at_rest():  # noqa: ASYNC110 - looked at from outside
            await asyncio.sleep(0.002)
    (appeal,) = await world.store.appeals_of_case(world.case_id)
    return appeal


async def decide_more(world: World) -> None:
    await world.store.decide(a_decision(world.case_id).model_copy(update={"decided_at": utc_now()}))
    await world.store.settle(world.case_id, enforced=True, outcome="done")


async def reopen(world: World) -> None:
    assert await world.store.reopen(world.case_id, 77, "look again", utc_now())


async def find_more(world: World) -> None:
    """The message is edited, and its new version is found to violate."""
    edited = make_message(text="you utter loser", edited_at=START + timedelta(minutes=1))
    suspected = make_rulebook(make_policy()).suspect(edited)
    assert suspected is not None
    await world.store.record(suspected)
    (claim,) = await world.store.claim(1, timedelta(minutes=1))
    await world.store.finish(claim, make_verdict(make_policy(), violation=True, rule_ids=("R1",)))


async def decide_on_more(world: World) -> None:
    await find_more(world)
    await decide_more(world)


@pytest.mark.parametrize("what", [decide_more, reopen])
async def test_what_still_holds_is_taken_back_although_the_case_went_on(
    world: World, what: Callable[[World], Awaitable[object]]
) -> None:
    await granted_after(world, what)
    case = await world.store.case(world.case_id)
    assert case.decision is not None
    assert (case.state, case.decision.action) == (CaseState.ENFORCED, Action.DISMISS)
    assert world.arm.effects == [(world.case_id, Action.UNDO)]


async def test_a_version_that_nobody_looked_at_is_not_dismissed_with_the_one_that_was_appealed(
    world: World,
) -> None:
    await granted_after(world, find_more)
    case = await world.store.case(world.case_id)
    assert (case.state, case.answers) == (CaseState.OPEN, ())
    assert world.arm.effects == [(world.case_id, Action.UNDO)]


async def test_what_an_undo_does_not_reach_is_left_to_people_and_said_so(world: World) -> None:
    appeal = await granted_after(world, decide_on_more)
    assert appeal.outcome is not None
    assert "by hand" in appeal.outcome
    assert world.arm.effects == []


async def test_what_was_taken_back_before_is_told_as_that(world: World) -> None:
    async def undo(world: World) -> None:
        undoing = a_decision(world.case_id, Action.UNDO).model_copy(update={"decided_at": utc_now()})
        await world.store.decide(undoing)
        await world.store.settle(world.case_id, enforced=True, outcome="done")

    appeal = await granted_after(world, undo)
    assert appeal.outcome == "The decision had been taken back already."
    assert world.arm.effects == []
