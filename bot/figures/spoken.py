"""Durations and scales in the language that is spoken."""

import math
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

from babel.dates import format_timedelta

from bot.figures.plots import Axis
from bot.language import current_language, number, percent

_LANDMARKS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (1, 10, 60, 600, 3600, 6 * 3600, 86_400, 7 * 86_400, 30 * 86_400)
)
"""What a scale of durations is marked with."""


def duration(length: timedelta) -> str:
    """A duration in its largest unit: 3 hours. What is under 2 of a unit and not just one, in the one below."""
    threshold = 1 if length in _LANDMARKS else 2
    return format_timedelta(length, threshold=threshold, locale=current_language().value)


def share(part: float) -> str:
    """A share in per cent, with as many digits as matter."""
    return percent(part, 1 if 0 < part < 0.0995 else 0)


def share_axis(values: Iterable[float | None]) -> Axis:
    """A scale from 0 to a little more than the largest of these shares."""
    return _linear(values, lambda at: percent(at, 0 if at * 100 == round(at * 100) else 1), least_most=0.01)


def count_axis(values: Iterable[float | None]) -> Axis:
    """A scale from 0 to a little more than the largest of these numbers."""
    return _linear(values, lambda at: number(at), least_most=4)


def duration_axis(seconds: Iterable[float | None]) -> Axis:
    """A scale by landmarks that everybody knows: a minute, an hour, a day."""
    known = [value for value in seconds if value is not None]
    marks = [mark.total_seconds() for mark in _LANDMARKS]
    low = max((mark for mark in marks if mark <= min(known)), default=marks[0])
    high = min((mark for mark in marks if mark > max(known)), default=max(known))
    kept = [mark for mark in marks if low <= mark <= high]
    ticks = tuple((mark, duration(timedelta(seconds=mark))) for mark in kept)
    return Axis(least=low * 0.8, most=max(high, low * 2) * 1.2, ticks=ticks, logarithmic=True)


def _linear(values: Iterable[float | None], written: Callable[[float], str], *, least_most: float) -> Axis:
    most = max((value for value in values if value is not None), default=0.0)
    step = _round_up(max(most, least_most) / 4)
    ticks = [step * times for times in range(5) if step * times <= max(most, least_most) * 1.01 + step]
    return Axis(most=ticks[-1] * 1.02, ticks=tuple((at, written(round(at, 6))) for at in ticks))


def _round_up(value: float) -> float:
    """The next 1, 2, 2.5 or 5 times a power of ten."""
    unit = 10.0 ** math.floor(math.log10(value))
    return next(unit * step for step in (1, 2, 2.5, 5, 10) if value <= unit * step * 1.000001)
