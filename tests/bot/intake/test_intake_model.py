"""The intake against a simple model of Discord, over random histories with crashes, lost sessions and overflow.

Whatever happens, no stored mark is above a message that was not looked at. Once things settle, every message that
still exists was looked at, in the text it has now if we heard of the edit, with one case per suspected message.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from bot.case import Message
from tests.bot.intake.intake_world import FIRST_CHANNEL, World


class Histories(RuleBasedStateMachine):
    """People write, edit and delete; the gateway tells some of it; the bot crashes, restarts and overflows."""

    @initialize(
        capacity=st.sampled_from([1, 3, 8, 1000]),
        lanes=st.sampled_from([1, 3]),
        answer=st.sampled_from([1, 5, 20]),
    )
    def begin(self, capacity: int, lanes: int, answer: int) -> None:
        self.runner = asyncio.Runner()
        self.run(self.open(capacity, lanes, answer))

    async def open(self, capacity: int, lanes: int, answer: int) -> None:
        self.world = World(capacity=capacity, lanes=lanes, answer_turns=answer)
        self.world.new_session()
        self.world.see_guild()
        await self.world.turns(30)

    def run(self, call: Coroutine[Any, Any, None]) -> None:
        self.runner.run(call)

    def do(self, action: Any, *arguments: Any) -> None:
        """In the event loop, which then turns as little as can be."""

        async def act() -> None:
            action(*arguments)
            self.world.check_marks()

        self.run(act())

    def teardown(self) -> None:
        try:
            self.run(self.world.settle())
            self.world.check_all_is_safe()
        finally:
            self.run(self.world.stop())
            self.runner.close()

    def some_message(self, data: st.DataObject) -> Message | None:
        everything = self.world.messages()
        return data.draw(st.sampled_from(everything)) if everything else None

    @rule(text=st.sampled_from(["hi", "loser"]), data=st.data())
    def write(self, text: str, data: st.DataObject) -> None:
        self.do(self.world.write, text, data.draw(st.sampled_from(sorted(self.world.history.channels))))

    @rule(count=st.integers(2, 12))
    def flood(self, count: int) -> None:
        for _ in range(count):
            self.do(self.world.write, "hi", FIRST_CHANNEL)

    @precondition(lambda self: self.world.is_connected)
    @rule()
    def write_two_that_arrive_the_other_way_round(self) -> None:
        self.do(self.world.write_two_that_arrive_the_other_way_round)

    @rule()
    def the_late_ones_arrive(self) -> None:
        self.do(self.world.hear_late_ones)

    @rule(text=st.sampled_from(["hello", "trash"]), data=st.data())
    def edit(self, text: str, data: st.DataObject) -> None:
        if message := self.some_message(data):
            self.do(self.world.edit, message, text)

    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        if message := self.some_message(data):
            self.do(self.world.delete, message)

    @precondition(lambda self: self.world.is_connected)
    @rule(data=st.data())
    def tell_of_a_message_twice(self, data: st.DataObject) -> None:
        if message := self.some_message(data):
            self.do(self.world.hear_again, message)

    @rule()
    def make_a_channel(self) -> None:
        self.do(self.world.make_channel)

    @rule(count=st.integers(1, 25))
    def time_passes(self, count: int) -> None:
        self.run(self.world.turns(count))

    @rule()
    def the_marks_are_stored(self) -> None:
        self.run(self.flush())

    async def flush(self) -> None:
        flushing = asyncio.ensure_future(self.world.moderation.flush())
        await self.world.turns(6)
        await asyncio.gather(flushing, return_exceptions=True)

    @rule()
    def the_connection_drops(self) -> None:
        self.do(self.world.drop_connection)

    @precondition(lambda self: self.world.can_resume and not self.world.is_connected)
    @rule()
    def the_session_goes_on(self) -> None:
        self.do(self.world.resume)

    @rule(seen_at_once=st.booleans())
    def a_new_session_begins(self, seen_at_once: bool) -> None:
        self.do(self.world.new_session)
        if seen_at_once:
            self.do(self.world.see_guild)

    @precondition(lambda self: self.world.is_connected)
    @rule()
    def the_guild_is_seen(self) -> None:
        self.do(self.world.see_guild)

    @rule()
    def crash(self) -> None:
        self.run(self.world.crash())

    @rule()
    def restart(self) -> None:
        self.run(self.stop_cleanly())

    async def stop_cleanly(self) -> None:
        self.world.hear_late_ones()
        async with asyncio.timeout(10):
            await self.world.intake.drain()
        await self.world.crash()

    @rule(calls=st.integers(1, 4))
    def history_is_away(self, calls: int) -> None:
        self.world.history.away = calls

    @rule(calls=st.integers(1, 4))
    def the_store_is_away(self, calls: int) -> None:
        self.world.store.away = calls


def test_random_histories_lose_nothing() -> None:
    bounds = settings(max_examples=100, stateful_step_count=40, deadline=None, derandomize=True)
    run_state_machine_as_test(Histories, settings=bounds)
