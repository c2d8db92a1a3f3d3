"""The parts of the prefilter, and how each of them is switched off."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.prefilter.labelled import LabelledSet
from inference.prefilter.embedding import StaticEmbedder, Vectors
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import Normaliser, Reading
from inference.prefilter.scores import head
from inference.prefilter.scores.features import Corpus, Features, Featuriser
from inference.prefilter.scores.lexicon import Lexicon
from inference.prefilter.scores.ngrams import Buckets

_ONE_PATTERN: Buckets = np.zeros(1, np.intp)
"""What every text is made of, where patterns tell nothing: it has no rarity, hence no weight."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that can be switched off."""

    name: str
    featuriser: Callable[[], Featuriser | None] = lambda: None
    """What reads texts without it; None: what is shipped."""
    constants: Mapping[str, float] = field(default_factory=dict)
    """Those of `scores.head` that are different without it."""
    is_general_models: bool = False
    is_own_keywords: bool = False

    def changed(self, labelled: LabelledSet) -> LabelledSet:
        """The set, its policy without keywords and patterns if that is what is switched off."""
        if not self.is_own_keywords:
            return labelled
        nothing = labelled.policy.prefilter.model_copy(update={"keywords": (), "patterns": (), "signals": ()})
        return replace(labelled, policy=labelled.policy.model_copy(update={"prefilter": nothing}))

    def without_general_models(self, knowledge: Knowledge) -> Knowledge:
        """The knowledge, its general models saying nothing if that is what is switched off."""
        if not self.is_general_models:
            return knowledge
        shipped = knowledge.generic
        names = ("meaning", "rude", "patterns", "constant")
        return knowledge.with_generic(replace(shipped, **{name: getattr(shipped, name) * 0 for name in names}))


class _Mute:
    """An embedder that knows no word."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), StaticEmbedder.shipped().embed([""]).shape[1]), np.float32)


class _WithoutPatterns(Featuriser):
    """Sees the same letter pattern in all texts."""

    def of(self, reading: Reading) -> Features:
        seen = super().of(reading)
        return seen if seen.is_empty else replace(seen, patterns=_ONE_PATTERN)

    def corpus(self, texts: Sequence[str], normaliser: Normaliser) -> Corpus:
        seen = super().corpus(texts, normaliser)
        return replace(seen, patterns=tuple(_ONE_PATTERN if len(each) else each for each in seen.patterns))


@contextmanager
def without_constants(part: Part) -> Iterator[None]:
    """Fit heads with the part's constants meanwhile."""
    before = {name: getattr(head, name) for name in part.constants}
    for name, value in part.constants.items():
        setattr(head, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(head, name, value)


PARTS = (
    Part("nothing: the whole prefilter"),
    Part("the general models of harm", is_general_models=True),
    Part("the lexicon of rude words", lambda: Featuriser(StaticEmbedder.shipped(), Lexicon({}))),
    Part("letter patterns", lambda: _WithoutPatterns(StaticEmbedder.shipped(), Lexicon.shipped())),
    Part("the embedding", lambda: Featuriser(_Mute(), Lexicon.shipped())),
    Part("likeness to the rules", constants={"PRIOR_NEARNESS": 0.0, "NEARNESS_SCALE": 0.0}),
    Part("the policy's own keywords and patterns", is_own_keywords=True),
    Part("ordinary chat in the fit", constants={"BACKGROUND_WEIGHT": 0.01}),
    Part("what the rules suggest, once there are examples", constants={"PRIOR_SHARE": 0.0}),
)
"""The first is the whole."""
