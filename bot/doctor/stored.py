"""Whether everything that is stored can be read: each text is opened once, while the bot may be running."""

from dataclasses import dataclass

from bot.doctor.check import Check, fail, ok
from bot.errors import SettingsError
from bot.ports import StoreError
from bot.settings import Settings
from bot.store import DATABASE
from bot.store.looking import Looked, look_through
from bot.store_key import find_store_key

_NAME = "stored texts"
_ADVICE = (
    "stop the bot and restore a backup from before the damage (`safeguild restore FILE --replace`), or go on: "
    "cases say that their text cannot be read, and it is erased when its time is over. Check the disk"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """What was found. `problem` says why nothing could be looked at, and `advice` what to do."""

    looked: Looked | None = None
    problem: str = ""
    advice: str = ""


def look_at_stored(settings: Settings) -> Stored | None:
    """Open every text; None: nothing is stored yet, or nothing is sealed."""
    path = settings.data_folder / DATABASE
    if not path.is_file():
        return None
    try:
        key = find_store_key(settings.store, settings.data_folder)
        looked = look_through(path, key.keys) if key else None
    except SettingsError as error:
        return Stored(problem=error.message, advice=error.hint)
    except StoreError as error:
        return Stored(problem=f"{path}: {error}", advice="then run `safeguild doctor` again")
    return Stored(looked) if looked else None


def check_stored(stored: Stored) -> Check:
    """One damaged text is a damaged disk, or somebody's hand."""
    looked = stored.looked
    if looked is None:
        return fail(_NAME, stored.problem, stored.advice)
    if not looked.damaged:
        return ok(_NAME, f"all {looked.texts} can be read")
    more = looked.damaged - len(looked.places)
    places = ", ".join(map(str, looked.places)) + (f" and {more} more" if more else "")
    return fail(_NAME, f"{looked.damaged} of {looked.texts} are damaged: {places}", _ADVICE)
