"""The arguments that the benchmarks of detection have in common."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.prefilter.labelled import (
    CHATS,
    Chat,
    LabelledSet,
    SetSpec,
    built_in_sets,
    load_chat,
    load_set,
    spec_of,
)
from benchmarks.prefilter.measuring import Plan

_SAMPLING_SEED = 11
_QUICK_EXAMPLES = (0, 30)


@dataclass(frozen=True, slots=True)
class Materials:
    """What is measured on, and how."""

    data: Path
    sets: tuple[LabelledSet, ...]
    chats: tuple[Chat, ...]
    plan: Plan
    slow_sample: int
    as_shipped: bool


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the arguments in common."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("data", type=Path, help="the folder of the labelled sets and chats (JSON Lines)")
    made.add_argument(
        "--set", dest="specs", type=_spec, action="append", default=[], metavar="NAME=FILE[:CATEGORY]=POLICY",
        help="another labelled set; POLICY is a .yaml file or the id of a starter policy",
    )  # fmt: skip
    made.add_argument("--chat", dest="chats", type=Path, action="append", default=[], metavar="FILE.jsonl")
    made.add_argument(
        "--only", nargs="+", default=[], metavar="WORD", help="only sets whose name holds one of these"
    )
    made.add_argument("--rows", type=int, default=1000, help="texts of a set, of either kind")
    made.add_argument("--lines", type=int, default=2000, help="lines of a chat")
    made.add_argument("--seeds", type=int, default=3)
    made.add_argument("--slow-sample", type=int, default=60, help="texts of a kind that better-profanity is shown")
    made.add_argument(
        "--as-shipped", action="store_true", help="leave nothing out: figures flatter, nothing is fitted"
    )
    made.add_argument("--quick", action="store_true", help="few rows, one draw: does everything work?")
    return made


def materials(arguments: argparse.Namespace, examples: Sequence[int]) -> Materials:
    """What the arguments ask for. Says which of the known files the folder has not."""
    quick = arguments.quick
    rows, lines = (60, 100) if quick else (arguments.rows, arguments.lines)
    plan = Plan(
        tuple(number for number in examples if not quick or number in _QUICK_EXAMPLES),
        tuple(range(2 if quick else arguments.seeds)),
    )
    specs = [spec for spec in (*built_in_sets(arguments.data), *arguments.specs) if _wanted(spec, arguments.only)]
    sets = tuple(load_set(spec, rows, _SAMPLING_SEED) for spec in specs)
    files = [arguments.data / f"{name}.jsonl" for name in CHATS]
    chats = tuple(
        load_chat(file, lines, _SAMPLING_SEED) for file in (*filter(Path.exists, files), *arguments.chats)
    )
    if not sets or not chats:
        raise SystemExit(
            f"{arguments.data} holds {len(sets)} labelled sets and {len(chats)} chats: both are needed"
        )
    return Materials(
        arguments.data, sets, chats, plan, 5 if quick else arguments.slow_sample, arguments.as_shipped
    )


def _spec(argument: str) -> SetSpec:
    try:
        return spec_of(argument)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _wanted(spec: SetSpec, words: Sequence[str]) -> bool:
    return not words or any(word.lower() in spec.name.lower() for word in words)
