"""How the bot stands at Discord: what `bot.cogs.probe` finds and the doctor judges. Plain values."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntFlag
from functools import reduce
from operator import or_

from bot.language import marked, tr


class Needed(IntFlag):
    """Every permission that the bot needs, and no other. The values are Discord's."""

    VIEW_CHANNELS = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    READ_MESSAGE_HISTORY = 1 << 16
    MODERATE_MEMBERS = 1 << 40

    @property
    def words(self) -> str:
        """As Discord's settings name it: "Manage Messages"."""
        return tr(_WORDS[self])


_WORDS = {
    Needed.VIEW_CHANNELS: marked("View Channels"),
    Needed.SEND_MESSAGES: marked("Send Messages"),
    Needed.MANAGE_MESSAGES: marked("Manage Messages"),
    Needed.EMBED_LINKS: marked("Embed Links"),
    Needed.READ_MESSAGE_HISTORY: marked("Read Message History"),
    Needed.MODERATE_MEMBERS: marked("Timeout Members"),
}
NOTHING = Needed(0)
ALL_NEEDED = reduce(or_, Needed)
"""Their sum stands in the invite link."""
FOR_CARDS = Needed.VIEW_CHANNELS | Needed.SEND_MESSAGES | Needed.EMBED_LINKS | Needed.READ_MESSAGE_HISTORY
"""What the bot needs in a review channel."""


def invite_link(application_id: int, guild_id: int | None = None) -> str:
    """The link that invites the bot into a guild with the least permissions, or gives it what it lacks there.

    `guild_id`: which guild is meant; without it the person chooses.
    """
    guild = "" if guild_id is None else f"&guild_id={guild_id}"
    return (
        f"https://discord.com/oauth2/authorize?client_id={application_id}&scope=bot+applications.commands"
        f"&permissions={int(ALL_NEEDED)}{guild}"
    )


def words_of(permissions: Needed) -> str:
    """For people: "Manage Messages and Timeout Members"."""
    *others, last = (permission.words for permission in permissions)
    return tr("{others} and {last}", others=", ".join(others), last=last) if others else last


@dataclass(frozen=True, slots=True)
class ReviewChannel:
    """The channel that a guild has set for its cards."""

    channel_id: int
    exists: bool
    missing: Needed = NOTHING
    """What the bot lacks there."""
    public: bool = False
    """Whether everyone in the guild can read it."""


@dataclass(frozen=True, slots=True)
class GuildStanding:
    """The bot in one guild."""

    id: int
    name: str
    missing: Needed
    """What the bot's roles lack."""
    administrator: bool
    """Whether the bot has every permission, which it should not."""
    hidden_channels: int
    """Channels with messages that the bot cannot read."""
    review: ReviewChannel | None
    """None when none is set."""
    problem: str = ""
    """Why Discord told nothing of this guild; the rest then means nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The bot at Discord, at one moment."""

    application_id: int
    name: str
    message_content: bool
    """Whether the Message Content intent is switched on for the application."""
    guilds: tuple[GuildStanding, ...]
    unseen: int = 0
    """Guilds that were not looked at, because there are too many."""
    absent: tuple[int, ...] = ()
    """Guilds of the allow-list that the bot is not in."""


@dataclass(frozen=True, slots=True)
class ProbeFailure:
    """Discord could not be asked."""

    message: str
    advice: str
    refused: bool
    """Whether Discord refuses the token; otherwise it could not be reached."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the probe is to look at."""

    review_channel: Callable[[int], int | None]
    """A guild's review channel as it is set."""
    allowed_guilds: frozenset[int] = frozenset()
    """Empty for all."""
    seconds: float = 15.0
    """How long all of it may take."""
