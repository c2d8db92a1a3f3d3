"""The result on a terminal: figures, then what they leave out, then where the rest is. No text of the set."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.evaluation import shown
from bot.evaluation.known_sets import KnownSet
from bot.evaluation.published import Published
from bot.evaluation.result import PolicyResult, Result, Together

_FEW_ROWS = 10
"""Rows that could not be used, shown; the report has more."""


def print_result(result: Result, known: KnownSet | None, report: Path, console: Console) -> None:
    """Everything that fits a screen."""
    for note in result.notes:
        console.print(Text(f"note: {note}", style="yellow"))
    for policy in result.policies:
        _print_policy(policy, console)
    if result.together:
        _print_together(result.together, console)
    if known and (published := known.beside(policy.id for policy in result.policies)):
        _print_published(published, console)
    for line in _left_out(result):
        console.print(line)
    console.print("In brackets: the 95% interval, then what was counted.")
    console.print(f"report: {report}")


def _print_policy(policy: PolicyResult, console: Console) -> None:
    figures = policy.figures
    console.print(Text(f"\n{policy.title} ({policy.id})", style="bold"))
    console.print(_confusion(policy))
    console.print(f"  precision  {shown.rate(figures.precision)}")
    console.print(f"  recall     {shown.rate(figures.recall)}")
    console.print(f"  F1         {shown.f1(figures)}")
    console.print(f"  accuracy   {shown.rate(figures.accuracy)}")
    if figures.undecided:
        console.print(
            f"  undecided  {figures.undecided}; F1 with all of them wrong {shown.percent(figures.f1_at_worst)}"
        )
    _print_groups(policy, console)
    times = policy.times
    if times.median_ms is not None:
        console.print(
            f"  time       {times.median_ms:,.0f} ms a verdict (median; 95% within {times.p95_ms:,.0f} ms)"
        )


def _confusion(policy: PolicyResult) -> Table:
    figures = policy.figures
    table = Table("", box=None, pad_edge=True)
    for heading in ("judged violating", "judged allowed", "undecided"):
        table.add_column(heading, justify="right")
    rows = (
        ("labelled violating", figures.tp, figures.fn, figures.undecided_violating),
        ("labelled allowed", figures.fp, figures.tn, figures.undecided - figures.undecided_violating),
    )
    for name, *counts in rows:
        table.add_row(name, *(f"{count:,}" for count in counts))
    return table


def _print_groups(policy: PolicyResult, console: Console) -> None:
    """Lines, not a table: with intervals it would be too wide for a terminal."""
    for name, figures in policy.groups.items():
        console.print(Text(f"  {name}: {figures.texts:,} texts"))
        console.print(f"    precision {shown.rate(figures.precision)}, recall {shown.rate(figures.recall)}")
        console.print(f"    F1 {shown.f1(figures)}, false alarms {shown.rate(figures.false_alarms)}")


def _print_together(together: Together, console: Console) -> None:
    console.print(Text(f"\nAll policies together, {together.texts:,} texts", style="bold"))
    console.print(f"  exact match  {shown.rate(together.exact_match)}: every verdict of a text is right")
    if together.undecided:
        worst = shown.rate(together.exact_match_at_worst)
        console.print(f"  undecided    {together.undecided}; exact match with all of them wrong {worst}")
    console.print(f"  any policy   F1 {shown.f1(together.any_policy)}")


def _print_published(published: Iterable[Published], console: Console) -> None:
    console.print(Text("\nPublished by others, not measured here", style="bold"))
    for item in published:
        console.print(f"  {item.measure}: {item.figure}, {item.system}")
        console.print(f"    {item.source}; made with: {item.made_with}")


def _left_out(result: Result) -> Iterator[str]:
    """Whatever is in no figure is said."""
    made = result.made_with
    yield ""
    if result.texts < result.usable:
        yield f"{result.texts:,} of {result.usable:,} texts, drawn at random with seed {made.seed}"
    if waiting := sum(policy.waiting for policy in result.policies):
        yield f"{waiting:,} verdicts are missing: run the same command with --resume to go on"
    if result.unlabelled:
        yield f"{result.unlabelled:,} rows have no known label"
    if result.repeated:
        yield f"{result.repeated:,} texts repeat an earlier one: judged once, counted each time"
    if result.bad_rows:
        yield f"{result.bad_rows:,} rows could not be used:"
        yield from (f"  {row}" for row in result.listed_bad_rows[:_FEW_ROWS])
        if result.bad_rows > _FEW_ROWS:
            yield "  … (more in the report)"
