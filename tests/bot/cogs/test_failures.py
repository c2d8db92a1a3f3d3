import asyncio
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import discord
import pytest

from bot.cogs.failures import RequestsHalted, translated, translation
from bot.ports import DiscordAway, Gone, Refused

WHAT_A_MEMBER_WROTE = "my secret words"


def answered(status: int, code: int = 0, kind: type[discord.HTTPException] | None = None) -> discord.HTTPException:
    kinds = {403: discord.Forbidden, 404: discord.NotFound}
    kind = kind or kinds.get(status, discord.DiscordServerError if status >= 500 else discord.HTTPException)
    return kind(
        cast("Any", SimpleNamespace(status=status, reason="a reason")),
        {"code": code, "message": WHAT_A_MEMBER_WROTE},
    )


@pytest.mark.parametrize(
    ("error", "expected", "said"),
    [
        (answered(403, 50013), Refused, "permission"),
        (answered(403, 50001), Refused, "View Channel"),
        (answered(403, 60003), Refused, "two-factor"),
        (answered(403, 0), DiscordAway, "on the way to Discord"),
        (answered(404, 10003), Gone, "channel does not exist"),
        (answered(404, 10008), Gone, "message does not exist"),
        (answered(404, 10007), Gone, "not a member"),
        (answered(404, 10004), Gone, "not in this server"),
        (answered(404, 10062), Gone, "Click again"),
        (answered(404, 99999), Gone, "does not exist any more"),
        (answered(400, 50035), Refused, "bug in Safeguild"),
        (answered(400, 12345), Refused, "12345"),
        (answered(401), DiscordAway, "token"),
        (answered(429), DiscordAway, "429"),
        (answered(502), DiscordAway, "502"),
        (discord.RateLimited(90), DiscordAway, "2 minutes"),
        (RequestsHalted(30), DiscordAway, "30 seconds"),
        (aiohttp.ClientPayloadError(WHAT_A_MEMBER_WROTE), DiscordAway, "ClientPayloadError"),
        (asyncio.TimeoutError(), DiscordAway, "TimeoutError"),  # noqa: UP041 - the name discord.py and aiohttp use
        (ConnectionResetError(), DiscordAway, "ConnectionResetError"),
    ],
)
def test_every_failure_is_sorted_by_what_can_be_done_about_it(
    error: Exception, expected: type[Exception], said: str
) -> None:
    with pytest.raises(expected) as caught, translated():
        raise error
    assert type(caught.value) is expected
    assert said in str(caught.value)
    assert WHAT_A_MEMBER_WROTE not in str(caught.value)
    assert caught.value.__cause__ is error


def test_a_missing_permission_is_named_where_the_caller_knows_it() -> None:
    said = str(translation(answered(403, 50013), "Manage Messages"))
    assert "Give the bot's role the permission Manage Messages" in said


def test_errors_of_our_own_pass_as_they_are() -> None:
    with pytest.raises(KeyError), translated():
        raise KeyError
