"""`Appeals` on SQLite."""

from bot.store.base import StoreBase


class SqliteAppeals(StoreBase):
    """See `bot.records.appeals`."""
