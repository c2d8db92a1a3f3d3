"""Policies that are written in other languages: what they flag of ordinary chat, and what they find.

    python -m benchmarks.prefilter.native [FOLDER]

FOLDER has a file for each language (`benchmarks/prefilter/languages` if left out): ordinary lines, and policies
with a dozen examples each, with further messages that violate them and look-alikes that do not. They were written
by other hands than the ordinary lines that the prefilter ships with, which were not read for it. Each policy is
fitted as it is shipped, and with English as the only background. Prints Markdown.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.prefilter.metrics import Ranks, mean, recall_at
from benchmarks.prefilter.ours import NAME, Ours
from benchmarks.prefilter.tables import share, table
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.scores.background import Background
from policies.policy import Policy

FOLDER = Path(__file__).parent / "languages"
_LEARNED = f"{NAME}, learned score alone"
_FLAG_RATES = (0.01, 0.05)
"""The share that the starter policies leave to the score at most, and what a new policy does."""


class EnglishOnly(Knowledge):
    """What was known before there were lines of other languages."""

    def background_in(self, languages: frozenset[str]) -> Background:  # noqa: ARG002 - English whatever is asked
        """English."""
        return self.background


@dataclass(frozen=True, slots=True)
class Task:
    """One policy and what it is held against."""

    language: str
    policy: Policy
    ordinary: tuple[str, ...]
    violating: tuple[str, ...]
    look_alikes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """The ranks of a task's texts, all and by the learned score alone."""

    ordinary: Ranks
    violating: Ranks
    look_alikes: Ranks
    flagged: tuple[float, ...]
    """The share of ordinary lines that the score flags at each of `_FLAG_RATES`, before any traffic."""


def main(argv: Sequence[str] | None = None) -> None:
    """Print the tables."""
    made = argparse.ArgumentParser(prog="native", description=(__doc__ or "").split("\n", 1)[0])
    made.add_argument("folder", nargs="?", type=Path, default=FOLDER)
    tasks = tuple(tasks_in(made.parse_args(argv).folder))
    shipped = Knowledge.shipped()
    before = EnglishOnly(shipped.embedder, shipped.featuriser, shipped.generic, shipped.background)
    heads = ["language", "policy", "background"]
    heads += [f"ordinary flagged at {100 * rate:g}%" for rate in _FLAG_RATES]
    heads += ["chat R@1%", "chat R@10%", "look-alikes R@10%"]
    rows = [
        row for name, known in (("English", before), ("its own too", shipped)) for row in _rows(name, known, tasks)
    ]
    print(table(heads, sorted(rows, key=lambda row: (row[0] == "mean", row[0], row[1]))))


def tasks_in(folder: Path) -> Iterator[Task]:
    """What the files of a folder hold, by language."""
    for path in sorted(folder.glob("*.yaml")):
        document = yaml.safe_load(path.read_text("utf-8"))
        for number, policy in enumerate(document["policies"]):
            yield Task(
                path.stem,
                _policy(f"policy-{number}", policy),
                tuple(document["ordinary"]),
                tuple(policy["violating"]),
                tuple(policy["look_alikes"]),
            )


def _policy(policy_id: str, written: dict[str, Any]) -> Policy:
    return Policy.model_validate(
        {
            "id": policy_id,
            **{name: written[name] for name in ("title", "goal", "rules", "allowed", "examples")},
            "prefilter": {"keywords": written["keywords"]},
        },
        strict=False,
    )


def _rows(name: str, knowledge: Knowledge, tasks: Sequence[Task]) -> Iterator[list[str]]:
    figures = []
    for task in tasks:
        found = _found(knowledge, task)
        figures.append(
            [*found.flagged]
            + [recall_at(rate, found.violating, found.ordinary) for rate in (0.01, 0.1)]
            + [recall_at(0.1, found.violating, found.look_alikes)]
        )
        yield [task.language, task.policy.title, name, *map(share, figures[-1])]
    yield ["mean", "", name, *(share(mean(column)) for column in zip(*figures, strict=True))]


def _found(knowledge: Knowledge, task: Task) -> Found:
    system = Ours(knowledge)
    whole, learned = {}, {}
    for name in ("ordinary", "violating", "look_alikes"):
        ranks = system.ranks([task.policy], getattr(task, name))
        whole[name], learned[name] = ranks[NAME][:, 0], ranks[_LEARNED][:, 0]
    flagged = [float(np.mean(learned["ordinary"] >= -np.log10(rate))) for rate in _FLAG_RATES]
    return Found(whole["ordinary"], whole["violating"], whole["look_alikes"], tuple(flagged))


if __name__ == "__main__":
    main()
