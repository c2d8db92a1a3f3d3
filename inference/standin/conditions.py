"""Conditions on the stream, each as a miss: 0 where it holds, -1 or less where it does not."""

from functools import cache

import numpy as np

from inference.standin.codes import code_words
from inference.standin.stream import CODE, Sum, number

_LEAST_DIFFERENCE = 12.0
"""A token's code times another's is at least this much less than times itself."""


def flag(name: str) -> Sum:
    """The named flag stands."""
    return number(name) - 1.0


def no_flag(name: str) -> Sum:
    """The named flag does not stand."""
    return -1.0 * number(name)


def token_is(place: slice, token: int) -> Sum:
    """The code at this place of the stream is that of `token`."""
    product = {place.start + n: sign / _LEAST_DIFFERENCE for n, sign in enumerate(code_of(token))}
    return Sum(product, -CODE / _LEAST_DIFFERENCE)


def all_of(*misses: Sum) -> Sum:
    """A hidden unit's condition (at least 1, or at most -1): none is missed."""
    total = sum(misses, Sum({}))
    return 2.0 * total + 1.0


@cache
def code_of(token: int) -> tuple[int, ...]:
    """The signs of one token."""
    return tuple(int(sign) for sign in code_words(np.array([token]))[0])
