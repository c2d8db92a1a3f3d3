"""The bot's memory on SQLite. `open_store` is the only way in; the rest is private to this room."""

from bot.ports import PolicyNotKept
from bot.store.errors import UnusableDatabase
from bot.store.sqlite import open_store

__all__ = ["PolicyNotKept", "UnusableDatabase", "open_store"]
