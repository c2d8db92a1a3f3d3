"""Load on the real engine that does not wait for its answers.

    python -m benchmarks.open_loop WORK [--quick] [--model FILE] [--only SECTION ...]

Measures how many answers a second a full batch gives, then loads around that: Poisson and burst arrivals over
1, 5 and 20 policies (`situations`), somebody at the screen beside twice the capacity (`interactive`), quiet guilds
next to one that floods (`guilds`), more policies than there is room for (`tight`). Prints Markdown. `--quick`
takes a small model and under two minutes; the whole, with 1.35 billion weights on two threads, under twenty.

Every request writes an analysis of exactly its budget and an answer without a violation, by the engine's own walk:
the random model never ends by itself, and the threshold is one that no probability reaches.
"""

import argparse
import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from benchmarks import random_model
from benchmarks.open_loop import report
from benchmarks.open_loop.arrivals import Mix, prefixes
from benchmarks.open_loop.load import Load
from benchmarks.open_loop.scenarios import EVERY_SITUATION, SITUATIONS, TIGHT, TIGHT_ROOM, Bench, Result
from benchmarks.peers.report import machine
from benchmarks.small_model import SMALL
from inference.engine import Engine
from inference.engine_options import EngineOptions, default_threads

SECTIONS = ("situations", "interactive", "guilds", "tight")
MOST_POLICIES = 20


@dataclass(frozen=True, slots=True)
class Settings:
    """What was asked for on the command line."""

    options: EngineOptions
    prefix_lengths: tuple[int, ...]
    mix: Mix
    seconds: float
    seed: int
    sections: tuple[str, ...]
    interactive: int
    """Interactive requests."""
    every: bool
    """Whether every combination of policies, pattern and load is measured."""


async def measure(settings: Settings) -> list[Result]:
    """Run the sections and print each as it ends."""
    results: list[Result] = []
    async with opened(settings, settings.options) as bench:
        results.append(await _capacity(bench))
        if "situations" in settings.sections:
            results += await _situations(bench, settings)
        if "interactive" in settings.sections:
            results += await _interactive(bench, settings)
        if "guilds" in settings.sections:
            results += await _guilds(bench)
        capacity = bench.capacity
    if "tight" in settings.sections:
        results.append(await _tight(settings, capacity))
    _say("What the engine did", report.work_table(results))
    return results


@asynccontextmanager
async def opened(settings: Settings, options: EngineOptions) -> AsyncIterator[Bench]:
    """An engine that has read the prompts of all policies that it has room for."""
    policies = prefixes(MOST_POLICIES, settings.prefix_lengths, settings.seed)
    async with Engine(options) as engine:
        plan = engine.plan
        assert plan is not None
        bench = Bench(engine, Load(engine, policies), plan.width, settings.mix, settings.seconds, settings.seed)
        room = min(plan.prefixes, MOST_POLICIES)
        seconds = await bench.warm_up(room)
        tokens = sum(map(len, policies[:room]))
        print(
            f"{plan.width} sequences and {plan.prefixes} prompts share {plan.cells} KV cells, {plan.window_cells} "
            f"in the windows: {plan.total_bytes / 2**30:.1f} GiB. {room} prompts of {tokens} tokens were read in "
            f"{seconds:.1f} s.",
            flush=True,
        )
        yield bench


async def _capacity(bench: Bench) -> Result:
    result = await bench.measure_capacity()
    print(f"The capacity is {bench.capacity:.2f} answers a second.", flush=True)
    return result


async def _situations(bench: Bench, settings: Settings) -> list[Result]:
    chosen = EVERY_SITUATION if settings.every else SITUATIONS
    results = [await bench.measure(situation) for situation in chosen]
    _say("Open loop, seconds", report.time_table(results))
    return results


async def _interactive(bench: Bench, settings: Settings) -> list[Result]:
    found = await bench.interactive_beside_overload(settings.interactive)
    _say("Interactive requests beside an overload of live ones, seconds", report.interactive_table(found))
    return [found.alone, found.beside]


