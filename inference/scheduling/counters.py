"""What the engine counts, as it is sent with every beat."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from inference.scheduling.ledger import Cells
from inference.scheduling.steps import Row
from inference.ticket import Priority
from policies.frozen import Frozen


class ByPriority(Frozen):
    """One number per priority."""

    interactive: int = 0
    live: int = 0
    backfill: int = 0


class Counts(BaseModel):
    """What the scheduler itself counts, since the engine's child started."""

    model_config = ConfigDict(extra="forbid", strict=True)

    steps: int = 0
    rows: int = 0
    occupancy: int = 0
    """Sum over the steps of the sequences that were running; divided by `steps` it is the mean batch."""
    decoded_tokens: int = 0
    """Tokens fed one by one, each for an output."""
    prefilled_tokens: int = 0
    """All other tokens: prefixes, messages, and the forced parts of answers."""
    prefix_hits: int = 0
    """Sequences that found their prefix in the cache or on its way there."""
    prefix_misses: int = 0
    prefix_evictions: int = 0
    refed_tokens: int = 0
    """Tokens that had been in the cache and are fed once more: of evicted prefixes and of requeued sequences."""
    refused_steps: int = 0
    """Steps that llama.cpp found no room for. The ledgers are there to keep it at 0."""
    requeued: int = 0
    """Sequences that gave up their slot and began anew."""
    overdue: int = 0
    cancelled: int = 0


class Counters(Counts, Frozen):
    """`Counts` as they are sent, with what is `waiting`, `running` and used at the moment."""

    admitted: ByPriority = ByPriority()
    waiting: ByPriority = ByPriority()
    running: int = 0
    base_cells: int = 0
    """Taken or promised."""
    window_cells: int = 0
    """Taken or promised."""
    model_seconds: float = 0.0
    """In llama.cpp. The worker fills it in."""
    python_seconds: float = 0.0
    """In everything else while there was work. The worker fills it in."""


class Tally(Counts):
    """`Counts` while they are counted."""

    admitted: list[int] = Field(default_factory=lambda: [0] * len(Priority))
    """By priority."""
    last_running: int = 0
    """In the last step."""

    def count_step(self, rows: Iterable[Row], running: int) -> None:
        """Count a step that is about to be run."""
        self.last_running = running
        self._count(rows, 1)

    def take_back(self, rows: Iterable[Row]) -> None:
        """The last step was refused: it does not count."""
        self._count(rows, -1)

    def _count(self, rows: Iterable[Row], sign: int) -> None:
        decoded = tokens = number = 0
        for row in rows:
            length = len(row.tokens)
            number += 1
            tokens += length
            decoded += length == 1 and row.sequence is not None
        self.steps += sign
        self.rows += sign * number
        self.occupancy += sign * self.last_running
        self.decoded_tokens += sign * decoded
        self.prefilled_tokens += sign * (tokens - decoded)

    def counters(self, *, waiting: list[int], running: int, used: Cells) -> Counters:
        """As they are sent."""
        return Counters(
            **self.model_dump(include=set(Counts.model_fields)),
            admitted=_by_priority(self.admitted),
            waiting=_by_priority(waiting),
            running=running,
            base_cells=used.base,
            window_cells=used.window,
        )


def _by_priority(numbers: list[int]) -> ByPriority:
    return ByPriority(**{priority.name.lower(): numbers[priority] for priority in Priority})
