"""One token out of a row of logits by its probability: exact, repeatable, and fast at a full vocabulary."""

import numpy as np
from numpy.typing import NDArray

BLOCK = 512
"""Tokens whose probabilities are added up at once."""


def sample(logits: NDArray[np.float32], temperature: float, chance: float) -> int:
    """The token at which the cumulative probability passes `chance`, a number drawn evenly from [0, 1).

    Every token has its softmax probability; nothing is cut off. The sum goes over blocks first and then over the
    tokens of one block, which saves adding up the whole vocabulary in double precision. `logits` has shape
    (vocabulary,); its largest is a finite number, and `temperature` is above 0.
    """
    weights = np.exp((logits - logits.max()) / np.float32(temperature))
    upto_block = np.cumsum(np.add.reduceat(weights, np.arange(0, len(weights), BLOCK), dtype=np.float64))
    target = chance * float(upto_block[-1])
    block = int(np.searchsorted(upto_block, target, side="right"))
    start = block * BLOCK
    upto_token = np.cumsum(weights[start : start + BLOCK], dtype=np.float64)
    if block:
        upto_token += upto_block[block - 1]
    token = start + int(np.searchsorted(upto_token, target, side="right"))
    # The two sums differ in their last digits: just before a block's end, its last possible token is meant.
    return token if token < start + len(upto_token) else int(np.flatnonzero(weights[: start + BLOCK])[-1])
