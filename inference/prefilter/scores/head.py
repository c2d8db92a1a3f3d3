"""One policy's learned score: two small linear models, fitted in milliseconds when the policy is saved.

The first reads the meaning (static embedding), the general harms, the rude words and the nearness to the rules;
the second the letter patterns. Both are logistic regressions on the policy's own examples against ordinary chat,
on top of what its rules alone suggest; their logits are added.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Vectors
from inference.prefilter.scores import logistic
from inference.prefilter.scores.background import MEANING_LINES, PATTERN_LINES, Background
from inference.prefilter.scores.calibration import knots_of
from inference.prefilter.scores.features import Corpus
from inference.prefilter.scores.generic import ANY, HARMS, GenericHead
from inference.prefilter.scores.lexicon import LISTS
from inference.prefilter.scores.likeness import Anchors
from inference.prefilter.scores.ngrams import BUCKETS

Row = npt.NDArray[np.float32]

HARM_SCALE = 0.1
RUDE_SCALE = 0.3
NEARNESS_SCALE = 0.1
"""How much of each kind of feature the first model sees, next to the meaning, whose length is 1."""
MEANING_RIDGE = 0.2
PATTERN_RIDGE = 0.06
BACKGROUND_WEIGHT = 3.0
"""The background weighs so many times the violating examples: nearly all traffic is ordinary chat."""
FEWEST_VIOLATING = 10
"""... and never less than that many of them would."""
PRIOR_EXAMPLES = 15
"""What the rules suggest counts half with so many examples, and ever less with more."""
PRIOR_SHARE = 0.6
PRIOR_HARM = 1.0
PRIOR_NEARNESS = 0.5


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
    def of(cls, anchors: Anchors, about_harm: float, ordinary: Corpus) -> "Prior":
        """`about_harm`, in [0, 1]: whether the policy's own words are what the general models call harm."""
        nearness = anchors.nearness_to_rules(ordinary.meaning)
        deviation = max(float(nearness.std()), 1e-6)
        return cls(PRIOR_HARM * about_harm, PRIOR_NEARNESS, float(nearness.mean()), deviation)

    def standardised(self, nearness: Vectors) -> Vectors:
        """Nearness to the rules (texts,) -> mean 0 and deviation 1 over ordinary chat."""
        return np.asarray((nearness - self.nearness_mean) / self.nearness_deviation, np.float32)


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


@dataclass(frozen=True, slots=True)
class Taught:
    """What a head is fitted on: texts, what they read like, and whether they violate."""

    texts: Corpus
    harms: Vectors
    nearness: Vectors
    """Standardised (texts,)."""
    violates: npt.NDArray[np.bool_]


def fit_head(taught: Taught, prior: Prior, anchors: Anchors, background: Background, generic: GenericHead) -> Head:
    """Fit both models. Without a violating example, the rules alone speak."""
    can_learn = bool(taught.violates.any())
    share = PRIOR_SHARE * PRIOR_EXAMPLES / (PRIOR_EXAMPLES + len(taught.texts)) if can_learn else 1.0
    nearness = prior.standardised(anchors.nearness_to_rules(background.texts.meaning))
    ordinary = Taught(background.texts, background.harms, nearness, np.zeros(len(nearness), np.bool_))
    if can_learn:
        meaning = _meaning_weights(taught, _take(ordinary, slice(MEANING_LINES)), prior, share)
        patterns = _pattern_weights(
            taught, _take(ordinary, slice(PATTERN_LINES)), prior, share, background, generic
        )
    else:
        meaning = np.zeros(_dense(_take(ordinary, slice(1))).shape[1], np.float32)
        patterns = np.zeros(BUCKETS, np.float32)
    head = _unpacked(meaning, patterns, prior, share)
    unseen = _take(ordinary, slice(MEANING_LINES, None))
    logits = _dense_logits(head, unseen) + background.calibrating.logits(_whole_patterns(head))
    return replace(head, knots=knots_of(logits))


def scores(head: Head, taught: Taught, generic: GenericHead) -> Vectors:
    """The head's logits for texts -> (texts,)."""
    return _dense_logits(head, taught) + taught.texts.pattern_logits(_whole_patterns(head), generic.rarity)


