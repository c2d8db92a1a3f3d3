"""The results as Markdown, and as JSON for whoever wants to look closer."""

import statistics
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from benchmarks.open_loop.scenarios import OVERLOAD, Comparison, Result
from benchmarks.open_loop.summary import (
    NONE,
    Ending,
    Outcome,
    Percentile,
    count_of,
    percentile_cells,
    queued_percentile,
    table,
    total_percentile,
)
from inference.ticket import Priority
from policies.verdict import Timing

TARGET_SLOWDOWN = 2.0
"""Interactive p95 beside twice the capacity, against that of the idle system, at most."""
WORK_HEADS = (
    "situation", "load", "asked", "answered", "busy", "open", "answers/s", "tokens/s", "batch", "prefix hits",
    "prefix misses", "evicted", "tokens fed again", "refused steps", "host ms a step",
)  # fmt: skip
TIME_HEADS = (
    "situation", "load", "who", "asked", "queue p50", "p95", "p99", "total p50", "p95", "p99",
)  # fmt: skip


def work_table(results: Iterable[Result]) -> str:
    """What the engine did in each situation."""
    return table(WORK_HEADS, map(_work_row, results))


def time_table(results: Iterable[Result]) -> str:
    """Seconds in the queue and in all, by priority."""
    return table(TIME_HEADS, (row for result in results for row in _time_rows(result)))


def interactive_table(comparison: Comparison) -> str:
    """The interactive requests of both runs, and what became of the target."""
    parts = "\n".join(_parts(result) for result in (comparison.alone, comparison.beside))
    return "\n\n".join((_comparison_table(comparison, _interactive), parts, _verdict(comparison)))


def guild_table(comparison: Comparison) -> str:
    """The quiet guilds' requests of both runs, and the flood's."""
    quiet_tenants = {one.request.tenant for one in comparison.alone.run.outcomes}
    quiet = _comparison_table(comparison, lambda one: one.request.tenant in quiet_tenants)
    flood = [one for one in comparison.beside.run.outcomes if one.request.tenant not in quiet_tenants]
    return "\n".join((quiet, _line(_plain_row("the flooding guild itself", flood))))


def as_data(result: Result) -> dict[str, Any]:
    """A result with every single outcome."""
    return {
        "name": result.name,
        "load": result.load,
        "rate": result.rate,
        "seconds": result.run.seconds,
        "work": result.work.model_dump(),
        "outcomes": [
            {
                "at": one.request.at,
                "policy": one.request.policy,
                "private": len(one.request.private),
                "budget": one.request.budget,
                "priority": one.request.priority.name.lower(),
                "tenant": one.request.tenant,
                "ending": one.ending.value,
                "total": one.total,
                "timing": one.timing.model_dump() if one.timing else None,
            }
            for one in result.run.outcomes
        ],
    }


def slowdown(comparison: Comparison, share: float) -> float | None:
    """How many times longer the interactive requests took beside the others; None when there were none."""
    alone = total_percentile(filter(_interactive, comparison.alone.run.outcomes), share)
    beside = total_percentile(filter(_interactive, comparison.beside.run.outcomes), share)
    return beside.value / alone.value if alone and beside else None


def _interactive(outcome: Outcome) -> bool:
    return outcome.request.priority is Priority.INTERACTIVE


def _parts(result: Result) -> str:
    """Where the time of the interactive requests went, on average."""
    timings = [one.timing for one in filter(_interactive, result.run.outcomes) if one.timing]
    means = (
        f"{part} {statistics.fmean(getattr(timing, part) for timing in timings) / 1000:.2f}"
        for part in Timing.model_fields
    )
    return f"- Mean seconds, {result.name}: {', '.join(means) if timings else 'nothing answered'}."


def _work_row(result: Result) -> tuple[str, ...]:
    outcomes, work, steps = result.run.outcomes, result.work, max(1, result.work.steps)
    answered = [one for one in outcomes if one.ending is Ending.ANSWERED]
    return (
        result.name,
        NONE if result.load is None else f"{result.load:g}x",
        str(len(outcomes)),
        *(str(count_of(outcomes, ending)) for ending in (Ending.ANSWERED, Ending.BUSY, Ending.OPEN)),
        f"{len(answered) / result.run.seconds:.2f}",
        f"{(work.decoded_tokens + work.prefilled_tokens) / result.run.seconds:.0f}",
        f"{work.occupancy / steps:.1f}",
        *(str(n) for n in (work.prefix_hits, work.prefix_misses, work.prefix_evictions, work.refed_tokens)),
        str(work.refused_steps),
        f"{work.python_seconds / steps * 1000:.1f}",
    )


def _time_rows(result: Result) -> Iterator[tuple[str, ...]]:
    load = NONE if result.load is None else f"{result.load:g}x"
    yield result.name, load, "all", *_times(result.run.outcomes)
    for priority in Priority:
        outcomes = [one for one in result.run.outcomes if one.request.priority is priority]
        if outcomes:
            yield "", "", priority.name.lower(), *_times(outcomes)


def _comparison_table(comparison: Comparison, which: Callable[[Outcome], bool]) -> str:
    heads = ("", *TIME_HEADS[3:])
    rows = [
        _plain_row(result.name, list(filter(which, result.run.outcomes)))
        for result in (comparison.alone, comparison.beside)
    ]
    return table(heads, rows)


def _plain_row(name: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return name, *_times(outcomes)


def _times(outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    return (
        _asked(outcomes),
        *percentile_cells(outcomes, queued_percentile),
        *percentile_cells(outcomes, total_percentile),
    )


def _asked(outcomes: Sequence[Outcome]) -> str:
    """How many, and what is not answered among them."""
    rest = {ending: count_of(outcomes, ending) for ending in (Ending.BUSY, Ending.OPEN)}
    notes = ", ".join(f"{count} {ending.value}" for ending, count in rest.items() if count)
    return f"{len(outcomes)} ({notes})" if notes else str(len(outcomes))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _verdict(comparison: Comparison) -> str:
    ratio = slowdown(comparison, 0.95)
    if ratio is None:
        return "No interactive request was answered."
    beside = total_percentile(filter(_interactive, comparison.beside.run.outcomes), 0.95)
    assert isinstance(beside, Percentile)
    met = "met" if ratio <= TARGET_SLOWDOWN and not beside.at_least else "missed"
    more = "more than " if beside.at_least else ""
    return (
        f"Interactive p95 beside {OVERLOAD:g}x the capacity is {more}{ratio:.2f} times that of the idle system; "
        f"the target of {TARGET_SLOWDOWN:g} is {met}. The same request took {_paired(comparison):.2f} times as "
        "long (median)."
    )


def _paired(comparison: Comparison) -> float:
    """The median, over the requests, of how many times longer each took. They come in one order."""
    alone, beside = (filter(_interactive, run.run.outcomes) for run in (comparison.alone, comparison.beside))
    return statistics.median(theirs.total / mine.total for mine, theirs in zip(alone, beside, strict=False))
