"""Files that people hand in with a command."""

import discord

from bot.cogs.failures import translated
from bot.cogs.plainly import Declined
from bot.cogs.safe_text import escaped
from bot.language import tr


async def fetched(attachment: discord.Attachment, most: int) -> bytes:
    """A file's bytes.

    Raises:
        Declined: it is larger than `most` bytes.
        DiscordError: it could not be fetched.
    """
    if attachment.size > most:
        name = escaped(attachment.filename, 100)
        raise Declined(tr("{name} is too large: a file may have {most} KB.", name=name, most=most // 1024))
    with translated():
        return await attachment.read()
