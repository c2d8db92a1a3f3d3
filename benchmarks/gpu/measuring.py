"""The two measurements: decoding behind one shared prompt, and whole requests over many policies."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.gpu.batched_bench import Decoding, decode_rates
from benchmarks.peers.http_server import LlamaServer
from benchmarks.peers.ours import Ours
from benchmarks.peers.rounds import Plan, Run, Stage, measure
from benchmarks.peers.system import Asker, Setting, System, SystemFailed
from benchmarks.peers.workload import Workload


@dataclass(frozen=True, slots=True)
class Decoded:
    """Tokens a second at one width."""

    width: int
    ours: float
    """From asking to the last answer: the wire, the walk and the choosing of tokens are in it."""
    batched_bench: float
    """Of the decode calls alone."""

    @property
    def share(self) -> float:
        return self.ours / self.batched_bench


async def decode(setting: Setting, decoding: Decoding) -> list[Decoded]:
    """Both programs at every width.

    Raises:
        SystemFailed: one of them did not run.
    """
    theirs = await asyncio.to_thread(decode_rates, setting, decoding)
    found = []
    for width in decoding.widths:
        found.append(Decoded(width, await _our_rate(setting, decoding, width), theirs[width]))
        print(f"decoding: {found[-1]}", flush=True)
    return found


async def _our_rate(setting: Setting, decoding: Decoding, width: int) -> float:
    workload = Workload("decoding", 1, decoding.prefix, private=1, output=decoding.output)
    async with Ours(width).opened(setting, workload) as asker:
        await _all_at_once(asker, workload, width, number=0)
        seconds = [await _all_at_once(asker, workload, width, n + 1) for n in range(decoding.repeats)]
    return width * decoding.output / statistics.median(seconds)


async def _all_at_once(asker: Asker, workload: Workload, width: int, number: int) -> float:
    """Seconds until as many answers as the batch holds are there."""
    prompts = list(itertools.islice(workload.prompts(number), width))
    began = time.perf_counter()
    await asyncio.gather(*(asker.ask(prompt, workload.output) for prompt in prompts))
    return time.perf_counter() - began


async def serve(setting: Setting, workload: Workload, widths: Sequence[int], plan: Plan) -> list[Run]:
    """Requests a second of ours and of llama-server, in turn; what cannot start is told and left out."""
    runs: list[Run] = []
    for system in systems(workload, widths):
        try:
            async with Stage(setting, workload, plan) as stage:
                runs += await measure(stage, [system], _tell)
        except SystemFailed as failure:
            print(f"{system.name} is left out: {failure}", flush=True)
    return runs


def systems(workload: Workload, widths: Sequence[int]) -> Iterator[System]:
    """Ours and both kinds of llama-server at every width.

    llama-server shares no prompt between slots, so its cache has room for every slot's whole prompt, once. Twice
    as much, which the comparison on the CPU gives it, does not fit into 16 GB at the widest.
    """
    for width in widths:
        cells = ("--ctx-size", str(width * (workload.whole + 8)))
        yield Ours(width)
        yield LlamaServer(swa_full=False, width=width, extra=cells)
        yield LlamaServer(swa_full=True, width=width, extra=cells)


def _tell(run: Run) -> None:
    print(f"{run.system}: {run.requests_per_second:.2f} requests a second", flush=True)
