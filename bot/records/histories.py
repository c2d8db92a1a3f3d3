"""Every version of a policy that ever was live: by whom, when and why."""

from typing import Protocol


class Histories(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""
