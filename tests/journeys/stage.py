"""A guild as journeys find it: people, channels, and Safeguild set up by its owner."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.discord_server import (
    MODERATOR,
    Action,
    ActionKind,
    AuditEntry,
    Channel,
    DiscordServer,
    Guild,
    Member,
    Message,
    Permission,
    Reply,
    Role,
)
from tests.discord_server.command_call import read_call
from tests.discord_server.interactions import InteractionKind
from tests.journeys.memory import Memory, StoredCase
from tests.journeys.process import BotProcess

INSULT = "what an absolute loser"
"""The stand-in finds a listed term of the starter policy Harassment in it."""
THREAT_AND_INSULT = "you loser, I will stab you"
"""Harassment and Threats forbid it both."""
SUSPICIOUS = "nobody here likes you"
"""Harassment suspects it, and the stand-in finds none of the listed terms in it: it is cleared."""
HARMLESS = "good morning, who is up for a round?"
JUDGED_WITHIN = 40.0
"""Seconds for a verdict by the stand-in on a busy machine."""
REQUESTS_OF_A_COMMAND = 2
"""The acknowledgement and the answer."""
_SHOWING = frozenset({ActionKind.POST, ActionKind.EDIT})


@dataclass(slots=True, repr=False)
class Stage:
    """One guild on a loopback Discord, with a bot that may be shared with other guilds.

    Its repr is short on purpose: asyncio writes fixtures out at every test, and this one holds the whole world.
    """

    discord: DiscordServer
    bot: BotProcess
    guild: Guild
    moderators: Role
    ada: Member
    """A moderator."""
    bob: Member
    """Another one."""
    mallory: Member
    """An ordinary member."""
    general: Channel
    review: Channel

    def __repr__(self) -> str:
        return f"<Stage {self.guild.name}>"

    # What people do

    async def set_up(self, starters: str = "essential") -> None:
        """What the owner does first."""
        reply = await self.guild.slash(
            self.guild.owner,
            self.review,
            "safeguild setup",
            review_channel=self.review,
            moderator_role=self.moderators,
            starter_policies=starters,
        )
        assert not reply.failed, self.bot.log[-3000:]

    async def without(self, *policy_ids: str) -> None:
        """Switch policies off that would suspect, too, what a test writes again and again."""
        for policy_id in policy_ids:
            reply = await self.guild.slash(
                self.guild.owner, self.review, "policy mode", policy=policy_id, mode="off"
            )
            assert not reply.failed, self.bot.log[-3000:]

    async def flagged(self, text: str = INSULT, by: Member | None = None) -> tuple[Message, Message]:
        """Mallory insults somebody: the message and its card."""
        message = await self.general.say(by or self.mallory, text)
        return message, await self.card_about(message)

    async def forged(self, custom_id: str) -> Message:
        """A message of the bot with a button that the bot never put there."""
        message = await self.review.say(self.discord.bot)
        button = {"type": 2, "id": 2, "style": 4, "label": "Forged", "custom_id": custom_id}
        message.components = [{"type": 1, "id": 1, "components": [button]}]
        return message

    async def slash_unhidden(self, member: Member, words: str, **options: Any) -> Reply:
        """Use a command that is hidden by default, where an administrator has shown it to everyone."""
        commands = {each.name: each for each in self.discord.world.commands.usable_in(self.guild.id)}
        data = read_call(commands[words.split()[0]], words, options, self.general)
        interaction = self.discord.interactions.start(
            InteractionKind.COMMAND, member, self.general, data, name=words
        )
        return await Reply(self.discord.world, interaction).settled()

    def policy_file(self, policy_id: str) -> Path:
        """Where the operator finds a policy."""
        return self.bot.folder / "policies" / str(self.guild.id) / f"{policy_id}.yaml"

    async def put_policy(self, policy_id: str, source: str) -> None:
        """The operator writes a policy's file by hand; returns when the bot has taken notice of it."""
        before = len(self._notices(policy_id))
        self.policy_file(policy_id).write_text(source)
        await self.bot.until(lambda: len(self._notices(policy_id)) > before, 20, f"notice of {policy_id}.yaml")

    def _notices(self, policy_id: str) -> list[dict[str, Any]]:
        """What the bot says in its log about a policy's file."""
        lines = (line for line in self.bot.events if line.get("guild") == self.guild.id)
        return [line for line in lines if policy_id in (line.get("policy"), str(line.get("file")).split(".")[0])]

    async def until_flagged(self, text: str) -> Message:
        """Mallory writes the same again and again until it is suspected: the message that was."""
        for _ in range(100):
            message = await self.general.say(self.mallory, text)
            with suppress(AssertionError):
                await self.case_about(message, within=0.2)
                return message
        raise AssertionError(f"{text!r} is not suspected")

    # What they see

    async def card_about(self, message: Message, *, within: float = JUDGED_WITHIN) -> Message:
        """The card of the message's case."""
        case = await self.case_about(message, within=within)
        return await self.review.wait_for_message(lambda card: case_of(card) == case.id, within=within)

    @property
    def cards(self) -> list[Message]:
        """Everything of the bot in the review channel."""
        return [each for each in self.review.messages if each.author is self.discord.bot]

    def cards_about(self, message: Message) -> list[Message]:
        """All cards of the message's case: one, or none."""
        case = self.memory.case(message.id)
        return [card for card in self.cards if case is not None and case_of(card) == case.id]

    # What was done

    @property
    def deeds(self) -> list[Action]:
        """What the bot did to members and their messages in this guild."""
        return [
            each for each in self.discord.actions if each.guild_id == self.guild.id and each.kind not in _SHOWING
        ]

    @property
    def audit_log(self) -> list[AuditEntry]:
        """This guild's."""
        return [entry for entry in self.discord.audit_log if entry.guild_id == self.guild.id]

    # What is remembered

    @property
    def memory(self) -> Memory:
        """The bot's store, as far as this guild is concerned."""
        return Memory(self.bot, self.guild.id)

    async def case_about(self, message: Message, *, within: float = JUDGED_WITHIN) -> StoredCase:
        """The message's case, as soon as there is one."""
        await self.bot.until_stored(
            "SELECT 1 FROM case_file WHERE guild_id = ? AND message_id = ?",
            self.guild.id,
            message.id,
            within=within,
        )
        return self.case(message)

    def case(self, message: Message) -> StoredCase:
        """The message's case as it is now."""
        case = self.memory.case(message.id)
        assert case is not None, f"there is no case about {message.content!r}"
        return case

    async def quiet(self) -> None:
        """Until everything that has happened so far is looked at, judged, carried out and shown.

        What the bot was told before a command has begun before the command: when its status knows of nothing that
        is still arriving, the rest stands in the store. It has to be so twice, with no other request in between:
        a click leaves no trace before it is stored.
        """
        try:
            async with asyncio.timeout(JUDGED_WITHIN):
                while not (await self._is_at_rest() and await self._is_at_rest()):  # noqa: ASYNC110  files are asked
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"there was no rest in this guild:\n{self.bot.log[-3000:]}") from None

    async def _is_at_rest(self) -> bool:
        before = len(self.discord.requests)
        reply = await self.guild.slash(self.guild.owner, self.general, "safeguild status")
        nothing_else = len(self.discord.requests) - before == REQUESTS_OF_A_COMMAND
        taken_in = "Up to date" in reply.text and "arriving" not in reply.text
        return taken_in and nothing_else and self.memory.is_quiet()

    async def assert_nothing_came_of(self, *messages: Message) -> None:
        """No case, no card: not even a suspicion."""
        await self.quiet()
        suspected = self.memory.messages_with_cases()
        assert [each.content for each in messages if each.id in suspected] == []


def case_of(card: Message) -> int | None:
    """The case that a card is about; None for other messages."""
    ids = [str(button.get("custom_id", "")).split(":") for button in card.buttons]
    return next((int(parts[1]) for parts in ids if parts[0] == "case"), None)


def new_stage(discord: DiscordServer, bot: BotProcess, name: str = "Bramble") -> Stage:
    """A guild with people in it; the bot hears of it when it is connected."""
    guild = discord.add_guild(name)
    moderators = guild.add_role("moderators", MODERATOR | Permission.VIEW_CHANNEL)
    long_ago = discord.clock.now() - timedelta(days=200)
    return Stage(
        discord,
        bot,
        guild,
        moderators,
        ada=guild.add_member("ada", [moderators], joined_at=long_ago),
        bob=guild.add_member("bob", [moderators], joined_at=long_ago),
        mallory=guild.add_member("mallory", joined_at=long_ago),
        general=guild.add_channel("general"),
        review=guild.add_channel("review", private_to=[moderators]),
    )
