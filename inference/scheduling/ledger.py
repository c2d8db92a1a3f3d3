"""Two ledgers of KV cells, so that whatever is admitted always fits.

llama.cpp keeps two unified caches for a model with sliding windows (`llama-kv-cache-iswa.cpp`). The base cache
holds one cell for each position of a prefix, however many sequences share it, and one for each further token of a
sequence. The window cache holds what the next token may still look at: `find_slot` takes an occupied cell when it
has one owner and lies `window` positions or more behind its owner's next one, judged as of before the step. So
what grows cannot keep more than the last `window` positions of before the step, and what the step feeds it. A cell
with two owners is never taken: a prefix is cut down to its window before anybody shares it, and stays at that.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Cells:
    """KV cells of the layers that see everything, and of those that see a sliding window."""

    base: int
    window: int


@dataclass(frozen=True, slots=True)
class Demand:
    """The most cells that something can need, now or later."""

    base: int
    window: int
    """Window cells that it holds between steps."""
    growth: int
    """Window cells that it can need on top while a step feeds it, if the step is large enough."""

    def __add__(self, other: Self) -> "Demand":
        return Demand(self.base + other.base, self.window + other.window, self.growth + other.growth)

    def __sub__(self, other: Self) -> "Demand":
        return Demand(self.base - other.base, self.window - other.window, self.growth - other.growth)


NOTHING = Demand(0, 0, 0)


class Ledger:
    """What is promised of the cells. `step_tokens` is the most that one step feeds all together."""

    def __init__(self, cells: Cells, *, window: int, step_tokens: int) -> None:
        self.cells = cells
        self._window = window
        self._step_tokens = step_tokens
        self.promised = NOTHING

    @property
    def used(self) -> Cells:
        """Cells that are taken or promised; between steps fewer may be occupied, never more."""
        return self._cost(self.promised)

    def growing(self, tokens: int) -> Demand:
        """Of a sequence beyond its prefix, or of a prefix under prefill, that has `tokens` at its end."""
        return Demand(tokens, min(tokens, self._window), max(0, tokens - self._window))

    def settled(self, tokens: int) -> Demand:
        """Of a whole, compacted prefix."""
        return Demand(tokens, min(tokens, self._window), 0)

    def fits(self, more: Demand, less: Demand = NOTHING) -> bool:
        """Whether there is room for `more` once `less` of what is promised was given back."""
        cost = self._cost(self.promised + more - less)
        return cost.base <= self.cells.base and cost.window <= self.cells.window

    def take(self, demand: Demand) -> None:
        """Promise cells."""
        self.promised += demand

    def give(self, demand: Demand) -> None:
        """Take a promise back."""
        self.promised -= demand

    def _cost(self, demand: Demand) -> Cells:
        """All that grows shares one step, and no step feeds more than what is left to feed."""
        return Cells(demand.base, demand.window + min(demand.growth, self._step_tokens))
