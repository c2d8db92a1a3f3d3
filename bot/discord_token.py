"""The bot's token: from a variable or a file, checked for its shape, never shown."""

import re
import stat
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings import PREFIX, DiscordSettings
from bot.settings_sources import credential

VARIABLE = f"{PREFIX}DISCORD__TOKEN"
NO_TOKEN_ADVICE = (
    f"make an application at https://discord.com/developers/applications, take the token from its page `Bot`, and "
    f"set {VARIABLE} or `discord.token_file`; docs/run.md goes through it step by step"
)
_SHAPE = re.compile(r"[\w=-]+\.[\w=-]+\.[\w=-]+", re.ASCII)
_LONGEST_FILE = 4_096
"""Bytes. A token has about 70 characters."""


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
    handed_over = credential(str(settings.token_file))
    path = handed_over or settings.token_file.expanduser()
    secret = _checked(_read(path), str(path))
    return Token(secret, str(path), "" if handed_over or _from_systemd(path) else _warning(path))


def read_token(settings: DiscordSettings) -> Token:
    """The token that is set.

    Raises:
        SettingsError: there is none, it cannot be read, or it is no token.
    """
    token = find_token(settings)
    if token is None:
        raise SettingsError("no token is set: without one the bot cannot log in", NO_TOKEN_ADVICE)
    return token


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_FILE).decode("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(f"there is no token file {path}", NO_TOKEN_ADVICE) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is no text file", "put the token there, and nothing else") from None
    except OSError as error:
        hint = "check its owner and permissions; it must be readable for the user who runs the bot"
        raise SettingsError(f"the token file {path} cannot be read: {error.strerror}", hint) from None


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


def _from_systemd(path: Path) -> bool:
    """A service's credentials are its own, whatever their mode says."""
    handed_over = credential(path.name)
    return handed_over is not None and handed_over == path


def _warning(path: Path) -> str:
    """Whoever reads the token is the bot."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return f"the token file {path} can be read by other users (mode {mode:o})" if mode & 0o077 else ""
