"""From a policy to its head: what its own words and examples teach."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Vectors
from inference.prefilter.normalise import Normaliser
from inference.prefilter.scores.background import Background
from inference.prefilter.scores.calibration import Calibration
from inference.prefilter.scores.features import Corpus, Featuriser
from inference.prefilter.scores.generic import ANY, GenericHead
from inference.prefilter.scores.head import Head, Prior, Taught, fit_head, scores
from inference.prefilter.scores.likeness import Anchors, rule_text
from policies.policy import Policy

SURELY_HARM = 2.0
"""A policy whose words score so many deviations above ordinary chat is all about harm."""
FOLDS = 5
"""Parts that the examples are split into, to score each by a fit that has not seen it."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The surprise of each of a policy's own examples under a fit that did not see it."""

    violating: tuple[float, ...]
    allowed: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Teacher:
    """Fits heads. Immutable."""

    featuriser: Featuriser
    generic: GenericHead
    background: Background

    def head(self, policy: Policy, anchors: Anchors) -> Head:
        """The head of a policy, in a few tens of milliseconds."""
        prior = Prior.of(anchors, self._about_harm(policy), self.background.texts)
        return self._fit(self._taught(policy, anchors, prior), anchors, prior)

    def held_out(self, policy: Policy, anchors: Anchors) -> HeldOut:
        """What the examples would score if the policy did not have them: `FOLDS` fits."""
        prior = Prior.of(anchors, self._about_harm(policy), self.background.texts)
        taught = self._taught(policy, anchors, prior)
        surprises = np.zeros(len(policy.examples), np.float32)
        for fold in _folds(taught.violates):
            head = self._fit(_rows(taught, ~fold), anchors, prior)
            found = scores(head, _rows(taught, fold), self.generic)
            calibration = Calibration(head.knots[None, :])
            surprises[fold] = [calibration.surprises(score[None])[0] for score in found]
        return HeldOut(
            tuple(map(float, surprises[taught.violates])), tuple(map(float, surprises[~taught.violates]))
        )

    def _fit(self, taught: Taught, anchors: Anchors, prior: Prior) -> Head:
        return fit_head(taught, prior, anchors, self.background, self.generic)

    def _taught(self, policy: Policy, anchors: Anchors, prior: Prior) -> Taught:
        corpus = self._corpus([example.text for example in policy.examples])
        nearness = prior.standardised(anchors.nearness_to_rules(corpus.meaning))
        violates = np.array([example.violates for example in policy.examples], np.bool_)
        return Taught(corpus, self.generic.logits(corpus), nearness, violates)

    def _about_harm(self, policy: Policy) -> float:
        """Whether a policy is about what is harm anywhere, by its own words, or about something of its own."""
        own = [*map(rule_text, policy.rules), " ".join(policy.prefilter.keywords)]
        own += [example.text for example in policy.examples if example.violates]
        mean = float(self.generic.logits(self._corpus(own))[:, ANY].mean())
        return min(max(mean / SURELY_HARM, 0.0), 1.0)

    def _corpus(self, texts: list[str]) -> Corpus:
        return self.featuriser.corpus(texts, Normaliser.shipped())


def _folds(violates: npt.NDArray[np.bool_]) -> Iterator[npt.NDArray[np.bool_]]:
    """Masks of the examples, each in one of them, violating and allowed ones spread evenly."""
    number = np.zeros(len(violates), np.intp)
    for kind in (violates, ~violates):
        number[kind] = np.arange(kind.sum()) % FOLDS
    for fold in range(FOLDS):
        if (number == fold).any():
            yield number == fold


def _rows(taught: Taught, mask: npt.NDArray[np.bool_]) -> Taught:
    rows: npt.NDArray[np.intp] = np.flatnonzero(mask)
    meaning: Vectors = taught.harms[rows]
    return Taught(taught.texts.take(rows), meaning, taught.nearness[rows], taught.violates[rows])
