"""Likeness to what a policy is about: its rules and its examples, by static embeddings.

A policy's score for a text is a soft maximum of its cosines to the policy's violating examples and rules, less a
share of the cosine to the nearest allowed example. The text is suspicious if the score is above the policy's
threshold, the score that `flag_rate` of ordinary chat lines reach, and if something in the policy is really near.
"""

import functools
import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Embedder, Vectors
from inference.prefilter.normalise import Normaliser
from inference.prefilter.suspicion import EvidenceKind
from inference.prefilter.whitening import Whitening
from policies.policy import Policy, Rule

Positions = npt.NDArray[np.int_]

SHARPNESS = 3.0
"""Of the soft maximum. Large: the nearest anchor alone decides; 0: the mean of all of them."""
ALLOWED_SHARE = 0.1
"""How much of its likeness to an allowed example speaks for a text. More loses recall: the two share a topic."""
NEAREST_AT_LEAST = 0.1
"""The cosine below which a text has nothing in common with a policy, however rare its score is."""
NEAR_COPY = 0.7
"""The cosine from which a text is taken for a copy: of a violating example, and suspicious whatever its score; of
an allowed one, and not suspicious."""
FEWEST_WORDS = 3
"""Shorter texts resemble too much by chance: only keywords and patterns speak for them."""


_IDS = re.compile(r"<a?:(\w{1,32}):\d{1,20}>|<[@#][!&]?\d{1,20}>|@(?!everyone|here)\w{1,40}")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A text that a policy forbids: a violating example, or a rule's own words."""

    kind: EvidenceKind
    name: str
    """What evidence calls it: the example's text or the rule's id."""
    text: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """A policy that a text resembles, the nearest thing in it, and the cosine to that."""

    policy_id: str
    nearest: Anchor
    cosine: float


@dataclass(frozen=True, slots=True)
class Background:
    """What ordinary chat is like: the whitening that evens it out, and the shipped sample after it."""

    whitening: Whitening
    vectors: Vectors
    """(lines, dimensions)"""

    @classmethod
    def shipped(cls, embedder: Embedder, normaliser: Normaliser) -> "Background":
        """The sample that comes with the package, embedded; computed once for an embedder."""
        return _shipped_background(embedder, normaliser)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one policy forbids and allows, as vectors, and the score at which it becomes suspicious."""

    policy_id: str
    anchors: tuple[Anchor, ...]
    forbidden: Vectors
    """(anchors, dimensions)"""
    allowed: Vectors
    """(allowed examples, dimensions); one row of zeros if there are none."""
    threshold: float

    @classmethod
    def of(cls, policy: Policy, embedder: Embedder, normaliser: Normaliser, background: Background) -> "Profile":
        """A policy's profile."""
        anchors = _anchors(policy)
        allowed = [example.text for example in policy.examples if not example.violates]
        forbidden, allowing = (
            background.whitening(embedder.embed([prose(normaliser.folded(text)) for text in texts]))
            for texts in ([anchor.text for anchor in anchors], allowed or [""])
        )
        cosines = background.vectors @ np.concatenate([forbidden, allowing]).T
        ordinary = _closeness(cosines, np.array([0, len(forbidden)]), np.array([len(forbidden)]))
        threshold = float(np.quantile(ordinary.score, 1 - policy.prefilter.flag_rate))
        return cls(policy.id, anchors, forbidden, allowing, threshold)


