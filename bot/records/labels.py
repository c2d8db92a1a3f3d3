"""People's opinions: what decisions say of verdicts, and blind samples."""

from typing import Protocol


class Labels(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""
