"""How often one person may ask for something. Kept in memory: after a restart everybody starts anew."""

from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

_MOST_KNOWN: Final = 10_000
"""People that are remembered at once, the latest ones."""


@dataclass(slots=True)
class Pace:
    """So many times within so long."""

    times: int
    within: timedelta
    clock: Callable[[], datetime]
    _asked: "OrderedDict[Hashable, deque[datetime]]" = field(default_factory=OrderedDict)

    def takes(self, who: Hashable) -> bool:
        """Whether somebody may ask now; if so, it is counted."""
        now = self.clock()
        asked = self._asked.setdefault(who, deque(maxlen=self.times))
        self._asked.move_to_end(who)
        if len(self._asked) > _MOST_KNOWN:
            self._asked.popitem(last=False)
        if len(asked) == self.times and now - asked[0] < self.within:
            return False
        asked.append(now)
        return True
