"""A guild as journeys find it: people, channels, and Safeguild set up by its owner."""

from dataclasses import dataclass
from datetime import timedelta

from tests.discord_server import MODERATOR, Channel, DiscordServer, Guild, Member, Message, Permission, Role
from tests.journeys.process import BotProcess

INSULT = "what an absolute loser"
"""The stand-in finds a listed term of the starter policy Harassment in it."""
JUDGED_WITHIN = 40.0
"""Seconds for a verdict by the stand-in on a busy machine."""


@dataclass(slots=True)
class Stage:
    """One guild on a loopback Discord, with a bot that may be shared with other guilds."""

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

    async def card_about(self, message: Message, *, within: float = JUDGED_WITHIN) -> Message:
        """The card with a link to the message."""
        link = f"/{self.guild.id}/{message.channel.id}/{message.id}"
        return await self.review.wait_for_message(lambda card: link in card.all_text, within=within)

    async def flagged(self, text: str = INSULT) -> tuple[Message, Message]:
        """Mallory insults somebody: the message and its card."""
        message = await self.general.say(self.mallory, text)
        return message, await self.card_about(message)

    @property
    def cards(self) -> list[Message]:
        """Everything of the bot in the review channel."""
        return [each for each in self.review.messages if each.author is self.discord.bot]


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
