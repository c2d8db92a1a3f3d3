"""Until when answers are of use."""

import heapq

from inference.scheduling.steps import Sequence

SLACK = 64
"""Entries of sequences that are gone, beyond as many as are alive, before they are swept out."""


class Deadlines:
    """Sequences by the moment at which nobody needs their answer any more."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Sequence]] = []
        self._alive: dict[int, Sequence] = {}

    def add(self, sequence: Sequence) -> None:
        """Watch a sequence, if its ticket has a deadline."""
        if sequence.ticket.deadline is not None:
            self._alive[sequence.id] = sequence
            heapq.heappush(self._heap, (sequence.asked + sequence.ticket.deadline, sequence.id, sequence))

    def remove(self, sequence: Sequence) -> None:
        """Stop watching it."""
        if self._alive.pop(sequence.id, None) and len(self._heap) > 2 * len(self._alive) + SLACK:
            self._heap = [entry for entry in self._heap if self._is_alive(entry[2])]
            heapq.heapify(self._heap)

    def pop_passed(self, now: float) -> tuple[Sequence, ...]:
        """Those whose deadline has passed; each is told once."""
        passed = []
        while self._heap and self._heap[0][0] <= now:
            sequence = heapq.heappop(self._heap)[2]
            if self._is_alive(sequence):
                passed.append(sequence)
        return tuple(passed)

    def _is_alive(self, sequence: Sequence) -> bool:
        return self._alive.get(sequence.id) is sequence
