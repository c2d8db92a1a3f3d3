"""What people did about cases beside deciding: claims, notes, escalations, notices to members."""

from typing import Protocol


class Events(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""
