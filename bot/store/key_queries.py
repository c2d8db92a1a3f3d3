"""All SQL about the keys that texts are sealed with, and about sealing them anew.

The functions `sealed`, `opened` and `masked` of SQL are those of `vault.py`.
"""

from collections.abc import Sequence
from typing import Final

HAS_KEYS: Final = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'sealing_key'"

KEYS: Final = "SELECT id, pepper, finished FROM sealing_key"

ADD_KEY: Final = "INSERT INTO sealing_key (id, pepper, finished) VALUES (:key, :pepper, 0) ON CONFLICT DO NOTHING"

FORGET_OTHER_KEYS: Final = "DELETE FROM sealing_key WHERE id <> :key"

FINISH: Final = "UPDATE sealing_key SET finished = 1 WHERE id = :key"

# Every column that can hold a text: no list of columns can be forgotten here. What is kept of keys is left alone.
TEXT_COLUMNS: Final = """
SELECT item.name AS table_name, part.name AS column_name
FROM sqlite_schema AS item JOIN pragma_table_info(item.name) AS part
WHERE item.type = 'table' AND part.type = 'TEXT' AND item.name NOT IN ('sealing_key', 'sqlite_sequence')
ORDER BY item.name, part.cid
"""

KEY_COLUMNS: Final = "SELECT name FROM pragma_table_info(:table) WHERE pk > 0 ORDER BY pk"


def texts_of(table: str, column: str, key: Sequence[str]) -> str:
    """A column's texts with the keys of their rows. It is told to read them all. Names are out of the schema."""
    return f"SELECT CAST({column} AS BLOB), {', '.join(key)} FROM {table} WHERE {column} <> ''"  # noqa: S608 # nosec


def rows_to_seal(table: str, key: Sequence[str], outdated: Sequence[str], *, after: bool) -> str:
    """The next rows with a text to seal anew, by their primary key. Names are out of the schema.

    `outdated`: conditions, one of which such a row meets.
    """
    columns, marks = ", ".join(key), ", ".join("?" * len(key))
    beyond = f"({columns}) > ({marks}) AND " if after else ""
    found = f"SELECT {columns} FROM {table} WHERE {beyond}({' OR '.join(outdated)})"  # noqa: S608 # nosec
    return f"{found} ORDER BY {columns} LIMIT ?"


def seal_row(table: str, key: Sequence[str], changes: Sequence[str]) -> str:
    """Seals one row's texts anew."""
    which = " AND ".join(f"{column} = ?" for column in key)
    return f"UPDATE {table} SET {', '.join(changes)} WHERE {which}"  # noqa: S608
