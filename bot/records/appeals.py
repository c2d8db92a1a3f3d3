"""Members who ask for a second opinion, and what became of it; what is known of a person."""

from typing import Protocol


class Appeals(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""
