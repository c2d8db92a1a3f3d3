"""Decided cases that are most like a text: what was done the last time. Pure.

Two measures are taken together, for each misses what the other finds: the angle between what the texts mean
(static vectors, which know English best), and how much of their words they share, in any language.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz

from bot.case import Action, CaseFile, CaseState
from bot.review.care import hidden
from inference.prefilter.embedding import unit_rows

MOST: Final = 5
LEAST: Final = 0.4
"""Texts less alike than this have little in common but their language."""
LOOKED_AT: Final = 300
"""Of the newest cases of a guild: a bound for time, and for how old a precedent may be."""
_COMPARED: Final = 1_000
"""Characters of a text."""

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts -> vectors (texts, dimensions)."""


@dataclass(frozen=True, slots=True)
class Precedent:
    """A decided case, and how much its text is like the one that is asked about."""

    case: CaseFile
    likeness: float
    """0 (nothing in common) to 1 (the same words)."""


def precedents(
    case: CaseFile, others: Sequence[CaseFile], embed: Embed, fold: Callable[[str], str]
) -> tuple[Precedent, ...]:
    """The decided cases that are most like this one, the most alike first.

    Args:
        case: the one that is asked about.
        others: cases of the same guild.
        embed: what texts mean.
        fold: a text in plain letters, so that disguises do not make another text of one.
    """
    decided = [other for other in others if other.id != case.id and is_decided(other)]
    if hidden(case) or not decided or not case.message.text.strip():
        return ()
    texts = [fold(each.message.text[:_COMPARED]) for each in (case, *decided)]
    likeness = np.maximum(_in_meaning(embed(texts)), _in_words(texts))
    nearest = np.argsort(-likeness, kind="stable")[:MOST]
    return tuple(
        Precedent(decided[place], float(likeness[place])) for place in nearest if likeness[place] >= LEAST
    )


def is_decided(case: CaseFile) -> bool:
    """Whether somebody decided on it, that was done, and it may be shown what it was about."""
    done = case.state is CaseState.ENFORCED and case.decision is not None
    return done and case.decision is not None and case.decision.action is not Action.UNDO and not hidden(case)


def _in_meaning(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    rows = unit_rows(vectors)
    return np.asarray(rows[1:] @ rows[0], np.float64)


def _in_words(texts: Sequence[str]) -> NDArray[np.float64]:
    return np.array([fuzz.token_sort_ratio(texts[0], text) / 100 for text in texts[1:]], np.float64)
