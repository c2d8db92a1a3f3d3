"""The bot's token: from a variable or a file, checked for its shape, never shown."""

import re
from dataclasses import dataclass

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.secret_file import read_secret_file
from bot.settings import PREFIX, DiscordSettings

VARIABLE = f"{PREFIX}DISCORD__TOKEN"
NO_TOKEN_ADVICE = (
    f"make an application at https://discord.com/developers/applications, take the token from its page `Bot`, and "
    f"set {VARIABLE} or `discord.token_file`; docs/run.md goes through it step by step"
)
_SHAPE = re.compile(r"[\w=-]+\.[\w=-]+\.[\w=-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A token that looks like one, and where it came from."""

    secret: SecretStr
    source: str
    """For people: the variable's name, or the file's path."""
    warning: str = ""
    """What should be put right, though it works: other users can read the file (`chmod 600`)."""


def find_token(settings: DiscordSettings) -> Token | None:
    """The token that is set; None if there is none.

    Raises:
        SettingsError: the file cannot be read, or what is in it or in the variable is no token.
    """
    if settings.token is not None:
        return Token(_checked(settings.token.get_secret_value(), VARIABLE), VARIABLE)
    if settings.token_file is None:
        return None
    file = read_secret_file(settings.token_file, "token", NO_TOKEN_ADVICE)
    return Token(_checked(file.text, str(file.path)), str(file.path), file.warning)


def read_token(settings: DiscordSettings) -> Token:
    """The token that is set.

    Raises:
        SettingsError: there is none, it cannot be read, or it is no token.
    """
    token = find_token(settings)
    if token is None:
        raise SettingsError("no token is set: without one the bot cannot log in", NO_TOKEN_ADVICE)
    return token


def _checked(text: str, source: str) -> SecretStr:
    """A token has three parts with dots in between. What is wrong is not repeated: it may be half a token."""
    token = text.strip().removeprefix("Bot ").strip()
    if not _SHAPE.fullmatch(token):
        raise SettingsError(
            f"{source}: this is no bot token (it has {_what_it_has(token)})",
            "a token has three parts with dots in between; copy it from the page `Bot` of your application "
            "(`Reset Token` shows a new one), not the client secret or the public key",
        )
    return SecretStr(token)


def _what_it_has(token: str) -> str:
    if not token:
        return "nothing in it"
    if len(token.split()) > 1:
        return "spaces or several lines"
    parts = token.count(".") + 1
    return "characters that no token has" if parts == 3 else f"{parts} part{'s' if parts > 1 else ''}"
