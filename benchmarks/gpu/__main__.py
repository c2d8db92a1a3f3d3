"""On a CUDA machine: ours next to llama-server and llama-batched-bench, in the memory of a 16 GB card.

    python -m benchmarks.gpu WORK --cuda 90        # 80: A100, 86: RTX 30, 89: RTX 40, 90: H100, 120: RTX 50
    python -m benchmarks.gpu WORK --cpu --small    # the same steps without a GPU: does everything run?

1. Builds llama.cpp with its programs for one architecture, from the source of the installed bindings; the engine
   loads the same library. Needs CMake, a compiler and the CUDA toolkit: 10 to 20 minutes, once.
2. Writes a random gpt-oss of the full 20b shape with experts in MXFP4 (12 GB), once: about a minute.
3. Takes GPU memory away until only 16 GB are free, and measures how fast it is.
4. Decoding behind one shared prompt at every width, against llama-batched-bench.
5. Whole requests over 20 policies by Zipf's law, against llama-server.

Prints Markdown and whether the two targets are met; `--json` writes everything. Steps 3 to 5: about 20 minutes.
"""

import argparse
import asyncio
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import random_model
from benchmarks.gpu import report
from benchmarks.gpu.batched_bench import Decoding
from benchmarks.gpu.ceiling import ModelBytes
from benchmarks.gpu.device import Device, DeviceError
from benchmarks.gpu.measuring import Decoded, decode, serve
from benchmarks.gpu.report import Bandwidth
from benchmarks.peers.build import Peers, build
from benchmarks.peers.report import machine
from benchmarks.peers.rounds import Plan, Run
from benchmarks.peers.system import Setting
from benchmarks.peers.workload import Workload
from benchmarks.small_model import SMALL
from inference.engine_options import default_threads
from inference.model_file import read_model_file