def _dense_logits(head: Head, taught: Taught) -> Vectors:
    linear = taught.texts.meaning @ head.meaning + taught.harms @ head.harms + taught.texts.rude @ head.rude
    return np.asarray(linear + taught.nearness * head.nearness, np.float32)


def _whole_patterns(head: Head) -> Row:
    return head.patterns.astype(np.float32) * np.float32(head.pattern_scale)


def _meaning_weights(taught: Taught, ordinary: Taught, prior: Prior, share: float) -> Row:
    rows = np.concatenate([_dense(taught), _dense(ordinary)])
    return _weights_of(rows, rows @ rows.T, _goal(taught, ordinary, prior, share), MEANING_RIDGE)


def _pattern_weights(
    taught: Taught, ordinary: Taught, prior: Prior, share: float, background: Background, generic: GenericHead
) -> Row:
    own = taught.texts.pattern_matrix(generic.rarity)
    across = own @ background.patterns.T
    kernel = np.block([[own @ own.T, across], [across.T, background.pattern_kernel]])
    rows = np.concatenate([own, background.patterns])
    return _weights_of(rows, kernel, _goal(taught, ordinary, prior, share), PATTERN_RIDGE)


@dataclass(frozen=True, slots=True)
class _Goal:
    """What a fit shall tell of each text. All arrays are (texts,)."""

    labels: logistic.Array
    weights: logistic.Array
    offset: logistic.Array


def _goal(taught: Taught, ordinary: Taught, prior: Prior, share: float) -> _Goal:
    return _Goal(
        np.concatenate([taught.violates, ordinary.violates]).astype(np.float64),
        _weights(taught, len(ordinary.violates)),
        share * np.concatenate([_prior_logits(taught, prior), _prior_logits(ordinary, prior)]).astype(np.float64),
    )


def _weights_of(rows: Vectors, kernel: Vectors, goal: _Goal, ridge: float) -> Row:
    task = logistic.Task(kernel.astype(np.float64), goal.labels, goal.weights, goal.offset, ridge)
    coefficients, _ = logistic.fit(task)
    return np.asarray(rows.T @ coefficients.astype(np.float32), np.float32)


def _weights(taught: Taught, ordinary: int) -> logistic.Array:
    mass = BACKGROUND_WEIGHT * (int(taught.violates.sum()) + FEWEST_VIOLATING)
    return np.concatenate([np.ones(len(taught.texts)), np.full(ordinary, mass / ordinary)])


def _dense(taught: Taught) -> Vectors:
    """(texts, dimensions + harms + lists + 1)"""
    parts = (
        taught.texts.meaning,
        taught.harms * HARM_SCALE,
        taught.texts.rude * RUDE_SCALE,
        taught.nearness[:, None] * NEARNESS_SCALE,
    )
    return np.concatenate(parts, axis=1)


def _prior_logits(taught: Taught, prior: Prior) -> Vectors:
    return np.asarray(prior.harm * taught.harms[:, ANY] + prior.nearness * taught.nearness, np.float32)


def _unpacked(dense: Row, patterns: Row, prior: Prior, share: float) -> Head:
    """The scales of the features and the prior, folded into the weights."""
    dimensions = len(dense) - len(HARMS) - len(LISTS) - 1
    meaning, harms, rude, nearness = np.split(dense, np.cumsum([dimensions, len(HARMS), len(LISTS)]))
    harms = harms * HARM_SCALE
    harms[ANY] += share * prior.harm
    scale = max(float(np.abs(patterns).max()), 1e-12) / 127
    return Head(
        meaning=meaning,
        harms=harms,
        rude=rude * RUDE_SCALE,
        nearness=float(nearness[0]) * NEARNESS_SCALE + share * prior.nearness,
        patterns=np.round(patterns / scale).astype(np.int8),
        pattern_scale=scale,
        prior=prior,
        knots=np.zeros(0, np.float32),
    )


def _take(taught: Taught, rows: slice) -> Taught:
    return Taught(taught.texts.take(rows), taught.harms[rows], taught.nearness[rows], taught.violates[rows])
