"""Who is in the batch: continuous batching over pinned policy prefixes, as a pure plan.

No clock, no thread, no model. `Scheduler.step` says what the next decode call holds; the engine runs it and tells
what each sequence wants fed next. Sequences join and leave at any step, and all that share a prefix (the policy)
share its KV cells: it is prefilled once, into a slot of its own, and copied, which costs no cells in a unified
cache.

The ledger counts cells: resident prefixes once each, plus, for every running sequence, the most that it can ever
need. What is admitted therefore always fits, and a decode call never fails for lack of room.
"""

from collections import deque
from collections.abc import Sequence as Items
from dataclasses import dataclass, field


class TooLongError(Exception):
    """The sequence cannot fit into the context, however empty it is."""


@dataclass(slots=True, eq=False)
class Prefix:
    """Tokens that many sequences start with, held in the KV cache for as long as there is room."""

    key: str
    tokens: tuple[int, ...]
    slot: int
    fed: int = 0
    """How many of its tokens are in the KV cache or in the step under way."""
    users: int = 0
    """Running sequences that start with it; it stays while there are any."""
    last_used: int = 0
    """The step of its last admission, for choosing whom to evict."""


@dataclass(slots=True, eq=False)
class Sequence:
    """One text on its way through the model. Only the scheduler changes it."""

    id: int
    prefix_key: str
    prefix_tokens: tuple[int, ...]
    reserve: int
    """The most cells that it needs beyond its prefix."""
    pending: deque[int] = field(default_factory=deque)
    """Tokens to feed next."""
    slot: int = -1
    position: int = -1
    """Of the next token; -1 until the prefix was copied."""


@dataclass(frozen=True, slots=True)
class Row:
    """A run of tokens of one slot within a step."""

    slot: int
    tokens: tuple[int, ...]
    position: int
    """Of the first token."""
    sequence: Sequence | None
    """Whose logits the last token's are; None when nobody needs them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One decode call: first `clear` slots, then `copy` whole slots, then decode `rows`."""

    clear: tuple[int, ...]
    copy: tuple[tuple[int, int], ...]
    """(from slot, to slot)"""
    rows: tuple[Row, ...]


