"""What people point at: reports of members, requests of moderators, alerts of AutoMod; and the queue."""

from typing import Protocol


class Reports(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""
