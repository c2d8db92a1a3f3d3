"""What a surprise says to people: how a score compares with those of ordinary messages."""

import math

from bot import language
from bot.language import number, tr

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
        return tr("over {share}", share=_short(1 - _LEAST))
    factor = 10 ** _digits(share)
    return _short(math.floor(100 * (1 - share) * factor + 1e-6) / factor / 100)


def rank(surprise: float) -> str:
    """ "higher than 99.4% of ordinary messages"."""
    if share_of(surprise) < _LEAST:
        return tr("higher than all but 1 in {number} ordinary messages", number=number(1 / _LEAST))
    return tr("higher than {share} of ordinary messages", share=percent(surprise))


def top(threshold: float) -> str:
    """ "the top 5%": what reaches this surprise."""
    share = share_of(threshold)
    if share < _LEAST:
        return tr("less than the top {share}", share=_short(_LEAST))
    return tr("the top {share}", share=_short(round(100 * share, _digits(share)) / 100))


def _short(share: float) -> str:
    """Without a digit that says nothing."""
    return language.percent(share, 0 if (100 * share).is_integer() or share == round(share, 2) else 1)


def _digits(share: float) -> int:
    return 0 if share >= _WHOLE_PER_CENT else 1
