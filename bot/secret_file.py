"""Files that hold a secret and nothing else: the bot's token, a server's key."""

import stat
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SettingsError
from bot.settings_sources import credential

_LONGEST_FILE = 4_096
"""Bytes. A token has about 70 characters."""


@dataclass(frozen=True, slots=True)
class SecretFile:
    """What was read."""

    path: Path
    text: str
    """Secret."""
    warning: str
    """What should be put right, though it works: other users can read the file (`chmod 600`)."""


def read_secret_file(named: Path, what: str, advice: str) -> SecretFile:
    """Read the file of a setting. A bare name is looked for among systemd's credentials first.

    `what` it holds ("token") and where to get one (`advice`) are for the error.

    Raises:
        SettingsError: it cannot be read, or is no text.
    """
    handed_over = credential(str(named))
    path = handed_over or named.expanduser()
    text = _read(path, what, advice)
    return SecretFile(path, text, "" if handed_over or _from_systemd(path) else _warning(path, what))


def _read(path: Path, what: str, advice: str) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST_FILE).decode("utf-8-sig")
    except FileNotFoundError:
        raise SettingsError(f"there is no {what} file {path}", advice) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is no text file", f"put the {what} there, and nothing else") from None
    except OSError as error:
        hint = "check its owner and permissions; it must be readable for the user who runs the bot"
        raise SettingsError(f"the {what} file {path} cannot be read: {error.strerror}", hint) from None


def _from_systemd(path: Path) -> bool:
    """A service's credentials are its own, whatever their mode says."""
    handed_over = credential(path.name)
    return handed_over is not None and handed_over == path


def _warning(path: Path, what: str) -> str:
    """Whoever reads a secret has it."""
    mode = stat.S_IMODE(path.stat().st_mode)
    return f"the {what} file {path} can be read by other users (mode {mode:o})" if mode & 0o077 else ""
