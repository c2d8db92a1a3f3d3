"""Small real adapters and waiting for the tests of the guilds' files."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.guilds.history import Historian
from bot.guilds.policies import PolicyBook
from bot.rulebook import Rulebook
from inference.prefilter.suspicion import Suspicion
from policies.policy import Mode, Policy
from policies.starter import starter_text

GUILD, OTHER = 700, 800


class Nothing:
    """An inspector that suspects nothing and knows what it was built from."""

    def __init__(self, policies: Mapping[int, Sequence[Policy]]) -> None:
        self.policies = policies

    def inspect(
        self,
        guild_id: int,  # noqa: ARG002 - the port's signature
        text: str,  # noqa: ARG002
        policy_ids: Collection[str] | None = None,  # noqa: ARG002
    ) -> tuple[Suspicion, ...]:
        return ()


class Shop:
    """Builds inspectors as slowly as a test wants, and counts how many at once; keeps what was adopted."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.builds = 0
        self.most_at_once = 0
        self.fails_with: Exception | None = None
        self.adopted: list[Rulebook] = []
        self._at_once = 0
        self._lock = threading.Lock()

    def build(self, policies: Mapping[int, Sequence[Policy]]) -> Nothing:
        with self._lock:
            self.builds += 1
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        time.sleep(self.seconds)
        with self._lock:
            self._at_once -= 1
        if self.fails_with:
            raise self.fails_with
        return Nothing(policies)

    async def open(self, folder: Path, history: Historian | None = None) -> PolicyBook:
        return await PolicyBook.open(folder, self.build, self.adopted.append, history=history)

    def modes(self, guild_id: int = GUILD) -> dict[str, Mode]:
        """What is in force now."""
        return {policy.id: policy.mode for policy in self.adopted[-1].policies.get(guild_id, {}).values()}


def write(folder: Path, guild_id: int, policy_id: str, text: str | None = None) -> Path:
    """Write a policy file as a person does: in place, without ceremony."""
    path = folder / str(guild_id) / f"{policy_id}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(starter_text(policy_id) if text is None else text)
    return path


@asynccontextmanager
async def running(work: Awaitable[None]) -> AsyncIterator[None]:
    """Let something run beside the test, and see that it ends when it is cancelled."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0.3)  # the watcher needs a moment to get its eyes on the folder
    try:
        yield
    finally:
        task.cancel()
        done, _ = await asyncio.wait([task], timeout=5)
        assert done, "it does not end"
        if not task.cancelled():
            task.result()


async def until(condition: Callable[[], bool], seconds: float = 8) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.02)


def left_in(folder: Path) -> set[str]:
    """Every file and folder below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}
