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
from inference.prefilter.scores.lexicon import NONE as NO_RUDE_WORDS
from inference.prefilter.scores.likeness import SHARPNESS, AnchorTable
from inference.prefilter.scores.ngrams import Buckets
from inference.prefilter.scores.packing import packed, side_by_side

Row = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scored:
    """What a text scores under every policy of the panel."""

    surprises: Row
    """(policies,)"""
    cosines: Row
    """To all anchors of all policies, as `AnchorTable` has them."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the score of one policy comes from, in logits."""

    meaning: float
    patterns: float
    rude: float
    nearness: float
    harms: Row
    """(harms,)"""

    @property
    def logit(self) -> float:
        """The score before it is compared with ordinary messages: what `scores.head` gives, but for rounding."""
        return self.meaning + self.patterns + self.rude + self.nearness + float(self.harms.sum())


class Panel:
    """Immutable; some ten kilobytes a policy, and its anchors.

    The general models and the policies' heads are columns of the same matrices, the general models first: (harms +
    policies). What the former find is weighed by the latter.
    """

    def __init__(self, heads: Sequence[Head], anchors: AnchorTable, generic: GenericHead) -> None:
        """At least one policy; `anchors` are theirs, in the same order."""
        self._anchors = anchors
        self._rarity = generic.rarity
        self._known = len(generic.constant)
        self._general_constant = generic.constant
        self._meaning = np.concatenate([_padded(generic.meaning, heads[0]), _columns(heads, "meaning")], axis=1)
        self._rude = np.concatenate([generic.rude, _columns(heads, "rude")], axis=1)
        self._patterns, self._pattern_scales = _pattern_table(heads, generic)
        self._harms = _columns(heads, "harms")
        self._nearness = np.array([head.nearness / head.prior.nearness_deviation for head in heads], np.float32)
        self._constant = -self._nearness * np.array([head.prior.nearness_mean for head in heads], np.float32)
        self._calibration = Calibration(np.stack([head.knots for head in heads]))
        self._fold()

    def _fold(self) -> None:
        """Multiply out what is the same for all texts: what the general models find is a linear part of each
        policy's logit. `parts` tells them apart, and needs the tables above."""
        fold = np.concatenate([self._harms, np.eye(len(self._nearness), dtype=np.float32)])
        self._folded_meaning = np.ascontiguousarray((self._meaning @ fold).T)
        self._folded_rude = self._rude @ fold
        self._folded_patterns = self._pattern_scales[:, None] * fold
        self._heat = self._nearness / SHARPNESS
        self._rest = self._constant + self._general_constant @ self._harms - self._heat * self._anchors.usual_heat

    def score(self, text: Features) -> Scored:
        """Score a text. One that says nothing surprises nobody."""
        cosines = self._anchors.cosines(text.meaning)
        if text.is_empty:
            return Scored(np.zeros(len(self._nearness), np.float32), cosines)
        return Scored(self._calibration.surprises(self._logits(text, cosines)), cosines)

    def logits(self, text: Features) -> Row:
        """The scores before they are compared with ordinary messages (policies,)."""
        return self._logits(text, self._anchors.cosines(text.meaning))

    def parts(self, number: int, text: Features) -> Parts:
        """Where one policy's score for a text comes from."""
        meaning, rude, patterns = self._linear(text)
        harms = (meaning + rude + patterns)[: self._known] + self._general_constant
        column = self._known + number
        return Parts(
            meaning=float(meaning[column]),
            patterns=float(patterns[column]),
            rude=float(rude[column]),
            nearness=float(self._nearness_logits(self._anchors.cosines(text.meaning))[number]),
            harms=harms * self._harms[:, number],
        )

    def _logits(self, text: Features, cosines: Row) -> Row:
        logits = self._anchors.heat(cosines)
        logits *= self._heat
        logits += self._folded_meaning.dot(text.meaning)
        logits += self._pattern_columns(text.patterns).dot(self._folded_patterns)
        if text.rude is not NO_RUDE_WORDS:
            logits += text.rude.dot(self._folded_rude)
        logits += self._rest
        return logits

    def _pattern_columns(self, patterns: Buckets) -> Row:
        """What the letter patterns add to each column, but for its scale (harms + policies,)."""
        rows = self._patterns.take(patterns, axis=0).astype(np.float32)  # of two types it takes twice as long
        return np.asarray(pattern_shares(patterns, self._rarity).dot(rows))

    def _linear(self, text: Features) -> tuple[Row, Row, Row]:
        """What meaning, rude words and letter patterns add to each column, each (harms + policies,)."""
        patterns = self._pattern_columns(text.patterns) * self._pattern_scales
        return text.meaning @ self._meaning, text.rude @ self._rude, patterns

    def _nearness_logits(self, cosines: Row) -> Row:
        return np.asarray(self._anchors.nearness_to_rules(cosines) * self._nearness + self._constant, np.float32)


def _columns(heads: Sequence[Head], name: str) -> Vectors:
    return np.stack([getattr(head, name) for head in heads], axis=1)


def _padded(meaning: Vectors, head: Head) -> Vectors:
    """The general models know the shipped embedder only: further dimensions count for nothing there."""
    more = len(head.meaning) - len(meaning)
    return np.concatenate([meaning, np.zeros((more, meaning.shape[1]), np.float32)])


def _pattern_table(heads: Sequence[Head], generic: GenericHead) -> tuple[npt.NDArray[np.int8], Row]:
    """The letter patterns of all models (BUCKETS, harms + policies), and their scales."""
    values = np.stack([head.patterns for head in heads], axis=1)
    scales = np.array([head.pattern_scale for head in heads], np.float32)
    return side_by_side([packed(generic.patterns), (values, scales)])
