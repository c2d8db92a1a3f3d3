"""Texts that could not be opened while the bot runs: the operator is told where they are, and no word of them."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import structlog

_log = structlog.get_logger(__name__)

MOST_KNOWN: Final = 10_000
"""Places that are remembered; further ones are neither counted nor told of."""
MOST_TOLD: Final = 100
"""Lines in the log."""


@dataclass(slots=True)
class Damages:
    """Where texts are damaged, as far as they were read since the start. Both connections' threads write to it."""

    _places: set[tuple[str, str]] = field(default_factory=set)
    _lock: Lock = field(default_factory=Lock)

    @property
    def number(self) -> int:
        """How many were met."""
        return len(self._places)

    def note(self, kind: str, row: tuple[object, ...]) -> None:
        """A text of this kind (`table.column`) cannot be opened. `row`: the values of its row's key."""
        place = kind, "/".join(map(str, row))
        with self._lock:
            if place in self._places or len(self._places) >= MOST_KNOWN:
                return
            self._places.add(place)
        if self.number <= MOST_TOLD:
            table, _, column = kind.partition(".")
            _log.error(
                "a stored text is damaged and cannot be read; everything else goes on. `safeguild doctor` looks "
                "through all of them",
                table=table,
                row=place[1],
                column=column,
            )
