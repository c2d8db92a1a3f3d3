"""Curves as inline SVG. Colours are the page's, so that they print and follow its dark mode."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from bot.evaluation.figures import Curve, CurvePoint

_WIDTH, _HEIGHT = 340, 270
_LEFT, _TOP, _RIGHT, _BOTTOM = 44, 10, 330, 230
"""The plot's edges, in the picture's own units."""
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)

_Dots = Sequence[tuple[float, float]]
"""Both from 0 to 1."""


def precision_recall(curve: Curve, operating: CurvePoint | None) -> Markup:
    """Precision over recall; the dot is where the policy's threshold stands."""
    dots = [(point.recall, point.precision) for point in curve.points]
    parts = [*_frame("recall", "precision"), _stairs(_known(dots), "a")]
    if operating is not None:
        parts += [_dot(dot) for dot in _known([(operating.recall, operating.precision)])]
    return _picture("Precision over recall at every threshold; the dot is the policy's own.", parts)


def by_threshold(curve: Curve, threshold: float) -> Markup:
    """Precision, recall and F1 over the threshold; the dashed line is the policy's own."""
    lines = {
        "a": [(point.threshold, point.precision) for point in curve.points],
        "b": [(point.threshold, point.recall) for point in curve.points],
        "c": [(point.threshold, point.f1) for point in curve.points],
    }
    x = _x(threshold)
    parts = [*_frame("threshold", "share")]
    parts.append(f'<line class="own" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_BOTTOM}"/>')
    parts += [_path(_held(_known(dots)), colour) for colour, dots in lines.items()]
    return _picture("Precision, recall and F1 over the threshold; the dashed line is the policy's own.", parts)


def _picture(title: str, parts: Iterable[str]) -> Markup:
    """Only numbers and our own words go in: nothing of a data set."""
    body = "".join(parts)
    # Every part was made here, of numbers and of this module's own words.
    return Markup(  # noqa: S704
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}"><title>{title}</title>{body}</svg>'
    )


def _frame(horizontal: str, vertical: str) -> list[str]:
    parts = []
    for tick in _TICKS:
        x, y = _x(tick), _y(tick)
        parts += [
            f'<line class="grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{_BOTTOM}"/>',
            f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_RIGHT}" y2="{y:.1f}"/>',
            f'<text x="{x:.1f}" y="{_BOTTOM + 15}" text-anchor="middle">{tick:g}</text>',
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick:g}</text>',
        ]
    middle = (_TOP + _BOTTOM) / 2
    parts.append(f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_HEIGHT - 6}" text-anchor="middle">{horizontal}</text>')
    parts.append(f'<text transform="translate(12 {middle}) rotate(-90)" text-anchor="middle">{vertical}</text>')
    return parts


def _known(dots: Iterable[tuple[float | None, float | None]]) -> _Dots:
    return [(x, y) for x, y in dots if x is not None and y is not None]


def _path(dots: _Dots, colour: str) -> str:
    steps = " ".join(f"{_x(x):.1f},{_y(y):.1f}" for x, y in dots)
    return f'<polyline class="{colour}" points="{steps}"/>'


def _stairs(dots: _Dots, colour: str) -> str:
    """Each precision holds for the recall up to its point: straight lines would promise too much."""
    corners: list[tuple[float, float]] = []
    before = 0.0
    for x, y in dots:
        corners += [(before, y), (x, y)]
        before = x
    return _path(corners, colour)


def _held(dots: _Dots) -> _Dots:
    """A figure holds from its threshold down to the next one: no verdict changes in between."""
    ends = [*(x for x, _ in dots[1:]), 0.0]
    return [corner for (x, y), end in zip(dots, ends, strict=False) for corner in ((x, y), (end, y))]


def _dot(dot: tuple[float, float]) -> str:
    return f'<circle class="own" cx="{_x(dot[0]):.1f}" cy="{_y(dot[1]):.1f}" r="4"/>'


def _x(share: float) -> float:
    return _LEFT + share * (_RIGHT - _LEFT)


def _y(share: float) -> float:
    return _BOTTOM - share * (_BOTTOM - _TOP)
