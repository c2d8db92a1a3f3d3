"""Weekly digests in the review channels: posts them and finds them again."""

from datetime import date, datetime
from types import MappingProxyType

import discord
from discord.abc import GuildChannel

from bot.cogs.failures import translated
from bot.cogs.places import shows_history
from bot.cogs.replies import page
from bot.cogs.safe_text import escaped
from bot.cogs.stats_page import COLOUR, files, with_pictures
from bot.figures.week import Digest
from bot.language import marked, tr
from bot.ports import Refused

_POST_NEEDS = marked("View Channel, Send Messages, Embed Links and Attach Files")
_FIND_NEEDS = marked("View Channel and Read Message History")
_HIDDEN = marked(
    "Whether the weekly digest was posted already cannot be seen. Give the bot's role the permission Read Message "
    "History in the review channel."
)
_SEARCHED = 5000
"""Messages of a review channel that are looked through, at most."""
_LONGEST_TITLE = 100


class DiscordDigestBoard:
    """`DigestBoard` over Discord's REST interface."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def post(self, digest: Digest, channel_id: int) -> None:
        """Post a digest. See `DigestBoard`."""
        channel = self._client.get_partial_messageable(channel_id, guild_id=digest.guild_id)
        pictures = [digest.picture] if digest.picture else []
        with translated(_POST_NEEDS):
            await channel.send(
                embeds=with_pictures(digest_embed(digest), pictures),
                files=files(pictures),
                nonce=f"d{digest.guild_id:x}-{digest.week:%y%W}",  # Discord takes 25 characters
                allowed_mentions=discord.AllowedMentions.none(),
            )

    async def is_there(self, guild_id: int, channel_id: int, week: date, since: datetime) -> bool:
        """Look for the digest of a week. Its footer is the same in every language.

        Where history is not shown to us it looks empty, and nothing can be told from that.
        """
        known = self._client.get_channel(channel_id)
        if isinstance(known, GuildChannel | discord.Thread) and not shows_history(known):
            raise Refused(tr(_HIDDEN))
        channel = self._client.get_partial_messageable(channel_id, guild_id=guild_id)
        with translated(_FIND_NEEDS):
            async for message in channel.history(limit=_SEARCHED, after=since, oldest_first=True):
                if self._is_ours(message) and any(each.footer.text == mark(week) for each in message.embeds):
                    return True
        return False

    def _is_ours(self, message: discord.Message) -> bool:
        return self._client.user is not None and message.author.id == self._client.user.id


def digest_embed(digest: Digest) -> discord.Embed:
    """The digest, within Discord's limits."""
    embed = page(digest.title, digest.lines, COLOUR, MappingProxyType(dict(digest.fields))).embed
    return embed.set_footer(text=mark(digest.week))


def mark(week: date) -> str:
    """What a digest is found again by: the week that it tells of ended on the day before this Monday."""
    return f"Safeguild · {week:%G-W%V}"


def escaped_title(title: str) -> str:
    """A policy's title in running text."""
    return escaped(title, _LONGEST_TITLE)
