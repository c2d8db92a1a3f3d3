"""A simple model of Discord with one guild, and the bot's intake listening to it: people, gateway, crashes."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import cast

from bot.case import Message
from bot.intake.lanes import Intake
from bot.moderation import Moderation
from bot.outage import BackOff
from bot.ports import Store
from bot.rulebook import Rulebook
from inference.prefilter.suspicion import Suspicion
from policies.policy import Policy
from tests.bot.adapters import (
    GUILD,
    MODEL,
    Clock,
    MemoryHistory,
    RememberingDesk,
    TermJudge,
    WordInspector,
    make_message,
    make_policy,
)
from tests.bot.intake.volatile_store import VolatileStore

AT_ONCE = BackOff(timedelta(0), timedelta(0))
FIRST_CHANNEL = 10
POLICY = make_policy(terms=("loser", "trash"))


class WatchfulInspector(WordInspector):
    """Remembers every text that it was asked about."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        super().__init__({GUILD: policies})
        self.seen: list[str] = []

    def inspect(
        self, guild_id: int, text: str, policy_ids: Collection[str] | None = None
    ) -> tuple[Suspicion, ...]:
        self.seen.append(text)
        return super().inspect(guild_id, text, policy_ids)


class World:
    """Everything that happens outside of the bot, and the bot as one process after the other."""

    def __init__(self, *, capacity: int = 1000, lanes: int = 3, page: int = 3, answer_turns: int = 1) -> None:
        self.store = VolatileStore()
        self.history = MemoryHistory(page=page)
        self.history.channels[FIRST_CHANNEL] = {}
        self.history.answer_turns = answer_turns
        self.inspector = WatchfulInspector([POLICY])
        self.versions: dict[int, list[str]] = {}
        self.heard_edits: dict[int, str] = {}
        self.is_connected = False
        self.can_resume = False
        self.unheard: list[tuple[str, Message]] = []
        self._unheard_channels: list[int] = []
        self.late: list[Message] = []
        self.overtaken: set[int] = set()
        """Arrived after a newer message: no mark can know of them before, and a crash just then loses them."""
        self._capacity, self._lanes = capacity, lanes
        self._next_id = 100
        self.intake, self.running = self._new_process()

    def _new_process(self) -> tuple[Intake, asyncio.Task[None]]:
        store, clock = cast(Store, self.store), Clock()
        book = Rulebook({GUILD: {POLICY.id: POLICY}}, self.inspector)
        self.moderation = Moderation(
            book, store, TermJudge(), RememberingDesk(), model=MODEL, clock=clock, timer=lambda: 0.0
        )
        intake = Intake(
            self.moderation,
            store,
            self.history,
            clock=clock,
            capacity=self._capacity,
            lanes=self._lanes,
            back_off=AT_ONCE,
        )
        return intake, asyncio.ensure_future(intake.run())

    def new_id(self) -> int:
        self._next_id += 1
        return self._next_id

    def messages(self) -> list[Message]:
        return [message for known in self.history.channels.values() for message in known.values()]

    def write(self, text: str = "hi", channel_id: int = FIRST_CHANNEL) -> Message:
        number = self.new_id()
        message = make_message(number, f"{text} {number}", channel_id=channel_id)
        self.history.put(message)
        self._tell("created", message)
        return message

    def write_two_that_arrive_the_other_way_round(self) -> None:
        first, second = (
            make_message(self.new_id(), f"hi {self._next_id}", channel_id=FIRST_CHANNEL) for _ in "12"
        )
        self.history.put(first, second)
        for message in (second, first):
            self.versions[message.id] = [message.content]
        self.late.append(first)
        self.overtaken.add(first.id)
        self._hear("created", second)

    def edit(self, message: Message, text: str) -> Message:
        edited = message.model_copy(update={"content": f"{text} {self.new_id()}", "edited_at": Clock().now})
        self.history.put(edited)
        self.heard_edits.pop(message.id, None)
        self._tell("edited", edited)
        return edited

    def delete(self, message: Message) -> None:
        del self.history.channels[message.channel_id][message.id]
        self.heard_edits.pop(message.id, None)
        self._tell("deleted", message)

    def make_channel(self) -> int:
        channel_id = self.new_id()
        self.history.channels[channel_id] = {}
        if self.is_connected:
            self.intake.channel_seen(GUILD, channel_id, None)
        else:
            self._unheard_channels.append(channel_id)
        return channel_id

    def drop_connection(self) -> None:
        self.hear_late_ones()
        self.is_connected = False

    def resume(self) -> None:
        self.is_connected = True
        for channel_id in self._unheard_channels:
            self.intake.channel_seen(GUILD, channel_id, None)
        self._unheard_channels.clear()
        unheard, self.unheard = self.unheard, []
        for event, message in unheard:
            self._hear(event, message)

    def new_session(self) -> None:
        self.hear_late_ones()
        self.unheard.clear()
        self._unheard_channels.clear()
        self.is_connected = self.can_resume = True
        self.intake.session_lost()

    def see_guild(self) -> None:
        newest = {channel: max(known, default=None) for channel, known in self.history.channels.items()}
        self.intake.guild_seen(GUILD, newest)

    async def crash(self) -> None:
        """Nothing is stored any more; another process starts on what was."""
        self.hear_late_ones()
        await self.stop()
        self._forgive_what_was_overtaken()
        self.heard_edits.clear()
        self.is_connected = self.can_resume = False
        self.intake, self.running = self._new_process()

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.gather(self.running, return_exceptions=True)

    async def turns(self, count: int) -> None:
        for _ in range(count):
            await asyncio.sleep(0)
            self.check_marks()
            assert not self.running.done(), "the intake has ended"

    async def until(self, holds: Callable[[], bool], turns: int = 20_000) -> None:
        for _ in range(turns):
            if holds():
                return
            await self.turns(1)
        raise AssertionError("it never came to be")

    async def settle(self) -> None:
        """Everything works again, and has the time it needs."""
        self.history.away = self.store.away = 0
        self.new_session()
        self.see_guild()
        await self.turns(60)
        await self.until(lambda: not (self.intake.state.behind or self.intake.state.waiting))
        await self.turns(300)
        async with asyncio.timeout(10):
            await self.intake.drain()

    def check_marks(self) -> None:
        """No stored mark is above a message that was not looked at, or whose suspicion is not stored."""
        marks = self.store.marks.get(GUILD, {})
        for message in self.messages():
            if message.id <= marks.get(message.channel_id, 0) and message.id not in self.overtaken:
                assert self.is_safe(message), f"{message.id} is below its channel's mark"

    def is_safe(self, message: Message) -> bool:
        return any(self._is_safe(message.id, text) for text in self.versions[message.id])

    def _is_safe(self, message_id: int, text: str) -> bool:
        stored = {revision.content for revision in self.store.revisions.get(message_id, ())}
        return text in self.inspector.seen and (text.split()[0] in ("hi", "hello") or text in stored)

    def check_all_is_safe(self) -> None:
        self.check_marks()
        for message in self.messages():
            assert self.is_safe(message), f"{message.id} was never looked at"
        for channel_id, known in self.history.channels.items():
            assert self.store.marks[GUILD][channel_id] >= max(known, default=0)
        for message_id, text in self.heard_edits.items():
            assert self._is_safe(message_id, text), f"the edit of {message_id} was never looked at"

    def _forgive_what_was_overtaken(self) -> None:
        marks = self.store.marks.get(GUILD, {})
        for message_id in self.overtaken:
            if message_id <= marks.get(FIRST_CHANNEL, 0):
                self.history.channels[FIRST_CHANNEL].pop(message_id, None)
        self.overtaken.clear()

    def hear_late_ones(self) -> None:
        late, self.late = self.late, []
        for message in late:
            self._hear("created", message)

    def _tell(self, event: str, message: Message) -> None:
        self.versions.setdefault(message.id, []).append(message.content)
        if self.is_connected:
            self._hear(event, message)
        else:
            self.unheard.append((event, message))

    def hear_again(self, message: Message) -> None:
        self._hear("created", message)

    def _hear(self, event: str, message: Message) -> None:
        if event == "created":
            self.intake.created(message)
        elif event == "deleted":
            self.intake.deleted(message.guild_id, message.channel_id, [message.id])
        else:
            now = self.history.channels[message.channel_id].get(message.id)
            if now is not None and now.content == message.content:
                self.heard_edits[message.id] = message.content
            self.intake.edited(message)