async def _guilds(bench: Bench) -> list[Result]:
    found = await bench.quiet_guilds_beside_flood()
    _say("Nine quiet guilds beside one that asks for ten times its share, seconds", report.guild_table(found))
    return [found.alone, found.beside]


async def _tight(settings: Settings, capacity: float) -> Result:
    async with opened(settings, replace(settings.options, prefixes=TIGHT_ROOM)) as bench:
        bench.capacity = capacity
        result = await bench.measure(TIGHT)
        _say("More policies than there is room for, seconds", report.time_table([result]))
        return result


def _say(title: str, text: str) -> None:
    print(f"\n### {title}\n\n{text}\n", flush=True)


def _introduce(settings: Settings) -> None:
    here = machine()
    options, mix = settings.options, settings.mix
    print(
        f"{here['processor']}, {here['cores']} cores, {options.threads} threads; Python {here['python']}, "
        f"llama-cpp-python {version('llama-cpp-python')}; model {options.model.name}; {options.width} at a time, "
        f"steps of {options.step_tokens} tokens; prompts of {_joined(settings.prefix_lengths)} tokens, messages "
        f"of {mix.private[0]} to {mix.private[1]}, analyses of {_joined(mix.budgets)}; {settings.seconds:g} s of "
        f"arrivals; seed {settings.seed}.",
        flush=True,
    )


def _joined(numbers: tuple[int, ...]) -> str:
    return "/".join(map(str, numbers))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder for the random model and the vocabulary")
    parser.add_argument("--model", type=Path, help="another GGUF file than a random model")
    random_model.add_shape_arguments(parser)
    parser.add_argument("--quick", action="store_true", help="a small model and short runs")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, help="beside the capacity")
    parser.add_argument("--every", action="store_true", help="1, 5, 20 policies x Poisson, bursts x 0.5, 1, 2")
    parser.add_argument("--at-once", type=int, default=8, help="the engine's width", metavar="N")
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--gpu-layers", type=int, default=-1)
    parser.add_argument("--context", type=int, help="KV cells; without it the engine finds them by itself")
    parser.add_argument("--step-tokens", type=int, default=512)
    parser.add_argument("--prefix", type=int, nargs="+", default=[500, 1500, 3000], help="tokens, in turn")
    parser.add_argument("--private", type=int, nargs=2, default=[50, 700], help="tokens, lowest and highest")
    parser.add_argument("--budgets", type=int, nargs="+", default=[0, 64, 256], help="tokens of analysis")
    parser.add_argument("--seconds", type=float, help="of arrivals in one situation (45; quick: 4)")
    parser.add_argument("--interactive", type=int, help="interactive requests (24; quick: 20)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="where to write every single outcome")
    return parser


def _settings(arguments: argparse.Namespace) -> Settings:
    quick = arguments.quick
    options = EngineOptions(
        model=_model(arguments),
        vocabulary=arguments.work / "vocabulary",
        width=arguments.at_once,
        prefixes=MOST_POLICIES,
        context=arguments.context,
        step_tokens=arguments.step_tokens,
        threads=arguments.threads,
        gpu_layers=arguments.gpu_layers,
    )
    return Settings(
        options=options,
        prefix_lengths=tuple(arguments.prefix),
        mix=Mix(MOST_POLICIES, tuple(arguments.private), tuple(arguments.budgets)),
        seconds=arguments.seconds or (4.0 if quick else 45.0),
        seed=arguments.seed,
        sections=tuple(arguments.only),
        interactive=arguments.interactive or (20 if quick else 24),
        every=arguments.every,
    )


def _model(arguments: argparse.Namespace) -> Path:
    if arguments.model:
        return Path(arguments.model)
    shape = SMALL if arguments.quick else random_model.shape_from(arguments)
    return random_model.build_in(arguments.work, shape, arguments.seed)


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    arguments = _parser().parse_args()
    settings = _settings(arguments)
    _introduce(settings)
    results = asyncio.run(measure(settings))
    if arguments.json:
        arguments.json.write_text(json.dumps([report.as_data(result) for result in results], indent=1))


if __name__ == "__main__":
    main()
