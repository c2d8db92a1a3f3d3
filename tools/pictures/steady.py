"""Makes pictures of two plays alike: moments and ids are shown as if every stage began at the same moment.

Discord's ids hold a time and the bot reads a real clock, so a play has other ids and moments each time. What a
picture shows of them is moved by one and the same span, and ids are numbered in the order in which they are seen.
Texts, figures and the order of things stay as they were.
"""

import re
from datetime import UTC, date, datetime
from typing import Any

from tools.pictures.shots import Shot

BEGAN = datetime(2026, 3, 14, 14, 0, tzinfo=UTC)
"""When every stage seems to have begun."""
_ESCAPE = "\\"
_FIRST_ID = 1_301_000_000_000_000_000
_MOMENT = re.compile(r"<t:(-?\d{1,13})")
_ID = re.compile(r"(?<![\w:.])\d{17,20}(?!\w)")
_CALENDAR = re.compile(
    r"(?P<stamp>20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00)"
    r"|(?P<told>20\d\d\\?-\d\d\\?-\d\d \d\d\\?:\d\d) UTC"  # running text is escaped
    r"|(?<!\d)(?P<day>20\d\d-\d\d-\d\d)(?!\d)"
)


class Steady:
    """Of one play. Each of its stages seems to begin at the same moment, however long those before it took."""

    def __init__(self, began: datetime) -> None:
        self._ids: dict[int, int] = {}
        self.begin(began)

    def begin(self, now: datetime) -> None:
        """A stage begins."""
        self._shift = BEGAN - now
        self._days = BEGAN.date() - now.date()

    def held(self, shot: Shot) -> Shot:
        """The shot with moments and ids of the play that every picture shows."""
        raw = shot.model_dump(mode="json", exclude={"names", "taken_at"})
        names = {self._known(number): name for number, name in shot.names.items()}
        moved = {**self._walked(raw), "names": names, "taken_at": shot.taken_at + self._shift}
        return Shot.model_validate(moved, strict=False)

    def _walked(self, part: Any) -> Any:
        if isinstance(part, dict):
            return {key: value if key == "data" else self._walked(value) for key, value in part.items()}
        if isinstance(part, list):
            return [self._walked(each) for each in part]
        return self._text(part) if isinstance(part, str) else part

    def _text(self, text: str) -> str:
        moved = _MOMENT.sub(lambda found: f"<t:{int(found[1]) + round(self._shift.total_seconds())}", text)
        numbered = _ID.sub(lambda found: str(self._known(int(found[0]))), moved)
        return _CALENDAR.sub(self._dated, numbered)

    def _dated(self, found: re.Match[str]) -> str:
        try:
            if found["stamp"]:
                return (datetime.fromisoformat(found["stamp"]) + self._shift).isoformat()
            if found["told"]:
                when = datetime.fromisoformat(found["told"].replace(_ESCAPE, ""))
                return f"{when + self._shift:%Y-%m-%d %H:%M} UTC"
            return (date.fromisoformat(found["day"]) + self._days).isoformat()
        except ValueError:  # it only looks like a date
            return found[0]

    def _known(self, number: int) -> int:
        return self._ids.setdefault(number, _FIRST_ID + len(self._ids) + 1)
