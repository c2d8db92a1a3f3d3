"""One policy's learned score: two small linear models, fitted in milliseconds when the policy is saved.

The first reads the meaning (static embedding), the general harms, the rude words and the nearness to the rules;
the second the letter patterns. Both are logistic regressions on the policy's own examples against ordinary chat,
on top of what its rules alone suggest; their logits are added.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Vectors
from inference.prefilter.scores import logistic
from inference.prefilter.scores.background import Background
from inference.prefilter.scores.calibration import knots_of
from inference.prefilter.scores.features import Corpus
from inference.prefilter.scores.generic import ANY, HARMS
from inference.prefilter.scores.lexicon import LISTS
from inference.prefilter.scores.ngrams import BUCKETS
from inference.prefilter.scores.packing import packed, unpacked

Row = npt.NDArray[np.float32]

HARM_SCALE = 0.1
RUDE_SCALE = 0.3
NEARNESS_SCALE = 0.1
"""How much of each kind of feature the first model sees, next to the meaning, whose length is 1."""
MEANING_RIDGE = 0.2
PATTERN_RIDGE = 0.06
BACKGROUND_WEIGHT = 6.0
"""The background weighs so many times the violating examples: nearly all traffic is ordinary chat."""
FEWEST_VIOLATING = 10
"""... and never less than that many of them would."""
PRIOR_EXAMPLES = 15
"""What the rules suggest counts half with so many examples, and ever less with more."""
PRIOR_SHARE = 0.6
PRIOR_HARM = 1.0
PRIOR_NEARNESS = 0.5
_NEVER = np.float32(1e6)
"""A score that no text has."""


@dataclass(frozen=True, slots=True)
class Prior:
    """What a policy's rules suggest before any example: a logit out of the general harms and the nearness."""

    harm: float
    """Weight of "any harm": how much the policy is about harm at all, in [0, 1]."""
    nearness: float
    nearness_mean: float
    nearness_deviation: float
    """Of the nearness to the rules over ordinary chat."""

    @classmethod
    def of(cls, ordinary_nearness: Row, weights: Row) -> "Prior":
        """Of a policy about no harm. `ordinary_nearness` (lines,): how near ordinary chat is to its rules;
        `weights` (lines,): how much each line counts, 1 in all."""
        mean = float(ordinary_nearness @ weights)
        variance = float((ordinary_nearness - mean) ** 2 @ weights)
        return cls(0.0, PRIOR_NEARNESS, mean, max(math.sqrt(variance), 1e-6))

    def about_harm(self, share: float) -> "Prior":
        """`share`, in [0, 1]: how much the policy's own words are what the general models call harm."""
        return replace(self, harm=PRIOR_HARM * share)

    def standardised(self, nearness: Row) -> Row:
        """Nearness to the rules (texts,) -> mean 0 and deviation 1 over ordinary chat."""
        return np.asarray((nearness - self.nearness_mean) / self.nearness_deviation, np.float32)


@dataclass(frozen=True, slots=True)
class Taught:
    """What a head is fitted on: texts, what they read like, and whether they violate."""

    texts: Corpus
    harms: Vectors
    nearness: Row
    """Standardised (texts,)."""
    violates: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.violates)

    def take(self, rows: npt.NDArray[np.bool_] | slice) -> "Taught":
        """Some of the texts."""
        return Taught(self.texts.take(rows), self.harms[rows], self.nearness[rows], self.violates[rows])

    def scaled(self) -> Vectors:
        """What the first model reads (texts, dimensions + harms + lists + 1)."""
        parts = (
            self.texts.meaning,
            self.harms * HARM_SCALE,
            self.texts.rude * RUDE_SCALE,
            self.nearness[:, None] * NEARNESS_SCALE,
        )
        return np.concatenate(parts, axis=1)

    def suggested(self, prior: Prior) -> Row:
        """The logits that the rules suggest (texts,)."""
        return np.asarray(prior.harm * self.harms[:, ANY] + prior.nearness * self.nearness, np.float32)


@dataclass(frozen=True, slots=True)
class Head:
    """The weights of a policy's score. All of it is linear in the features."""

    meaning: Row
    """(dimensions,)"""
    harms: Row
    """(harms,)"""
    rude: Row
    """(lists,)"""
    nearness: float
    """Of the standardised nearness to the rules."""
    patterns: npt.NDArray[np.int8]
    """(BUCKETS,), times `pattern_scale`"""
    pattern_scale: float
    prior: Prior
    knots: Row
    """Its calibration: the score that each share of ordinary messages reaches (tails,)."""

    def silenced(self) -> "Head":
        """The same weights; but nothing can be said of how rare a score is, so no text surprises it."""
        return replace(self, knots=_NEVER + np.arange(len(self.knots), dtype=np.float32))

    def scores(self, taught: Taught, rarity: Row) -> Row:
        """The logits of texts (texts,). `rarity` (BUCKETS,): that of the general models."""
        return self.scores_but_patterns(taught) + taught.texts.pattern_logits(self.pattern_weights(), rarity)

    def scores_but_patterns(self, taught: Taught) -> Row:
        """What the first model adds to the logits (texts,)."""
        linear = taught.texts.meaning @ self.meaning + taught.harms @ self.harms + taught.texts.rude @ self.rude
        return np.asarray(linear + taught.nearness * self.nearness, np.float32)

    def pattern_weights(self) -> Row:
        """(BUCKETS,)"""
        return unpacked(self.patterns, self.pattern_scale)


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a policy's head is fitted on besides its examples."""

    ordinary: Taught
    """All lines of the background."""
    prior: Prior
    background: Background
    rarity: Row
    """(BUCKETS,)"""


