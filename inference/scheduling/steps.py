"""What the scheduler and those who run its steps speak about: sequences, rows, steps, and the room there is."""

from dataclasses import dataclass, field

from inference.scheduling.ledger import Cells
from inference.ticket import ORDINARY, Ticket


def interactive_slots(width: int) -> int:
    """Slots besides the `width` ones, which only whoever sits before a screen may have."""
    return max(1, width // 8)


@dataclass(frozen=True, slots=True)
class Limits:
    """How a context is laid out. Slots below `sequences` are for those, the `prefixes` behind for prefixes."""

    width: int
    """Sequences of any priority that run at the same time. A few interactive ones may run on top."""
    prefixes: int
    """Prefixes that stay in the KV cache."""
    cells: Cells
    step_tokens: int
    """The most tokens in one decode call: llama.cpp's n_batch and n_ubatch, so that a step is one ubatch."""
    window: int
    """Positions that a sliding-window layer looks back on. A model without such layers: as many as base cells."""

    def __post_init__(self) -> None:
        if self.width < 1 or self.prefixes < 1 or self.window < 1:
            raise ValueError("a context needs at least one sequence, one prefix and a window of one position")
        if self.step_tokens < self.sequences:
            raise ValueError(f"a step of {self.step_tokens} tokens has no room for {self.sequences} sequences")

    @property
    def sequences(self) -> int:
        """Sequences that run at the same time at most."""
        return self.width + interactive_slots(self.width)

    @property
    def slots(self) -> int:
        """Sequence ids in use: llama.cpp's n_seq_max. No step has more rows with an output than that."""
        return self.sequences + self.prefixes


@dataclass(slots=True, eq=False)
class Sequence:
    """One text on its way through the model. Only the scheduler changes it."""

    id: int
    prefix_key: str
    prefix_tokens: tuple[int, ...]
    reserve: int
    """The most tokens that it ever feeds beyond its prefix."""
    ticket: Ticket = ORDINARY
    tokens: list[int] = field(default_factory=list)
    """Everything it was given to feed behind its prefix. Kept, so that it can begin anew."""
    fed: int = 0
    """How many of `tokens` are in the KV cache or in the step under way."""
    slot: int = -1
    """While it runs; -1 while it waits."""
    began: bool = False
    """Whether its prefix was copied into its slot."""
    asked: float = 0.0
    """When it was added, in the monotonic seconds that the scheduler is told."""
    admitted: float | None = None
    """When it first got a slot."""
    ready_step: int = 0
    """The step from which on it has had tokens to prefill."""
    fed_step: int = 0
    """The last step that it had a row in."""
    charged: int = 0
    """Tokens that its tenant was charged with; 0 until it is first admitted."""
    keeps_slot: bool = False
    """Whether it makes way for no interactive one: it did once, or it came in by the share of the old."""
    overdue: bool = False
    """Whether its deadline passed."""

    @property
    def position(self) -> int:
        """Of the next token to feed."""
        return len(self.prefix_tokens) + self.fed

    @property
    def pending(self) -> int:
        """Tokens that it was given and has not fed."""
        return len(self.tokens) - self.fed


@dataclass(frozen=True, slots=True)
class Row:
    """A run of tokens of one slot within a step."""

    slot: int
    tokens: tuple[int, ...]
    position: int
    """Of the first token."""
    sequence: Sequence | None
    """Whose output the last token's is; None when nobody needs it. No sequence has two rows in a step."""


@dataclass(frozen=True, slots=True)
class Step:
    """One decode call and what comes before it, in this order: clear, compact, copy, decode the rows.

    Once `llama_decode` was called, the first three are done for good, also when it refuses the rows.
    """

    clear: tuple[int, ...]
    """Slots whose cells are given back."""
    compact: tuple[int, ...]
    """Slots of whole prefixes whose window cache is to be cut down to the last `Limits.window` positions."""
    copy: tuple[tuple[int, int], ...]
    """(from slot, to slot): whole, compacted prefixes into empty slots."""
    rows: tuple[Row, ...]

    @property
    def tokens(self) -> int:
        """Of all rows together."""
        return sum(len(row.tokens) for row in self.rows)

    @property
    def outputs(self) -> int:
        """Rows whose output somebody reads."""
        return sum(row.sequence is not None for row in self.rows)
