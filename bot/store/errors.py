"""What can go wrong with a database file, sorted by what the caller does about it."""

import sqlite3

from bot.ports import StoreError, StoreUnavailable


class UnusableDatabase(StoreError):
    """The file is damaged, not ours or too new. Trying again does not help: stop and show the message."""


_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT})
_REFUSED = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY})
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full. Free some space; no restart is needed",
    sqlite3.SQLITE_BUSY: "another program holds its lock. Stop the other program and try again",
    sqlite3.SQLITE_LOCKED: "it is locked. Try again",
    sqlite3.SQLITE_IOERR: "reading or writing the disk failed. Check the disk and its free space, then try again",
    sqlite3.SQLITE_NOMEM: "there is not enough memory. Free some and try again",
    sqlite3.SQLITE_INTERRUPT: "the work was interrupted. Try again",
    **dict.fromkeys(_REFUSED, "it may not be opened or written. Check the folder, its owner and its permissions"),
}

_FUNCTION_FAILED = "user-defined function raised exception"
"""The words of Python's sqlite3, which keeps the cause to itself."""
_NO_TEXT = "Could not decode to UTF-8"
"""What Python's sqlite3 says of a text that is none. It quotes it: the message is not repeated."""


def explain(error: Exception) -> Exception:
    """Turn SQLite's error into one of the store's; an error that only a bug can cause is returned as it is."""
    if isinstance(error, OSError):
        return StoreUnavailable(
            f"The database {error.filename} cannot be opened: {error.strerror}. Check the data folder."
        )
    if not isinstance(error, sqlite3.Error):
        return error
    if str(error) == _FUNCTION_FAILED:  # only our own functions can: see vault.py
        return UnusableDatabase("A text could not be sealed or opened. Nothing was written. Report this.")
    if str(error).startswith(_NO_TEXT):  # not a sealed one: those are handed out as bytes
        return UnusableDatabase("A text in the database is damaged. Put back a backup, or report this.")
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF  # without the extended part
    if code in _DAMAGED:
        return UnusableDatabase(
            "The database is damaged or is no SQLite database. "
            "Put back a backup, or move the file away to start anew."
        )
    if code in _ADVICE:
        return StoreUnavailable(f"The database cannot be used now: {_ADVICE[code]}. Nothing was written.")
    return error
