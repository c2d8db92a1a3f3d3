"""The whole bot in this process, on a loopback Discord: everything as `safeguild run` puts it together.

Only what works by itself in the background stands still (outbox, worker, court), so that nothing changes but by
what somebody presses.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.case import CaseFile, Suspected
from bot.case import Message as Written
from bot.health import JudgeHealth
from bot.live.furnishing import furnish
from bot.live.ground import Ground
from bot.live.late_judge import LateJudge
from bot.live.parts import Parts, put_together
from bot.settings import DiscordSettings, Settings
from bot.store import open_store
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Policy
from tests.bot.adapters import MODEL, TermJudge, make_verdict
from tests.discord_server import DiscordServer, Message

_AT_WORK = ("discord-ui-", "CommandTree-invoker", "discord.py: on_form_sent")
"""How discord.py names the tasks that answer people."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class WholeBot:
    """The bot, and what can be seen of it from outside."""

    discord: DiscordServer
    parts: Parts
    folder: Path

    async def judged(self, said: Message, policy: Policy, rationale: str) -> CaseFile:
        """The judge finds a violation in the message."""
        store, guild = self.parts.store, said.channel.guild
        assert guild is not None
        await store.keep_policy(guild.id, policy)
        written = Written(
            id=said.id,
            guild_id=guild.id,
            channel_id=said.channel.id,
            channel_name=said.channel.name,
            author_id=said.author.id,
            author_name=said.author.name,
            created_at=said.created_at,
            content=said.content,
        )
        evidence = Evidence(kind=EvidenceKind.KEYWORD, name="loser", start=0, end=1, quote=said.content)
        suspicion = Suspicion(policy_id=policy.id, evidence=(evidence,))
        case_id = await store.record(Suspected(message=written, suspicions=(suspicion,)))
        assert case_id is not None
        (claim,) = await store.claim(1, timedelta(minutes=1))
        rules = (policy.rules[0].id,)
        verdict = make_verdict(policy, violation=True, rule_ids=rules, rationale=rationale, reasoning=rationale)
        await store.finish(claim, verdict)
        return await store.case(case_id)

    async def at_rest(self) -> None:
        """Until everybody who asked was answered."""
        async with asyncio.timeout(20):
            while any(task.get_name().startswith(_AT_WORK) for task in asyncio.all_tasks()):  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    def state(self) -> set[str]:
        """All that is remembered: the database's rows and the servers' files."""
        with closing(sqlite3.connect(self.folder / "safeguild.sqlite3")) as db:
            rows = set(db.iterdump())
        files = self.folder.glob("[gp]*/**/*.y*ml")
        return rows | {f"{file.name}: {file.read_text()}" for file in files}

    def deeds(self, since: int) -> list[str]:
        """The requests that change something for others: all but looking, and answering whoever pressed."""
        answering = ("POST /interactions/", "PATCH /webhooks/", "POST /webhooks/", "GET ")
        return [each.route for each in self.discord.requests[since:] if not each.route.startswith(answering)]


@asynccontextmanager
async def whole_bot(discord: DiscordServer, folder: Path) -> AsyncIterator[WholeBot]:
    """Connected, its commands synced, its policies in force, its judge there."""
    async with open_store(folder / "safeguild.sqlite3", clock=utc_now) as store:
        settings = Settings(
            data_folder=folder,
            discord=DiscordSettings(
                api=discord.api_url,
                gateway=discord.gateway_url,
                token=SecretStr(discord.token),
                requests_per_second=44,
            ),
        )
        late = LateJudge("tiny", utc_now())
        late.arrive(TermJudge(), MODEL, lambda: JudgeHealth(judging=0, waiting=0), utc_now())
        ground = Ground(settings, folder, store, late, utc_now)
        parts = await put_together(ground)
        furnish(ground, parts)
        parts.bot._connection.guild_ready_timeout = 0.05
        await parts.policy_book.put_in_force()
        running = asyncio.create_task(parts.bot.start(discord.token))
        try:
            await discord.wait_connected()
            await asyncio.wait_for(parts.bot.wait_until_ready(), 10)
            await discord.wait_until(lambda: all(map(discord.world.commands.usable_in, discord.world.guilds)))
            yield WholeBot(discord, parts, folder)
        finally:
            await parts.bot.close()
            await asyncio.wait([running], timeout=10)
