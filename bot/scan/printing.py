"""What a scan prints at its end: the gravest cards and the figures."""

from rich.console import Console

from bot.scan.summary import ScanSummary, Timing
from bot.terminal import render


def print_summary(summary: ScanSummary, console: Console, cards: int) -> None:
    """The first `cards` cards, then counts, times and where the rest is."""
    for card in summary.cards[:cards]:
        console.print(render(card), soft_wrap=False)
    if summary.open > cards:
        console.print(f"{summary.open - cards:,} more in the report.")
    for line in (*_counts(summary), *_times(summary.timing), *_where(summary)):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _counts(summary: ScanSummary) -> list[str]:
    tally = summary.tally
    lines = [
        f"{_counted(tally.messages, 'message')}: {summary.flagged:,} flagged, {summary.open:,} to look at, "
        f"{summary.cleared:,} cleared"
        + (f", {summary.shadow:,} by shadow policies only" if summary.shadow else "")
    ]
    lines += [
        f"  {count.policy.title}: {count.violations} of {count.flagged} flagged are violations"
        + (f", {count.undecided} undecided" if count.undecided else "")
        for count in summary.policies
        if count.flagged
    ]
    if tally.bots or tally.notices:
        bots, notices = _counted(tally.bots, "message"), _counted(tally.notices, "notice")
        lines.append(f"not scanned: {bots} by bots, {notices} by Discord")
    if tally.problem_count:
        problems, unread = _counted(tally.problem_count, "problem"), _counted(tally.unread, "record")
        lines.append(f"{problems} in the files, {unread} not read:")
        lines += [f"  {problem}" for problem in tally.problems[:5]]
    return lines


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _times(timing: Timing) -> list[str]:
    parts = []
    if timing.prefilter_microseconds is not None:
        parts.append(f"prefilter {timing.prefilter_microseconds:.0f} µs per message")
    if timing.milliseconds_per_verdict is not None and timing.verdicts_per_second is not None:
        waits = f"judge {timing.milliseconds_per_verdict:.0f} ms per verdict"
        parts.append(f"{waits} (up to {timing.width} at once, {timing.verdicts_per_second:.1f}/s)")
    if timing.messages_per_second is not None:
        parts.append(f"{_rate(timing.messages_per_second)} messages/s overall")
    return (
        [f"measured in this run: {'; '.join(parts)}"]
        if parts
        else ["nothing was left to do: this scan is complete"]
    )


def _rate(per_second: float) -> str:
    return f"{per_second:,.0f}" if per_second >= 10 else f"{per_second:.1f}"


def _where(summary: ScanSummary) -> list[str]:
    notes = [f"NOTE: {note}" for note in summary.notes]
    return [*notes, f"report: {summary.report}", f"all cases: {summary.cases_file}"]
