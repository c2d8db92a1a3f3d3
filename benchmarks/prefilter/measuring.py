"""Measures systems on one labelled set, against chats and against look-alikes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.prefilter.labelled import Chat, LabelledSet
from benchmarks.prefilter.metrics import Ranks, recall_at
from benchmarks.prefilter.splits import Split
from benchmarks.prefilter.systems import System
from policies.policy import Policy

FLAG_RATES = (0.01, 0.05, 0.10, 0.20)
EXAMPLES = (0, 10, 30, 100, 300)
LOOK_ALIKES = "look-alikes"


@dataclass(frozen=True, slots=True)
class Recall:
    """One figure."""

    labelled: str
    system: str
    examples: int
    seed: int
    against: str
    """`LOOK_ALIKES`, or the name of a chat."""
    flag_rate: float
    recall: float


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured on every set."""

    examples: tuple[int, ...] = EXAMPLES
    seeds: tuple[int, ...] = (0, 1, 2)
    flag_rates: tuple[float, ...] = FLAG_RATES


def measure(
    system: System, labelled: LabelledSet, chats: Sequence[Chat], plan: Plan, *, look_alikes: bool
) -> Iterator[Recall]:
    """The system's recall on a set against each of the chats and, if asked for, against the set's look-alikes."""
    splits = [Split.draw(labelled, max(plan.examples), seed) for seed in plan.seeds]
    taught = {
        (examples, split.seed): split.taught(labelled, examples)
        for examples in (plan.examples if system.learns else (0,))
        for split in (splits if examples else splits[:1])
    }
    kinds: dict[str, Sequence[str]] = {"violating": labelled.violating, LOOK_ALIKES: ()}
    if look_alikes:
        kinds[LOOK_ALIKES] = labelled.allowed
    kinds |= {chat.name: chat.lines for chat in chats}
    for name, ranks in _ranked(system, list(taught.values()), kinds).items():
        columns = {key: column for column, key in enumerate(taught)}
        for examples in plan.examples if system.learns else (0,):
            for split in splits:
                column = columns[examples, split.seed if examples else splits[0].seed]
                own = {kind: each[:, column] for kind, each in ranks.items()}
                for against, flag_rate, recall in _recalls(own, split, plan.flag_rates):
                    yield Recall(labelled.name, name, examples, split.seed, against, flag_rate, recall)


def _ranked(
    system: System, policies: Sequence[Policy], kinds: Mapping[str, Sequence[str]]
) -> dict[str, dict[str, Ranks]]:
    """By the system's names and the kind of text: ranks (texts, policies), NaN for texts beyond `at_most`."""
    shown = {kind: texts[: system.at_most] for kind, texts in kinds.items()}
    flat = [text for texts in shown.values() for text in texts]
    ends = np.cumsum([len(texts) for texts in shown.values()])[:-1]
    return {
        name: {
            kind: _padded(part, len(kinds[kind])) for kind, part in zip(kinds, np.split(ranks, ends), strict=True)
        }
        for name, ranks in system.ranks(policies, flat).items()
    }


def _padded(ranks: Ranks, rows: int) -> Ranks:
    return np.pad(ranks, ((0, rows - len(ranks)), (0, 0)), constant_values=np.nan)


def _recalls(
    ranks: Mapping[str, Ranks], split: Split, flag_rates: Sequence[float]
) -> Iterator[tuple[str, float, float]]:
    """Against what, at which rate, and the recall."""
    violating = ranks["violating"][split.violating]
    for kind, harmless in ranks.items():
        if kind == "violating" or not len(harmless):
            continue
        measured = harmless[split.allowed] if kind == LOOK_ALIKES else harmless
        for flag_rate in flag_rates:
            yield kind, flag_rate, recall_at(flag_rate, violating, measured)
