"""What is going on in the bot: its log as it grows, and what waits in its store."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from tests.discord_server import Action, ActionKind
from tools.live.keeper import Keeper
from tools.live.scene import Scene

MODEL_READY = "the model is ready"
_KEPT = 80
"""Lines of what happened."""
_NOT_TOLD = {
    "event",
    "level",
    "timestamp",
    "exception",
    "at",
    "sha256",
    "data_folder",
    "version",
    "guild",
    "guild_id",
}
_COUNTS = """
    SELECT (SELECT count(*) FROM job WHERE state IN ('queued', 'judging')),
           (SELECT count(*) FROM case_file WHERE state = 'open' AND card_message_id IS NOT NULL)
"""
_DEEDS = {
    ActionKind.POST: "posted in",
    ActionKind.EDIT: "edited its message in",
    ActionKind.DELETE: "deleted a message in",
    ActionKind.TIMEOUT: "timed out",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of what happened: when (UTC, ISO 8601), who tells it, how grave, and what."""

    at: str
    source: str
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class Health:
    """The strip at the top of the page."""

    bot: str
    connected: bool
    model_ready: bool
    waiting: int
    open_cards: int
    error: str | None
    outage: bool


class Observer:
    """Looks at the bot from outside, as an operator would."""

    def __init__(self, scene: Scene, keeper: Keeper) -> None:
        self.happenings: deque[Happening] = deque(maxlen=_KEPT)
        self.outage = False
        self.model_ready = False
        self._scene = scene
        self._keeper = keeper
        self._read_up_to = 0
        self._actions_seen = 0
        self._start_seen = 0
        self._waiting = self._open_cards = 0

    def note(self, text: str, level: str = "info") -> None:
        """Add what the person at the page did."""
        self._add("you", level, text)
        self._scene.discord.world.changes.touch()

    async def look(self) -> None:
        """Read what is new. Called every moment."""
        await self._keeper.look()
        if self._start_seen != self._keeper.starts:
            self._start_seen, self.model_ready = self._keeper.starts, False
        for line in await asyncio.to_thread(self._new_lines):
            self._take_line(line)
        self._take_actions()

    async def count(self) -> None:
        """Ask the store what waits. Called less often."""
        try:
            counts = await asyncio.to_thread(self._keeper.process.query, _COUNTS)
        except sqlite3.OperationalError:  # not made yet, or being migrated
            return
        self._waiting, self._open_cards = counts[0]

    @property
    def health(self) -> Health:
        """The newest that is known."""
        keeper = self._keeper
        connected = self._scene.discord.connected
        return Health(
            keeper.state.value,
            connected,
            self.model_ready,
            self._waiting,
            self._open_cards,
            keeper.error,
            self.outage,
        )

    def _new_lines(self) -> list[str]:
        """Whole lines only: the last one may still be being written."""
        log = self._keeper.process.log_file
        if not log.exists():
            return []
        with log.open("rb") as file:
            file.seek(self._read_up_to)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._read_up_to += len(whole)
        return whole.decode("utf-8", "replace").splitlines()

    def _take_line(self, line: str) -> None:
        try:
            entry: dict[str, Any] = json.loads(line)
        except json.JSONDecodeError:  # not of the logger: an error of the command line
            self._add("bot", "error", line)
            return
        if entry.get("event") == MODEL_READY:
            self.model_ready = True
        told = ", ".join(f"{key} {value}" for key, value in entry.items() if key not in _NOT_TOLD)
        text = str(entry.get("event")) + (f" ({told})" if told else "")
        self._add("bot", str(entry.get("level", "info")), text, str(entry.get("timestamp", "")))

    def _take_actions(self) -> None:
        actions = self._scene.discord.actions
        for action in actions[self._actions_seen :]:
            self._add("Discord", "info", self._told(action), action.at.isoformat())
        self._actions_seen = len(actions)

    def _told(self, action: Action) -> str:
        members = self._scene.guild.members
        channel = next((each.name for each in self._scene.guild.channels if each.id == action.channel_id), None)
        what = f"#{channel}" if channel else members[action.target_id].name if action.target_id in members else ""
        reason = f": {action.reason}" if action.reason else ""
        return f"Safeguild {_DEEDS.get(action.kind, action.kind.value)} {what}{reason}"

    def _add(self, source: str, level: str, text: str, at: str = "") -> None:
        now = self._scene.discord.clock.now().isoformat()
        self.happenings.append(Happening(at or now, source, level, text))


def as_json(health: Health, happenings: list[Happening]) -> dict[str, Any]:
    """What the page shows in its strip and below it."""
    return asdict(health) | {"happenings": [asdict(each) for each in happenings]}
