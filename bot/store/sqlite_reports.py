"""`Reports` on SQLite."""

from bot.store.base import StoreBase


class SqliteReports(StoreBase):
    """See `bot.records.reports`."""
