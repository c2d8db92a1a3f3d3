"""The little server that a person finds themselves in: people, channels, a few words said before they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from tests.discord_server import MODERATOR, ChannelKind, DiscordServer, Guild, Member, Permission, Reply

REVIEW = "review"
_PATIENCE = 10**6
"""Seconds to wait for the bot's commands: it may be mended and started again meanwhile."""


@dataclass(frozen=True, slots=True)
class Player:
    """Somebody whom the person at the page can be."""

    member: Member
    part: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One guild on a loopback Discord."""

    discord: DiscordServer
    guild: Guild
    players: tuple[Player, ...]

    @classmethod
    def build(cls, discord: DiscordServer) -> Self:
        """Make the guild. The bot, started later, finds it as it would find a server it was just invited to."""
        guild = discord.add_guild("Lakeside Gaming")
        guild.owner.user.name = "olga"
        moderators = guild.add_role("moderators", MODERATOR | Permission.VIEW_CHANNEL, mentionable=True)
        players = _players(guild)
        next(each.member for each in players if each.part == "moderator").roles.append(moderators)
        for name in ("general", "help"):
            guild.add_channel(name)
        guild.add_channel("ideas", ChannelKind.FORUM)
        guild.add_channel(REVIEW, private_to=[moderators])
        return cls(discord, guild, players)

    async def furnish(self) -> None:
        """Let a little have been said before, so that there is something to answer to."""
        kara = self._neighbour("kara", days=120)
        ada = self.named("ada")
        now = self.discord.clock.now()
        for minutes, author, channel, text in (
            (55, kara, "general", "evening all, who is on tonight?"),
            (52, ada, "general", "me, from nine. Bring potions this time"),
            (50, kara, "general", "the new patch made the lake level **so** much better"),
            (31, kara, "help", "The map does not load for me since the patch. Any ideas?"),
            (28, ada, "help", "Delete the cache folder and start again: `~/.lakeside/cache`"),
        ):
            await self.guild.channel(channel).say(author, text, at=now - timedelta(minutes=minutes))
        await self.guild.channel("ideas").post(
            kara, "Lanterns at night", "A night mode for the lake, with lanterns?"
        )

    async def set_up(self) -> None:
        """What the owner does first, as soon as the bot has its commands; again if it was killed then."""
        world = self.discord.world
        while True:
            await self.discord.wait_until(
                lambda: self.discord.connected and world.commands.usable_in(self.guild.id),
                _PATIENCE,
                "the commands",
            )
            reply = await self._set_up()
            if reply.acknowledged and not reply.thinking:
                return

    async def _set_up(self) -> Reply:
        guild = self.guild
        reply = await guild.slash(
            guild.owner,
            guild.channel(REVIEW),
            "safeguild setup",
            review_channel=guild.channel(REVIEW),
            moderator_role=next(role for role in guild.roles.values() if role.name == "moderators"),
            wait=False,
        )
        try:
            return await reply.settled()
        except TimeoutError:
            return reply

    def player(self, member_id: int) -> Member | None:
        """The member whom the page plays with this id."""
        return next((each.member for each in self.players if each.member.id == member_id), None)

    def named(self, name: str) -> Member:
        """The member with this name."""
        return next(each for each in self.guild.members.values() if each.name == name)

    def _neighbour(self, name: str, *, days: int) -> Member:
        """Somebody who lives here and whom nobody plays."""
        return self.guild.add_member(name, joined_at=self.discord.clock.now() - timedelta(days=days))


def _players(guild: Guild) -> tuple[Player, ...]:
    now = guild.world.clock.now()
    long_ago, yesterday = now - timedelta(days=200), now - timedelta(days=1)
    return (
        Player(guild.add_member("mallory", joined_at=long_ago), "member"),
        Player(guild.add_member("ada", joined_at=long_ago), "moderator"),
        Player(guild.owner, "owner of the server"),
        Player(guild.add_member("nils", created_at=yesterday, joined_at=now), "newcomer, account one day old"),
    )
