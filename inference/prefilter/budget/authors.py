"""Nobody moves a guild's thresholds alone: of each author only a few messages a minute are counted."""

PER_MINUTE = 2
"""Messages of one author in one guild that are counted."""
MOST_AUTHORS = 50_000
"""Authors remembered within a minute, in all guilds. Beyond it nothing more is counted until the next one."""


class AuthorLimit:
    """Remembers who was counted in the minute that runs."""

    def __init__(self, per_minute: int = PER_MINUTE, most_authors: int = MOST_AUTHORS) -> None:
        self._per_minute = per_minute
        self._most_authors = most_authors
        self._minute = -1
        self._counted: dict[tuple[int, int], int] = {}

    def admits(self, guild_id: int, author_id: int, now: float) -> bool:
        """Whether a message that is written now is counted, and count it. `now` is in seconds."""
        if (minute := int(now // 60)) != self._minute:
            self._minute = minute
            self._counted.clear()
        author = (guild_id, author_id)
        counted = self._counted.get(author, 0)
        if counted >= self._per_minute or (not counted and len(self._counted) >= self._most_authors):
            return False
        self._counted[author] = counted + 1
        return True
