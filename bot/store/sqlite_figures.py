"""`Figures` on SQLite."""

from bot.store.base import StoreBase


class SqliteFigures(StoreBase):
    """See `bot.records.figures`."""
