"""Numbers about how moderation goes, and nothing of what was written."""

from typing import Protocol


class Figures(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""
