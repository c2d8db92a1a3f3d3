"""What a model says behind a token, as numbers, and how the label is read off them."""

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from inference.judge import UnreadableAnswer
from policies.phrases import phrase

Logits = NDArray[np.float32]
"""One row: a logit for every token of the vocabulary, shape (vocabulary,)."""


class Output(Protocol):
    """What the model says after a sequence's last token. Valid until the next decode call."""

    @property
    def greedy(self) -> int:
        """The likeliest token."""
        ...

    @property
    def logits(self) -> Logits:
        """All of them. Dearer than `greedy` where the model's device chooses the token by itself."""
        ...


class Label(NamedTuple):
    """The model's word on a text."""

    probability: float
    """P(yes) against P(no)."""
    mass: float
    """How much of all probability the two have together."""


def read_label(row: Logits, *, yes: int, no: int) -> Label:
    """The label off the logits at its place; `yes` and `no` are its two tokens.

    Raises:
        UnreadableAnswer: the row is not made of numbers.
    """
    top = highest(row)
    for_yes, for_no = float(row[yes]), float(row[no])
    if not np.isfinite((for_yes, for_no)).any():  # the model rules out both
        return Label(0.5, 0.0)
    total = top + float(np.log(np.exp(row - top, dtype=np.float64).sum()))
    probability = 1.0 / (1.0 + float(np.exp(np.clip(for_no - for_yes, -700, 700))))
    return Label(probability, float(np.exp(for_yes - total) + np.exp(for_no - total)))


def highest(row: Logits) -> float:
    """The largest logit.

    Raises:
        UnreadableAnswer: there is none, since something in the row is no number or all is ruled out.
    """
    value = float(row.max())
    if not np.isfinite(value):
        raise UnreadableAnswer(phrase("the model's output is not made of numbers"))
    return value
