"""Logging in and staying connected, with words for the operator about what ends it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from itertools import chain, repeat

import discord
import structlog

from bot.cogs.client import SafeguildBot
from bot.cogs.failures import FAILURES, translation
from bot.errors import SettingsError

_log = structlog.get_logger(__name__)
PAUSES = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds before each further try to log in; the last one again and again."""
TOKEN_CHANGED = 4004
"""Close code of the gateway: authentication failed."""
_MAKE_ANOTHER = (
    "make a new one at https://discord.com/developers/applications: your application, page `Bot`, `Reset Token`; "
    "put it where the old one is, and start again"
)
_INTENT = (
    "switch it on at https://discord.com/developers/applications: your application, page `Bot`, `Message Content "
    "Intent`, then `Save Changes`; start again after that"
)


async def log_in(
    bot: SafeguildBot, token: str, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> int:
    """Log in and return the application's id. A network or a Discord that is away is waited for.

    Raises:
        SettingsError: Discord does not accept the token.
    """
    for pause in _pauses():
        try:
            await bot.login(token)
            return _application_id(bot)
        except discord.LoginFailure:
            raise SettingsError("Discord does not accept the token", _MAKE_ANOTHER) from None
        except FAILURES as error:
            reason = str(translation(error))
        _log.warning("Discord cannot be reached; the login is tried again", reason=reason, seconds=pause)
        await _forget_session(bot)
        await sleep(pause)
    raise AssertionError("the pauses never end")


async def stay(bot: SafeguildBot) -> None:
    """Be connected until the bot is closed.

    Raises:
        SettingsError: the Message Content intent is missing, or the token was changed meanwhile.
        discord.ConnectionClosed: the gateway closed for good, for a reason that only a bug explains.
    """
    try:
        await bot.connect()
    except discord.PrivilegedIntentsRequired:
        raise SettingsError(
            "the Message Content intent is not switched on for this application", _INTENT
        ) from None
    except discord.ConnectionClosed as closed:
        if closed.code != TOKEN_CHANGED:
            raise
        raise SettingsError("Discord does not accept the token any more", _MAKE_ANOTHER) from None


async def _forget_session(bot: SafeguildBot) -> None:
    """discord.py would go on with the connections of the session that it replaces, and those close with it."""
    await bot.http.close()
    bot.http.connector = discord.utils.MISSING


def _pauses() -> Iterator[float]:
    return chain(PAUSES, repeat(PAUSES[-1]))


def _application_id(bot: SafeguildBot) -> int:
    assert bot.application_id is not None  # since the login
    return bot.application_id