def fit_head(taught: Taught, lesson: Lesson) -> Head:
    """Fit both models. Without a violating example, the rules alone speak."""
    head = _learned(taught, lesson) if taught.violates.any() else _suggested(lesson)
    return replace(head, knots=_calibrated(head, lesson))


def _calibrated(head: Head, lesson: Lesson) -> Row:
    """The knots: what is as rare as they say in each language of the background, by its own lines."""
    background = lesson.background
    unseen = lesson.ordinary.take(slice(background.meaning_lines, None))
    scores = head.scores_but_patterns(unseen) + background.calibrating.logits(head.pattern_weights())
    return np.asarray(np.max([knots_of(each) for each in background.by_language(scores)], axis=0))


def _learned(taught: Taught, lesson: Lesson) -> Head:
    share = PRIOR_SHARE * PRIOR_EXAMPLES / (PRIOR_EXAMPLES + len(taught))
    return _head(
        _meaning_weights(taught, lesson, share), _pattern_weights(taught, lesson, share), lesson.prior, share
    )


def _suggested(lesson: Lesson) -> Head:
    width = lesson.ordinary.texts.meaning.shape[1] + len(HARMS) + len(LISTS) + 1
    return _head(np.zeros(width, np.float32), np.zeros(BUCKETS, np.float32), lesson.prior, share=1)


def _meaning_weights(taught: Taught, lesson: Lesson, share: float) -> Row:
    background = lesson.background
    ordinary = lesson.ordinary.take(slice(background.meaning_lines))
    rows = np.concatenate([taught.scaled(), ordinary.scaled()])
    transposed = np.ascontiguousarray(rows.T)
    goal = _Goal.of(taught, _Usual(ordinary, background.meaning_weights), lesson.prior, share)
    return transposed @ goal.reached(lambda vector: rows @ (transposed @ vector), MEANING_RIDGE)


def _pattern_weights(taught: Taught, lesson: Lesson, share: float) -> Row:
    background, own = lesson.background, taught.texts.pattern_matrix(lesson.rarity)
    lines = background.patterns
    across = own @ lines.T
    kernel = np.block([[own @ own.T, across], [across.T, background.pattern_kernel]])
    usual = _Usual(lesson.ordinary.take(slice(len(lines))), background.pattern_weights)
    goal = _Goal.of(taught, usual, lesson.prior, share)
    coefficients = goal.reached(kernel.__matmul__, PATTERN_RIDGE)
    return coefficients[: len(own)] @ own + coefficients[len(own) :] @ lines


@dataclass(frozen=True, slots=True)
class _Usual:
    """Ordinary lines that a fit reads."""

    lines: Taught
    weights: Row
    """(lines,), 1 in all."""


@dataclass(frozen=True, slots=True)
class _Goal:
    """What a fit shall tell of each text. All arrays are (texts,)."""

    labels: Row
    weights: Row
    offset: Row

    @classmethod
    def of(cls, taught: Taught, usual: _Usual, prior: Prior, share: float) -> "_Goal":
        """Of the examples, and of ordinary lines after them."""
        ordinary = usual.lines
        mass = BACKGROUND_WEIGHT * (int(taught.violates.sum()) + FEWEST_VIOLATING)
        weights = np.concatenate([np.ones(len(taught)), mass * usual.weights])
        suggested = np.concatenate([taught.suggested(prior), ordinary.suggested(prior)])
        labels = np.concatenate([taught.violates, ordinary.violates])
        return cls(labels.astype(np.float32), weights.astype(np.float32), np.float32(share) * suggested)

    def reached(self, kernel: logistic.Kernel, ridge: float) -> Row:
        """The coefficients of the texts (texts,)."""
        return logistic.fit(logistic.Task(kernel, self.labels, self.weights, self.offset, ridge))


def _head(weights: Row, patterns: Row, prior: Prior, share: float) -> Head:
    """The scales of the features and the prior, folded into the weights."""
    dimensions = len(weights) - len(HARMS) - len(LISTS) - 1
    meaning, harms, rude, nearness = np.split(weights, np.cumsum([dimensions, len(HARMS), len(LISTS)]))
    harms = harms * HARM_SCALE
    harms[ANY] += share * prior.harm
    pattern_bytes, pattern_scale = packed(patterns)
    return Head(
        meaning=meaning,
        harms=harms,
        rude=rude * RUDE_SCALE,
        nearness=float(nearness[0]) * NEARNESS_SCALE + share * prior.nearness,
        patterns=pattern_bytes,
        pattern_scale=float(pattern_scale),
        prior=prior,
        knots=np.zeros(0, np.float32),
    )
