"""The file with the keys: read, made on first use, changed so that a crash leaves the old or the new one."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.store.sealing import Key, Keys, NoKey, new_key
from bot.store.vault import KEY_ADVICE, WrongKey

NAME: Final = "safeguild.key"
"""Of the file beside a database, when no key was set."""
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Keys, and where they are."""

    path: Path
    keys: Keys
    made: bool = False
    """The file was just made."""


def keys_beside(folder: Path, *, needed: bool) -> KeyFile:
    """The keys in the file beside a database. If the database does not need an older one, it is made.

    Raises:
        WrongKey: the file is not there and the database needs one, or there is no key in it.
        OSError: the file cannot be read or made.
    """
    path = folder / NAME
    try:
        return KeyFile(path, read_keys(path))
    except FileNotFoundError:
        if needed:
            raise WrongKey(
                f"The texts in this database are sealed, and the file with the key, {path}, is not there. "
                f"{KEY_ADVICE}"
            ) from None
    key = new_key()
    write_keys(path, key)
    return KeyFile(path, Keys(key), made=True)


def read_keys(path: Path) -> Keys:
    """The keys in a file.

    Raises:
        WrongKey: there is no key in it.
        OSError: it cannot be read.
    """
    try:
        return Keys.parse(path.read_text("utf-8"))
    except (NoKey, UnicodeDecodeError) as error:
        why = str(error) if isinstance(error, NoKey) else "it is no text"
        raise WrongKey(f"{path} holds no key: {why}. Put the right key file back. Nothing was changed.") from None


def write_keys(path: Path, *keys: Key) -> None:
    """Write a key file, the newest key first, readable by its owner only."""
    draft = path.with_name(f"{path.name}.draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _PRIVATE)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.writelines(f"{key.text}\n" for key in keys)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
