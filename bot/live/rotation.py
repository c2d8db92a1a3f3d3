"""`safeguild key rotate`: seals everything that is stored with a new key.

The new key is written into the key file, in front of the old one, before anything is sealed with it; the old one
is taken out when nothing is sealed with it any more. Killed at any time in between, the same command goes on, and
so does `safeguild run`.
"""

from dataclasses import dataclass
from pathlib import Path

from bot.errors import EnvironmentProblem, InputError, SettingsError
from bot.live.data_lock import data_lock
from bot.ports import StoreError
from bot.settings import Settings
from bot.store import DATABASE, open_store
from bot.store.key_file import write_keys
from bot.store.sealing import Key, Keys, new_key
from bot.store_key import VARIABLE, StoreKey, find_store_key


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of the keys."""

    source: str
    """Where the key is set."""
    newest: str
    """The id of the key that everything is sealed with now."""
    retired: tuple[Path, ...]
    """Files with older keys. They open backups from before, and nothing else."""
    still_set: tuple[str, ...]
    """Ids of older keys that stand beside the new one, where we may not write; they can be taken out."""


async def rotate(settings: Settings) -> Rotation:
    """Seal everything with a new key. The bot must not be running.

    Raises:
        InputError: there is no database yet.
        SettingsError: the key is set where we may not write, and no new one was put before it.
        EnvironmentProblem: the bot is running, or disk or database are not in order. The same command goes on.
    """
    folder = settings.data_folder
    key = find_store_key(settings.store, folder)
    if key is None or not (folder / DATABASE).exists():
        raise InputError(f"nothing is stored in {folder} yet", "the key is made when the bot runs first")
    with data_lock(folder):
        keys = _with_a_new_one(key)
        try:
            async with open_store(folder / DATABASE, keys=keys):
                pass  # opening it seals what another key had sealed
        except StoreError as error:
            raise EnvironmentProblem(f"{folder / DATABASE}: {error}", "then run the same command again") from error
        return _without_old_ones(key, keys)


def _with_a_new_one(key: StoreKey) -> Keys:
    """The keys to go on with. Two are a change that was begun: by hand, or by a command that was killed."""
    if key.keys.older:
        return key.keys
    if key.file is None or not key.may_be_written:
        raise SettingsError(
            f"the key is in {key.source}, where Safeguild does not write",
            f"`safeguild key new` prints a new key. Put it before the old one, with a comma or a new line between "
            f"them ({VARIABLE}=NEW,OLD), run this command again, and take the old one out",
        )
    fresh = new_key()
    write_keys(key.file, fresh, key.keys.newest)
    return Keys(fresh, (key.keys.newest,))


def _without_old_ones(key: StoreKey, keys: Keys) -> Rotation:
    if key.file is None or not key.may_be_written:
        return Rotation(key.source, keys.newest.id, (), tuple(old.id for old in keys.older))
    retired = tuple(_retire(key.file, old) for old in keys.older)
    write_keys(key.file, keys.newest)
    return Rotation(key.source, keys.newest.id, retired, ())


def _retire(file: Path, old: Key) -> Path:
    path = file.with_name(f"{file.name}.{old.id}")
    write_keys(path, old)
    return path
