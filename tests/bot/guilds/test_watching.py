"""The watch on a folder ends when it is told to, whenever that is."""

import asyncio
from pathlib import Path

from structlog.testing import capture_logs

from bot.guilds.watching import changes


async def test_a_watch_that_is_cancelled_at_any_turn_of_the_loop_ends(tmp_path: Path) -> None:
    async def look() -> None:
        async for _ in changes(tmp_path):
            pass

    with capture_logs() as logs:
        for turns in range(60):
            task = asyncio.ensure_future(look())
            for _ in range(turns):
                await asyncio.sleep(0.0005 if turns % 2 else 0)
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=5)
            assert done, f"it does not end when it is cancelled after {turns} turns"
            assert task.cancelled()
    assert logs == []


async def test_what_is_written_while_the_first_look_is_taken_is_told_at_once(tmp_path: Path) -> None:
    looked = changes(tmp_path)
    assert await anext(looked) == frozenset()
    (tmp_path / "7.yaml").write_text("format: 1\n")
    await asyncio.sleep(0.3)
    async with asyncio.timeout(10):
        assert await anext(looked) == {"7.yaml"}
    await looked.aclose()  # type: ignore[attr-defined]  # it is a generator


async def test_a_watch_that_is_left_early_leaves_no_task_behind(tmp_path: Path) -> None:
    looked = changes(tmp_path)
    await anext(looked)
    await looked.aclose()  # type: ignore[attr-defined]  # it is a generator
    assert asyncio.all_tasks() == {asyncio.current_task()}
