"""`Events` on SQLite."""

from bot.store.base import StoreBase


class SqliteEvents(StoreBase):
    """See `bot.records.events`."""
