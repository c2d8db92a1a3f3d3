"""Tables of what was found on the GPU, and whether the targets are met. Pure."""

import re
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.gpu.ceiling import ModelBytes, most_tokens_per_second
from benchmarks.gpu.measuring import Decoded
from benchmarks.open_loop.summary import table
from benchmarks.peers.rounds import Run

DECODE_TARGET = 0.85
"""Of llama-batched-bench's decode rate, at every width, at least."""
SERVING_TARGET = 2.0
"""Times llama-server's requests a second, at its best width against ours."""
OURS = "ours"

Rates = Mapping[str, Sequence[float]]
"""{system: requests a second, one number for each round}"""


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """Of the memory, in bytes a second."""

    rate: float
    source: str
    """Where the number comes from, in words."""


def decode_table(
    found: Iterable[Decoded], model: ModelBytes, bandwidth: Bandwidth, prefix: int, output: int
) -> str:
    """Tokens a second at each width, beside batched-bench and the ceiling."""
    heads = ("N", "ours, tok/s", "llama-batched-bench", "share of it", "ceiling", "share of that")
    return table(heads, (_decode_row(one, model, bandwidth, prefix, output) for one in found))


def _decode_row(
    one: Decoded, model: ModelBytes, bandwidth: Bandwidth, prefix: int, output: int
) -> tuple[str, ...]:
    most = most_tokens_per_second(model, bandwidth.rate, one.width, prefix, output / 2)
    return (
        str(one.width),
        f"{one.ours:.0f}",
        f"{one.batched_bench:.0f}",
        f"{one.share:.0%}",
        f"{most:.0f}",
        f"{one.ours / most:.0%}",
    )


def serving_table(rates: Rates, output: int) -> str:
    """Requests and tokens a second of each system, ours first, by width."""
    rows = []
    for name in sorted(rates, key=_by_system_and_width):
        median, low, high = statistics.median(rates[name]), min(rates[name]), max(rates[name])
        rows.append((name, f"{median:.2f} ({low:.2f} to {high:.2f})", f"{median * output:.0f}"))
    return table(("system", "requests/s", "decoded tok/s"), rows)


def targets(found: Sequence[Decoded], rates: Rates) -> str:
    """Both targets, met or missed."""
    worst = min(found, key=lambda one: one.share)
    decoding = (
        f"{_outcome(worst.share >= DECODE_TARGET)}: at least {DECODE_TARGET:.0%} of llama-batched-bench's decode "
        f"rate; the least is {worst.share:.0%}, at N = {worst.width}."
    )
    return f"- {decoding}\n- {_serving_outcome(rates)}"


def _serving_outcome(rates: Rates) -> str:
    best: dict[bool, float] = {}
    for name, measured in rates.items():
        is_ours = name.startswith(OURS)
        best[is_ours] = max(best.get(is_ours, 0.0), statistics.median(measured))
    if len(best) < 2:
        return "not measured: requests a second of both systems."
    times = best[True] / best[False]
    return (
        f"{_outcome(times >= SERVING_TARGET)}: {SERVING_TARGET:g} times llama-server's requests a second; best "
        f"against best it is {times:.2f}."
    )


def _outcome(met: bool) -> str:
    return "met" if met else "MISSED"


def rates_of(runs: Iterable[Run]) -> Rates:
    """The requests a second of every system's runs."""
    rates: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        rates[run.system].append(run.requests_per_second)
    return rates


def _by_system_and_width(name: str) -> tuple[bool, tuple[str, ...]]:
    numbers = tuple(number.zfill(4) for number in re.findall(r"\d+", name))
    return not name.startswith(OURS), numbers
