"""Cards wait for room, and one line says how many do."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports import DiscordAway, Gone, Refused, Store
from bot.records.reports import Posted, Waiting
from bot.review.card_room import MINUTE, UNDECIDED_MINUTES, CardRoom
from bot.review.held_cards import HeldCards, HeldSettings
from bot.review.outbox import CardOutbox
from policies.policy import Severity
from tests.bot.adapters import GUILD, START, make_message, make_policy, make_rulebook, make_verdict
from tests.bot.review.review_adapters import (
    OLD_REVIEW,
    QUICK,
    REVIEW,
    Wall,
    a_decision,
    open_case,
    running,
    until,
    utc_now,
)


@dataclass
class Lines:
    """The review channels, as far as the line is concerned."""

    standing: dict[int, tuple[int, datetime, Waiting]] = field(default_factory=dict)
    """{message id: channel, when it was posted, what it says}."""
    calls: list[str] = field(default_factory=list)
    away: int = 0
    lost_answers: int = 0
    refusing: bool = False
    gone: set[int] = field(default_factory=set)
    """Channels."""

    async def post_line(self, guild_id: int, channel_id: int, begun_at: datetime, waiting: Waiting) -> int:  # noqa: ARG002 - the port's
        await self._arrive("post")
        number = 5000 + len(self.calls)
        self.standing[number] = channel_id, begun_at, waiting
        if self.lost_answers:
            self.lost_answers -= 1
            raise DiscordAway("Discord cannot be reached (TimeoutError).")
        return number

    async def update_line(self, guild_id: int, channel_id: int, message_id: int, waiting: Waiting) -> None:  # noqa: ARG002 - the port's
        await self._arrive("update")
        if message_id not in self.standing:
            raise Gone("The message does not exist any more.")
        self.standing[message_id] = channel_id, self.standing[message_id][1], waiting

    async def remove_line(self, channel_id: int, message_id: int) -> None:  # noqa: ARG002 - the port's
        await self._arrive("remove")
        if self.standing.pop(message_id, None) is None:
            raise Gone("The message does not exist any more.")

    async def find_line(self, channel_id: int, since: datetime) -> int | None:  # noqa: ARG002 - the port's
        await self._arrive("find")
        if channel_id in self.gone:
            raise Gone("The channel does not exist any more.")
        return next((number for number, (channel, *_) in self.standing.items() if channel == channel_id), None)

    async def _arrive(self, verb: str) -> None:
        self.calls.append(verb)
        await asyncio.sleep(0)
        if self.refusing:
            raise Refused("The bot cannot see this channel.")
        if self.away:
            self.away -= 1
            raise DiscordAway("Discord cannot be reached (ClientError).")

    @property
    def told(self) -> list[int]:
        """How many cases each standing line names."""
        return [waiting.total for _, _, waiting in self.standing.values()]


@pytest.fixture
def lines() -> Lines:
    return Lines()


SWIFT = HeldSettings(
    edit_rest=timedelta(milliseconds=5),
    trouble_rest=timedelta(milliseconds=10),
    look_delay=timedelta(milliseconds=10),
)


def held_by(store: Store, lines: Lines, per_minute: int = 2, settings: HeldSettings = SWIFT) -> HeldCards:
    return HeldCards(store, lines, lambda _: per_minute, clock=utc_now, settings=settings)


def an_outbox(store: Store, wall: Wall, held: HeldCards) -> CardOutbox:
    return CardOutbox(store, wall, lambda _: REVIEW, clock=utc_now, settings=QUICK, held=held)


async def critical_case(store: Store, message_id: int) -> int:
    policy = make_policy("grave", severity=Severity.CRITICAL)
    await store.keep_policy(GUILD, policy)
    suspected = make_rulebook(policy).suspect(make_message(message_id))
    assert suspected is not None
    case_id = await store.record(suspected)
    assert case_id is not None
    (claim,) = await store.claim(1, timedelta(minutes=1))
    await store.finish(claim, make_verdict(policy, violation=True, rule_ids=("R1",)))
    return case_id


async def flood(store: Store, count: int) -> list[int]:
    return [await open_case(store, 100 + number) for number in range(count)]


class TestRoom:
    @given(
        lately=st.lists(st.floats(0, 59), max_size=30),
        critical=st.lists(st.floats(0, 59), max_size=30),
        per_minute=st.integers(1, 20),
    )
    def test_no_more_than_the_cap_goes_up_in_any_minute(
        self, lately: list[float], critical: list[float], per_minute: int
    ) -> None:
        def moments(seconds: list[float]) -> tuple[datetime, ...]:
            return tuple(START - timedelta(seconds=each) for each in sorted(seconds, reverse=True))

        posted = Posted(moments(lately), moments(critical), 0, 0)
        for is_critical, kind in ((False, posted.lately), (True, posted.lately_critical)):
            wait = CardRoom(posted, per_minute, START).wait(critical=is_critical)
            assert wait is not None
            within = [at for at in kind if at > START + wait - MINUTE]
            assert len(within) < per_minute
            if wait:  # not a moment longer than needed
                assert len([at for at in kind if at > START + wait / 2 - MINUTE]) >= per_minute

    def test_cards_that_nobody_decides_leave_no_room_for_more(self) -> None:
        full = Posted((), (), UNDECIDED_MINUTES * 20, 0)
        room = CardRoom(full, 20, START)
        assert room.wait(critical=False) is None
        assert room.wait(critical=True) == timedelta(0)
        assert CardRoom(replace(full, hanging=99), 20, START).wait(critical=False) == timedelta(0)


async def until_no_line(store: Store) -> None:
    async with asyncio.timeout(5):
        while await store.queue_line(GUILD) is not None:  # noqa: ASYNC110 - a store tells nobody
            await asyncio.sleep(0.001)


async def test_what_is_beyond_the_cap_waits_behind_one_line(store: Store, wall: Wall, lines: Lines) -> None:
    await flood(store, 7)
    async with running(an_outbox(store, wall, held_by(store, lines)).run()):
        await until(lambda: lines.told == [5])
        await asyncio.sleep(0.1)
    assert len(wall.cards) == 2
    assert lines.told == [5]
    assert lines.calls.count("post") == 1


async def test_the_line_follows_the_count_in_its_place(store: Store, wall: Wall, lines: Lines) -> None:
    await flood(store, 4)
    outbox = an_outbox(store, wall, held_by(store, lines))
    async with running(outbox.run()):
        await until(lambda: lines.told == [2])
        late = await open_case(store, 300)
        await outbox.show(await store.case(late))
        await until(lambda: lines.told == [3])
    assert lines.calls.count("post") == 1


async def test_a_critical_case_is_not_held_back_behind_others(store: Store, wall: Wall, lines: Lines) -> None:
    await flood(store, 5)
    outbox = an_outbox(store, wall, held_by(store, lines))
    async with running(outbox.run()):
        await until(lambda: lines.told == [3])
        grave = await critical_case(store, 400)
        await outbox.show(await store.case(grave))
        await until(lambda: wall.of(grave))
    assert len(wall.cards) == 3


async def test_undecided_cards_hold_the_flood_back_and_decisions_make_room(
    store: Store, wall: Wall, lines: Lines
) -> None:
    ids = await flood(store, 8)
    short_minutes = replace(SWIFT, minute=timedelta(milliseconds=5))
    held = held_by(store, lines, per_minute=1, settings=short_minutes)
    outbox = an_outbox(store, wall, held)
    async with running(outbox.run()):
        await until(lambda: lines.told == [3])
        assert len(wall.cards) == UNDECIDED_MINUTES
        shown = next(case_id for case_id in ids if wall.of(case_id))
        await store.decide(a_decision(shown))
        await outbox.show(await store.case(shown))
        await until(lambda: lines.told == [2])
    assert len(wall.cards) == UNDECIDED_MINUTES + 1


async def test_the_line_is_taken_down_when_nothing_is_held_any_more(
    store: Store, wall: Wall, lines: Lines
) -> None:
    ids = await flood(store, 3)
    outbox = an_outbox(store, wall, held_by(store, lines))
    async with running(outbox.run()):
        await until(lambda: lines.told == [1])
        (waiting,) = [case_id for case_id in ids if not wall.of(case_id)]
        await store.decide(a_decision(waiting))  # in the queue
        await outbox.show(await store.case(waiting))
        await until(lambda: not lines.standing)
        await until_no_line(store)
    assert wall.of(waiting) == []


async def test_a_case_that_somebody_opens_gets_its_card_at_once(store: Store, wall: Wall, lines: Lines) -> None:
    ids = await flood(store, 4)
    outbox = an_outbox(store, wall, held_by(store, lines))
    async with running(outbox.run()):
        await until(lambda: lines.told == [2])
        wanted = next(case_id for case_id in reversed(ids) if not wall.of(case_id))
        await outbox.want(await store.case(wanted))
        await until(lambda: wall.of(wanted))
    assert len(wall.of(wanted)) == 1


@pytest.mark.parametrize("lost", [False, True], ids=["never arrived", "arrived, and nobody knows"])
async def test_a_case_that_somebody_opens_gets_its_card_although_discord_was_away(
    store: Store, wall: Wall, lines: Lines, *, lost: bool
) -> None:
    ids = await flood(store, 4)
    outbox = an_outbox(store, wall, held_by(store, lines))
    async with running(outbox.run()):
        await until(lambda: lines.told == [2])
        wanted = next(case_id for case_id in reversed(ids) if not wall.of(case_id))
        if lost:
            wall.lost_answers = 1
        else:
            wall.away = 3
        await outbox.want(await store.case(wanted))
        await until(lambda: wall.of(wanted))
        await until(lambda: not outbox._wanted)
    assert len(wall.of(wanted)) == 1
    assert sum(bool(wall.of(case_id)) for case_id in ids) == 3, "the others wait for room as before"


async def test_a_case_that_somebody_opens_without_a_review_channel_is_shown_when_there_is_one(
    store: Store, wall: Wall, lines: Lines
) -> None:
    ids = await flood(store, 4)
    channels: list[int] = []
    held = held_by(store, lines, per_minute=1)
    outbox = CardOutbox(
        store, wall, lambda _: channels[0] if channels else None, clock=utc_now, settings=QUICK, held=held
    )
    async with running(outbox.run()):
        await outbox.want(await store.case(ids[3]))
        await asyncio.sleep(0.05)
        channels.append(REVIEW)
        outbox.stir(GUILD)
        await until(lambda: wall.of(ids[3]))
    assert len(wall.of(ids[3])) == 1


NEVER_POLLED = replace(QUICK, poll=timedelta(hours=1))


async def test_the_next_card_goes_up_as_soon_as_a_decision_makes_room_and_not_at_the_next_look(
    store: Store, wall: Wall, lines: Lines
) -> None:
    """With the times of the real thing, but for the minute: whoever decides sees the next case at once."""
    ids = await flood(store, 8)
    held = held_by(store, lines, per_minute=1, settings=HeldSettings(minute=timedelta(milliseconds=5)))
    outbox = CardOutbox(store, wall, lambda _: REVIEW, clock=utc_now, settings=NEVER_POLLED, held=held)
    async with running(outbox.run()):
        await until(lambda: len(wall.cards) == UNDECIDED_MINUTES)
        await until(lambda: lines.told)
        shown = next(case_id for case_id in ids if wall.of(case_id))
        await store.decide(a_decision(shown))
        await outbox.show(await store.case(shown))
        async with asyncio.timeout(1):
            await until(lambda: len(wall.cards) == UNDECIDED_MINUTES + 1)
    assert len({card.case_id for card in wall.cards.values()}) == UNDECIDED_MINUTES + 1


async def test_the_next_card_goes_up_when_its_minute_is_over_and_not_at_the_next_look(
    store: Store, wall: Wall, lines: Lines
) -> None:
    await flood(store, 4)
    minute = timedelta(milliseconds=400)
    held = held_by(store, lines, per_minute=2, settings=HeldSettings(minute=minute))
    outbox = CardOutbox(store, wall, lambda _: REVIEW, clock=utc_now, settings=NEVER_POLLED, held=held)
    async with running(outbox.run()):
        await until(lambda: len(wall.cards) == 4)
    posted = sorted(card.posted_at for card in wall.cards.values())
    # A busy machine may pause between its look at the clock and the post. The next poll is in an hour.
    assert posted[2] - posted[0] > minute / 2


async def test_a_line_whose_posting_nobody_confirmed_is_found_again(
    store: Store, wall: Wall, lines: Lines
) -> None:
    await flood(store, 4)
    lines.lost_answers = 1
    async with running(an_outbox(store, wall, held_by(store, lines)).run()):
        await until(lambda: "find" in lines.calls and lines.told == [2])
        await asyncio.sleep(0.05)
    assert lines.calls.count("post") == 1
    place = await store.queue_line(GUILD)
    assert place is not None
    assert place.message_id in lines.standing


async def test_a_line_that_went_with_its_channel_is_posted_in_the_new_one(
    store: Store, wall: Wall, lines: Lines
) -> None:
    await flood(store, 4)
    lines.gone = {OLD_REVIEW}
    await store.begin_queue_line(GUILD, OLD_REVIEW)
    async with running(an_outbox(store, wall, held_by(store, lines)).run()):
        await until(lambda: lines.told == [2])
    ((channel_id, _, _),) = lines.standing.values()
    assert channel_id == REVIEW


async def test_over_a_restart_there_is_one_line_and_no_second_card(store: Store, wall: Wall, lines: Lines) -> None:
    await flood(store, 6)
    for _ in range(3):
        async with running(an_outbox(store, wall, held_by(store, lines)).run()):
            await until(lambda: lines.told == [4])
            await asyncio.sleep(0.05)
    assert len(wall.cards) == 2
    assert len(lines.standing) == 1


async def test_a_line_that_was_taken_down_by_hand_comes_back(store: Store, wall: Wall, lines: Lines) -> None:
    await flood(store, 4)
    outbox = an_outbox(store, wall, held_by(store, lines))
    async with running(outbox.run()):
        await until(lambda: lines.told == [2])
        lines.standing.clear()
        late = await open_case(store, 300)
        await outbox.show(await store.case(late))
        await until(lambda: lines.told == [3])
    assert len(lines.standing) == 1


async def test_cards_are_shown_although_the_line_is_refused(store: Store, wall: Wall, lines: Lines) -> None:
    lines.refusing = True
    await flood(store, 4)
    async with running(an_outbox(store, wall, held_by(store, lines)).run()):
        await until(lambda: len(wall.cards) == 2)
        await until(lambda: lines.calls)
        await until_no_line(store)
    assert (len(wall.cards), len(lines.standing)) == (2, 0)