class Similarity:
    """Holds a text against all policies of one guild with one matrix product. Immutable once built."""

    def __init__(self, profiles: Sequence[Profile], embedder: Embedder, whitening: Whitening) -> None:
        self._embedder = embedder
        self._whitening = whitening
        self._profiles = tuple(profiles)
        parts = [part for profile in profiles for part in (profile.forbidden, profile.allowed)]
        self._rows = np.concatenate(parts).T if parts else np.zeros((0, 0), np.float32)
        self._starts = np.cumsum([0, *map(len, parts)])[:-1]
        self._sizes = np.array([len(profile.forbidden) for profile in profiles])
        self._thresholds = np.array([profile.threshold for profile in profiles])

    def find(self, light: str) -> list[Likeness]:
        """The policies that a text (its light view) resembles more than ordinary chat does, in their order."""
        said = prose(light)
        if not self._profiles or len(said.split(maxsplit=FEWEST_WORDS)) < FEWEST_WORDS:
            return []
        cosines = self._whitening(self._embedder.embed([said])) @ self._rows
        flagged = _closeness(cosines, self._starts, self._sizes).suspicious(self._thresholds)
        return [self._likeness(int(number), cosines[0]) for number in np.flatnonzero(flagged[0])]

    def scores(self, vectors: Vectors) -> Vectors:
        """Vectors as the embedder made them (texts, dimensions) -> each policy's score (texts, policies)."""
        return _closeness(self._whitening(vectors) @ self._rows, self._starts, self._sizes).score

    def _likeness(self, number: int, cosines: Vectors) -> Likeness:
        profile = self._profiles[number]
        start = int(self._starts[2 * number])
        nearest = int(np.argmax(cosines[start : start + len(profile.anchors)]))
        return Likeness(profile.policy_id, profile.anchors[nearest], float(cosines[start + nearest]))


@dataclass(frozen=True, slots=True)
class _Closeness:
    """How close texts are to policies: three arrays (texts, policies)."""

    score: Vectors
    forbidden: Vectors
    """The cosine to the nearest forbidden text."""
    allowed: Vectors
    """The cosine to the nearest allowed text."""

    def suspicious(self, thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Which texts are suspicious to which policies, whose thresholds are given."""
        copied = (self.forbidden >= NEAR_COPY) & (self.forbidden > self.allowed)
        high = (self.score >= thresholds) & (self.forbidden >= NEAREST_AT_LEAST) & (self.allowed < NEAR_COPY)
        return copied | high


@functools.lru_cache(maxsize=2)
def _shipped_background(embedder: Embedder, normaliser: Normaliser) -> Background:
    packed = (resources.files(__package__) / "data" / "background.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode("utf-8").split("\n")
    vectors = embedder.embed([prose(normaliser.folded(line)) for line in lines])
    whitening = Whitening(vectors)
    return Background(whitening, whitening(vectors))


def prose(light: str) -> str:
    """A light view without mentions, and with custom emoji by their names: ids say nothing."""
    return _IDS.sub(r"\1", light) if "@" in light or "<" in light else light


def _closeness(cosines: Vectors, starts: Positions, sizes: Positions) -> _Closeness:
    """From cosines (texts, rows). The rows of the policies' forbidden and allowed texts take turns: `starts` is
    where each such part begins, `sizes` how many forbidden rows each policy has. The soft maximum of the latter is
    the logarithm of the mean exponential.
    """
    heat = np.add.reduceat(np.exp(SHARPNESS * cosines), starts, axis=1)[:, ::2] / sizes
    nearest = np.maximum.reduceat(cosines, starts, axis=1)
    forbidden, allowed = nearest[:, ::2], nearest[:, 1::2]
    score = np.log(heat) / SHARPNESS - ALLOWED_SHARE * np.maximum(allowed, 0)
    return _Closeness(score.astype(np.float32), forbidden, allowed)


def _anchors(policy: Policy) -> tuple[Anchor, ...]:
    rules = (Anchor(EvidenceKind.RULE, rule.id, _rule_text(rule)) for rule in policy.rules)
    examples = (Anchor(EvidenceKind.EXAMPLE, it.text, it.text) for it in policy.examples if it.violates)
    return (*rules, *examples)


def _rule_text(rule: Rule) -> str:
    """A rule says what it means in the words of a rule book; its terms are the words of a chat."""
    return " ".join((rule.text, *rule.terms))
