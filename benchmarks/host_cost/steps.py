"""What the record of decode calls says about the time between them. Pure."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FULL = 0.9
"""Share of the width from which on a step counts as full."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The host's part of the full steps."""

    steps: int
    median: float
    """Milliseconds between the end of one decode call and the beginning of the next."""
    p95: float
    share: float
    """Of the wall time."""


def between(record: NDArray[np.float64], since: float, until: float) -> NDArray[np.float64]:
    """The calls that began within a time. `record`: shape (calls, 4), see `benchmarks.host_cost.child`."""
    return record[(record[:, 0] >= since) & (record[:, 0] <= until)]


def cost_of(record: NDArray[np.float64], width: int) -> Cost:
    """What the host needed after each full step, up to the next call.

    Raises:
        ValueError: no step was full.
    """
    began, ended, outputs = record[:, 0], record[:, 1], record[:, 3]
    full = outputs[:-1] >= FULL * width
    if not full.any():
        raise ValueError(f"no step of {len(record)} had {width} sequences: run it for longer")
    host = (began[1:] - ended[:-1])[full]
    model = (ended - began)[:-1][full]
    return Cost(
        steps=int(full.sum()),
        median=float(np.median(host)) * 1000,
        p95=float(np.quantile(host, 0.95)) * 1000,
        share=float(host.sum() / (host.sum() + model.sum())),
    )
