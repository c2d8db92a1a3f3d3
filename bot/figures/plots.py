"""What a chart shows, ready to be drawn: every word and every number is there in the reader's language.

It is made here and drawn in another process (`bot.figures.charts`), which knows nothing of what it means.
"""

from typing import Annotated, Literal

from pydantic import Field

from policies.frozen import Frozen


class Name(Frozen):
    """A name that people gave."""

    text: str
    instead: str
    """Shown where the font has no letters for it, or it is not written from left to right."""


class Axis(Frozen):
    """A scale of values."""

    most: float = Field(gt=0)
    ticks: tuple[tuple[float, str], ...]
    least: float = 0.0
    logarithmic: bool = False


class Line(Frozen):
    """Values over time."""

    name: Name
    values: tuple[float | None, ...]
    """One for each moment; None where nothing is known."""


class Lines(Frozen):
    """How values went over time."""

    kind: Literal["lines"] = "lines"
    title: str
    axis: Axis
    moments: int = Field(ge=1)
    ticks: tuple[tuple[int, str], ...]
    """Moments with a name."""
    lines: tuple[Line, ...] = Field(min_length=1)


class Bar(Frozen):
    """One bar out of parts, from left to right."""

    name: Name
    parts: tuple[float, ...]
    note: str = ""
    """At its end."""


class Bars(Frozen):
    """Numbers side by side."""

    kind: Literal["bars"] = "bars"
    title: str
    legend: tuple[str, ...] = ()
    """What the parts are; empty where there is one."""
    bars: tuple[Bar, ...] = Field(min_length=1)


class Span(Frozen):
    """A share that is known within bounds, from 0 to 1."""

    name: Name
    value: float
    low: float
    high: float
    note: str


class Spans(Frozen):
    """Shares with their bounds."""

    kind: Literal["spans"] = "spans"
    title: str
    ticks: tuple[tuple[float, str], ...]
    spans: tuple[Span, ...] = Field(min_length=1)


class Nothing(Frozen):
    """There is nothing to draw, and why."""

    kind: Literal["nothing"] = "nothing"
    title: str
    reason: str


Plot = Annotated[Lines | Bars | Spans | Nothing, Field(discriminator="kind")]


class Sheet(Frozen):
    """One picture: plots, one below the other."""

    name: str
    """Of the file, without its ending."""
    plots: tuple[Plot, ...] = Field(min_length=1)
    alt: str
    """What it shows, for whoever does not see it."""


class Order(Frozen):
    """What the drawing process is asked for."""

    sheets: tuple[Sheet, ...]
