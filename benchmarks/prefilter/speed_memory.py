"""How long many guilds take to build, and how much memory they hold: measured in a fresh child process.

python -m benchmarks.prefilter.speed_memory starter|distinct GUILDS
"""

import gc
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.prefilter.speed_policies import distinct_guilds, starter_guilds, variants
from benchmarks.prefilter.tables import table
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from policies.policy import Policy

POLICIES = 10
KEYWORDS = 100
_MIB = 1024 * 1024


def memory_table(guilds: Mapping[str, int]) -> str:
    """A row for each kind of policies, with so many guilds."""
    rows = [
        [figures["kind"], f"{figures['guilds']:,}", *(f"{figures[name]:.{digits}f}" for name, digits in _COLUMNS)]
        for figures in (_in_child(kind, count) for kind, count in guilds.items())
    ]
    return table(["policies", "guilds", *(name for name, _ in _COLUMNS)], rows)


_COLUMNS = (
    ("program MiB", 0), ("policies MiB", 0), ("prefilter MiB", 0), ("peak MiB", 0), ("build s", 2),
    ("one policy changed, s", 3),
)  # fmt: skip

KINDS = {
    "starter": f"{POLICIES} starter policies, the same everywhere",
    "distinct": f"{POLICIES} with {KEYWORDS} keywords each, all different",
}


def measure(kind: str, guilds: int) -> dict[str, Any]:
    """Build so many guilds, change one policy, and build again."""
    knowledge = Knowledge.shipped()
    Prefilter.build({0: list(variants(1))}, knowledge)  # so that everything is loaded
    program = _resident()
    by_guild = (
        starter_guilds(guilds, POLICIES) if kind == "starter" else distinct_guilds(guilds, POLICIES, KEYWORDS)
    )
    policies = _resident()
    started = time.perf_counter()
    first = Prefilter.build(by_guild, knowledge)
    building = time.perf_counter() - started
    whole = _resident()
    changed = _changed(by_guild)
    started = time.perf_counter()
    Prefilter.build(changed, knowledge, first)
    rebuilding = time.perf_counter() - started
    figures = (program, policies - program, whole - policies, _peak(), building, rebuilding)
    named = {name: figure for (name, _), figure in zip(_COLUMNS, figures, strict=True)}
    return {"kind": KINDS[kind], "guilds": guilds, **named}


def _changed(guilds: Mapping[int, list[Policy]]) -> dict[int, list[Policy]]:
    """One policy of the first guild gets one keyword more."""
    first, *others = guilds[0]
    keywords = (*first.prefilter.keywords, "brandnewkeyword")
    edited = first.model_copy(update={"prefilter": first.prefilter.model_copy(update={"keywords": keywords})})
    return {**guilds, 0: [edited, *others]}


def _resident() -> float:
    """MiB of memory in use now (Linux)."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / _MIB


def _peak() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _in_child(kind: str, guilds: int) -> dict[str, Any]:
    command = [sys.executable, "-m", __name__, kind, str(guilds)]
    said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(said.stdout)
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
