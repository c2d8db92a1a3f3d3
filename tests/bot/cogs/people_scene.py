"""The review scene with everything for cases, histories and appeals: real bot, store, review, court and outbox."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import discord

from bot.case import Action, CaseFile, CaseState, Decision, Suspected
from bot.case import Message as Written
from bot.cogs import appeals as appeals_cog
from bot.cogs import cases as cases_cog
from bot.cogs import sync
from bot.cogs.appeals_board import DirectMessages, DiscordAppealBoard
from bot.cogs.appeals_face import appeal_button, appeal_id_of
from bot.cogs.client import BotOptions, SafeguildBot, create_bot
from bot.cogs.rooms import Rooms
from bot.guilds.settings import GuildSettings
from bot.language import Language
from bot.outage import BackOff
from bot.ports import DiscordAway, Refused, Store
from bot.review.appeal_cards import CardPace
from bot.review.appeal_court import AppealCourt, Guilds, Outside
from bot.review.decisions import Review
from bot.review.retracting import Retracting
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Policy
from tests.bot.adapters import make_policy, make_verdict
from tests.bot.cogs.connecting import connected
from tests.bot.cogs.housemates import PlainGuildBook
from tests.bot.new_store import new_store
from tests.discord_server import MODERATOR, Channel, DiscordServer, Guild, Member, Message, Permission, Reply, Role

SWIFT = BackOff(timedelta(milliseconds=20), timedelta(milliseconds=200))
SWIFT_PACE = CardPace(
    poll=timedelta(milliseconds=100),
    refused_rest=timedelta(milliseconds=100),
    look_delay=timedelta(milliseconds=40),
    back_off=SWIFT,
)


class Clock:
    """The wall clock, which a test moves on."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class QuietDesk:
    """Where cases would be shown: not what these tests are about."""

    def __init__(self) -> None:
        self.shown: list[int] = []

    async def show(self, case: CaseFile) -> None:
        self.shown.append(case.id)


@dataclass
class Arm:
    """An enforcer that does nothing, and says so; or refuses."""

    done: list[tuple[int, Action]] = field(default_factory=list)
    refusal: str | None = None
    away: int = 0

    async def carry_out(self, case: CaseFile, decision: Decision, *, again: bool) -> str:  # noqa: ARG002 - of the port
        if self.away:
            self.away -= 1
            raise DiscordAway("Discord cannot be reached.")
        if self.refusal:
            raise Refused(self.refusal)
        self.done.append((case.id, decision.action))
        return "The timeout is lifted." if decision.action is Action.UNDO else "It is done."


@dataclass
class PeopleScene:
    """Everyone and everything that takes part."""

    discord: DiscordServer
    bot: SafeguildBot
    store: Store
    clock: Clock
    arm: Arm
    desk: QuietDesk
    review: Review
    court: AppealCourt
    guild: Guild
    moderators: Role
    general: Channel
    review_channel: Channel
    guild_book: PlainGuildBook
    ada: Member
    """The moderator who decides first."""
    bob: Member
    """Another one."""
    mallory: Member
    eve: Member
    """Anybody else."""
    policy: Policy = field(default_factory=make_policy)

    async def judged(self, said: Message) -> CaseFile:
        """The judge finds a violation in the message."""
        await self.store.keep_policy(self.guild.id, self.policy)
        evidence = Evidence(kind=EvidenceKind.KEYWORD, name="loser", start=0, end=1, quote="loser")
        written = Written(
            id=said.id,
            guild_id=self.guild.id,
            channel_id=said.channel.id,
            channel_name=said.channel.name,
            author_id=said.author.id,
            author_name=said.author.name,
            created_at=said.created_at,
            content=said.content,
        )
        suspicion = Suspicion(policy_id=self.policy.id, evidence=(evidence,))
        case_id = await self.store.record(Suspected(message=written, suspicions=(suspicion,)))
        assert case_id is not None
        (claim,) = await self.store.claim(1, timedelta(minutes=1))
        await self.store.finish(claim, make_verdict(self.policy, violation=True, rule_ids=("R1",)))
        return await self.store.case(case_id)

    async def flagged(self, text: str = "you loser", channel: Channel | None = None) -> CaseFile:
        """Mallory writes something that the judge finds a violation in."""
        return await self.judged(await (channel or self.general).say(self.mallory, text))

    async def punished(self, action: Action = Action.TIMEOUT, text: str = "you loser") -> CaseFile:
        """Ada has decided against Mallory."""
        case = await self.flagged(text)
        length = timedelta(hours=1) if action is Action.TIMEOUT else None
        await self.review.decide(
            Decision(case_id=case.id, action=action, moderator_id=self.ada.id, decided_at=self.clock(),
                     timeout=length, reason="read the rules")
        )  # fmt: skip
        return await self.store.case(case.id)

    async def notice(self, case: CaseFile) -> Message:
        """What Mallory gets by direct message, with the button."""
        view = discord.ui.View(timeout=None)
        view.add_item(appeal_button(case.id))
        view.stop()
        user = await self.bot.fetch_user(self.mallory.id)
        await user.send("You were timed out.", view=view)
        return self.letters[-1]

    async def appealed(self, case: CaseFile, text: str = "It was a joke between friends.") -> Message:
        """Mallory appeals: the card in the review channel."""
        notice = await self.notice(case)
        form = await notice.click(self.mallory.user, "Appeal")
        reply = await form.submit({"words": text})
        assert "with the moderators of" in reply.ephemeral_text, reply.ephemeral_text
        return await self.appeal_card()

    async def appeal_card(self) -> Message:
        return await self.review_channel.wait_for_message(
            lambda message: any(appeal_id_of(button["custom_id"]) for button in message.buttons)
        )

    @property
    def letters(self) -> list[Message]:
        """The direct messages to Mallory."""
        return list(self.discord.direct_channel(self.mallory.user).messages)

    async def slash(self, by: Member, words: str, /, **options: Any) -> Reply:
        return await self.discord.world.people.use_command(by, self.general, words, options, wait=True)

    async def until(self, look: Any) -> None:
        async with asyncio.timeout(5):
            while not look():  # noqa: ASYNC110 - what is looked at tells nobody
                await asyncio.sleep(0.01)

    async def until_state(self, case_id: int, state: CaseState) -> CaseFile:
        async with asyncio.timeout(5):
            while (case := await self.store.case(case_id)).state is not state:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return case


