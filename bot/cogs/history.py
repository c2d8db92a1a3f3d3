"""The history port: what channels hold of the time when nobody listened, and what the gateway did not tell."""

import discord
from discord.abc import GuildChannel

from bot.case import Earlier, Message
from bot.cogs.failures import translated
from bot.cogs.places import shows_history
from bot.cogs.reading import read, roles_of
from bot.cogs.whole_requests import WholeRequests
from bot.language import marked, tr
from bot.ports import DiscordAway, Gone, Page, Refused

PAGE = 100
"""Messages that Discord gives out at once."""
_NEEDED = marked("View Channel and Read Message History")
NO_HISTORY = marked(
    "The bot may not read what was written here before. Give the bot's role the permission Read Message History "
    "in this channel."
)


class DiscordHistory:
    """Implements `bot.ports.History` with a client that is logged in."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._requests = WholeRequests()

    async def after(self, guild_id: int, channel_id: int, message_id: int) -> Page:
        """Up to 100 messages that follow an id."""
        return await self._requests.finish(self._after(guild_id, channel_id, message_id))

    async def before(self, message: Message, limit: int) -> tuple[Earlier, ...]:
        """What members said just before a message in its channel, oldest first."""
        return await self._requests.finish(self._before(message, limit))

    async def completed(self, message: Message) -> Message:
        """The message with its author's roles and time of joining; as it is if the author has left."""
        return await self._requests.finish(self._completed(message))

    async def current(self, guild_id: int, channel_id: int, message_id: int) -> Message | None:
        """A message as it is now; None if it is not a member's."""
        return await self._requests.finish(self._current(guild_id, channel_id, message_id))

    async def _after(self, guild_id: int, channel_id: int, message_id: int) -> Page:
        with translated(_NEEDED):
            channel = await self._channel(guild_id, channel_id)
            _check_history_is_shown(channel)
            start = discord.Object(message_id)
            found = [one async for one in channel.history(limit=PAGE, after=start, oldest_first=True)]
        return Page(
            messages=tuple(filter(None, map(read, found))),
            last_id=max((one.id for one in found), default=message_id),
            more=len(found) >= PAGE,
        )

    async def _before(self, message: Message, limit: int) -> tuple[Earlier, ...]:
        # Some of what is found will be bots' and notices; one request has to do.
        with translated(_NEEDED):
            _check_history_is_shown(self._known(message.guild_id, message.channel_id))
            channel = self._client.get_partial_messageable(message.channel_id, guild_id=message.guild_id)
            end = discord.Object(message.id)
            found = [one async for one in channel.history(limit=min(limit * 2, PAGE), before=end)]
        said = [one for one in map(read, found) if one is not None and one.text]
        return tuple(
            Earlier(message_id=one.id, author_id=one.author_id, text=one.text) for one in reversed(said[:limit])
        )

    async def _completed(self, message: Message) -> Message:
        guild = self._client.get_guild(message.guild_id)
        if guild is None:
            raise DiscordAway(tr("The server is not known at the moment."))
        try:
            with translated():
                member = await guild.fetch_member(message.author_id)
        except Gone:
            return message
        return message.model_copy(update={"role_ids": roles_of(member), "joined_at": member.joined_at})

    async def _current(self, guild_id: int, channel_id: int, message_id: int) -> Message | None:
        with translated(_NEEDED):
            channel = await self._channel(guild_id, channel_id)
            return read(await channel.fetch_message(message_id))

    async def _channel(self, guild_id: int, channel_id: int) -> discord.abc.Messageable:
        """The channel with its name, and with its title if it is a thread: it counts as text of the first post."""
        channel = self._known(guild_id, channel_id) or await self._client.fetch_channel(channel_id)
        if not isinstance(channel, discord.abc.Messageable):
            raise Refused(tr("This channel holds no messages."))
        return channel

    def _known(self, guild_id: int, channel_id: int) -> GuildChannel | discord.Thread | None:
        guild = self._client.get_guild(guild_id)
        return guild.get_channel_or_thread(channel_id) if guild else None


def _check_history_is_shown(place: object) -> None:
    """Discord answers whoever lacks Read Message History with an empty page ("Get Channel Messages").

    That would read as "nothing was written". Other servers answer 403, which counts against us.

    Raises:
        Refused: the history would look empty.
    """
    if isinstance(place, GuildChannel | discord.Thread) and not shows_history(place):
        raise Refused(tr(NO_HISTORY))
