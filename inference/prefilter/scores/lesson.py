"""From a policy to its head: what its own words and examples teach."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import Normaliser
from inference.prefilter.scores.calibration import Calibration
from inference.prefilter.scores.features import Corpus, Featuriser
from inference.prefilter.scores.generic import ANY
from inference.prefilter.scores.head import Head, Lesson, Prior, Taught, fit_head
from inference.prefilter.scores.languages import known_languages
from inference.prefilter.scores.likeness import Anchors, rule_text
from policies.policy import Policy

SURELY_HARM = 2.0
"""A policy whose words score so many deviations above ordinary chat is all about harm."""
FOLDS = 5
"""Parts that the examples are split into, to score each by a fit that has not seen it."""

Row = npt.NDArray[np.float32]
_Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Learned:
    """What is worked out of a policy's words."""

    head: Head
    anchors: Anchors

    @classmethod
    def of(cls, policy: Policy, knowledge: Knowledge) -> "Learned":
        """Fit a policy's head, in a few tens of milliseconds."""
        study = _Study.of(policy, knowledge)
        head = study.fitted(study.taught)
        return cls(head if study.knows_language else head.silenced(), study.anchors)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The surprise of each of a policy's own examples under a fit that did not see it."""

    violating: tuple[float, ...]
    allowed: tuple[float, ...]
    knows_language: bool = True
    """Whether ordinary lines are known of a language that the policy is written in; else no text surprises it."""

    @classmethod
    def of(cls, policy: Policy, knowledge: Knowledge) -> "HeldOut":
        """What the examples would score if the policy did not have them: at most `FOLDS` fits."""
        study = _Study.of(policy, knowledge)
        violates = study.taught.violates
        if not study.knows_language:
            return cls((0.0,) * int(violates.sum()), (0.0,) * int((~violates).sum()), knows_language=False)
        surprises = np.zeros(len(violates), np.float32)
        for fold in _folds(violates):
            surprises[fold] = study.surprises(fold)
        return cls(tuple(surprises[violates].tolist()), tuple(surprises[~violates].tolist()))


@dataclass(frozen=True, slots=True)
class _Study:
    """A policy's words, ready for fits."""

    anchors: Anchors
    taught: Taught
    """Its examples."""
    own_harm: Row
    """What the general models find in its rules and keywords (rules + 1,)."""
    lesson: Lesson
    """About no harm: that depends on the examples."""
    knows_language: bool
    """Whether ordinary lines are known of a language that it is written in."""

    @classmethod
    def of(cls, policy: Policy, knowledge: Knowledge) -> "_Study":
        words, generic = _Words.of(policy, knowledge.featuriser), knowledge.generic
        background = knowledge.background_in(words.languages)
        anchors = Anchors.of(policy, np.concatenate([words.rules.meaning, words.examples.meaning]))
        usual = anchors.nearness_to_rules(background.texts.meaning)
        prior = Prior.of(usual, background.weights)
        nothing = np.zeros(len(background.texts), np.bool_)
        ordinary = Taught(background.texts, background.harms, prior.standardised(usual), nothing)
        nearness = prior.standardised(anchors.nearness_to_rules(words.examples.meaning))
        violates = np.array([example.violates for example in policy.examples], np.bool_)
        taught = Taught(words.examples, generic.logits(words.examples), nearness, violates)
        own_harm = np.concatenate([generic.logits(texts)[:, ANY] for texts in (words.rules, words.keywords)])
        return cls(
            anchors, taught, own_harm, Lesson(ordinary, prior, background, generic.rarity), bool(words.languages)
        )

    def fitted(self, taught: Taught) -> Head:
        """A head that knows these of the examples, and what the policy is about by them."""
        prior = self.lesson.prior.about_harm(_about_harm(self.own_harm, taught))
        return fit_head(taught, replace(self.lesson, prior=prior))

    def surprises(self, fold: _Mask) -> Row:
        """Those of some examples, by a fit on the others."""
        head = self.fitted(self.taught.take(~fold))
        scores = head.scores(self.taught.take(fold), self.lesson.rarity)
        return Calibration(np.tile(head.knots, (len(scores), 1))).surprises(scores)


@dataclass(frozen=True, slots=True)
class _Words:
    """What a policy says in its own words."""

    rules: Corpus
    keywords: Corpus
    """All of them in one text; none where there are none."""
    examples: Corpus
    languages: frozenset[str]
    """Those that the rules and examples are written in, of those that are known."""

    @classmethod
    def of(cls, policy: Policy, featuriser: Featuriser) -> "_Words":
        keywords = [" ".join(policy.prefilter.keywords)] if policy.prefilter.keywords else []
        rules, examples = [*map(rule_text, policy.rules)], [example.text for example in policy.examples]
        corpus = featuriser.corpus([*rules, *keywords, *examples], Normaliser.shipped())
        first, last = len(rules), len(rules) + len(keywords)
        places = (slice(first), slice(first, last), slice(last, None))
        of_rules, of_keywords, of_examples = (corpus.take(rows) for rows in places)
        languages = known_languages().of_texts([*rules, *examples])
        return cls(of_rules, of_keywords, of_examples, languages)


def _about_harm(own: Row, taught: Taught) -> float:
    """Whether a policy is about what is harm anywhere, by its own words, or about something of its own."""
    mean = float(np.concatenate([own, taught.harms[taught.violates, ANY]]).mean())
    return min(max(mean / SURELY_HARM, 0.0), 1.0)


def _folds(violates: _Mask) -> Iterator[_Mask]:
    """Masks of the examples, each in one of them, violating and allowed ones spread evenly."""
    number = np.zeros(len(violates), np.intp)
    for kind in (violates, ~violates):
        number[kind] = np.arange(kind.sum()) % FOLDS
    for fold in range(FOLDS):
        if (number == fold).any():
            yield number == fold