@asynccontextmanager
async def people_scene(folder: Path) -> AsyncIterator[PeopleScene]:
    """Everything is up: the bot is connected, its commands are synced, the court sits."""
    clock = Clock()
    async with DiscordServer() as server, new_store(folder / "memory.sqlite3", clock=clock) as store:
        guild = server.add_guild("Workshop")
        moderators = guild.add_role("Moderators", MODERATOR | Permission.VIEW_CHANNEL, position=1)
        general, hidden = guild.add_channel("general"), guild.add_channel("mods", private_to=[moderators])
        bot = create_bot(BotOptions(server.api_url, server.gateway_url, guild_ready_seconds=0.05))
        book, arm, desk = PlainGuildBook(), Arm(), QuietDesk()
        book.kept[guild.id] = GuildSettings(review_channel=hidden.id, moderator_roles=(moderators.id,))
        review = Review(store, arm, desk, clock=clock, back_off=SWIFT)
        court = AppealCourt(
            store,
            Retracting(store, review.decide, clock=clock),
            Outside(DiscordAppealBoard(bot, _english), DirectMessages(bot)),
            Guilds(book.settings, _english),
            clock=clock,
            pace=SWIFT_PACE,
        )
        bot.furnish(
            _rooms(store, review, court, book, desk, clock, folder),
            appeals_cog.setup_cog, cases_cog.setup_cog, sync.setup_cog,
        )  # fmt: skip
        ada, bob = guild.add_member("ada", [moderators]), guild.add_member("bob", [moderators])
        mallory, eve = guild.add_member("mallory"), guild.add_member("eve")
        async with connected(server, bot, court.run, review.run):
            await server.wait_until(lambda: server.requests_to("PUT /applications/{}/commands"))
            yield PeopleScene(
                server,
                bot,
                store,
                clock,
                arm,
                desk,
                review,
                court,
                guild,
                moderators,
                general,
                hidden,
                book,
                ada,
                bob,
                mallory,
                eve,
            )


def _english(_: int) -> Language:
    return Language.ENGLISH


def _rooms(
    store: Store,
    review: Review,
    court: AppealCourt,
    book: PlainGuildBook,
    desk: QuietDesk,
    clock: Clock,
    kept: Path,
) -> Rooms:
    nobody = cast("Any", None)
    policies = cast("Any", type("Book", (), {"policies": lambda _, __: {"harassment": make_policy()}})())
    return Rooms(
        intake=nobody,
        review=review,
        outbox=cast("Any", desk),
        guild_book=cast("Any", book),
        policy_book=policies,
        store=store,
        clock=clock,
        status=nobody,
        purge=nobody,
        kept=kept,
        appeals=court,
    )
