"""The keys at work in one database. SQL gets three functions, on the connections that are attached:

    sealed('table.column', :text)   for every column that holds words of people, in INSERT and UPDATE
    opened('table.column', column)  where such a column is read: `sealed_columns.py` writes it out
    masked(:digest)                 a digest of a member's text that can be compared, and not looked up in a table

NULL stays NULL, and the empty text stays empty: it stands for a text that was erased, too.

A wrong key is told at the start, by what each key has left in the table `sealing_key` to prove itself by. A text
that does not open after that is damaged: it is reported, and reads as a mark.
"""

import hmac
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.missing_words import UNREADABLE
from bot.store import key_queries
from bot.store.damages import Damages
from bot.store.errors import UnusableDatabase
from bot.store.sealing import Keys, SealBroken

_PEPPER: Final = "sealing_key.pepper"
_PEPPER_BYTES: Final = 32
KEY_ADVICE: Final = (
    "Put the right key file back, or set SAFEGUILD_STORE__KEY or `store.key_file` (the newest key first, when "
    "there are two). Without the key nothing in the database can be read; to start anew, move the database away. "
    "Nothing was changed."
)


class WrongKey(UnusableDatabase):
    """The texts are sealed with a key that was not given. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class _KnownKey:
    """What the database keeps of a key."""

    pepper: str
    """Sealed with it."""
    finished: bool


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals, opens and masks."""

    keys: Keys
    pepper: bytes = field(repr=False)
    """Makes masks of this database differ from those of any other. Secret."""
    damages: Damages = field(default_factory=Damages)
    """What was found to be damaged."""

    def attach(self, db: sqlite3.Connection) -> None:
        """Give a connection the functions."""
        db.create_function("sealed", 2, self.sealed)
        db.create_function("opened", -1, self.opened)
        db.create_function("opened_whole", -1, self.opened_whole)
        db.create_function("masked", 1, self.masked, deterministic=True)

    def sealed(self, kind: str, text: str | None) -> str | None:
        """See the module."""
        return self.keys.seal(kind, text) if text else text

    def opened(self, kind: str, text: str | bytes | None, *row: object) -> str | None:
        """See the module. What is damaged, or not sealed at all, is the mark `UNREADABLE`."""
        return None if text is None else _or_mark(self.opened_whole(kind, text, *row))

    def opened_whole(self, kind: str, text: str | bytes | None, *row: object) -> str | None:
        """A text that is of no use in parts; None if it is damaged. `row`: its row's key, for the operator."""
        if text is None:
            return None
        try:
            return self.keys.open(kind, text if isinstance(text, str) else text.decode("ascii"))
        except (SealBroken, UnicodeDecodeError):
            self.damages.note(kind, row)
            return None

    def masked(self, digest: str) -> str:
        """A digest with the pepper in it: whoever has the file alone cannot try out short texts."""
        return hmac.digest(self.pepper, digest.encode(), "sha256").hex()


def _or_mark(text: str | None) -> str:
    return UNREADABLE if text is None else text


def check_keys(db: sqlite3.Connection, keys: Keys) -> None:
    """See that the keys open this database, without changing it.

    Raises:
        WrongKey: they do not.
    """
    _pepper(_known(db), keys)


def is_sealed(db: sqlite3.Connection) -> bool:
    """Whether a key is needed to read the database."""
    return bool(_known(db))


def key_ids(db: sqlite3.Connection) -> tuple[str, ...]:
    """The ids of the keys that texts in the database may be sealed with: one, or two while they are changed."""
    return tuple(_known(db))


def is_settled(db: sqlite3.Connection, keys: Keys) -> bool:
    """Whether everything is sealed with the newest key, and nothing of another one is left in the file."""
    known = _known(db)
    return list(known) == [keys.newest.id] and known[keys.newest.id].finished


def was_sealed(db: sqlite3.Connection) -> bool:
    """Whether everything was sealed once, with whatever key: no text is plain since."""
    return any(key.finished for key in _known(db).values())


def unlock(db: sqlite3.Connection, keys: Keys) -> Vault:
    """Take the keys into use: from now on the newest one seals.

    Raises:
        WrongKey: a text in the database may be sealed with a key that was not given.
    """
    known = _known(db)
    pepper = _pepper(known, keys) or secrets.token_bytes(_PEPPER_BYTES)
    if keys.newest.id not in known:
        proof = {"key": keys.newest.id, "pepper": keys.seal(_PEPPER, pepper.hex())}
        db.execute(key_queries.ADD_KEY, proof)
    return Vault(keys, pepper)


def finish(db: sqlite3.Connection, keys: Keys) -> None:
    """Note that the newest key is the only one now."""
    db.execute("BEGIN IMMEDIATE")
    db.execute(key_queries.FORGET_OTHER_KEYS, {"key": keys.newest.id})
    db.execute(key_queries.FINISH, {"key": keys.newest.id})
    db.execute("COMMIT")


def _known(db: sqlite3.Connection) -> Mapping[str, _KnownKey]:
    """The keys that texts in the database may be sealed with, by id."""
    if db.execute(key_queries.HAS_KEYS).fetchone() is None:
        return {}
    return {id_: _KnownKey(pepper, bool(finished)) for id_, pepper, finished in db.execute(key_queries.KEYS)}


def _pepper(known: Mapping[str, _KnownKey], keys: Keys) -> bytes:
    """What the keys prove themselves by; empty in a database that has none yet."""
    given = [key.id for key in keys.all]
    if missing := [key for key in known if key not in given]:
        raise WrongKey(_wrong_key(missing, given))
    try:
        peppers = [keys.open(_PEPPER, key.pepper) for key in known.values()]
    except SealBroken as error:
        raise WrongKey(
            f"The key does not open the database, though its id is the right one. {error} If the key was not "
            "changed, the database is damaged just there: put back a backup. Nothing was changed."
        ) from None
    return bytes.fromhex(peppers[0]) if peppers else b""


def _wrong_key(missing: list[str], given: list[str]) -> str:
    which = f"the key{'s' if len(missing) > 1 else ''} {' and '.join(missing)}"
    return f"The texts in this database are sealed with {which}, and {' and '.join(given)} was given. {KEY_ADVICE}"
