"""`Histories` on SQLite."""

from bot.store.base import StoreBase


class SqliteHistories(StoreBase):
    """See `bot.records.histories`."""
