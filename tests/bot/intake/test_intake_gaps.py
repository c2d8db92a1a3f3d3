"""Moments at which a message or an edit would slip through if one thing were forgotten. Each was tried."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from bot.case import Message
from bot.intake.catch_up import READERS
from bot.intake.debts import REMEMBERED, Debt, Debts
from bot.intake.window import IntakeWindow
from bot.ports import DiscordAway, Page
from tests.bot.adapters import CHANNEL, GUILD, make_message
from tests.bot.intake.intake_world import FIRST_CHANNEL, World

KEY = (GUILD, CHANNEL)


async def connected(**options: int) -> World:
    world = World(**options)
    world.new_session()
    world.see_guild()
    await world.turns(40)
    return world


async def page_on_its_way(world: World) -> None:
    """Until history has been read and its answer is not here yet."""
    asked = len(world.history.asked)
    await world.until(lambda: len(world.history.asked) > asked)
    await world.turns(3)


def behind(world: World, *, messages: int = 1) -> list[Message]:
    """The first channel has missed some messages."""
    world.drop_connection()
    missed = [world.write("hi") for _ in range(messages)]
    world.new_session()
    world.see_guild()
    return missed


def gate(world: World, call: str, opened: asyncio.Event) -> None:
    """Let a call of the store wait."""
    passing: Callable[..., Awaitable[Any]] = getattr(world.store, call)

    async def wait(*arguments: Any) -> Any:
        await opened.wait()
        return await passing(*arguments)

    setattr(world.store, call, wait)


async def test_a_live_message_that_is_lost_while_the_last_page_is_on_its_way_is_read_too() -> None:
    world = await connected(capacity=1, answer_turns=50)
    behind(world)
    await page_on_its_way(world)
    taken, lost = world.write("hi"), world.write("hi")
    await world.until(lambda: world.is_safe(lost))
    assert world.is_safe(taken)
    await world.stop()


async def test_a_session_that_is_lost_while_the_last_page_is_on_its_way_makes_it_not_the_last() -> None:
    world = await connected(answer_turns=50)
    behind(world)
    await page_on_its_way(world)
    world.drop_connection()
    missed = world.write("hi")
    world.new_session()
    await world.until(lambda: world.is_safe(missed))
    world.check_marks()
    await world.stop()


async def test_an_edit_missed_after_its_message_came_live_is_read_from_history() -> None:
    world = await connected()
    behind(world, messages=6)
    world.history.gate = asyncio.Event()
    await page_on_its_way(world)
    live = world.write("hi")
    await world.until(lambda: world.is_safe(live))
    world.drop_connection()
    edited = world.edit(live, "trash")
    world.new_session()
    world.see_guild()
    world.history.gate.set()
    await world.until(lambda: edited.content in world.inspector.seen)
    world.check_marks()
    await world.stop()


async def test_a_message_deleted_while_its_page_is_on_its_way_is_judged_and_noted_as_gone() -> None:
    world = await connected(answer_turns=50)
    world.drop_connection()
    missed = world.write("loser")
    world.new_session()
    world.see_guild()
    await page_on_its_way(world)
    world.delete(missed)
    await world.until(lambda: missed.id in world.store.gone)
    world.check_marks()
    await world.stop()


async def test_an_older_page_does_not_undo_an_edit_that_came_live() -> None:
    world = await connected(answer_turns=50)
    (missed,) = behind(world)
    await page_on_its_way(world)
    edited = world.edit(missed, "trash")
    await world.turns(200)
    assert world.inspector.seen[-1] == edited.content
    assert missed.content not in world.inspector.seen
    await world.stop()


async def test_an_edit_that_is_to_be_read_again_holds_the_mark_over_a_crash() -> None:
    world = await connected(capacity=1)
    message = world.write("hi")
    edited = world.edit(message, "loser")
    world.history.away = 1000
    await world.turns(60)
    await world.moderation.flush()
    assert world.store.marks[GUILD][FIRST_CHANNEL] < message.id
    await world.crash()
    await world.settle()
    assert edited.content in world.inspector.seen
    await world.stop()


async def test_an_edit_that_comes_while_its_message_is_being_read_again_is_read_once_more() -> None:
    world = await connected(capacity=1, answer_turns=50)
    old = world.write("hi")
    await world.turns(30)
    world.write("hi")
    edited = world.edit(old, "hello")
    await page_on_its_way(world)
    world.write("hi")
    edited = world.edit(edited, "trash")
    await world.until(lambda: edited.content in world.inspector.seen)
    world.check_marks()
    await world.stop()


async def test_no_mark_is_stored_beside_a_new_channel_of_which_nothing_is_stored_yet() -> None:
    world = await connected()
    opened = asyncio.Event()
    gate(world, "watermarks", opened)
    channel = world.make_channel()
    world.write("hi")
    await world.turns(30)
    await world.moderation.flush()
    assert max(world.store.marks[GUILD].values()) < channel
    opened.set()
    await world.turns(30)
    assert world.store.marks[GUILD][channel] == channel - 1
    await world.stop()


async def test_the_present_of_a_new_guild_lies_below_what_came_live_before_it_was_seen() -> None:
    world = World()
    opened = asyncio.Event()
    gate(world, "record", opened)
    world.new_session()
    live = world.write("loser")
    world.see_guild()
    await world.turns(60)
    assert world.store.marks[GUILD] == {FIRST_CHANNEL: live.id - 1}
    opened.set()
    await world.settle()
    world.check_all_is_safe()
    await world.stop()


async def test_an_edit_waits_until_its_message_is_stored_and_other_messages_do_not_wait() -> None:
    world = await connected(lanes=16)
    opened = asyncio.Event()
    gate(world, "record", opened)
    message = world.write("loser")
    edited = world.edit(message, "hello")
    others = [world.write("hi") for _ in range(32)]
    await world.turns(300)
    assert edited.content not in world.inspector.seen
    assert sum(map(world.is_safe, others)) > 16
    opened.set()
    await world.until(lambda: edited.content in world.inspector.seen)
    world.check_marks()
    await world.stop()


async def test_what_is_said_of_an_older_session_makes_no_channel_current() -> None:
    world = await connected()
    opened = asyncio.Event()
    gate(world, "watermarks", opened)
    world.new_session()
    world.see_guild()
    await world.turns(5)
    world.drop_connection()
    missed = world.write("hi")
    world.new_session()
    opened.set()
    await world.turns(30)
    world.write("hi")
    await world.turns(10)
    world.see_guild()
    await world.until(lambda: world.is_safe(missed))
    world.check_marks()
    await world.stop()


async def test_a_channel_that_is_gone_is_not_read_on() -> None:
    world = await connected(page=1)
    behind(world, messages=8)
    await page_on_its_way(world)
    world.intake.channel_gone(GUILD, FIRST_CHANNEL)
    asked = len(world.history.asked)
    await world.turns(300)
    assert len(world.history.asked) <= asked + 1
    world.intake.channel_seen(GUILD, FIRST_CHANNEL, max(world.history.channels[FIRST_CHANNEL]))
    await world.settle()
    world.check_all_is_safe()
    await world.stop()


async def test_a_case_whose_message_was_edited_while_nobody_listened_says_so() -> None:
    world = await connected()
    message = world.write("loser")
    world.store.away = 0
    gate(world, "advance", asyncio.Event())  # the case is stored, its mark is not
    await world.turns(60)
    assert message.id in world.store.revisions
    await world.crash()
    del world.store.advance  # type: ignore[method-assign]
    edited = world.edit(message, "hello")
    await world.settle()
    assert world.store.notes[message.id] == edited.content
    await world.stop()


def test_a_message_that_comes_late_and_is_lost_is_read_although_newer_ones_were() -> None:
    window = IntakeWindow()
    debts = Debts(window)
    debts.settle(KEY, 5, 20)
    debt = debts.of(KEY)
    assert debt is not None
    assert debt.ask() == 5
    debts.created(KEY, 9, taken=False)
    debts.created(KEY, 8, taken=False)
    debts.created(KEY, 30, taken=False)
    assert not debts.turn(debt, Page((make_message(10),), 10, more=True))
    assert debt.after == 7
    assert window.mark(*KEY) == 7
    assert debt.ask() == 7
    window.begin(*KEY, 9)
    debts.turn(debt, Page((make_message(9), make_message(12)), 12, more=True))
    debts.created(KEY, 11, taken=False)
    window.passed(*KEY, 9)
    assert window.mark(*KEY) == 10
    assert debt.ask() == 10


def test_what_is_remembered_of_live_messages_is_bounded() -> None:
    debt = Debt(KEY)
    for number in range(REMEMBERED + 50):
        debt.came_live(number)
    assert [debt.has(number) for number in (49, 50, REMEMBERED + 49)] == [False, True, True]


async def test_a_channel_whose_last_message_is_not_told_is_asked_for_what_is_new() -> None:
    world = await connected()
    world.write("hi")
    await world.turns(40)
    world.drop_connection()
    missed = world.write("hi")
    world.new_session()
    world.intake.guild_seen(GUILD, {FIRST_CHANNEL: None})
    await world.until(lambda: world.is_safe(missed))
    world.check_marks()
    await world.stop()


async def test_a_channel_that_says_nothing_of_its_last_message_after_an_outage_of_its_guild_is_asked() -> None:
    world = await connected()
    world.drop_connection()
    missed = world.write("hi")
    world.is_connected = True
    world.intake.guild_seen(GUILD, {FIRST_CHANNEL: None})
    await world.until(lambda: world.is_safe(missed))
    world.check_marks()
    await world.stop()


async def test_a_channel_that_was_hidden_is_asked_although_its_last_message_is_known() -> None:
    """What was written meanwhile was not told, so the last message that is known is an old one."""
    world = await connected()
    before = world.write("hi")
    await world.until(lambda: world.is_safe(before))
    await world.moderation.flush()
    assert world.store.marks[GUILD][FIRST_CHANNEL] == before.id
    world.intake.channel_gone(GUILD, FIRST_CHANNEL)
    world.drop_connection()
    missed = world.write("hi")
    world.is_connected = True
    world.intake.channel_seen(GUILD, FIRST_CHANNEL, before.id, stale=True)
    await world.until(lambda: world.is_safe(missed))
    world.check_marks()
    await world.stop()


async def test_channels_that_discord_never_answers_for_keep_no_other_one_waiting() -> None:
    world = await connected()
    broken = [world.make_channel() for _ in range(READERS + 1)]
    await world.turns(60)
    world.drop_connection()
    for channel_id in broken:
        world.history.failing[channel_id] = DiscordAway("HTTP 500")
        world.write("hi", channel_id)
    missed = world.write("hi")
    world.new_session()
    world.intake.guild_seen(GUILD, {channel: max(world.history.channels[channel]) for channel in broken})
    await world.turns(100)
    world.intake.channel_seen(GUILD, FIRST_CHANNEL, missed.id)
    await world.until(lambda: world.is_safe(missed))
    assert world.intake.state.behind_in[GUILD] == len(broken)
    await world.stop()
