"""What is compared: a system ranks texts under policies."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Protocol

import numpy as np

from benchmarks.prefilter.metrics import Ranks
from inference.prefilter.embedding import Embedder, Vectors
from inference.prefilter.keywords import KeywordIndex
from inference.prefilter.normalise import Normaliser
from policies.policy import Policy

_GUILD = 1
_NEIGHBOURS = 5


class System(Protocol):
    """Ranks texts."""

    learns: bool
    """Whether a policy's examples change something."""
    at_most: int | None
    """How many texts of a kind it is shown, where it is too slow for all."""

    def ranks(self, policies: Sequence[Policy], texts: Sequence[str]) -> Mapping[str, Ranks]:
        """By the name that tables call it by: an array (texts, policies)."""
        ...


class Keywords:
    """The policy's keywords and nothing else: how many of them are found, with all readings of a text."""

    learns = False
    at_most: int | None = None

    def ranks(self, policies: Sequence[Policy], texts: Sequence[str]) -> Mapping[str, Ranks]:
        """The number of keywords found."""
        normaliser = Normaliser.shipped()
        words = [(policy.id, word) for policy in policies for word in policy.prefilter.keywords]
        index = KeywordIndex.build({_GUILD: words}, normaliser)
        place = {policy.id: number for number, policy in enumerate(policies)}
        counts = np.zeros((len(texts), len(policies)))
        for number, text in enumerate(texts):
            for hit in index.find(_GUILD, normaliser.read(text)):
                counts[number, place[hit.keyword.policy_id]] += 1
        return {"keywords only": counts}


class Sentences:
    """The cosine to the nearest sentence of the policy's rules."""

    learns = False
    at_most: int | None = None

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def ranks(self, policies: Sequence[Policy], texts: Sequence[str]) -> Mapping[str, Ranks]:
        """The largest cosine."""
        vectors = _vectors(self._embedder, texts)
        rules = [self._embedder.embed([rule.text for rule in policy.rules]) for policy in policies]
        return {"policy sentences": np.column_stack([(vectors @ each.T).max(axis=1) for each in rules])}


class Neighbours:
    """kNN: the mean cosine to the nearest violating examples, less that to the nearest allowed texts.

    Allowed texts are the allowed examples and lines of ordinary chat: without those, it takes every line of chat
    that resembles nothing for undecided (recall at 10% against chat .54 in the place of .85).
    """

    learns = True
    at_most: int | None = None

    def __init__(self, embedder: Embedder, chat: Sequence[str]) -> None:
        self._embedder = embedder
        self._chat = _vectors(embedder, chat)

    def ranks(self, policies: Sequence[Policy], texts: Sequence[str]) -> Mapping[str, Ranks]:
        """The difference of the two means; NaN for a policy without examples."""
        vectors = _vectors(self._embedder, texts)
        return {"kNN": np.column_stack([self._margin(vectors, policy) for policy in policies])}

    def _margin(self, vectors: Vectors, policy: Policy) -> Ranks:
        if not policy.examples:
            return np.full(len(vectors), np.nan)
        violating, allowed = (
            _vectors(self._embedder, [it.text for it in policy.examples if it.violates is kind])
            for kind in (True, False)
        )
        return _nearness(vectors, violating) - _nearness(vectors, np.concatenate([allowed, self._chat]))


class AltProfanityCheck:
    """alt-profanity-check: a linear model for profanity, trained on other people's labels. It knows no policy."""

    learns = False
    at_most: int | None = None

    def __init__(self) -> None:
        self._predict = import_module("profanity_check").predict_prob
        self._known: dict[str, float] = {}

    def ranks(self, policies: Sequence[Policy], texts: Sequence[str]) -> Mapping[str, Ranks]:
        """Its probability."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, map(float, self._predict(new)), strict=True))
        return {"alt-profanity-check": _for_all(policies, [self._known[text] for text in texts])}


class BetterProfanity:
    """better-profanity with its own word list. It answers yes or no, in about 30 ms."""

    learns = False

    def __init__(self, at_most: int) -> None:
        profanity = import_module("better_profanity").profanity
        profanity.load_censor_words()
        self.at_most: int | None = at_most
        self._found = cache(profanity.contains_profanity)

    def ranks(self, policies: Sequence[Policy], texts: Sequence[str]) -> Mapping[str, Ranks]:
        """1 for yes."""
        return {"better-profanity": _for_all(policies, [float(self._found(text)) for text in texts])}


def peers(slow_sample: int) -> list[System]:
    """Those of others that can be imported; says which cannot. The slow one gets `slow_sample` texts of a kind."""
    found: list[System] = []
    if is_installed("profanity_check", "alt-profanity-check"):
        found.append(AltProfanityCheck())
    if is_installed("better_profanity", "better-profanity"):
        found.append(BetterProfanity(slow_sample))
    return found


def is_installed(module: str, distribution: str) -> bool:
    """Whether the module can be imported; prints what to install if not."""
    found = find_spec(module) is not None
    if not found:
        print(f"{distribution} is left out: it is not installed (`pip install {distribution}`).\n")
    return found


def _for_all(policies: Sequence[Policy], ranks: Sequence[float]) -> Ranks:
    return np.repeat(np.array(ranks, np.float64)[:, None], len(policies), axis=1)


def _nearness(vectors: Vectors, others: Vectors) -> Ranks:
    """The mean cosine to the nearest of the others."""
    cosines = vectors @ others.T
    nearest = min(_NEIGHBOURS, len(others))
    return np.asarray(np.partition(cosines, -nearest, axis=1)[:, -nearest:].mean(axis=1), np.float64)


def _vectors(embedder: Embedder, texts: Sequence[str]) -> Vectors:
    folded = Normaliser.shipped().folded
    return embedder.embed([folded(text) for text in texts])
