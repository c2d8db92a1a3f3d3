"""How figures of trials are said, on every surface alike."""

from collections.abc import Callable

from bot.language import number, percent, tr, tr_in
from inference.prefilter.budget.audit import Interval
from policies.score import Rate

Say = Callable[[str, int], str]
"""Takes somebody else's words and the most room that they get, and escapes them for a surface."""


def rate(found: Rate) -> str:
    """A share with its counts and its interval."""
    if found.value is None:
        return tr_in("figure", "unknown")
    low, high = found.interval()
    return tr(
        "{successes} of {of}, {share} (between {low} and {high})",
        successes=number(found.successes),
        of=number(found.of),
        share=percent(found.value),
        low=percent(low),
        high=percent(high),
    )


def briefly(found: Rate) -> str:
    """A share with its counts, where there are many: they tell how sure it is."""
    if found.value is None:
        return tr_in("figure", "unknown")
    return tr(
        "{successes} of {of}, {share}",
        successes=number(found.successes),
        of=number(found.of),
        share=percent(found.value),
    )


def between(found: Interval | None) -> str:
    """An estimate with its interval."""
    if found is None:
        return tr_in("figure", "unknown")
    if found.low == found.high:
        return tr("{share} (exactly: everything is labelled)", share=percent(found.estimate))
    if percent(found.low) == percent(found.high):
        return percent(found.estimate)
    return tr(
        "{share} (between {low} and {high})",
        share=percent(found.estimate),
        low=percent(found.low),
        high=percent(found.high),
    )
