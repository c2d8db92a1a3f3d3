"""The part of a store that the intake uses, in memory: it outlives the process of a test, and can be away."""

import asyncio
from collections.abc import Collection, Mapping
from datetime import datetime

from bot.case import CaseFile, CaseState, Message, Suspected
from bot.ports import StoreUnavailable
from policies.policy import Policy
from tests.bot.adapters import START


class VolatileStore:
    """`away`: how many more calls find it away. Every call takes a few turns of the event loop."""

    def __init__(self) -> None:
        self.away = 0
        self.marks: dict[int, dict[int, int]] = {}
        self.revisions: dict[int, list[Message]] = {}
        self.suspected: dict[int, Suspected] = {}
        self.notes: dict[int, str] = {}
        self.gone: set[int] = set()
        self.kept: set[str] = set()

    async def keep_policy(self, guild_id: int, policy: Policy) -> None:  # noqa: ARG002 - the port's signature
        await self._turn()
        self.kept.add(policy.digest)

    async def record(self, suspected: Suspected) -> int | None:
        await self._turn()
        message = suspected.message
        revisions = self.revisions.setdefault(message.id, [])
        if message.digest in {revision.digest for revision in revisions}:
            return None
        revisions.append(message)
        self.suspected[message.id] = suspected
        return message.id

    async def advance(self, guild_id: int, watermarks: Mapping[int, int]) -> None:
        await self._turn()
        marks = self.marks.setdefault(guild_id, {})
        for channel_id, mark in watermarks.items():
            marks[channel_id] = max(mark, marks.get(channel_id, 0))

    async def watermarks(self, guild_id: int) -> dict[int, int]:
        await self._turn()
        return dict(self.marks.get(guild_id, {}))

    async def note_edit(self, message: Message) -> int | None:
        await self._turn()
        if message.id not in self.revisions or self.notes.get(message.id) == message.text:
            return None
        self.notes[message.id] = message.text
        return message.id

    async def note_deletion(self, guild_id: int, message_ids: Collection[int], at: datetime) -> list[int]:  # noqa: ARG002 - the port's signature
        await self._turn()
        news = [number for number in message_ids if number in self.revisions and number not in self.gone]
        self.gone.update(news)
        return news

    async def find(self, guild_id: int, message_id: int) -> CaseFile | None:
        await self._turn()
        return self._file(guild_id, message_id) if message_id in self.revisions else None

    async def case(self, case_id: int) -> CaseFile:
        await self._turn()
        return self._file(self.revisions[case_id][-1].guild_id, case_id)

    def _file(self, guild_id: int, message_id: int) -> CaseFile:
        revisions = tuple(self.revisions[message_id])
        return CaseFile(message_id, guild_id, CaseState.QUEUED, START, revisions, (), (), None, None)

    async def _turn(self) -> None:
        await asyncio.sleep(0)
        if self.away:
            self.away -= 1
            raise StoreUnavailable("the disk is full")
        await asyncio.sleep(0)
