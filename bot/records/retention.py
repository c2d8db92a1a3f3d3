"""How long things are kept, and what is erased on request."""

from typing import Protocol


class Retention(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""
