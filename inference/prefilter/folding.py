"""Which characters read as which plain letters: the shipped table that `training/folding` makes from Unicode."""

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

_TABLE = "folding.txt"


@dataclass(frozen=True, slots=True)
class Folding:
    """Tables for `str.translate`. They know small letters only: lower the text first."""

    anywhere: Mapping[int, str]
    """Full width, mathematical and accented letters, blanks; what cannot be seen reads as nothing."""
    look_alikes: Mapping[int, str]
    """Letters of other alphabets that look exactly like Latin ones."""
    stand_ins: Mapping[int, str]
    """The same, and letters that are merely used in a Latin one's place (`я` for r)."""


@functools.cache
def shipped_folding() -> Folding:
    """The table that comes with the package, read once."""
    kinds: dict[str, dict[int, str]] = {"fold": {}, "drop": {}, "strict": {}, "loose": {}}
    lines = (resources.files(__package__) / "data" / _TABLE).read_text("utf-8").split("\n")
    for line in filter(None, lines):
        kind, reading, points = line.split("\t")
        kinds[kind].update(dict.fromkeys(_points(points), reading))
    return Folding(kinds["fold"] | kinds["drop"], kinds["strict"], kinds["loose"] | kinds["strict"])


def _points(ranges: str) -> Iterator[int]:
    for part in ranges.split(" "):
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)
