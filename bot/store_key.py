"""The key that the store is sealed with: from a variable or a file, checked for its shape, never shown."""

import os
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SettingsError
from bot.secret_file import read_secret_file
from bot.settings import PREFIX
from bot.settings_sources import credential
from bot.store.key_file import NAME
from bot.store.sealing import Keys, NoKey
from bot.store_settings import StoreSettings

VARIABLE = f"{PREFIX}STORE__KEY"
_ADVICE = (
    f"`safeguild key new` prints a fresh key; put it into that file or into {VARIABLE}. For a database that is "
    "there already it must be the key that the database was sealed with"
)


@dataclass(frozen=True, slots=True)
class StoreKey:
    """The keys that are set, and where."""

    keys: Keys
    file: Path | None
    """None: they are in the variable."""
    warning: str = ""
    """What should be put right, though it works: other users can read the file (`chmod 600`)."""

    @property
    def source(self) -> str:
        """For people."""
        return VARIABLE if self.file is None else str(self.file)

    @property
    def may_be_written(self) -> bool:
        """Whether a new key may be put there: not into a variable, not among systemd's credentials."""
        file = self.file
        return file is not None and credential(file.name) != file and os.access(file.parent, os.W_OK)


def find_store_key(settings: StoreSettings, folder: Path) -> StoreKey | None:
    """The key that is set, or that in the data folder's own file; None if there is no such file yet.

    Raises:
        SettingsError: the file cannot be read, or what is in it or in the variable is no key.
    """
    if settings.key is not None:
        return StoreKey(_read(settings.key.get_secret_value(), VARIABLE), None)
    named = settings.key_file or folder / NAME
    if settings.key_file is None and not named.exists():
        return None
    file = read_secret_file(named, "key", _ADVICE)
    return StoreKey(_read(file.text, str(file.path)), file.path, file.warning)


def _read(text: str, source: str) -> Keys:
    try:
        return Keys.parse(text)
    except NoKey as error:
        raise SettingsError(f"{source}: {error}", _ADVICE) from None
