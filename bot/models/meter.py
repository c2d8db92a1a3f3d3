"""How long steps over big files tell how far they are."""

from collections.abc import Callable
from typing import Protocol

Advance = Callable[[int], None]
"""Called with a number of bytes each time that many more are done."""


class Meter(Protocol):
    """Shows people how far a long step is."""

    def step(self, title: str, total: int, done: int) -> Advance:
        """Begin a step over `total` bytes, of which `done` are there already."""
        ...
