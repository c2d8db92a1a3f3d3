"""Keeps a card within Discord's limits: the least important parts are shortened first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.cogs.safe_text import units
from bot.language import tr

EMBED_TOTAL = 6000
"""Title, description, field names and values, footer and author of all embeds of a message together."""
TITLE, DESCRIPTION, FIELD_NAME, FIELD_VALUE, FOOTER = 256, 4096, 256, 1024, 2048
FIELDS, EMBEDS = 25, 10
CONTENT = 2000
"""Characters; see Discord's documentation, "Embed limits" and "Create Message"."""

Writer = Callable[[int], str]
"""Writes a part into at most so many UTF-16 units; "" if nothing sensible fits."""
_STUMP = 40


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a card."""

    name: str
    """The field's heading; "" for a paragraph of the description."""
    write: Writer
    importance: int
    """What has less is shortened first."""
    most: int = FIELD_VALUE
    """More than this it never gets, in units."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A part as it stands on the card."""

    name: str
    text: str

    @property
    def size(self) -> int:
        """What it takes of the total. A paragraph takes the blank line before it, too."""
        return units(self.text) + (units(self.name) or 2) if self.text else 0


def fit(parts: Sequence[Part], room: int) -> tuple[Fitted, ...]:
    """The parts in their order, together in at most `room` units. What got no room is left out."""
    fitted = [Fitted(part.name, part.write(part.most)) for part in parts]
    excess = sum(part.size for part in fitted) - room
    for index in sorted(range(len(parts)), key=lambda index: parts[index].importance):
        if excess <= 0:
            break
        before = fitted[index]
        fitted[index] = Fitted(before.name, _within(parts[index], units(before.text) - excess))
        excess -= before.size - fitted[index].size
    return tuple(part for part in fitted if part.text)


def _within(part: Part, room: int) -> str:
    """The part in so much room. A stump of less than a line says nothing: it is left out."""
    return part.write(room) if room >= _STUMP else ""


def joined(lines: Sequence[str], room: int, separator: str = "\n") -> str:
    """As many of the lines, which are ready to be shown, as fit; how many do not is said at the end."""
    whole = separator.join(lines)
    if units(whole) <= room:
        return whole
    for count in range(len(lines) - 1, 0, -1):
        text = separator.join((*lines[:count], tr("… and {count} more", count=len(lines) - count)))
        if units(text) <= room:
            return text
    return ""
