"""Turns every way in which Discord can fail into the three errors that the core knows, in plain words.

The words are for the people who can put it right: a moderator in the review channel, or the operator in the logs.
They name statuses, codes and permissions; they never quote what Discord answered, because that may quote a member.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import discord

from bot.language import marked, tr, tr_n
from bot.ports import DiscordAway, DiscordError, Gone, Refused


class RequestsHalted(Exception):
    """Too many of our requests were refused lately. None is sent for a while, or Discord locks us out."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"no requests are sent to Discord for {retry_after:.0f} s")
        self.retry_after = retry_after
        """Seconds."""


class PostUncertain(Exception):
    """Discord failed while it was posting a message, which may hang there all the same."""

    def __init__(self, status: int) -> None:
        super().__init__(f"Discord answered with HTTP {status}")
        self.status = status


FAILURES = (
    discord.HTTPException,
    discord.RateLimited,
    RequestsHalted,
    PostUncertain,
    aiohttp.ClientError,
    OSError,
)
"""What a call to Discord raises when it fails. `TimeoutError` is an `OSError`."""

UNKNOWN_GUILD = 10004
MISSING_ACCESS = 50001
"""JSON error codes (Discord's reference, "Opcodes and Status Codes")."""

_GONE = {
    10003: marked("The channel does not exist any more."),
    UNKNOWN_GUILD: marked("The bot is not in this server any more."),
    10007: marked("This person is not a member of the server any more."),
    10008: marked("The message does not exist any more."),
    10013: marked("This account does not exist any more."),
    10015: marked("This answer came too late: Discord takes answers to a click for 15 minutes. Click again."),
    10062: marked("This answer came too late: Discord waits for it for 3 seconds. Click again."),
    50027: marked("This answer came too late: Discord takes answers to a click for 15 minutes. Click again."),
}
_REFUSED = {
    MISSING_ACCESS: marked(
        "The bot cannot see this channel. Give the bot's role the permissions View Channel and Read Message "
        "History there."
    ),
    40060: marked("This click was answered already."),
    50007: marked("They take no direct messages from the bot."),
    50278: marked("They share no server with the bot any more, so it cannot write to them."),
    50021: marked("Discord does not let anyone do this with one of its own notices."),
    50035: marked(
        "Discord does not accept what the bot sent. This is a bug in Safeguild: please report it (code 50035)."
    ),
    50083: marked("The thread is archived. Open it again, then try once more."),
    60003: marked(
        "Discord asks for two-factor authentication. The owner of the bot's application has to switch it on in "
        "their account."
    ),
    160005: marked("The thread is locked. Unlock it, then try once more."),
    200000: marked("AutoMod of this server blocks what the bot writes. Exempt the bot's role in AutoMod's rules."),
}
_MISSING_PERMISSIONS = 50013
_UNAUTHORISED = marked(
    "Discord does not accept the bot's token any more. Create a new one in the developer portal, give it to the "
    "bot and start it again."
)


@contextmanager
def translated(needs: str = "") -> Iterator[None]:
    """Put this around calls to Discord and around nothing else: a disk's error would be taken for Discord's.

    Args:
        needs: the permissions that the call needs, as Discord's settings name them ("Manage Messages"), for the
            message that asks for them.

    Raises:
        DiscordAway, Refused, Gone: see `bot.ports`.
    """
    try:
        yield
    except FAILURES as error:
        raise translation(error, needs) from error


def translation(error: Exception, needs: str = "") -> DiscordError:
    """The core's error for one of `FAILURES`."""
    if isinstance(error, discord.HTTPException):
        return _of_answer(error, needs)
    if isinstance(error, PostUncertain):
        return DiscordAway(_own_problem(error.status))
    if isinstance(error, RequestsHalted):
        return DiscordAway(
            tr(
                "Discord refused too many of the bot's requests, so the bot pauses for {length}. The log says "
                "which "
                "requests; mostly a permission is missing.",
                length=_minutes(error.retry_after),
            )
        )
    if isinstance(error, discord.RateLimited):
        return DiscordAway(tr("Discord asks the bot to wait for {length}.", length=_minutes(error.retry_after)))
    return DiscordAway(tr("Discord cannot be reached ({error}).", error=type(error).__name__))


def _of_answer(error: discord.HTTPException, needs: str) -> DiscordError:
    """The meaning of an answer: first what it says about Discord, then what it says about the request."""
    if error.status >= 500:
        return DiscordAway(_own_problem(error.status))
    if error.status == 429:
        return DiscordAway(tr("Discord asks the bot to wait (HTTP 429)."))
    if error.status == 401:
        # Not `Refused`: it is not about this request, and with a new token it can still be done.
        return DiscordAway(tr(_UNAUTHORISED))
    if error.status == 403 and not error.code:
        # Discord itself gives a code. Without one the answer comes from something on the way, a firewall mostly.
        return DiscordAway(
            tr("Something on the way to Discord blocks the bot's requests (HTTP 403 without a code).")
        )
    return _of_code(error.status, error.code, needs)


def _own_problem(status: int) -> str:
    return tr("Discord has a problem of its own (HTTP {status}).", status=status)


def _of_code(status: int, code: int, needs: str) -> DiscordError:
    if code in _GONE:
        return Gone(tr(_GONE[code]))
    if code in _REFUSED:
        return Refused(tr(_REFUSED[code]))
    if code == _MISSING_PERMISSIONS:
        return Refused(_permission_missing(needs))
    if status == 404:
        return Gone(tr("It does not exist any more (HTTP 404, code {code}).", code=code))
    return Refused(tr("Discord refuses this (HTTP {status}, code {code}).", status=status, code=code))


def _permission_missing(needs: str) -> str:
    if not needs:
        return tr(
            "The bot lacks a permission for this. `/safeguild status` lists those that are missing. If none is, "
            "move "
            "the bot's role above the role of the member it is about."
        )
    return tr(
        "The bot may not do this. Give the bot's role the permission {permissions}, in the server's settings "
        "and in "
        "the channel's; if it has it, move the bot's role above the role of the member it is about.",
        permissions=tr(needs),
    )


def _minutes(seconds: float) -> str:
    if seconds < 60:
        return tr_n("{count} second", "{count} seconds", max(1, round(seconds)))
    return tr_n("{count} minute", "{count} minutes", max(1, round(seconds / 60)))
