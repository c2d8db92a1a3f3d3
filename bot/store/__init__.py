"""The bot's memory on SQLite. `open_store` is the only way in; the rest is private to this room."""

from bot.ports import PolicyNotKept
from bot.store.errors import UnusableDatabase
from bot.store.sqlite import open_store
from bot.store.vault import WrongKey

DATABASE = "safeguild.sqlite3"
"""The running bot's, in its data folder."""

__all__ = ["DATABASE", "PolicyNotKept", "UnusableDatabase", "WrongKey", "open_store"]