class Scheduler:
    """Plans steps for at most `width` sequences and `prefixes` pinned prefixes in `cells` KV cells."""

    def __init__(self, *, width: int, prefixes: int, cells: int, step_tokens: int) -> None:
        if step_tokens < width:
            raise ValueError(f"a step of {step_tokens} tokens has no room for {width} sequences")
        self._cells = cells
        self._step_tokens = step_tokens
        self._free_slots = list(reversed(range(width)))
        self._free_prefix_slots = list(reversed(range(width, width + prefixes)))
        self._prefixes: dict[str, Prefix] = {}
        self._waiting: deque[Sequence] = deque()
        self._running: dict[int, Sequence] = {}
        self._to_clear: list[int] = []
        self._steps = 0

    @property
    def idle(self) -> bool:
        """Whether nobody waits and nobody runs."""
        return not self._waiting and not self._running

    @property
    def running(self) -> tuple[Sequence, ...]:
        """The sequences that hold a slot, oldest first."""
        return tuple(self._running.values())

    @property
    def cells_used(self) -> int:
        """Cells that are taken or promised."""
        resident = sum(len(prefix.tokens) for prefix in self._prefixes.values())
        return resident + sum(sequence.reserve for sequence in self._running.values())

    def add(self, sequence: Sequence, tokens: Items[int]) -> None:
        """Queue a sequence with the first tokens to feed behind its prefix.

        Raises:
            TooLongError: it can never fit.
        """
        needed = len(sequence.prefix_tokens) + sequence.reserve
        if needed > self._cells:
            raise TooLongError(
                f"policy, message and answer need room for {needed} tokens, the context has {self._cells}: "
                "a larger `engine.context` or a shorter policy helps"
            )
        sequence.pending.extend(tokens)
        self._waiting.append(sequence)

    def feed(self, sequence: Sequence, tokens: Items[int]) -> None:
        """Say what a running sequence, whose logits were read, feeds next."""
        sequence.pending.extend(tokens)

    def remove(self, sequence: Sequence) -> None:
        """Take a sequence out, finished or not; its cells are free from the next step on."""
        if self._running.pop(sequence.id, None) is None:
            if sequence in self._waiting:
                self._waiting.remove(sequence)
            return
        self._prefixes[sequence.prefix_key].users -= 1
        self._to_clear.append(sequence.slot)
        self._free_slots.append(sequence.slot)

    def step(self) -> Step | None:
        """Plan the next decode call; None when there is nothing to do."""
        self._steps += 1
        self._admit()
        copies = self._start()
        rows = self._rows()
        if not rows:
            return None
        step = Step(tuple(self._to_clear), copies, rows)
        self._to_clear = []
        return step

    def _admit(self) -> None:
        """Give slots to those who wait, in order, while there is room."""
        while self._waiting and self._free_slots:
            sequence = self._waiting[0]
            prefix = self._prefix_for(sequence)
            if prefix is None:
                return
            self._waiting.popleft()
            prefix.users += 1
            prefix.last_used = self._steps
            sequence.slot = self._free_slots.pop()
            self._running[sequence.id] = sequence

    def _prefix_for(self, sequence: Sequence) -> Prefix | None:
        """The sequence's prefix, resident or newly planned, if both fit; evicts what nobody uses."""
        known = self._prefixes.get(sequence.prefix_key)
        needed = sequence.reserve + (0 if known else len(sequence.prefix_tokens))
        while self.cells_used + needed > self._cells or not (known or self._free_prefix_slots):
            if not self._evict(keep=sequence.prefix_key):
                return None
        return known or self._plan_prefix(sequence)

    def _plan_prefix(self, sequence: Sequence) -> Prefix:
        slot = self._free_prefix_slots.pop()
        prefix = Prefix(sequence.prefix_key, sequence.prefix_tokens, slot)
        self._prefixes[prefix.key] = prefix
        return prefix

    def _evict(self, keep: str) -> bool:
        """Drop the prefix that was admitted longest ago among those without users."""
        idle = [prefix for prefix in self._prefixes.values() if not prefix.users and prefix.key != keep]
        if not idle:
            return False
        oldest = min(idle, key=lambda prefix: prefix.last_used)
        del self._prefixes[oldest.key]
        self._to_clear.append(oldest.slot)
        self._free_prefix_slots.append(oldest.slot)
        return True

    def _start(self) -> tuple[tuple[int, int], ...]:
        """Let admitted sequences begin whose prefix is in the cache as a whole."""
        copies = []
        for sequence in self._running.values():
            prefix = self._prefixes[sequence.prefix_key]
            if sequence.position < 0 and prefix.fed == len(prefix.tokens):
                copies.append((prefix.slot, sequence.slot))
                sequence.position = len(prefix.tokens)
        return tuple(copies)

    def _rows(self) -> tuple[Row, ...]:
        """Sequences that decode one token come first, then prefixes and prompts share what is left."""
        started = [s for s in self._running.values() if s.position >= 0 and s.pending]
        decoding = [s for s in started if len(s.pending) == 1]
        prefilling = [s for s in started if len(s.pending) > 1]
        rows = [self._take(sequence, 1) for sequence in decoding]
        left = self._step_tokens - len(rows)
        unfilled: list[Prefix | Sequence] = [*self._unfilled_prefixes(), *prefilling]
        for item in unfilled:
            if left <= 0:
                break
            row = self._take(item, left) if isinstance(item, Sequence) else self._take_prefix(item, left)
            left -= len(row.tokens)
            rows.append(row)
        return tuple(rows)

    def _unfilled_prefixes(self) -> list[Prefix]:
        return [prefix for prefix in self._prefixes.values() if prefix.users and prefix.fed < len(prefix.tokens)]

    @staticmethod
    def _take(sequence: Sequence, most: int) -> Row:
        tokens = tuple(sequence.pending.popleft() for _ in range(min(most, len(sequence.pending))))
        row = Row(sequence.slot, tokens, sequence.position, None if sequence.pending else sequence)
        sequence.position += len(tokens)
        return row

    @staticmethod
    def _take_prefix(prefix: Prefix, most: int) -> Row:
        tokens = prefix.tokens[prefix.fed : prefix.fed + most]
        row = Row(prefix.slot, tokens, prefix.fed, None)
        prefix.fed += len(tokens)
        return row
