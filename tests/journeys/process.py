"""The real bot as a process of its own, on a loopback Discord: started, stopped, killed and looked into."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.bot.store.unsealing import looked_into
from tests.discord_server import DiscordServer

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 30.0
POLL_SECONDS = 0.02
Found = TypeVar("Found")


class BotProcess:
    """`safeguild run` on a data folder. The log is kept; every line of it is structured."""

    def __init__(self, discord: DiscordServer, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.discord = discord
        self.folder = folder
        self.log_file = folder / "bot.log"
        self._settings = dict(settings or {})
        self._process: asyncio.subprocess.Process | None = None

    # Life

    async def start(self, *, wait: bool = True) -> None:
        """Start; with `wait`, until Discord has a session of it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "run"),
                cwd=ROOT,
                env=self._environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            await self.ready()

    async def ready(self) -> None:
        """Until the gateway has a connected session of this process."""
        ended = asyncio.ensure_future(self._alive.wait())
        connected = asyncio.ensure_future(self.discord.wait_connected(START_SECONDS))
        try:
            await asyncio.wait({ended, connected}, return_when=asyncio.FIRST_COMPLETED)
            if not connected.done():
                raise AssertionError(f"the bot ended with {self._alive.returncode}:\n{self.log}")
            connected.result()
        finally:
            ended.cancel()
            connected.cancel()

    async def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self._alive.send_signal(signal.SIGTERM)
        return await self.ended()

    async def kill(self) -> None:
        """kill -9. The engine's process ends by itself when its parent is gone."""
        self._alive.kill()
        await self.ended()

    async def ended(self) -> int:
        """Wait for the end; the exit code."""
        async with asyncio.timeout(STOP_SECONDS):
            return await self._alive.wait()

    async def restart(self) -> None:
        """Stop cleanly and start again."""
        assert await self.stop() == 0, self.log
        await self.start()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._alive.pid

    @property
    def engine_pids(self) -> list[int]:
        """The processes that the bot has started: the engine's child."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [int(child) for child in children]

    # Looking

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8") if self.log_file.exists() else ""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log's lines."""
        return [json.loads(line) for line in self.log.splitlines() if line.startswith("{")]

    async def wait_for_log(self, event: str, within: float = START_SECONDS, times: int = 1) -> dict[str, Any]:
        """Wait until an event has been logged `times` times."""

        def look() -> list[dict[str, Any]]:
            found = [line for line in self.events if line.get("event") == event]
            return found if len(found) >= times else []

        return (await self.until(look, within, f"the log's {event!r}"))[-1]

    def query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the store's file, beside the bot. What is sealed is read as `opened('table.column', column)`."""
        with looked_into(self.folder / "safeguild.sqlite3") as db:
            return db.execute(sql, values).fetchall()

    async def until_stored(self, sql: str, *values: object, within: float = 30.0) -> list[tuple[Any, ...]]:
        """Wait until a question to the store has an answer."""
        return await self.until(lambda: self._try_query(sql, *values), within, f"an answer to {sql!r}")

    async def until(self, look: Callable[[], Found], within: float, what: str) -> Found:
        """Wait until something can be seen in the bot's files; if it never can, tell the end of its log."""
        try:
            async with asyncio.timeout(within):
                while not (found := look()):  # noqa: ASYNC110  files tell nobody that they have changed
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise AssertionError(f"{what} did not come within {within:g} s:\n{self.log[-3000:]}") from None
        return found

    def _try_query(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        try:
            return self.query(sql, *values)
        except sqlite3.OperationalError:  # not made yet, or being migrated
            return []

    def _environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("SAFEGUILD_")}
        return inherited | {
            "SAFEGUILD_DISCORD__TOKEN": self.discord.token,
            "SAFEGUILD_DISCORD__API": self.discord.api_url,
            "SAFEGUILD_DISCORD__GATEWAY": self.discord.gateway_url,
            "SAFEGUILD_DATA_FOLDER": str(self.folder),
            "SAFEGUILD_MODEL__PATH": "stand-in",
            "SAFEGUILD_ENGINE__WIDTH": "4",
            # Journeys count cases: none is drawn by chance but in those about that.
            "SAFEGUILD_PREFILTER__AUDIT_RATE": "0",
            # One is as fast for the stand-in, and does not crawl where tests share their cores.
            "SAFEGUILD_ENGINE__THREADS": "1",
            **self._settings,
        }

    @property
    def _alive(self) -> asyncio.subprocess.Process:
        if self._process is None:
            raise RuntimeError("the bot was not started")
        return self._process


@asynccontextmanager
async def running(bot: BotProcess) -> AsyncIterator[BotProcess]:
    """Start a bot, and see to it that nothing of it is left at the end."""
    try:
        await bot.start()
        yield bot
    finally:
        if bot.is_running:
            await bot.kill()
