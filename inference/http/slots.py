"""The places of one replica. Each remembers whose prompt was there last, since a server's cache does."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Place:
    number: int
    key: str = ""


class Slots:
    """At most `width` places in use at once; a place that was never used comes last in line for being reused."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._free: list[_Place] = []
        """The one that was left first stands first."""
        self._used: dict[int, _Place] = {}

    @property
    def in_use(self) -> int:
        """Places taken."""
        return len(self._used)

    @property
    def room(self) -> bool:
        """Whether a place can be taken."""
        return len(self._used) < self._width

    def widen(self, width: int) -> None:
        """There are more or fewer places than was thought; who holds one keeps it."""
        self._width = width
        self._free = [place for place in self._free if place.number < width]

    def take(self, key: str) -> int:
        """A place: where `key` was last, or else one that nobody has used, or the one left longest ago."""
        mine = next((place for place in reversed(self._free) if place.key == key), None)
        if mine is not None:
            self._free.remove(mine)
        else:
            mine = self._unused() or self._free.pop(0)
        mine.key = key
        self._used[mine.number] = mine
        return mine.number

    def _unused(self) -> _Place | None:
        """A place that nobody has or had, the lowest one; those that a widening took away may come back."""
        known = {*self._used, *(place.number for place in self._free)}
        return next((_Place(number) for number in range(self._width) if number not in known), None)

    def give_back(self, number: int) -> None:
        """Leave a place."""
        place = self._used.pop(number)
        if number < self._width:
            self._free.append(place)
