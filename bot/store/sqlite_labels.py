"""`Labels` on SQLite."""

from bot.store.base import StoreBase


class SqliteLabels(StoreBase):
    """See `bot.records.labels`."""
