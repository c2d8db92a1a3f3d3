"""`Retention` on SQLite."""

from bot.store.base import StoreBase


class SqliteRetention(StoreBase):
    """See `bot.records.retention`."""
