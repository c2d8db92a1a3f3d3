"""One token out of a row of logits by its probability: exact, repeatable, and fast at a full vocabulary."""

import threading

import numpy as np
from numpy.typing import NDArray

BLOCK = 512
"""Tokens whose probabilities are added up at once."""


class _Workspace(threading.local):
    """Memory for a row of weights, kept by each thread: having it made anew takes longer than the sampling."""

    def __init__(self) -> None:
        self._weights = np.zeros(0, np.float32)
        self._size = 0

    def weights(self, size: int) -> NDArray[np.float32]:
        """Whole blocks with room for so many weights; those behind them are nothing."""
        if size != self._size:
            self._weights = np.zeros(-(-size // BLOCK) * BLOCK, np.float32)
            self._size = size
        return self._weights


_workspace = _Workspace()


def sample(logits: NDArray[np.float32], temperature: float, chance: float) -> int:
    """The token at which the cumulative probability passes `chance`, a number drawn evenly from [0, 1).

    Every token has its softmax probability; nothing is cut off. The sum goes over blocks first and then over the
    tokens of one block, which saves adding up the whole vocabulary in double precision. `logits` has shape
    (vocabulary,); its largest is a finite number, and `temperature` is above 0.
    """
    weights = _weigh(logits, temperature)
    # einsum adds up in one thread and always in the same order; a product with ones would go to BLAS.
    upto_block = np.cumsum(np.einsum("ij->i", weights.reshape(-1, BLOCK)), dtype=np.float64)
    target = chance * float(upto_block[-1])
    block = int(np.searchsorted(upto_block, target, side="right"))
    start = block * BLOCK
    upto_token = np.cumsum(weights[start : start + BLOCK], dtype=np.float64)
    if block:
        upto_token += upto_block[block - 1]
    token = start + int(np.searchsorted(upto_token, target, side="right"))
    # The two sums differ in their last digits: just before a block's end, its last possible token is meant.
    return token if token < start + len(upto_token) else int(np.flatnonzero(weights[: start + BLOCK])[-1])


def _weigh(logits: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Softmax weights before they are divided by their sum, in whole blocks; valid until the thread's next row."""
    weights = _workspace.weights(len(logits))
    row = weights[: len(logits)]
    np.subtract(logits, logits.max(), out=row)
    np.multiply(row, np.float32(1 / temperature), out=row)
    np.exp(row, out=row)
    return weights
