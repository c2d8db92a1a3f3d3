"""llama-batched-bench: llama.cpp's own loop of decode calls, without choosing tokens. The practical ceiling."""

import json
import statistics
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.peers.system import Setting, SystemFailed


@dataclass(frozen=True, slots=True)
class Decoding:
    """What is decoded: so many sequences behind one shared prefix, each so many tokens."""

    widths: tuple[int, ...]
    prefix: int
    output: int
    repeats: int = 3

    @property
    def cells(self) -> int:
        """Room for the widest."""
        return self.prefix + max(self.widths) * (self.output + 1)


def decode_rates(setting: Setting, decoding: Decoding) -> dict[int, float]:
    """{sequences: tokens a second}.

    Raises:
        SystemFailed: it ended with an error, or left a width out.
    """
    done = subprocess.run(
        command(setting, decoding), env=dict(setting.environment), capture_output=True, text=True, check=False
    )
    rates = read_rates((done.stdout + done.stderr).splitlines())
    missing = set(decoding.widths) - set(rates)
    if done.returncode or missing:
        said = " | ".join(done.stderr.splitlines()[-5:])
        raise SystemFailed(f"llama-batched-bench ended with {done.returncode}, without {sorted(missing)}: {said}")
    return rates


def command(setting: Setting, decoding: Decoding) -> Sequence[str]:
    """Its command line: one shared prompt, a unified cache, a batch that is one micro-batch."""
    widths = ",".join(map(str, decoding.widths * decoding.repeats))
    return (
        str(setting.peers.program("llama-batched-bench")),
        *("-m", str(setting.model), "-ngl", str(setting.gpu_layers), "-c", str(decoding.cells)),
        *("-b", "512", "-ub", "512", "-t", str(setting.threads), "-tb", str(setting.threads)),
        *("-npp", str(decoding.prefix), "-ntg", str(decoding.output), "-npl", widths),
        *("-pps", "-kvu", "--output-format", "jsonl"),
    )


def read_rates(lines: Iterable[str]) -> dict[int, float]:
    """The median decode rate of every width, out of what it prints."""
    rates: dict[int, list[float]] = defaultdict(list)
    for line in lines:
        if line.startswith("{") and '"speed_tg"' in line:
            found = json.loads(line)
            rates[found["pl"]].append(found["speed_tg"])
    return {width: statistics.median(measured) for width, measured in rates.items()}
