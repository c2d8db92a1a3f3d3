"""Milliseconds a step that the engine's process spends outside llama.cpp, with the full vocabulary.

    python -m benchmarks.host_cost WORK [--at-once 16 32 64] [--only MODE ...] [--profile FOLDER]

Between the end of one decode call and the beginning of the next lies everything that is ours: choosing tokens, the
walk through the answer, the scheduler, filling the batch, reading and writing the wire. A clock around the calls
in the engine's own child measures it, in steps with a full batch. The model is small, with random weights and the
full vocabulary; with a real one these milliseconds are the same and their share is smaller. Takes five minutes.
"""

import argparse
import asyncio
import logging
import os
import pstats
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks import random_model
from benchmarks.host_cost.child import open_record
from benchmarks.host_cost.modes import Asks, random_asks, standin_asks
from benchmarks.host_cost.steps import Cost, between, cost_of
from benchmarks.open_loop.arrivals import Request
from benchmarks.open_loop.load import Load
from benchmarks.open_loop.summary import table
from benchmarks.peers.report import machine
from benchmarks.small_model import SMALL
from inference.engine import Engine
from inference.engine_options import EngineOptions, default_threads
from inference.prompt import load_harmony
from inference.standin.build import build_gguf
from inference.ticket import Priority

TARGET_WIDTH, TARGET_MILLISECONDS = 32, 5.0
CELLS_EACH = 1024
"""KV cells for a sequence beside the policies' prompts."""
PROFILE_LINES = 35


@dataclass(frozen=True, slots=True)
class Mode:
    """One kind of answer."""

    asks: Callable[[Path], Asks]
    """Given the folder of the vocabulary."""
    standin: bool = False
    fixed: bool = False
    """Whether the child's walk is the one of the comparison with the peers."""


MODES = {
    "fixed length, greedy": Mode(lambda _: random_asks(), fixed=True),
    "no violation, greedy": Mode(lambda _: random_asks()),
    "no violation, sampled": Mode(lambda _: random_asks(temperature=0.7)),
    "violation, greedy": Mode(lambda _: random_asks(threshold=0.0)),
    "stand-in": Mode(lambda folder: standin_asks(load_harmony(folder)), standin=True),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for on the command line."""

    work: Path
    widths: tuple[int, ...]
    modes: tuple[str, ...]
    seconds: float
    threads: int
    profile: Path | None


async def measure(settings: Settings) -> dict[tuple[str, int], Cost]:
    """Every mode at every width."""
    found = {}
    for name in settings.modes:
        for width in settings.widths:
            found[name, width] = cost = await _one(settings, name, width)
            print(f"{name}, {width} at once: {cost}", flush=True)
    return found


async def _one(settings: Settings, name: str, width: int) -> Cost:
    mode = MODES[name]
    with tempfile.NamedTemporaryFile(dir=settings.work, suffix=".calls") as file:
        record = Path(file.name)
        async with Engine(_options(settings, mode, width, record)) as engine:
            asks = mode.asks(settings.work / "vocabulary")
            load = Load(engine, asks.policies, asks.question)
            policies = [Request(0.0, n, (0,), 1, Priority.INTERACTIVE, 0) for n in range(len(asks.policies))]
            await load.run(load.open(policies), most_seconds=600)
            began = time.perf_counter()
            await load.run(load.closed(asks.requests, callers=2 * width), most_seconds=settings.seconds)
            ended = time.perf_counter()
            if settings.profile:
                await _show_profile(engine, _profile_file(settings, mode, width))
        return cost_of(between(open_record(record, "r"), began, ended), width)


def _options(settings: Settings, mode: Mode, width: int, record: Path) -> EngineOptions:
    model = build_gguf(settings.work) if mode.standin else random_model.build_in(settings.work, SMALL)
    command = [sys.executable, "-m", "benchmarks.host_cost.child", str(record)]
    if mode.fixed:
        command.append("--fixed")
    if settings.profile:
        command += ["--profile", str(_profile_file(settings, mode, width))]
    return EngineOptions(
        model=model,
        vocabulary=settings.work / "vocabulary",
        width=width,
        prefixes=8,
        context=CELLS_EACH * (width + 8),
        threads=settings.threads,
        command=tuple(command),
    )


def _profile_file(settings: Settings, mode: Mode, width: int) -> Path:
    assert settings.profile is not None
    name = next(name for name, one in MODES.items() if one is mode)
    return settings.profile / f"{name.replace(', ', '-').replace(' ', '-')}-{width}.pstats"


async def _show_profile(engine: Engine, file: Path) -> None:
    """Have the child write down what it found, and print where the time went."""
    assert engine.process_id is not None
    os.kill(engine.process_id, signal.SIGUSR1)
    for _ in range(100):
        await asyncio.sleep(0.1)
        with suppress(OSError, EOFError, ValueError, TypeError):  # it is not written yet, or not whole
            pstats.Stats(str(file)).sort_stats("tottime").print_stats(PROFILE_LINES)
            return


def _report(settings: Settings, found: dict[tuple[str, int], Cost]) -> str:
    here = machine()
    heads = ["answers"]
    for width in settings.widths:
        heads += [f"N = {width}: median ms", "p95", "share"]
    rows = [(name, *_cells(settings, found, name)) for name in settings.modes]
    about = (
        f"{here['processor']}, {here['cores']} cores, {settings.threads} threads for llama.cpp; Python "
        f"{here['python']}, llama-cpp-python {version('llama-cpp-python')}."
    )
    return f"{about}\n\n{table(heads, rows)}\n\n{_verdict(found)}"


def _cells(settings: Settings, found: dict[tuple[str, int], Cost], name: str) -> list[str]:
    costs = [found[name, width] for width in settings.widths]
    return [cell for cost in costs for cell in (f"{cost.median:.1f}", f"{cost.p95:.1f}", f"{cost.share:.0%}")]


def _verdict(found: dict[tuple[str, int], Cost]) -> str:
    at_target = {name: cost.median for (name, width), cost in found.items() if width == TARGET_WIDTH}
    if not at_target:
        return f"The target is set at {TARGET_WIDTH} sequences, which were not measured."
    missed = [f"{name} ({cost:.1f})" for name, cost in at_target.items() if cost > TARGET_MILLISECONDS]
    outcome = f"missed by {', '.join(missed)}" if missed else "met"
    return f"The target, {TARGET_MILLISECONDS:g} ms at {TARGET_WIDTH} sequences, is {outcome}."


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder for the models and the vocabulary")
    parser.add_argument("--at-once", type=int, nargs="+", default=[16, 32, 64], metavar="N")
    parser.add_argument("--only", nargs="+", choices=list(MODES), default=list(MODES), metavar="MODE")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each measurement")
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--profile", type=Path, metavar="FOLDER", help="profile the child and say what costs")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    if arguments.profile:
        arguments.profile.mkdir(parents=True, exist_ok=True)
    settings = Settings(
        work=arguments.work,
        widths=tuple(arguments.at_once),
        modes=tuple(arguments.only),
        seconds=arguments.seconds,
        threads=arguments.threads,
        profile=arguments.profile,
    )
    print("\n" + _report(settings, asyncio.run(measure(settings))))


if __name__ == "__main__":
    main()
