"""The intake as the cogs see it: events go in, cases come out."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bot.case import Message, Suspected
from bot.intake.lanes import Intake
from bot.moderation import Moderation
from bot.outage import BackOff
from bot.ports import Gone, Refused, Store, StoreError, StoreUnavailable
from inference.prefilter.suspicion import Suspicion
from policies.policy import Scope
from tests.bot.adapters import (
    CHANNEL,
    GUILD,
    MODEL,
    Clock,
    MemoryHistory,
    RememberingDesk,
    TermJudge,
    make_message,
    make_policy,
    make_rulebook,
)
from tests.bot.intake.intake_world import FIRST_CHANNEL, World

QUICK = BackOff(timedelta(milliseconds=1), timedelta(milliseconds=5))


class Bot:
    """An intake over a real store, with one policy that suspects losers and trash."""

    def __init__(self, store: Store, *, capacity: int = 100, scope: Scope | None = None) -> None:
        self.store = store
        self.history = MemoryHistory(page=3)
        self.clock = Clock()
        self.desk = RememberingDesk()
        book = make_rulebook(make_policy(scope=scope))
        self.moderation = Moderation(
            book, store, TermJudge(), self.desk, model=MODEL, clock=self.clock, timer=lambda: 0.0
        )
        self.intake = Intake(
            self.moderation, store, self.history, clock=self.clock, capacity=capacity, back_off=QUICK
        )

    async def done(self) -> None:
        async with asyncio.timeout(10):
            while self.intake.state.behind or self.intake.state.waiting:  # noqa: ASYNC110 - looked at from outside
                await asyncio.sleep(0.002)
            await asyncio.sleep(0.02)
            await self.moderation.flush()

    async def see(self, channels: dict[int, int | None]) -> None:
        self.intake.guild_seen(GUILD, channels)
        await asyncio.sleep(0.05)
        await self.done()

    async def texts(self, message_id: int) -> list[str]:
        case = await self.store.find(GUILD, message_id)
        return [revision.content for revision in case.revisions] if case else []


@pytest.fixture
async def bot(memory: Store) -> AsyncIterator[Bot]:
    bot = Bot(memory)
    running = asyncio.ensure_future(bot.intake.run())
    yield bot
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_message_becomes_a_case_with_what_was_said_before_it(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    for number in range(100, 106):
        bot.intake.created(make_message(number, f"hi {number}"))
    bot.intake.created(make_message(106))
    await bot.done()
    case = await bot.store.find(GUILD, 106)
    assert case is not None
    assert [line.text for line in case.earlier] == ["hi 102", "hi 103", "hi 104", "hi 105"]
    assert bot.history.asked == []
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 106}


async def test_after_a_restart_history_is_asked_for_what_was_said_before(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    bot.history.put(*(make_message(number, f"hi {number}") for number in range(90, 96)))
    bot.intake.created(make_message(100, "you loser"))
    bot.intake.created(make_message(101, "you trash"))
    await bot.done()
    for number, last in ((100, "hi 95"), (101, "you loser")):
        case = await bot.store.find(GUILD, number)
        assert case is not None
        assert len(case.earlier) == 4
        assert case.earlier[-1].text == last


async def test_a_message_is_judged_without_context_when_history_is_away(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    bot.history.away = 1
    bot.intake.created(make_message(100))
    await bot.done()
    assert await bot.texts(100) == ["you loser"]


async def test_an_edit_that_comes_right_after_its_message_makes_the_second_revision(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    bot.intake.created(make_message(100, "you loser"))
    bot.intake.edited(make_message(100, "you trash", edited_at=bot.clock.now))
    bot.intake.edited(make_message(100, "sorry", edited_at=bot.clock.now))
    await bot.done()
    assert await bot.texts(100) == ["you loser", "you trash"]
    case = await bot.store.find(GUILD, 100)
    assert case is not None
    assert case.current is not None
    assert case.current.content == "sorry"


async def test_a_message_that_is_deleted_while_it_waits_is_judged_and_its_case_says_so(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    bot.intake.created(make_message(100))
    bot.intake.deleted(GUILD, CHANNEL, [100, 99])
    await bot.done()
    case = await bot.store.find(GUILD, 100)
    assert case is not None
    assert case.deleted_at == bot.clock.now


async def test_a_deleted_message_is_context_of_nothing(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    bot.intake.created(make_message(99, "my address is"))
    bot.intake.deleted(GUILD, CHANNEL, [99])
    bot.intake.created(make_message(100))
    await bot.done()
    case = await bot.store.find(GUILD, 100)
    assert case is not None
    assert case.earlier == ()


async def test_what_was_written_while_nobody_listened_is_read_with_its_context(bot: Bot) -> None:
    await bot.store.advance(GUILD, {CHANNEL: 100})
    bot.history.put(*(make_message(number, f"hi {number}") for number in range(95, 107)), make_message(107))
    await bot.see({CHANNEL: 107})
    case = await bot.store.find(GUILD, 107)
    assert case is not None
    assert [line.message_id for line in case.earlier] == [103, 104, 105, 106]
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 107}
    assert bot.intake.state.caught_up == 7


async def test_a_guild_that_was_never_seen_starts_at_its_present(bot: Bot) -> None:
    bot.history.put(make_message(100))
    await bot.see({CHANNEL: 100, CHANNEL + 1: None})
    assert bot.history.asked == []
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 100, CHANNEL + 1: CHANNEL}


async def test_a_channel_made_while_nobody_listened_is_read_from_its_beginning_and_an_old_one_is_not(
    bot: Bot,
) -> None:
    await bot.store.advance(GUILD, {CHANNEL: 500})
    bot.history.put(make_message(600, channel_id=600), make_message(601, "hi", channel_id=600))
    bot.history.put(make_message(450, channel_id=80))
    await bot.see({CHANNEL: 500, 600: 601, 80: 450})
    assert await bot.texts(600) == ["you loser"]
    assert await bot.texts(450) == []
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 500, 600: 601, 80: 450}


async def test_a_newest_message_that_was_deleted_is_not_looked_for_at_every_start(bot: Bot) -> None:
    await bot.store.advance(GUILD, {CHANNEL: 100})
    await bot.see({CHANNEL: 150})
    assert bot.history.asked == [("after", CHANNEL, 100)]
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 150}


async def test_a_thread_out_of_the_archive_that_nobody_named_is_read_from_its_mark(bot: Bot) -> None:
    await bot.store.advance(GUILD, {CHANNEL: 500, 80: 100})
    await bot.see({CHANNEL: 500})
    bot.history.put(make_message(200, channel_id=80), make_message(501, "hi", channel_id=80))
    bot.intake.created(make_message(501, "hi", channel_id=80))
    await asyncio.sleep(0.05)
    await bot.done()
    assert await bot.texts(200) == ["you loser"]
    assert (await bot.store.watermarks(GUILD))[80] == 501


async def test_members_with_an_exempt_role_are_exempt_in_history_too(memory: Store) -> None:
    bot = Bot(memory, scope=Scope(except_roles=(9,)))
    bot.history.members = {55: {"role_ids": (9,)}, 56: {"role_ids": (8,), "joined_at": bot.clock.now}}
    await memory.advance(GUILD, {CHANNEL: 90})
    bot.history.put(make_message(100), make_message(101, author_id=56))
    running = asyncio.ensure_future(bot.intake.run())
    await bot.see({CHANNEL: 101})
    assert (bot.intake.state.failed, await bot.texts(100)) == (0, [])
    case = await memory.find(GUILD, 101)
    assert case is not None
    assert case.message.joined_at == bot.clock.now
    running.cancel()


async def test_reading_goes_on_when_discord_is_back(bot: Bot) -> None:
    await bot.store.advance(GUILD, {CHANNEL: 90})
    bot.history.put(make_message(100))
    bot.history.away = 3
    await bot.see({CHANNEL: 100})
    assert await bot.texts(100) == ["you loser"]
    assert bot.intake.state.away is None


@pytest.mark.parametrize("error", [Refused("Read Message History is missing."), Gone("The channel is gone.")])
async def test_a_channel_that_refuses_is_a_visible_problem_and_goes_on_live(bot: Bot, error: Exception) -> None:
    await bot.store.advance(GUILD, {CHANNEL: 90})
    bot.history.failing[CHANNEL] = error
    await bot.see({CHANNEL: 100})
    (problem,) = bot.intake.state.problems
    assert (problem.guild_id, problem.channel_id, problem.reason) == (GUILD, CHANNEL, str(error))
    bot.intake.created(make_message(101))
    await bot.done()
    assert await bot.texts(101) == ["you loser"]
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 101}
    assert [what for what, *_ in bot.history.asked].count("after") == 1


async def test_a_problem_goes_away_when_the_channel_can_be_read(bot: Bot) -> None:
    await bot.store.advance(GUILD, {CHANNEL: 90})
    bot.history.failing[CHANNEL] = Refused("no")
    await bot.see({CHANNEL: 100})
    bot.history.failing.clear()
    bot.history.put(make_message(120))
    bot.intake.session_lost()
    await bot.see({CHANNEL: 120})
    assert bot.intake.state.problems == ()
    assert await bot.texts(120) == ["you loser"]


async def test_a_defect_in_reading_one_channel_holds_its_mark_and_no_other_channel(bot: Bot) -> None:
    await bot.store.advance(GUILD, {CHANNEL: 90, 80: 90})
    bot.history.failing[CHANNEL] = ZeroDivisionError()
    bot.history.put(make_message(100), make_message(101, channel_id=80))
    await bot.see({CHANNEL: 100, 80: 101})
    bot.intake.created(make_message(102, "hi"))
    await bot.done()
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 90, 80: 101}
    bot.history.failing.clear()
    bot.intake.session_lost()
    await bot.see({CHANNEL: 102, 80: 101})
    assert await bot.texts(100) == ["you loser"]
    assert (await bot.store.watermarks(GUILD))[CHANNEL] == 102


async def test_a_message_that_cannot_be_stored_is_kept_until_it_can(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.see({CHANNEL: None})
    record, tries = bot.store.record, 0

    async def full_for_a_while(suspected: Suspected) -> int | None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise StoreUnavailable("the disk is full")
        return await record(suspected)

    monkeypatch.setattr(bot.store, "record", full_for_a_while)
    bot.intake.created(make_message(100))
    bot.intake.created(make_message(101, "hi"))
    await bot.done()
    assert await bot.texts(100) == ["you loser"]
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 101}


async def test_a_message_that_breaks_the_prefilter_holds_its_mark_and_stops_nothing(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.see({CHANNEL: None})
    inspector = bot.moderation._rulebook.inspector
    inspect = inspector.inspect

    def broken(guild_id: int, text: str, policy_ids: object = None) -> tuple[Suspicion, ...]:
        if text == "divide by zero":
            raise ZeroDivisionError
        return inspect(guild_id, text, policy_ids)  # type: ignore[arg-type]

    monkeypatch.setattr(inspector, "inspect", broken)
    bot.intake.created(make_message(100, "divide by zero"))
    bot.intake.deleted(GUILD, CHANNEL, [100])
    for number in range(101, 120):
        bot.intake.created(make_message(number))
    await bot.done()
    assert bot.intake.state.failed == 1
    assert await bot.texts(119) == ["you loser"]
    assert await bot.store.watermarks(GUILD) == {CHANNEL: CHANNEL - 1}


async def test_a_memory_that_is_broken_ends_the_intake_with_that_error(
    memory: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Damaged(StoreError): ...

    async def damaged(_: Suspected) -> int | None:
        raise Damaged("put back a backup")

    bot = Bot(memory)
    monkeypatch.setattr(memory, "record", damaged)
    bot.intake.created(make_message(100))
    with pytest.raises(Damaged):
        await asyncio.wait_for(bot.intake.run(), 5)


async def test_a_guild_that_is_forgotten_leaves_nothing_under_way_and_nothing_behind(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    for number in range(100, 150):
        bot.intake.created(make_message(number))
    await asyncio.wait_for(bot.intake.forget(GUILD), 5)
    stored = [number for number in range(100, 150) if await bot.store.find(GUILD, number)]
    await bot.store.purge(GUILD)
    bot.intake.created(make_message(150))
    bot.intake.edited(make_message(151))
    bot.intake.deleted(GUILD, CHANNEL, stored)
    await bot.done()
    assert bot.intake.state.waiting == 0
    assert len(stored) < 50
    assert GUILD not in await bot.store.guilds()


async def test_a_guild_that_comes_back_is_looked_at_again(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    bot.intake.created(make_message(100))
    await bot.done()
    await bot.intake.forget(GUILD)
    await bot.store.purge(GUILD)
    await bot.see({CHANNEL: 200})
    bot.intake.created(make_message(201))
    await bot.done()
    assert await bot.texts(201) == ["you loser"]
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 201}


async def test_a_channel_that_is_gone_is_still_judged_and_its_mark_stays_below_what_waits(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    for number in range(100, 110):
        bot.intake.created(make_message(number))
    bot.intake.channel_gone(GUILD, CHANNEL)
    await bot.done()
    assert await bot.texts(109) == ["you loser"]
    bot.history.put(make_message(115))
    bot.intake.channel_seen(GUILD, CHANNEL, 115)
    await asyncio.sleep(0.05)
    await bot.done()
    assert await bot.texts(115) == ["you loser"]


async def test_draining_works_everything_off_and_stores_the_marks(bot: Bot) -> None:
    await bot.see({CHANNEL: None})
    for number in range(100, 180):
        bot.intake.created(make_message(number, "hi"))
    bot.intake.deleted(GUILD, CHANNEL, [100])
    await asyncio.wait_for(bot.intake.drain(), 5)
    assert bot.intake.state.waiting == 0
    assert await bot.store.watermarks(GUILD) == {CHANNEL: 179}


async def test_a_burst_that_is_too_much_is_read_from_history_to_the_last_message() -> None:
    world = World(capacity=5, page=4)
    world.new_session()
    world.see_guild()
    await world.turns(30)
    for number in range(60):
        world.write("loser" if number % 7 == 0 else "hi")
    state = world.intake.state
    assert (state.waiting, state.overflowed, state.behind, dict(state.behind_in)) == (4, 56, 1, {GUILD: 1})
    await world.until(lambda: not world.intake.state.behind)
    await world.until(lambda: not world.intake.state.waiting)
    world.check_marks()
    assert all(world.is_safe(message) for message in world.messages())
    assert len(world.inspector.seen) == 60
    await world.stop()


async def test_an_edit_that_finds_no_room_is_read_again_later_however_old_the_message() -> None:
    world = World(capacity=5)
    world.new_session()
    world.see_guild()
    old = world.write("hi")
    await world.turns(60)
    for _ in range(10):
        world.write("hi")
    edited = world.edit(old, "trash")
    edited = world.edit(edited, "loser")
    await world.until(lambda: edited.content in world.inspector.seen)
    await world.turns(20)
    assert world.store.revisions[old.id][-1].content == edited.content
    await world.stop()


async def test_an_edited_message_that_is_gone_before_it_is_read_again_is_let_go() -> None:
    world = World(capacity=5)
    world.new_session()
    world.see_guild()
    old = world.write("hi")
    await world.turns(60)
    for _ in range(10):
        world.write("hi")
    world.delete(world.edit(old, "trash"))
    await world.settle()
    assert world.intake.state.dropped == 0
    assert world.store.marks[GUILD][FIRST_CHANNEL] == max(world.history.channels[FIRST_CHANNEL])
    await world.stop()


async def test_messages_that_are_left_to_history_unread_are_read_there() -> None:
    world = World(capacity=5, page=4)
    world.new_session()
    world.see_guild()
    await world.turns(30)
    assert not world.intake.leaves_to_history(GUILD, FIRST_CHANNEL, 10**18)
    for _ in range(20):
        world.write("loser")
    overflowed = world.intake.state.overflowed
    assert world.intake.leaves_to_history(GUILD, FIRST_CHANNEL, max(world.history.channels[FIRST_CHANNEL]) + 1)
    assert (world.intake.state.overflowed, world.intake.state.behind) == (overflowed + 1, 1)
    await world.settle()
    assert world.intake.state.behind == 0
    await world.stop()


async def test_a_guild_that_floods_leaves_room_for_the_others() -> None:
    world = World(capacity=100)
    for _ in range(500):
        world.write("hi")
        world.intake.created(make_message(world.new_id(), "hi"))
    flooded = world.intake.state.waiting
    assert 70 < flooded < 90
    quiet: list[Message] = [make_message(world.new_id(), "hi", guild_id=GUILD + 1) for _ in range(10)]
    before = world.intake.state.overflowed
    for message in quiet:
        world.intake.created(message)
    assert world.intake.state.overflowed == before
    await world.stop()


async def test_huge_messages_are_bounded_by_their_characters() -> None:
    world = World(capacity=5000)
    huge = "a" * 20_000
    for _ in range(2000):
        world.intake.created(make_message(world.new_id(), "", embeds=(huge,)))
    assert world.intake.state.waiting * len(huge) <= 16_000_000
    assert world.intake.state.overflowed > 1000
    await world.stop()


async def test_a_channel_told_of_before_its_guild_is_left_to_the_guild() -> None:
    world = World()
    world.new_session()
    world.see_guild()
    await world.turns(30)
    await world.crash()
    missed = world.make_channel()
    message = world.write("loser", missed)
    world.new_session()
    world.make_channel()
    await world.turns(30)
    world.see_guild()
    await world.turns(60)
    assert world.is_safe(message)
    await world.stop()


async def test_before_a_guild_is_seen_again_none_of_its_marks_is_stored() -> None:
    world = World(capacity=3)
    world.new_session()
    world.see_guild()
    await world.turns(30)
    for _ in range(6):
        world.write("hi")
    before = dict(world.store.marks[GUILD])
    world.new_session()
    await world.until(lambda: not (world.intake.state.behind or world.intake.state.waiting))
    world.write("hi")
    await world.turns(30)
    await world.moderation.flush()
    assert world.store.marks[GUILD] == before
    world.see_guild()
    await world.turns(30)
    await world.moderation.flush()
    assert world.store.marks[GUILD] == {FIRST_CHANNEL: max(world.history.channels[FIRST_CHANNEL])}
    await world.stop()


async def test_messages_that_come_before_their_guild_is_seen_raise_no_mark_and_are_looked_at() -> None:
    world = World()
    world.store.marks[GUILD] = {FIRST_CHANNEL: 9}
    missed = world.write("loser")
    world.new_session()
    live = world.write("hi")
    await world.turns(30)
    await world.moderation.flush()
    assert world.is_safe(live)
    assert world.store.marks[GUILD] == {FIRST_CHANNEL: 9}
    world.see_guild()
    await world.turns(60)
    assert world.is_safe(missed)
    assert world.inspector.seen.count(live.content) == 1
    await world.settle()
    world.check_all_is_safe()
    await world.stop()
