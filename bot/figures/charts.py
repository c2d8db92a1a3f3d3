"""Draws charts. The only home of matplotlib, and a program of its own: `python -m bot.figures.charts`.

It reads an `Order` (JSON) from standard input and writes each sheet as a PNG, after four bytes with its length.
The bot starts it for every order: drawing holds Python's lock for a long time, and matplotlib is large.
"""

import sys
import unicodedata
from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.layout_engine import ConstrainedLayoutEngine

from bot.figures.plots import Bars, Lines, Name, Nothing, Order, Plot, Sheet, Spans

INCHES: Final = 8.0
"""Wide; with `DPI` a picture is 960 pixels wide, about what a phone shows."""
DPI: Final = 120
_BACKGROUND: Final = "#2b2d31"
_TEXT: Final = "#f2f3f5"
_FAINT: Final = "#4e5058"
COLOURS: Final = ("#56b4e9", "#e69f00", "#009e73", "#f0e442", "#d55e00", "#cc79a7")
"""Told apart by people who see colours differently (Okabe and Ito, "Color Universal Design", 2008)."""
_DASHES: Final = ("-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)))
"""And by those who see none."""
_STYLE: Final[Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 17,
    "text.parse_math": False,  # a title with two dollar signs is no formula
    "text.color": _TEXT,
    "axes.labelcolor": _TEXT,
    "axes.edgecolor": _FAINT,
    "axes.facecolor": _BACKGROUND,
    "figure.facecolor": _BACKGROUND,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
    "grid.color": _FAINT,
    "legend.frameon": False,
}
MARGIN: Final = 0.18
"""Inches."""
_LONGEST_NAME: Final = 24
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL", "AN"})
_ROOM: Final = {"lines": 4.2, "nothing": 1.6}
"""Inches in height."""


def main() -> None:
    """Draw what standard input asks for."""
    order = Order.model_validate_json(sys.stdin.buffer.read(), strict=False)
    for sheet in order.sheets:
        picture = draw(sheet)
        sys.stdout.buffer.write(len(picture).to_bytes(4, "big") + picture)


def draw(sheet: Sheet) -> bytes:
    """A sheet as a PNG."""
    with mpl.rc_context(_STYLE):
        heights = [_height(plot) for plot in sheet.plots]
        figure = Figure(
            figsize=(INCHES, sum(heights)), dpi=DPI, layout=ConstrainedLayoutEngine(w_pad=MARGIN, h_pad=MARGIN)
        )
        canvas = FigureCanvasAgg(figure)
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part, plot in zip(parts, sheet.plots, strict=True):
            part.suptitle(plot.title, x=0.03, ha="left", fontsize=19, fontweight="bold", wrap=True)
            _DRAWING[plot.kind](part.subplots(), plot)
        picture = BytesIO()
        canvas.print_png(picture)  # type: ignore[no-untyped-call]  # matplotlib's types are incomplete
        return picture.getvalue()


def shown(name: Name) -> str:
    """The name, or what stands for it where it cannot be drawn; in one line that fits beside a bar."""
    line = " ".join(name.text.split())
    text = line if line and _can_be_drawn(line) else name.instead
    return text if len(text) <= _LONGEST_NAME else f"{text[: _LONGEST_NAME - 1].rstrip()}…"


def _can_be_drawn(text: str) -> bool:
    """matplotlib neither knows other fonts nor writes from right to left."""
    font = get_font(findfont(FontProperties(family="DejaVu Sans")))
    return all(
        font.get_char_index(ord(letter)) and unicodedata.bidirectional(letter) not in _RIGHT_TO_LEFT
        for letter in text
    )


def _height(plot: Plot) -> float:
    if isinstance(plot, Bars):
        return 1.6 + 0.55 * len(plot.bars) + 0.4 * bool(plot.legend)
    if isinstance(plot, Spans):
        return 1.7 + 0.75 * len(plot.spans)
    return _ROOM[plot.kind]


def _lines(axes: Axes, plot: Lines) -> None:
    for number, line in enumerate(plot.lines):
        values = [float("nan") if value is None else value for value in line.values]
        axes.plot(
            range(plot.moments),
            values,
            color=COLOURS[number % len(COLOURS)],
            linestyle=_DASHES[number % len(_DASHES)],
            linewidth=3,
            marker="o",
            markersize=7 if plot.moments <= 31 else 4,
            label=shown(line.name),
        )
    if plot.axis.logarithmic:
        axes.set_yscale("log")
    axes.set_ylim(plot.axis.least, plot.axis.most)
    axes.set_yticks([at for at, _ in plot.axis.ticks], [text for _, text in plot.axis.ticks])
    axes.minorticks_off()
    axes.set_xlim(-0.5, plot.moments - 0.5)
    axes.set_xticks([at for at, _ in plot.ticks], [text for _, text in plot.ticks])
    axes.grid(axis="y")
    if len(plot.lines) > 1:
        _legend(axes)
    _without_frame(axes)


def _bars(axes: Axes, plot: Bars) -> None:
    longest = max(sum(bar.parts) for bar in plot.bars) or 1.0
    for row, bar in enumerate(plot.bars):
        left = 0.0
        for number, part in enumerate(bar.parts):
            label = plot.legend[number] if plot.legend and row == 0 else None
            colour, hatch = COLOURS[number % len(COLOURS)], ("", "//", "xx")[number % 3]
            axes.barh(row, part, left=left, color=colour, hatch=hatch, edgecolor=_BACKGROUND, label=label)
            left += part
        axes.text(left + longest * 0.02, row, bar.note, va="center")
    _named_rows(axes, [bar.name for bar in plot.bars])
    axes.set_xlim(0, longest * 1.3)
    axes.set_xticks([])
    if plot.legend:
        _legend(axes)
    _without_frame(axes)


def _spans(axes: Axes, plot: Spans) -> None:
    for row, span in enumerate(plot.spans):
        axes.plot(
            [span.low, span.high], [row, row], color=COLOURS[0], linewidth=6, solid_capstyle="butt", alpha=0.6
        )
        axes.plot([span.value], [row], color=COLOURS[1], marker="D", markersize=11)
        axes.text(1.03, row, span.note, va="center")
    _named_rows(axes, [span.name for span in plot.spans])
    axes.set_xlim(0, 1.3)
    axes.set_xticks([at for at, _ in plot.ticks], [text for _, text in plot.ticks])
    axes.grid(axis="x")
    _without_frame(axes)


def _nothing(axes: Axes, plot: Nothing) -> None:
    axes.axis("off")
    axes.text(0, 0.5, plot.reason, va="center", wrap=True, transform=axes.transAxes)


def _named_rows(axes: Axes, names: list[Name]) -> None:
    axes.set_yticks(range(len(names)), [shown(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)


def _legend(axes: Axes) -> None:
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2, fontsize=16)


def _without_frame(axes: Axes) -> None:
    axes.tick_params(length=0, pad=10)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


_DRAWING: Final[dict[str, Callable[[Axes, Any], None]]] = {
    "lines": _lines,
    "bars": _bars,
    "spans": _spans,
    "nothing": _nothing,
}

if __name__ == "__main__":
    main()
