"""Ours next to its peers on one model.

    python -m benchmarks.peers.build WORK            # once
    python -m benchmarks.peers WORK [--quick]

Builds a random gpt-oss model in WORK if there is none, starts every system, warms each with every prefix and runs
them in turn, round after round, with the same requests: answers of a fixed length, greedy. Prints a table of
medians and spreads for each workload and writes everything as JSON. The whole takes about 25 minutes on two cores.
"""

import argparse
import asyncio
import json
import logging
from pathlib import Path
from typing import Any

from benchmarks import random_model
from benchmarks.peers import report
from benchmarks.peers.build import Peers
from benchmarks.peers.http_server import ExampleServer, LlamaServer
from benchmarks.peers.one_by_one import OneByOne
from benchmarks.peers.ours import Ours
from benchmarks.peers.rounds import Plan, Run, Stage, answers, measure
from benchmarks.peers.system import Setting, System, SystemFailed
from benchmarks.peers.workload import Workload
from inference.engine_options import default_threads

CHECKED_REQUESTS = 8
_KEEP_IDLE = ("--no-cache-idle-slots",)
"""By default llama-server empties the idle slots of a unified cache with every new task."""


def all_systems(widths: list[int]) -> list[System]:
    """Every system of the comparison; the first one's answers are what the others' are compared with."""
    return [
        OneByOne("none"),
        OneByOne("match"),
        LlamaServer(swa_full=True),
        LlamaServer(swa_full=False),
        LlamaServer(swa_full=True, extra=_KEEP_IDLE, label="llama-server -np 8 -kvu --swa-full, idle slots kept"),
        ExampleServer(),
        *(Ours(width) for width in widths),
    ]


async def compare(
    systems: list[System], setting: Setting, workloads: list[Workload], plan: Plan
) -> dict[str, Any]:
    """Measure every workload and tell what was found; returns it as one document."""
    runs: list[Run] = []
    agreements = {}
    for workload in workloads:
        async with Stage(setting, workload, plan) as stage:
            said = await answers(stage, systems, CHECKED_REQUESTS)
            shares = agreements[workload.name] = report.agreement(said)
            found = await measure(stage, systems, _tell)
        runs += found
        print(report.table(found, workload, shares), flush=True)
    return report.document(setting, workloads, systems, runs, agreements)


def _tell(run: Run | SystemFailed) -> None:
    if isinstance(run, SystemFailed):
        print(f"A run failed: {run}", flush=True)
        return
    print(
        f"round {run.round + 1}  {run.system:40} {run.requests:4} requests in {run.seconds:5.1f} s: "
        f"{run.requests_per_second:.2f} a second  (load {run.load:.1f})",
        flush=True,
    )


def workloads_from(arguments: argparse.Namespace) -> list[Workload]:
    """One policy, and many by Zipf's law."""
    lengths = {name: getattr(arguments, name) for name in ("prefix", "private", "output", "exponent", "seed")}
    names = {1: "one policy"}
    return [
        Workload(name=names.get(policies, f"{policies} policies"), policies=policies, **lengths)
        for policies in arguments.policies
    ]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="the folder in which `benchmarks.peers.build` built the peers")
    parser.add_argument(
        "--cuda", default="", help="compare on the GPU, with the peers built for this architecture"
    )
    parser.add_argument("--model", type=Path, help="another GGUF file than a random model")
    random_model.add_shape_arguments(parser)
    parser.add_argument("--policies", type=int, nargs="+", default=[1, 20], help="one workload for each")
    parser.add_argument("--prefix", type=int, default=512, help="tokens that the texts of a policy share")
    parser.add_argument("--private", type=int, default=48, help="tokens of a text")
    parser.add_argument("--output", type=int, default=16, help="tokens of an answer")
    parser.add_argument("--exponent", type=float, default=1.0, help="of Zipf's law over the policies")
    parser.add_argument("--seed", type=int, default=0, help="of the model and of the requests")
    parser.add_argument("--widths", type=int, nargs="+", default=[1, 8, 16, 32], help="of ours")
    parser.add_argument("--only", nargs="+", default=[], help="only systems whose name holds one of these words")
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0, help="how long a run hands out requests")
    parser.add_argument("--quick", action="store_true", help="two rounds of three seconds: does everything work?")
    parser.add_argument("--restart", action="store_true", help="only one system is loaded at a time")
    parser.add_argument("--warm-every-slot", action="store_true", help="every slot reads every prefix beforehand")
    parser.add_argument("--json", type=Path, help="where to write the results")
    return parser


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    arguments = _parser().parse_args()
    peers = Peers(arguments.work.resolve(), arguments.cuda)
    if peers.missing:
        raise SystemExit(f"{peers.missing[0]} is missing: run `python -m benchmarks.peers.build {arguments.work}`")
    shape = random_model.shape_from(arguments)
    model = arguments.model or random_model.build_in(peers.work, shape, arguments.seed)
    setting = Setting(model.resolve(), peers, arguments.threads, gpu_layers=999 if arguments.cuda else 0)
    chosen = [
        system
        for system in all_systems(arguments.widths)
        if not arguments.only or any(word in system.name for word in arguments.only)
    ]
    plan = Plan(
        rounds=2 if arguments.quick else arguments.rounds,
        seconds=3.0 if arguments.quick else arguments.seconds,
        resident=not arguments.restart,
        warm_every_slot=arguments.warm_every_slot,
    )
    document = asyncio.run(compare(chosen, setting, workloads_from(arguments), plan))
    if arguments.json:
        arguments.json.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
