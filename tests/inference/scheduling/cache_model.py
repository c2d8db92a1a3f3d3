"""llama.cpp's two unified KV caches in plain Python, cell by cell.

Follows `find_slot`, `apply_ubatch`, `seq_rm`, `seq_cp`, `state_write` and `state_read` of `llama-kv-cache.cpp`,
for `kv_unified = true`, `swa_full = false` and steps of one ubatch. The same steps run on the real cache must show
the same `positions`.
"""

from dataclasses import dataclass, field

from inference.scheduling.scheduler import Cells, Row, Step


class NoRoomError(Exception):
    """The decode call returns 1: nothing was changed by it. What came before it in the step was done."""


@dataclass(slots=True)
class Cell:
    position: int
    token: int
    owners: set[int] = field(default_factory=set)


class Cache:
    """One cache. `window` is None for the layers that see everything."""

    def __init__(self, size: int, window: int | None) -> None:
        self.cells: list[Cell | None] = [None] * size
        self.window = window
        self.head = 0
        self.used = 0
        self.held: dict[int, dict[int, int]] = {}
        """By slot, the cell of each position."""

    def positions(self, slot: int) -> tuple[int, int]:
        """The least and the greatest that a slot holds; (-1, -1) if it holds none."""
        held = self.held.get(slot)
        return (min(held), max(held)) if held else (-1, -1)

    def clear(self, slot: int, below: int | None = None) -> None:
        """`seq_rm`: the slot lets go of its positions below `below`, or of all."""
        held = self.held.get(slot, {})
        freed = []
        for position in [p for p in held if below is None or p < below]:
            index = held.pop(position)
            cell = self.cells[index]
            assert cell is not None
            cell.owners.remove(slot)
            if not cell.owners:
                self.cells[index] = None
                self.used -= 1
                freed.append(index)
        self.head = min([self.head, *freed])

    def copy(self, source: int, target: int) -> None:
        """`seq_cp` of all positions."""
        for position, index in self.held.get(source, {}).items():
            cell = self.cells[index]
            assert cell is not None
            cell.owners.add(target)
            self.held.setdefault(target, {})[position] = index

    def compact(self, slot: int) -> None:
        """`state_write` and `state_read` of one slot: what lies outside the window of its last position goes."""
        assert self.window is not None
        held = self.held.get(slot, {})
        last = max(held)
        kept = [(i, p) for p, i in held.items() if last - p < self.window]
        entries = []
        for index, position in sorted(kept):
            cell = self.cells[index]
            assert cell is not None
            entries.append((slot, position, cell.token))
        self.clear(slot)
        found = self.find(len(entries))
        assert found is not None, "a sequence has room where it was"
        self.place(found, entries)

    def find(self, count: int) -> list[int] | None:
        """`find_slot`: cells for so many tokens, from the head on, or None."""
        size = len(self.cells)
        if count > size:
            return None
        head = 0 if self.head > self.used + 2 * count else self.head
        last = {slot: max(held) for slot, held in self.held.items() if held}
        found: list[int] = []
        for offset in range(size):
            index = (head + offset) % size
            if self._can_use(index, last):
                found.append(index)
                if len(found) == count:
                    return found
        return None

    def place(self, indices: list[int], entries: list[tuple[int, int, int]]) -> None:
        """`apply_ubatch`: (slot, position, token) into these cells; who loses one loses all that is older, too."""
        lost: dict[int, int] = {}
        for index, (slot, position, token) in zip(indices, entries, strict=True):
            old = self.cells[index]
            if old is not None:
                (owner,) = old.owners
                lost[owner] = max(lost.get(owner, -1), old.position)
                del self.held[owner][old.position]
                self.used -= 1
            self.cells[index] = Cell(position, token, {slot})
            self.held.setdefault(slot, {})[position] = index
            self.used += 1
        for owner, position in lost.items():
            self.clear(owner, below=position + 1)
        self.head = indices[-1] + 1

    def tokens(self, slot: int) -> dict[int, int]:
        """By position, what a slot holds."""
        found = {}
        for position, index in self.held.get(slot, {}).items():
            cell = self.cells[index]
            assert cell is not None
            found[position] = cell.token
        return found

    def _can_use(self, index: int, last: dict[int, int]) -> bool:
        cell = self.cells[index]
        if cell is None:
            return True
        if self.window is None or len(cell.owners) > 1:
            return False
        (owner,) = cell.owners
        return last[owner] + 1 - cell.position >= self.window


class CacheModel:
    """Both caches. Asserts what a step must keep to; whatever breaks here gives wrong logits or an abort there."""

    def __init__(self, cells: Cells, window: int) -> None:
        self.window = window
        self.base = Cache(cells.base, None)
        self.recent = Cache(cells.window, window)
        self._sources: set[int] = set()

    def positions(self, slot: int) -> tuple[int, int]:
        """What `llama_memory_seq_pos_min` and `_max` say: those of the window cache."""
        return self.recent.positions(slot)

    def tokens(self, slot: int) -> list[int]:
        """All that a slot holds, by position."""
        held = self.base.tokens(slot)
        assert sorted(held) == list(range(len(held))), "positions must be contiguous"
        return [held[position] for position in range(len(held))]

    @property
    def occupied(self) -> Cells:
        """Cells that are not empty."""
        return Cells(self.base.used, self.recent.used)

    def run(self, step: Step, *, refuse: bool = False) -> None:
        """Run a step; `refuse` its decode call as if there were no room.

        Raises:
            NoRoomError: the decode call has no room; all that comes before it was done.
        """
        self.prepare(step)
        if refuse:
            raise NoRoomError
        self.decode(step.rows)

    def prepare(self, step: Step) -> None:
        """Clear, compact, copy."""
        for slot in step.clear:
            self._sources.discard(slot)
            self.base.clear(slot)
            self.recent.clear(slot)
        for slot in step.compact:
            assert slot not in self._sources, "a prefix is compacted before it is shared"
            self.recent.compact(slot)
        for source, target in step.copy:
            self._copy(source, target)

    def _copy(self, source: int, target: int) -> None:
        assert self.base.positions(target) == (-1, -1), "a copy goes into an empty slot"
        assert len(self.recent.held.get(source, {})) <= self.window, "a prefix is compacted before it is copied"
        assert self.base.positions(source)[1] == self.recent.positions(source)[1]
        self._sources.add(source)
        self.base.copy(source, target)
        self.recent.copy(source, target)

    def decode(self, rows: tuple[Row, ...]) -> None:
        """One `llama_decode` of one ubatch."""
        self._check(rows)
        entries = [
            (row.slot, row.position + offset, token) for row in rows for offset, token in enumerate(row.tokens)
        ]
        base, recent = self.base.find(len(entries)), self.recent.find(len(entries))
        if base is None or recent is None:
            raise NoRoomError
        self.base.place(base, entries)
        self.recent.place(recent, entries)

    def _check(self, rows: tuple[Row, ...]) -> None:
        assert len({row.slot for row in rows}) == len(rows), "a slot has one row"
        for row in rows:
            assert row.tokens, "a row has tokens"
            assert row.slot not in self._sources, "a prefix that was shared must not grow"
            assert row.position == self.base.positions(row.slot)[1] + 1, "positions must be contiguous"
            seen = self.recent.held.get(row.slot, {})
            for position in range(max(0, row.position + 1 - self.window), row.position):
                assert position in seen, "what a token may look at must be there"
