"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column holds names, the others figures."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def share(value: float) -> str:
    """A share as .912; - where there is none."""
    if value != value:
        return "-"
    return "1.000" if value >= 0.9995 else f"{value:.3f}".removeprefix("0")


def section(title: str, text: str) -> None:
    """Print a part of the results at once, so that a long run shows how far it is."""
    print(f"### {title}\n\n{text}\n", flush=True)