GIGABYTE = 10**9
COPIED_ON_CPU = 2**28


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be measured."""

    setting: Setting
    decoding: Decoding
    workload: Workload
    plan: Plan


@dataclass(frozen=True, slots=True)
class Found:
    """What was measured."""

    device: str
    bandwidth: Bandwidth
    decoded: list[Decoded]
    runs: list[Run]


async def measure(job: Job, device: str, bandwidth: Bandwidth) -> Found:
    """Both comparisons."""
    decoded = await decode(job.setting, job.decoding)
    runs = await serve(job.setting, job.workload, job.decoding.widths, job.plan)
    return Found(device, bandwidth, decoded, runs)


@contextmanager
def memory_of_a_small_card(cpu: bool, gigabytes: float, given: float | None) -> Iterator[tuple[str, Bandwidth]]:
    """The device in words and the bandwidth of its memory, of which only so much is free meanwhile."""
    if cpu:
        yield "no GPU", Bandwidth(_cpu_bandwidth(), "one core copying, measured")
        return
    device = Device()
    rate = device.bandwidth()
    bandwidth = Bandwidth(given * GIGABYTE, "nominal") if given else Bandwidth(rate, "copies, measured")
    with device.held_to(int(gigabytes * GIGABYTE)) as taken:
        print(f"{device.name}: copies run at {rate / GIGABYTE:.0f} GB/s; {taken / GIGABYTE:.1f} GB are taken away")
        yield device.name, bandwidth


def _cpu_bandwidth() -> float:
    source = np.ones(COPIED_ON_CPU, np.uint8)
    target = np.empty_like(source)
    target[:] = source  # the first time, pages are made
    began = time.perf_counter()
    target[:] = source
    return 2 * COPIED_ON_CPU / (time.perf_counter() - began)


def markdown(job: Job, found: Found) -> str:
    """The whole report."""
    here, workload, decoding = machine(), job.workload, job.decoding
    model, rates = ModelBytes.of(read_model_file(job.setting.model)), report.rates_of(found.runs)
    about = (
        f"{found.device}; {here['processor']}, {here['cores']} cores, {job.setting.threads} threads; Python "
        f"{here['python']}, llama-cpp-python {version('llama-cpp-python')}; model {job.setting.model.name}. "
        f"Bandwidth for the ceiling: {found.bandwidth.rate / GIGABYTE:.0f} GB/s ({found.bandwidth.source})."
    )
    decoded = f"Decoding {decoding.output} tokens each behind one shared prompt of {decoding.prefix}:"
    served = (
        f"Requests over {workload.policies} policies of {workload.prefix} tokens by Zipf's law, messages of "
        f"{workload.private}, answers of {workload.output}:"
    )
    decode_table = report.decode_table(found.decoded, model, found.bandwidth, decoding.prefix, decoding.output)
    serving_table = report.serving_table(rates, workload.output)
    parts = (about, decoded, decode_table, served, serving_table, report.targets(found.decoded, rates))
    return "\n\n".join(parts)


def as_data(job: Job, found: Found) -> dict[str, Any]:
    """Everything that was set and measured."""
    return {
        "machine": machine(),
        "device": found.device,
        "bandwidth": asdict(found.bandwidth),
        "llama_cpp_python": version("llama-cpp-python"),
        "model": job.setting.model.name,
        "decoding": asdict(job.decoding),
        "workload": asdict(job.workload),
        "decoded": [asdict(one) for one in found.decoded],
        "runs": [asdict(run) for run in found.runs],
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path, help="folder for everything that is built (16 GB)")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--cuda", default="", metavar="ARCHITECTURE", help="of the GPU, such as 90")
    where.add_argument("--cpu", action="store_true", help="without a GPU, to try the steps")
    parser.add_argument("--small", action="store_true", help="a small model instead of the full shape")
    parser.add_argument("--sdist", type=Path, help="the bindings' source package, if it is here already")
    parser.add_argument("--memory", type=float, default=16.0, help="GB of GPU memory that are left free")
    parser.add_argument("--bandwidth", type=float, help="GB/s by the data sheet, instead of what is measured")
    parser.add_argument("--widths", type=int, nargs="+", default=[1, 8, 16, 32, 64])
    parser.add_argument("--policies", type=int, default=20)
    parser.add_argument("--prefix", type=int, default=1500, help="tokens of a policy's prompt")
    parser.add_argument("--private", type=int, default=200, help="tokens of a message")
    parser.add_argument("--output", type=int, default=128, help="tokens of an answer")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10.0, help="of a round")
    parser.add_argument("--threads", type=int, default=default_threads())
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, help="where to write the results")
    return parser


def job_of(arguments: argparse.Namespace) -> Job:
    """Build what is missing, and say what to measure."""
    peers = Peers(arguments.work.resolve(), arguments.cuda)
    if peers.missing:
        build(peers, arguments.sdist, os.cpu_count() or 1)
    shape = SMALL if arguments.small else random_model.FULL_SHAPE
    model = random_model.build_in(peers.work, shape, arguments.seed)
    widths = tuple(arguments.widths)
    lengths = {name: getattr(arguments, name) for name in ("policies", "prefix", "private", "output", "seed")}
    return Job(
        setting=Setting(model, peers, arguments.threads, gpu_layers=0 if arguments.cpu else 999),
        decoding=Decoding(widths, arguments.prefix, arguments.output, arguments.rounds),
        workload=Workload(f"{arguments.policies} policies", **lengths),
        plan=Plan(arguments.rounds, arguments.seconds, resident=True, warm_every_slot=False),
    )


def main() -> None:
    logging.basicConfig(level=logging.WARNING)
    arguments = _parser().parse_args()
    job = job_of(arguments)
    try:
        with memory_of_a_small_card(arguments.cpu, arguments.memory, arguments.bandwidth) as (device, bandwidth):
            found = asyncio.run(measure(job, device, bandwidth))
    except DeviceError as error:
        raise SystemExit(str(error)) from error
    print("\n" + markdown(job, found))
    if arguments.json:
        arguments.json.write_text(json.dumps(as_data(job, found), indent=1))


if __name__ == "__main__":
    main()
