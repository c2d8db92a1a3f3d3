"""A server on the loopback Discord, with the real bot, store, review and outbox: cards hang, people click."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from bot.case import CaseFile, CaseState, Suspected
from bot.case import Message as Written
from bot.cogs import review as review_cog
from bot.cogs.board import DiscordBoard
from bot.cogs.card_drawing import CardDrawing
from bot.cogs.client import BotOptions, SafeguildBot, create_bot
from bot.cogs.enforcement import DiscordEnforcer
from bot.cogs.notices import MemberNotices
from bot.cogs.rooms import Rooms
from bot.guilds.settings import GuildSettings
from bot.language import Language
from bot.outage import BackOff
from bot.ports import Store
from bot.review.decisions import Review
from bot.review.outbox import CardOutbox, OutboxSettings
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Policy
from tests.bot.adapters import make_policy, make_verdict
from tests.bot.cogs.connecting import connected
from tests.bot.cogs.housemates import PlainGuildBook
from tests.bot.new_store import new_store
from tests.discord_server import (
    MODERATOR,
    Channel,
    DiscordServer,
    Guild,
    Member,
    Message,
    Permission,
    Role,
)

SWIFT = BackOff(timedelta(milliseconds=20), timedelta(milliseconds=200))


def english(_: int) -> Language:
    return Language.ENGLISH


def now() -> datetime:
    return datetime.now(UTC)


def suggesting(*suggestions: str, **fields: object) -> Policy:
    """A policy whose first rule suggests this."""
    policy = make_policy()
    rule = policy.rules[0].model_copy(update={"suggest": suggestions})
    return policy.model_copy(update={"rules": (rule, *policy.rules[1:]), **fields})


@dataclass
class ReviewScene:
    """Everyone and everything that takes part."""

    discord: DiscordServer
    bot: SafeguildBot
    store: Store
    outbox: CardOutbox
    board: DiscordBoard
    enforcer: DiscordEnforcer
    guild: Guild
    general: Channel
    review_channel: Channel
    guild_book: PlainGuildBook
    ada: Member
    """A moderator."""
    mallory: Member
    """Who writes what is flagged."""
    policy: Policy = field(default_factory=lambda: suggesting("timeout 1h"))

    @property
    def bot_role(self) -> Role:
        """The role that came with the bot."""
        assert self.guild.bot_member is not None
        return self.guild.bot_member.roles[0]

    async def flagged(self, text: str = "you loser", channel: Channel | None = None) -> tuple[CaseFile, Message]:
        """Mallory writes something that the judge finds a violation in."""
        said = await (channel or self.general).say(self.mallory, text)
        return await self.judged(said), said

    async def judged(
        self, said: Message, text: str | None = None, rules: Sequence[str] = ("R1",), *, violation: bool = True
    ) -> CaseFile:
        """The message, or another text as its edit, becomes a revision with a verdict."""
        guild_id, channel = said.channel.guild.id if said.channel.guild else 0, said.channel
        await self.store.keep_policy(guild_id, self.policy)
        written = Written(
            id=said.id,
            guild_id=guild_id,
            channel_id=channel.id,
            channel_name=channel.name,
            author_id=said.author.id,
            author_name=said.author.name,
            created_at=said.created_at,
            content=text or said.content,
        )
        evidence = Evidence(kind=EvidenceKind.KEYWORD, name="loser", start=0, end=1, quote="loser")
        suspicion = Suspicion(policy_id=self.policy.id, evidence=(evidence,))
        case_id = await self.store.record(Suspected(message=written, suspicions=(suspicion,)))
        assert case_id is not None
        (claim,) = await self.store.claim(1, timedelta(minutes=1))
        await self.store.finish(claim, make_verdict(self.policy, violation=violation, rule_ids=tuple(rules)))
        return await self.store.case(case_id)

    async def card(self, case: CaseFile) -> Message:
        """The case's card, once it hangs and is noted."""
        await self.outbox.show(case)
        wanted = f"case:{case.id}:reasoning"

        def is_card(message: Message) -> bool:
            return any(button["custom_id"] == wanted for button in message.buttons)

        card = await self.review_channel.wait_for_message(is_card)
        await self.until_shown(case.id)
        return card

    async def until(self, look: Callable[[], object]) -> None:
        """Wait until the bot has heard of something."""
        async with asyncio.timeout(5):
            while not look():  # noqa: ASYNC110 - a cache tells nobody
                await asyncio.sleep(0.01)

    async def until_shown(self, case_id: int) -> CaseFile:
        """Wait until nothing is owed of the case."""
        async with asyncio.timeout(5):
            while await self._is_owed(case_id):  # noqa: ASYNC110 - a store tells nobody
                await asyncio.sleep(0.01)
        return await self.store.case(case_id)

    async def _is_owed(self, case_id: int) -> bool:
        return case_id in {owed.id for owed in await self.store.cards_owed(self.guild.id, 100)}

    async def until_state(self, case_id: int, *states: CaseState) -> CaseFile:
        """Wait for one of the states."""
        async with asyncio.timeout(5):
            while (case := await self.store.case(case_id)).state not in states:  # noqa: ASYNC110 - a store tells nobody
                await asyncio.sleep(0.01)
        return case


@asynccontextmanager
async def review_scene(folder: Path) -> AsyncIterator[ReviewScene]:
    """Everything is up: the bot is connected, the outbox and the review run."""
    async with DiscordServer() as discord, new_store(folder / "memory.sqlite3", clock=now) as store:
        guild = discord.add_guild("Workshop")
        everyone = guild.add_channel("general")
        hidden = guild.add_channel("mods", private_to=[])
        moderators = guild.add_role("Moderators", MODERATOR, position=1)
        bot = create_bot(BotOptions(discord.api_url, discord.gateway_url, guild_ready_seconds=0.05))
        book = PlainGuildBook()
        book.kept[guild.id] = GuildSettings(review_channel=hidden.id, moderator_roles=(moderators.id,))
        board = DiscordBoard(bot, CardDrawing(bot, book.settings, english))
        enforcer = DiscordEnforcer(bot, now, MemberNotices(bot, store, book.settings))
        outbox = CardOutbox(
            store,
            board,
            lambda guild_id: book.settings(guild_id).review_channel,
            clock=now,
            settings=OutboxSettings(
                poll=timedelta(milliseconds=200), look_delay=timedelta(milliseconds=50), back_off=SWIFT
            ),
        )
        review = Review(store, enforcer, outbox, clock=now, back_off=SWIFT)
        ada, mallory = guild.add_member("ada", [moderators]), guild.add_member("mallory")
        await hidden.allow(moderators, Permission.VIEW_CHANNEL | Permission.READ_MESSAGE_HISTORY)
        bot.furnish(_rooms(store, outbox, review, book, folder), review_cog.setup_cog)
        async with connected(discord, bot, outbox.run, review.run):
            yield ReviewScene(
                discord, bot, store, outbox, board, enforcer, guild, everyone, hidden, book, ada, mallory
            )


def _rooms(store: Store, outbox: CardOutbox, review: Review, book: PlainGuildBook, folder: Path) -> Rooms:
    nobody = cast("Any", None)
    return Rooms(
        intake=nobody,
        review=review,
        outbox=outbox,
        guild_book=cast("Any", book),
        policy_book=nobody,
        store=store,
        clock=now,
        status=nobody,
        purge=nobody,
        kept=folder,
    )
