"""Figures as people read them, the same on a terminal and on the page."""

from bot.evaluation.figures import RateFigure, ScoreFigures

UNKNOWN = "unknown"
"""For a rate of nothing."""


def percent(value: float | None) -> str:
    """One decimal: "83.4 %"."""
    return UNKNOWN if value is None else f"{value * 100:.1f} %"


def rate(figure: RateFigure) -> str:
    """With the interval and what was counted: "83.3 % (36.0 to 97.0; 5 of 6)"."""
    if figure.value is None:
        return f"{UNKNOWN} (0 of 0)"
    return f"{percent(figure.value)} ({_span(figure.low, figure.high)}; {figure.successes:,} of {figure.of:,})"


def f1(figures: ScoreFigures) -> str:
    """With the interval: "83.3 % (60.2 to 93.1)"."""
    if figures.f1 is None:
        return UNKNOWN
    return f"{percent(figures.f1)} ({_span(figures.f1_low, figures.f1_high)})"


def _span(low: float, high: float) -> str:
    return f"{low * 100:.1f} to {high * 100:.1f}"
