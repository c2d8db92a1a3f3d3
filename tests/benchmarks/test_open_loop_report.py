"""What the report says of runs whose outcome is known."""

from benchmarks.open_loop import report
from benchmarks.open_loop.arrivals import Request
from benchmarks.open_loop.load import Run
from benchmarks.open_loop.scenarios import Comparison, Result, joined, work_between
from benchmarks.open_loop.summary import Ending, Outcome
from inference.scheduling.counters import ByPriority, Counters
from inference.ticket import Priority
from policies.verdict import Timing


def outcome(total: float, priority: Priority = Priority.INTERACTIVE, tenant: int = 0) -> Outcome:
    request = Request(0.0, 0, (1,), 64, priority, tenant)
    timing = Timing(queued=0, prefill=total * 250, reasoning=total * 750, answer=0)
    return Outcome(request, Ending.ANSWERED, total, timing)


def result(name: str, *outcomes: Outcome, work: Counters | None = None) -> Result:
    return Result(name, None, 1.0, Run(outcomes, 10.0), work or Counters())


def test_the_target_is_judged_by_the_p95_of_interactive_requests_alone() -> None:
    alone = result("idle", *(outcome(1.0 + n / 100) for n in range(20)))
    crowd = [outcome(50.0, Priority.LIVE)] * 30
    beside = result("beside", *(outcome(1.9 + n / 100) for n in range(20)), *crowd)
    said = report.interactive_table(Comparison(alone, beside))
    assert "is 1.76 times that of the idle system; the target of 2 is met" in said
    assert "reasoning 0.82" in said
    slow = result("beside", *(outcome(2.5 + n / 100) for n in range(20)))
    assert "is missed" in report.interactive_table(Comparison(alone, slow))


def test_what_is_still_open_cannot_meet_the_target() -> None:
    alone = result("idle", *(outcome(1.0) for _ in range(20)))
    still_open = Outcome(outcome(1.0).request, Ending.OPEN, 1.1)
    beside = result("beside", *(outcome(1.1) for _ in range(18)), still_open, still_open)
    said = report.interactive_table(Comparison(alone, beside))
    assert "more than 1.10 times" in said
    assert "is missed" in said


def test_quiet_guilds_are_told_apart_from_the_flood() -> None:
    quiet = [outcome(1.0, Priority.LIVE, tenant) for tenant in (1, 2)]
    flood = [outcome(9.0, Priority.LIVE, 10)]
    said = report.guild_table(Comparison(result("alone", *quiet), result("beside", *quiet, *flood)))
    rows = said.splitlines()[2:]
    assert [row.split("|")[2].strip() for row in rows] == ["2", "2", "1"]
    assert [row.split("|")[6].strip() for row in rows] == ["1.00", "1.00", "-"]


def test_work_is_what_was_counted_in_between_and_runs_add_up() -> None:
    before = Counters(steps=5, prefix_hits=1, waiting=ByPriority(live=3), python_seconds=0.5)
    after = Counters(steps=9, prefix_hits=4, waiting=ByPriority(live=1), python_seconds=2.0)
    work = work_between(before, after)
    assert (work.steps, work.prefix_hits, work.python_seconds) == (4, 3, 1.5)
    both = joined([result("one", outcome(1.0), work=work), result("one", outcome(2.0), work=work)])
    assert (both.work.steps, len(both.run.outcomes), both.run.seconds) == (8, 2, 20.0)


def test_every_priority_has_its_row() -> None:
    said = report.time_table([result("one", outcome(1.0), outcome(2.0, Priority.BACKFILL))])
    assert [row.split("|")[3].strip() for row in said.splitlines()[2:]] == ["all", "interactive", "backfill"]


def test_the_work_table_gives_means_over_steps() -> None:
    work = Counters(steps=4, occupancy=10, decoded_tokens=20, prefilled_tokens=80, python_seconds=0.008)
    (row,) = report.work_table([result("one", outcome(1.0), work=work)]).splitlines()[2:]
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells[6:9] == ["0.10", "10", "2.5"]
    assert cells[-1] == "2.0"
