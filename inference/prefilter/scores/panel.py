"""The scores of all policies of one guild, for one text at a time, in one matrix product."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Vectors
from inference.prefilter.scores.calibration import Calibration
from inference.prefilter.scores.features import Features, pattern_shares
from inference.prefilter.scores.generic import GenericHead
from inference.prefilter.scores.head import Head
from inference.prefilter.scores.likeness import SHARPNESS, Anchors

Row = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scored:
    """What a text scores under every policy of the panel."""

    surprises: Row
    """(policies,)"""
    cosines: Row
    """To all anchors of all policies, one policy's after the other's."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the score of one policy comes from, in logits."""

    meaning: float
    patterns: float
    rude: float
    nearness: float
    harms: Row
    """(harms,)"""


class Panel:
    """Immutable; a few kilobytes a policy, and its anchors."""

    def __init__(self, heads: Sequence[Head], anchors: Sequence[Anchors], generic: GenericHead) -> None:
        """At least one policy."""
        self._generic = generic
        self._heads = tuple(heads)
        self._harms = np.stack([head.harms for head in heads], axis=1)
        self._meaning = np.concatenate([_padded(generic.meaning, heads[0]), _columns(heads, "meaning")], axis=1)
        self._rude = np.concatenate([generic.rude, _columns(heads, "rude")], axis=1)
        self._patterns, self._pattern_scales = _pattern_table(heads, generic)
        self._nearness = np.array([head.nearness / head.prior.nearness_deviation for head in heads], np.float32)
        means = np.array([head.prior.nearness_mean for head in heads], np.float32)
        self._constant = np.asarray(-means * self._nearness, np.float32)
        self._anchors = np.ascontiguousarray(np.concatenate([it.meaning for it in anchors]))
        self._starts = np.cumsum([0, *(len(it.items) for it in anchors)])
        self._rule_rows, self._rule_starts, self._rules = _rule_places(anchors, self._starts)
        self._calibration = Calibration(np.stack([head.knots for head in heads]))

    def score(self, text: Features) -> Scored:
        """Score a text. One that says nothing surprises nobody."""
        cosines = self._anchors @ text.meaning
        if text.is_empty:
            return Scored(np.zeros(len(self._heads), np.float32), cosines)
        linear = text.meaning @ self._meaning + text.rude @ self._rude + self._pattern_logits(text)
        known = len(self._generic.constant)
        harms = linear[:known] + self._generic.constant
        logits = linear[known:] + harms @ self._harms + self._nearness_to_rules(cosines) * self._nearness
        return Scored(self._calibration.surprises(logits + self._constant), cosines)

    def cosines_of(self, number: int, scored: Scored) -> Row:
        """The cosines to one policy's anchors."""
        return scored.cosines[self._starts[number] : self._starts[number + 1]]

    def parts(self, number: int, text: Features) -> Parts:
        """Where one policy's score for a text comes from."""
        head, known = self._heads[number], len(self._generic.constant)
        patterns, rude = self._pattern_logits(text), text.rude @ self._rude
        harms = (text.meaning @ self._meaning + rude + patterns)[:known] + self._generic.constant
        nearness = self._nearness_to_rules(self._anchors @ text.meaning)[number] - head.prior.nearness_mean
        return Parts(
            meaning=float(text.meaning @ head.meaning),
            patterns=float(patterns[known + number]),
            rude=float(text.rude @ head.rude),
            nearness=float(nearness * self._nearness[number]),
            harms=harms * head.harms,
        )

    def _pattern_logits(self, text: Features) -> Row:
        """(harms + policies,): int8 rows are weighed and summed."""
        shares = pattern_shares(text.patterns, self._generic.rarity)
        rows = self._patterns.take(text.patterns, axis=0)
        return np.asarray((shares @ rows) * self._pattern_scales, np.float32)

    def _nearness_to_rules(self, cosines: Row) -> Row:
        heat = np.exp(SHARPNESS * cosines.take(self._rule_rows))
        return np.asarray(np.log(np.add.reduceat(heat, self._rule_starts) / self._rules) / SHARPNESS, np.float32)


def _columns(heads: Sequence[Head], name: str) -> Vectors:
    return np.stack([getattr(head, name) for head in heads], axis=1)


def _padded(meaning: Vectors, head: Head) -> Vectors:
    """The general models know the shipped embedder only: further dimensions count for nothing there."""
    more = len(head.meaning) - len(meaning)
    return np.concatenate([meaning, np.zeros((more, meaning.shape[1]), np.float32)])


def _pattern_table(heads: Sequence[Head], generic: GenericHead) -> tuple[npt.NDArray[np.int8], Row]:
    """The letter patterns of the general models and of the policies, in one table (BUCKETS, columns)."""
    scales = np.maximum(np.abs(generic.patterns).max(axis=0), 1e-12) / 127
    general = np.round(generic.patterns / scales).astype(np.int8)
    table = np.concatenate([general, _columns(heads, "patterns")], axis=1)
    return np.ascontiguousarray(table), np.array([*scales, *(head.pattern_scale for head in heads)], np.float32)


def _rule_places(
    anchors: Sequence[Anchors], starts: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Row]:
    """Which anchors are rules, where each policy's begin among them, and how many each has."""
    rules = np.array([it.rules for it in anchors])
    rows = np.concatenate([start + np.arange(count) for start, count in zip(starts, rules, strict=False)])
    return rows, np.cumsum([0, *rules])[:-1], rules.astype(np.float32)
