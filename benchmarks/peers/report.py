"""Medians, spreads and agreement, as tables for people and as JSON for programs."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import takewhile
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.peers.rounds import Run
from benchmarks.peers.system import Said, Setting, System
from benchmarks.peers.workload import Workload
from inference.standin.vocabulary import token_bytes


def table(runs: Sequence[Run], workload: Workload, agreement: Mapping[str, float]) -> str:
    """One line a system, in the order of their first runs."""
    names = dict.fromkeys(run.system for run in runs)
    lines = [
        _title(workload),
        "",
        "| system | requests/s | decoded tok/s | CPU s a request | same words |",
        "|---|---|---|---|---|",
    ]
    for name in names:
        mine = [run for run in runs if run.system == name]
        rates = [run.requests_per_second for run in mine]
        tokens = [rate * workload.output for rate in rates]
        costs = [run.cpu_seconds / run.requests for run in mine if run.cpu_seconds is not None]
        cost = _spread(costs, 3) if costs else "-"
        same = f"{agreement[name]:.0%}" if name in agreement else "-"
        lines.append(f"| {name} | {_spread(rates, 2)} | {_spread(tokens, 1)} | {cost} | {same} |")
    return "\n".join(lines)


def _title(workload: Workload) -> str:
    policies = "1 policy" if workload.policies == 1 else f"{workload.policies} policies"
    shares = f"{workload.prefix} shared and {workload.private} private tokens, {workload.output} written"
    return f"{policies}: {shares}"


def _spread(values: Sequence[float], digits: int) -> str:
    low, high = min(values), max(values)
    return f"{median(values):.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def agreement(said: Mapping[str, Sequence[Said]]) -> dict[str, float]:
    """Which part of each system's answers is in common with the first system's, up to the first difference.

    Some give token ids and some text, so texts are compared, without spaces and what no text can hold. The weights
    are random: where two tokens are nearly equally likely, the order of additions decides, and from there on the
    answers have nothing in common. So some difference is no error; a wrong prefix leaves next to nothing.
    """
    vocabulary = token_bytes()
    texts = {name: [_text(one, vocabulary) for one in answers] for name, answers in said.items()}
    first = next(iter(texts.values()), [])
    return {name: mean(map(_common_share, answers, first)) for name, answers in texts.items()}


def _common_share(text: str, reference: str) -> float:
    pairs = zip(text, reference, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs)) / max(1, len(reference))


def _text(said: Said, vocabulary: Sequence[bytes]) -> str:
    text = said.text
    if said.tokens is not None:
        text = b"".join(vocabulary[token] for token in said.tokens).decode("utf-8", "ignore")
    return "".join(text.replace("\N{REPLACEMENT CHARACTER}", "").split())


def document(
    setting: Setting,
    workloads: Sequence[Workload],
    systems: Sequence[System],
    runs: Sequence[Run],
    agreements: Mapping[str, Mapping[str, float]],
) -> dict[str, Any]:
    """Everything that was set and measured."""
    return {
        "machine": machine(),
        "llama_cpp_python": version("llama-cpp-python"),
        "model": setting.model.name,
        "threads": setting.threads,
        "gpu_layers": setting.gpu_layers,
        "workloads": [asdict(workload) for workload in workloads],
        "settings": {
            workload.name: {system.name: system.settings(setting, workload) for system in systems}
            for workload in workloads
        },
        "same_words": {name: dict(shares) for name, shares in agreements.items()},
        "runs": [asdict(run) for run in runs],
    }


def machine() -> dict[str, Any]:
    """The machine in words."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:  # not Linux
        return platform.processor()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
