import asyncio

from bot.review.locks import KeyedLocks
from bot.review.turns import Turns
from tests.bot.review.review_adapters import running, until


class Counter:
    """Serves guilds: a guild has as many pieces of work as it was given."""

    def __init__(self) -> None:
        self.work: dict[int, int] = {}
        self.served: list[int] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.turns = Turns(self.serve, width=2)

    async def serve(self, guild_id: int) -> bool:
        self.served.append(guild_id)
        await self.gate.wait()
        self.work[guild_id] = self.work.get(guild_id, 1) - 1
        return self.work[guild_id] > 0


async def test_a_guild_that_is_called_while_it_is_served_is_served_once_more() -> None:
    counter = Counter()
    counter.gate.clear()
    async with running(counter.turns.run()):
        counter.turns.call(7)
        await until(lambda: counter.served)
        for _ in range(10):
            counter.turns.call(7)
        await asyncio.sleep(0.01)
        assert counter.served == [7]
        counter.gate.set()
        await until(lambda: len(counter.served) == 2)
        await asyncio.sleep(0.01)
    assert counter.served == [7, 7]


async def test_guilds_with_much_to_do_take_turns() -> None:
    counter = Counter()
    counter.work = {7: 4, 8: 4, 9: 1}
    for guild_id in counter.work:
        counter.turns.call(guild_id)
    async with running(counter.turns.run()):
        await until(lambda: len(counter.served) == 9)
    assert counter.served[:5] == [7, 8, 9, 7, 8]


async def test_of_several_later_calls_the_earliest_one_counts() -> None:
    counter = Counter()
    async with running(counter.turns.run()):
        counter.turns.call_later(7, 0.02)
        counter.turns.call_later(7, 3600)
        counter.turns.call_later(8, 3600)
        counter.turns.call_later(8, 0.02)
        await asyncio.sleep(0)
        assert counter.served == []
        await until(lambda: set(counter.served) == {7, 8})


async def test_a_run_that_was_cancelled_can_be_run_again() -> None:
    counter = Counter()
    counter.gate.clear()
    async with running(counter.turns.run()):
        counter.turns.call(7)
        await until(lambda: counter.served)
    counter.gate.set()
    async with running(counter.turns.run()):
        counter.turns.call(7)
        await until(lambda: len(counter.served) == 2)
    assert counter.served == [7, 7]


async def test_locks_exclude_by_key_and_leave_nothing_behind() -> None:
    locks = KeyedLocks()
    inside: list[int] = []
    most = 0

    async def work(key: int) -> None:
        nonlocal most
        async with locks.hold(key):
            inside.append(key)
            most = max(most, inside.count(key))
            await asyncio.sleep(0.001)
            inside.remove(key)

    tasks = [asyncio.create_task(work(key)) for key in (1, 1, 1, 2)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sorted(inside) == [1, 2]
    tasks[1].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (most, locks._held) == (1, {})
