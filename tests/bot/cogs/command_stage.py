"""A whole bot with slash commands and nothing else, connected to a loopback Discord."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from bot.case import CaseFile
from bot.cogs import policy, setup, sync
from bot.cogs.client import BotOptions, SafeguildBot, create_bot
from bot.cogs.rooms import Rooms
from bot.guilds.book import GuildBook
from bot.guilds.history import Historian
from bot.guilds.policies import PolicyBook
from bot.guilds.settings import GuildSettings
from bot.guilds.status_report import EngineState, EngineStatus, StatusReport
from bot.intake.state import IntakeState
from bot.ports import Backlog, Store
from inference.prefilter.explanation import Explanation
from tests.bot.gate.lookers import NumberLooker
from tests.bot.guilds.shelves import Shop
from tests.discord_server.channels import Channel
from tests.discord_server.guild import Guild
from tests.discord_server.people import Member, Role
from tests.discord_server.permissions import Overwrite, Permission
from tests.discord_server.replies import Reply
from tests.discord_server.server import DiscordServer

STARTED = datetime(2030, 1, 1, tzinfo=UTC)


class Outbox:
    """Cards, as far as the commands know of them."""

    def __init__(self) -> None:
        self.stirred: list[int | None] = []
        self.trouble: str | None = None

    def stir(self, guild_id: int | None = None) -> None:
        self.stirred.append(guild_id)

    def problem(self, guild_id: int) -> str | None:
        return self.trouble if guild_id else None


@dataclass
class Stage:
    """The guild, its people, and what the bot's rooms hold."""

    discord: DiscordServer
    guild: Guild
    ada: Member
    """The owner."""
    mia: Member
    """A moderator."""
    max: Member
    """Anybody."""
    moderators: Role
    general: Channel
    review: Channel
    bot: SafeguildBot
    guild_book: GuildBook
    policy_book: PolicyBook
    shop: Shop
    folder: Path
    outbox: Outbox
    intake: SimpleNamespace
    store: Store | None = None
    failure: Exception | None = None
    cases: dict[int, CaseFile] = field(default_factory=dict)
    """By the message's id."""
    thresholds: dict[str, float] | None = field(default_factory=dict)
    """Of policies whose threshold is not the cold one; None while no policy is in force."""
    report: StatusReport = field(
        default_factory=lambda: StatusReport(
            version="0.1.0",
            started_at=STARTED,
            engine=EngineStatus(EngineState.READY, "gpt-oss-safeguard-20b", stand_in=False),
            waiting=9,
            backlog=Backlog(questions=3, cases=2),
        )
    )

    async def slash(self, words: str, by: Member | None = None, **options: Any) -> str:
        """Use a command; all that its answer says, to the person alone."""
        reply: Reply = await self.guild.slash(by or self.ada, self.general, words, **options)
        assert not reply.public_text
        assert reply.ephemeral_text, "there was no answer"
        return reply.ephemeral_text

    async def set_up(self, **options: Any) -> str:
        """The ordinary setup, with more options or others."""
        wanted = {"review_channel": self.review, "moderator_role": self.moderators} | options
        return await self.slash("safeguild setup", **wanted)

    @property
    def settings(self) -> GuildSettings:
        return self.guild_book.settings(self.guild.id)

    def file(self, policy_id: str) -> Path:
        return self.folder / "policies" / str(self.guild.id) / f"{policy_id}.yaml"

    def problem_in_review(self, taken: Permission) -> None:
        """Take permissions away from the bot in the review channel."""
        assert self.guild.bot_member is not None
        target = self.guild.bot_member.id
        self.review.overwrites[target] = Overwrite(
            target, is_member=True, allow=Permission.VIEW_CHANNEL & ~taken, deny=taken
        )
        self.review.announce("CHANNEL_UPDATE")


Prepare = Callable[[Guild], None]


@asynccontextmanager
async def stage(
    folder: Path,
    *,
    cogs: Sequence[Any] = (setup, policy, sync),
    store: Store | None = None,
    change: Callable[[Rooms], Rooms] = lambda rooms: rooms,
) -> AsyncIterator[Stage]:
    """Raise the curtain: the bot is connected and its commands are synced. Without a store it has `cases`.

    `change` puts other rooms in place of those that the stage has.
    """
    async with DiscordServer() as discord:
        guild = discord.add_guild("Tea house")
        moderators = guild.add_role("Moderators", Permission.MANAGE_MESSAGES)
        mia = guild.add_member("mia", [moderators])
        somebody = guild.add_member("max")
        general = guild.add_channel("general")
        review = guild.add_channel("review", private_to=[moderators])
        shop, outbox = Shop(), Outbox()
        guild_book = await GuildBook.open(folder / "guilds")
        history = Historian(store, lambda: STARTED) if store else None
        policy_book = await shop.open(folder / "policies", history)
        bot = create_bot(BotOptions(discord.api_url, discord.gateway_url, guild_ready_seconds=0.05))
        intake = SimpleNamespace(state=IntakeState())
        made = Stage(
            discord, guild, guild.owner, mia, somebody, moderators, general, review, bot, guild_book,
            policy_book, shop, folder, outbox, intake, store,
        )  # fmt: skip
        bot.furnish(change(_rooms(made)), *(cog.setup_cog for cog in cogs))
        async with _running(bot, discord):
            yield made


def _rooms(made: Stage) -> Rooms:
    async def status(guild_id: int) -> StatusReport:
        assert guild_id == made.guild.id
        if made.failure:
            raise made.failure
        return made.report

    async def explain(guild_id: int, text: str, policy_ids: Collection[str]) -> Explanation | None:
        if made.thresholds is None:
            return None
        looker = NumberLooker({guild_id: tuple(made.policy_book.policies(guild_id).values())})
        return looker.explain(guild_id, text, policy_ids, made.thresholds)

    async def find(guild_id: int, message_id: int) -> CaseFile | None:
        assert guild_id == made.guild.id
        return made.cases.get(message_id)

    parts: Mapping[str, Any] = {
        "intake": made.intake,
        "review": None,
        "outbox": made.outbox,
        "guild_book": made.guild_book,
        "policy_book": made.policy_book,
        "store": made.store or SimpleNamespace(find=find),
        "purge": None,
    }
    return Rooms(
        **cast("Any", parts),
        clock=lambda: STARTED + timedelta(hours=1),
        status=status,
        kept=made.folder / "kept",
        explain=explain,
    )


@asynccontextmanager
async def _running(bot: SafeguildBot, discord: DiscordServer) -> AsyncIterator[None]:
    task = asyncio.create_task(bot.start(discord.token))
    try:
        await discord.wait_connected()
        await asyncio.wait_for(bot.wait_until_ready(), 10)
        await discord.wait_until(lambda: discord.requests_to("PUT /applications/{}/commands"))
        yield
    finally:
        await bot.close()
        await asyncio.wait([task], timeout=10)
