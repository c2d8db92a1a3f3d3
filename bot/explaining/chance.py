"""What a surprise says to people: how a score compares with those of ordinary messages."""

import math

_WHOLE_PER_CENT = 0.1
"""Shares below this are told with one digit more: the smaller the share, the more of it matters."""
_LEAST = 0.001
"""Smaller shares are an estimate: nobody has counted enough ordinary messages for them."""


def share_of(surprise: float) -> float:
    """The share of ordinary messages that score at least as high (0 to 1)."""
    return float(10.0**-surprise)


def percent(surprise: float) -> str:
    """ "99.4%": how many ordinary messages score lower. Rounded down, so that it never says more than is so."""
    share = share_of(surprise)
    if share < _LEAST:
        return f"over {100 * (1 - _LEAST):g}%"
    factor = 10 ** _digits(share)
    return f"{math.floor(100 * (1 - share) * factor + 1e-6) / factor:g}%"


def rank(surprise: float) -> str:
    """ "higher than 99.4% of ordinary messages"."""
    if share_of(surprise) < _LEAST:
        return f"higher than all but 1 in {1 / _LEAST:,.0f} ordinary messages"
    return f"higher than {percent(surprise)} of ordinary messages"


def top(threshold: float) -> str:
    """ "the top 5%": what reaches this surprise."""
    share = share_of(threshold)
    if share < _LEAST:
        return f"less than the top {100 * _LEAST:g}%"
    return f"the top {round(100 * share, _digits(share)):g}%"


def _digits(share: float) -> int:
    return 0 if share >= _WHOLE_PER_CENT else 1
