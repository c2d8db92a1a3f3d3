"""The small parts of the intake: context, room, fairness, previews."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.case import Earlier, Message, Suspected
from bot.intake.fair_queue import FairQueue
from bot.intake.preview import suspect_additions
from bot.intake.recent import PER_CHANNEL, RecentMessages
from bot.intake.removals import Removals
from bot.intake.room import Room
from inference.rendering import MAX_CONTEXT_CHARACTERS
from tests.bot.adapters import CHANNEL, GUILD, Clock, make_earlier, make_message, make_policy, make_rulebook


def ids(lines: Sequence[Earlier]) -> list[int]:
    return [line.message_id for line in lines]


def test_the_latest_ten_messages_are_kept_in_the_order_of_their_ids() -> None:
    recent = RecentMessages()
    for number in (5, 3, 4, *range(6, 16)):
        recent.note(make_message(number, "hi"))
    assert ids(recent.before(make_message(100))) == list(range(6, 16))
    assert ids(recent.before(make_message(8))) == [6, 7]
    assert recent.before(make_message(100, channel_id=CHANNEL + 1)) == ()


def test_context_is_the_newest_text_of_a_message_cut_to_what_the_judge_is_shown() -> None:
    recent = RecentMessages()
    recent.note(make_message(1, "first"))
    recent.note(make_message(1, "x" * 5000))
    (line,) = recent.before(make_message(2))
    assert line.text == "x" * (MAX_CONTEXT_CHARACTERS + 1)


def test_only_the_channels_that_spoke_last_are_kept() -> None:
    recent = RecentMessages(channels=2)
    for channel in (1, 2, 1, 3):
        recent.note(make_message(5, "hi", channel_id=channel))
    assert [bool(recent.before(make_message(9, channel_id=channel))) for channel in (1, 2, 3)] == [
        True,
        False,
        True,
    ]


def test_history_is_asked_once_for_what_came_before_as_long_as_nothing_is_pushed_out() -> None:
    recent = RecentMessages()
    recent.note(make_message(50, "hi"))
    recent.fill(make_message(50), [make_earlier(48, 1, "a"), make_earlier(49, 1, "b")])
    assert ids(recent.before(make_message(51))) == [48, 49, 50]
    assert recent.is_whole(make_message(51))
    for number in range(51, 51 + PER_CHANNEL):
        recent.note(make_message(number, "hi"))
    assert not recent.is_whole(make_message(52))


def test_what_is_forgotten_is_context_of_nothing() -> None:
    recent = RecentMessages()
    for channel in (1, 2, 3):
        recent.note(make_message(5, "hi", channel_id=channel))
    recent.drop(GUILD, 1, [5, 6])
    recent.forget(GUILD, 2)
    assert [len(recent.before(make_message(9, channel_id=channel))) for channel in (1, 2, 3)] == [0, 0, 1]
    recent.forget(GUILD)
    assert recent.before(make_message(9, channel_id=3)) == ()


def test_flooding_guilds_share_the_room_and_leave_some_for_quiet_ones() -> None:
    room = Room(messages=1000)
    for _ in range(1000):
        for guild in range(10):
            if room.admits(guild, 5):
                room.enter(guild, 5)
    taken = [room._messages.used_by(guild) for guild in range(10)]
    assert max(taken) - min(taken) <= 1
    assert min(taken) > 90
    assert all(room.admits(quiet, 5) for quiet in range(100, 105))


async def test_a_room_says_when_it_is_calm_and_when_it_is_empty() -> None:
    room = Room(messages=10)
    for guild in (1, 1, 1, 2, 2, 2):
        room.enter(guild, 7)
    waiting = [asyncio.ensure_future(wait) for wait in (room.calm(), room.empty(1), room.empty())]

    async def leave(guild: int, times: int) -> list[bool]:
        for _ in range(times):
            room.leave(guild, 7)
        await asyncio.sleep(0.01)
        return [task.done() for task in waiting]

    assert await leave(2, 1) == [False, False, False]
    assert await leave(2, 1) == [True, False, False]
    assert await leave(1, 3) == [True, True, False]
    assert await leave(2, 1) == [True, True, True]


async def test_a_queue_serves_guilds_in_turn_and_each_guild_in_order() -> None:
    queue: FairQueue[str] = FairQueue()
    for guild, item in ((1, "a"), (1, "b"), (1, "c"), (2, "x"), (3, "y"), (2, "z")):
        queue.put(guild, item)
    assert [await queue.take() for _ in range(6)] == ["a", "x", "y", "b", "z", "c"]


async def test_a_taker_waits_for_an_item_and_a_dropped_guild_is_served_no_more() -> None:
    queue: FairQueue[str] = FairQueue()
    taking = asyncio.ensure_future(queue.take())
    await asyncio.sleep(0)
    queue.put(1, "a")
    assert await taking == "a"
    queue.put(1, "b")
    queue.put(2, "c")
    assert queue.drop(1) == ("b",)
    assert await queue.take() == "c"


class Note:
    """What `Removals` hands over, call by call."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, set[int]]] = []

    async def removed(self, guild_id: int, message_ids: frozenset[int]) -> None:
        self.calls.append((guild_id, set(message_ids)))


async def test_deletions_are_handed_over_together_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.removals.AT_ONCE", 3)
    note = Note()
    removals = Removals(note, Clock(), limit=5)  # type: ignore[arg-type]
    for number in (1, 2, 3, 4, 4):
        removals.note(7, number)
    removals.note(8, 9)
    removals.note(8, 10)
    assert removals.dropped == 1
    running = asyncio.ensure_future(removals.run())
    await asyncio.wait_for(removals.idle(), 1)
    running.cancel()
    assert [guild for guild, _ in note.calls] == [7, 8, 7]
    assert set().union(*(found for guild, found in note.calls if guild == 7)) == {1, 2, 3, 4}


async def additions(message: Message, known: Message) -> Suspected | None:
    async def suspect(part: Message, earlier: Sequence[Earlier]) -> Suspected | None:
        return make_rulebook(make_policy()).suspect(part, earlier)

    return await suspect_additions(message, known, (), suspect)


async def test_only_what_a_preview_adds_is_looked_at_and_its_evidence_points_into_the_whole_text() -> None:
    known = make_message(1, "you loser look", embeds=("a loser's page",))
    suspected = await additions(
        known.model_copy(update={"embeds": ("a loser's page", "nice", "trash talk")}), known
    )
    assert suspected is not None
    (suspicion,) = suspected.suspicions
    (evidence,) = suspicion.evidence
    assert suspected.message.text[evidence.start : evidence.end] == evidence.quote == "trash"


async def test_a_preview_without_anything_suspicious_is_nothing_new() -> None:
    known = make_message(1, "you loser")
    assert await additions(known.model_copy(update={"embeds": ("a nice page",)}), known) is None
    assert await additions(known, known.model_copy(update={"embeds": ("trash",)})) is None
