"""What a step says after each row that asked: the likeliest token, and all logits."""

from collections.abc import Callable
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Logits = NDArray[np.float32]


class Outputs:
    """All outputs of a step: logits of shape (rows, vocabulary), in llama.cpp's own memory, and their argmax."""

    def __init__(self, logits: Logits, sampled: Callable[[], NDArray[np.int32]] | None = None) -> None:
        self.logits = logits
        self._sampled = sampled
        """Reads the tokens that the model's device chose; None where it chooses none."""

    @cached_property
    def greedy(self) -> list[int]:
        """The likeliest token of each row: one pass over all rows when the first of them is asked for.

        A row without any number (NaN) still gives a token. CUDA says -1 then, which is none.
        """
        tokens = self.logits.argmax(axis=1) if self._sampled is None else np.maximum(self._sampled(), 0)
        return list(map(int, tokens))

    def rows(self) -> "list[Output]":
        """One by one."""
        return [Output(self, row) for row in range(len(self.logits))]


class Output:
    """What the model says after one row. Valid until the next step."""

    __slots__ = ("_outputs", "_row")

    def __init__(self, outputs: Outputs, row: int) -> None:
        self._outputs = outputs
        self._row = row

    @property
    def greedy(self) -> int:
        """The likeliest token."""
        return self._outputs.greedy[self._row]

    @property
    def logits(self) -> Logits:
        """A logit for every token, shape (vocabulary,): a view, not a copy."""
        row: Logits = self._outputs.logits[self._row]
        return row
