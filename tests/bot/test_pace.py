import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.pace import BURST, GLOBAL_LIMIT, InvalidRequests, TokenBucket, discord_bucket, is_invalid


class Hands:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.now += seconds


def busiest_second(times: Sequence[float]) -> int:
    return max((sum(start <= time < start + 1 for time in times) for start in times), default=0)


async def passings(bucket: TokenBucket, hands: Hands, pauses: Sequence[float]) -> list[float]:
    """When each of those who come after these pauses is let through."""
    times = []
    for pause in pauses:
        hands.now += pause
        await bucket.take()
        times.append(hands.now)
    return times


@given(st.floats(0.5, 44), st.lists(st.floats(0, 2) | st.just(0.0), max_size=200))
def test_no_second_sees_more_than_discord_allows(rate: float, pauses: list[float]) -> None:
    hands = Hands()
    bucket = TokenBucket(rate, BURST, hands, hands.sleep)
    times = asyncio.run(passings(bucket, hands, pauses))
    assert busiest_second(times) <= BURST + rate < GLOBAL_LIMIT


async def test_a_burst_passes_at_once_and_the_rest_at_the_rate() -> None:
    hands = Hands()
    times = await passings(TokenBucket(10, 3, hands, hands.sleep), hands, [0.0] * 13)
    assert times[:3] == [1000.0] * 3
    assert times[-1] == pytest.approx(1001.0)


async def test_a_long_pause_saves_up_no_more_than_the_burst() -> None:
    hands = Hands()
    bucket = TokenBucket(10, 3, hands, hands.sleep)
    await passings(bucket, hands, [0.0] * 20)
    times = await passings(bucket, hands, [3600.0] + [0.0] * 4)
    assert times.count(times[0]) == 3


async def in_order(bucket: TokenBucket, number: int) -> tuple[list[int], list[asyncio.Task[None]]]:
    passed: list[int] = []

    async def come(name: int) -> None:
        await bucket.take()
        passed.append(name)

    tasks = [asyncio.create_task(come(name)) for name in range(number)]
    await asyncio.sleep(0)
    return passed, tasks


async def test_those_who_wait_pass_in_the_order_in_which_they_came() -> None:
    hands = Hands()
    passed, tasks = await in_order(TokenBucket(10, 1, hands, hands.sleep), 30)
    await asyncio.gather(*tasks)
    assert passed == list(range(30))


async def test_a_newcomer_does_not_overtake_who_slept_too_long() -> None:
    hands, wake = Hands(), asyncio.Event()

    async def oversleep(seconds: float) -> None:
        await wake.wait()
        await hands.sleep(seconds)

    bucket = TokenBucket(10, 1, hands, oversleep)
    passed, tasks = await in_order(bucket, 2)
    hands.now += 60
    newcomer = asyncio.create_task(bucket.take())
    await asyncio.sleep(0)
    assert (passed, newcomer.done()) == ([0], False)
    wake.set()
    await asyncio.gather(*tasks)
    assert passed == [0, 1]
    await newcomer


@given(st.sets(st.integers(0, 19)))
def test_whoever_gives_up_takes_nothing_and_holds_nobody_up(quitters: set[int]) -> None:
    async def scene() -> None:
        hands = Hands()
        passed, tasks = await in_order(TokenBucket(10, 1, hands, hands.sleep), 20)
        late = [name for name in sorted(quitters) if not tasks[name].done()]
        for name in late:
            tasks[name].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert passed == [name for name in range(20) if name not in late]
        assert hands.now == pytest.approx(1000 + (len(passed) - 1) / 10)

    asyncio.run(scene())


async def test_a_sleep_that_ends_early_is_slept_again() -> None:
    hands = Hands()

    async def restless(seconds: float) -> None:
        await hands.sleep(seconds / 3)

    times = await passings(TokenBucket(10, 1, hands, restless), hands, [0.0] * 5)
    assert times[-1] == pytest.approx(1000.4)


async def test_on_the_real_clock_a_hundred_take_their_time() -> None:
    loop = asyncio.get_running_loop()
    bucket = TokenBucket(400, 5, loop.time)
    begun = loop.time()
    await asyncio.gather(*(bucket.take() for _ in range(100)))
    assert loop.time() - begun >= 95 / 400 - 0.001


@pytest.mark.parametrize("make", [lambda: TokenBucket(0, 5, Hands()), lambda: TokenBucket(40, 0, Hands())])
def test_a_bucket_that_lets_nothing_through_is_refused(make: Callable[[], Awaitable[None]]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        make()


@pytest.mark.parametrize("rate", [0, -1, 45, 50])
def test_a_rate_that_could_break_discords_limit_is_refused(rate: int) -> None:
    with pytest.raises(ValueError, match="Between 1 and 44"):
        discord_bucket(rate, Hands())


async def test_discords_bucket_lets_its_burst_through() -> None:
    hands = Hands()
    bucket = discord_bucket(40, hands)
    async with asyncio.timeout(1):
        for _ in range(BURST):
            await bucket.take()
    assert hands.now == Hands().now, "nobody waited"


@pytest.mark.parametrize(
    ("status", "scope", "counts"),
    [
        (401, None, True),
        (403, None, True),
        (429, "user", True),
        (429, "global", True),
        (429, None, True),
        (429, "shared", False),
        (404, None, False),
        (200, None, False),
        (502, None, False),
    ],
)
def test_what_discord_counts_is_counted(status: int, scope: str | None, counts: bool) -> None:
    assert is_invalid(status, scope) is counts


def test_the_breaker_opens_at_the_limit_and_closes_when_the_oldest_is_forgotten() -> None:
    hands = Hands()
    breaker = InvalidRequests(hands, limit=3, window=600)
    for _ in range(3):
        assert (breaker.open, breaker.retry_after) == (False, 0)
        breaker.record()
        hands.now += 10
    assert breaker.open
    assert breaker.retry_after == 570
    hands.now += 569
    assert breaker.open
    hands.now += 1
    assert not breaker.open
    breaker.record()
    assert breaker.retry_after == 10


@given(st.integers(1, 20), st.lists(st.floats(0, 200), max_size=100))
def test_the_breaker_is_open_exactly_while_the_window_holds_the_limit(limit: int, pauses: list[float]) -> None:
    hands = Hands()
    breaker = InvalidRequests(hands, limit=limit, window=600)
    times: list[float] = []
    for pause in pauses:
        hands.now += pause
        breaker.record()
        times.append(hands.now)
        young = [time for time in times if time + 600 > hands.now]
        assert breaker.open is (len(young) >= limit)
        assert breaker.count == min(limit, sum(time > hands.now - 600 for time in times))
        if breaker.open:
            waited = hands.now + breaker.retry_after
            assert sum(time + 600 > waited + 1e-6 for time in times) < limit


def test_who_heeds_the_breaker_stays_far_below_discords_limit() -> None:
    """A storm of refusals: as many as are tried, for an hour."""
    hands = Hands()
    breaker = InvalidRequests(hands)
    times: list[float] = []
    while hands.now < 4600:
        if not breaker.open:
            breaker.record()
            times.append(hands.now)
        hands.now += 0.05
    worst = max(sum(start <= time < start + 600 for time in times) for start in times[::50])
    assert worst <= 900


@pytest.mark.parametrize(("limit", "window"), [(0, 600), (900, 0)])
def test_a_breaker_that_makes_no_sense_is_refused(limit: int, window: float) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        InvalidRequests(Hands(), limit=limit, window=window)
