"""Likeness to what a policy is about: its rules and its examples, by static embeddings.

A policy's score for a text is the cosine to the nearest of its violating examples and rules, less a share of
the cosine to the nearest of its allowed examples. The text is suspicious if the score is above the policy's
threshold: the score that `flag_rate` of ordinary chat lines reach, but never less than a floor.
"""

import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import numpy as np

from inference.prefilter.embedding import Embedder, Vectors
from inference.prefilter.normalise import Normaliser
from inference.prefilter.suspicion import EvidenceKind
from policies.policy import Policy

ALLOWED_SHARE = 0.5
"""How much of its likeness to an allowed example counts in a text's favour."""
FLOOR = 0.3
"""The lowest threshold: below it two texts have little in common, however rare the score."""
FEWEST_WORDS = 3
"""Shorter texts resemble too much by chance: only keywords and patterns speak for them."""


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
class _Profile:
    """What one policy forbids and allows, as vectors."""

    policy_id: str
    anchors: tuple[Anchor, ...]
    forbidden: Vectors
    """(anchors, dimensions)"""
    allowed: Vectors
    """(allowed examples, dimensions); one row of zeros if there are none."""
    flag_rate: float


class Similarity:
    """Holds a text against all policies of one guild with one matrix product. Immutable once built."""

    def __init__(
        self, policies: Sequence[Policy], embedder: Embedder, normaliser: Normaliser, background: Vectors
    ) -> None:
        """`background` (lines, dimensions): what ordinary chat is like (`background_vectors`)."""
        self._embedder = embedder
        self._profiles = [_profile(policy, embedder, normaliser) for policy in policies]
        parts = [part for profile in self._profiles for part in (profile.forbidden, profile.allowed)]
        self._rows = np.concatenate(parts) if parts else np.zeros((0, 0), np.float32)
        self._starts = np.cumsum([0, *(len(part) for part in parts)], dtype=np.intp)[:-1]
        self.thresholds = self._calibrated(background)

    def find(self, light: str) -> list[Likeness]:
        """The policies that a text (its light view) resembles more than ordinary chat does, in their order."""
        if not self._profiles or len(light.split(maxsplit=FEWEST_WORDS)) < FEWEST_WORDS:
            return []
        cosines = self._embedder.embed([light]) @ self._rows.T
        flagged = np.flatnonzero(self._scores(cosines)[0] >= self.thresholds)
        return [self._likeness(int(number), cosines[0]) for number in flagged]

    def scores(self, vectors: Vectors) -> Vectors:
        """Vectors (n, dimensions) -> each policy's score (n, policies)."""
        return self._scores(vectors @ self._rows.T)

    def _scores(self, cosines: Vectors) -> Vectors:
        nearest = np.maximum.reduceat(cosines, self._starts, axis=1)
        return np.asarray(nearest[:, ::2] - ALLOWED_SHARE * np.maximum(nearest[:, 1::2], 0), np.float32)

    def _calibrated(self, background: Vectors) -> Vectors:
        if not self._profiles:
            return np.zeros(0, np.float32)
        scores = self.scores(background)
        rare = [
            np.quantile(scores[:, number], 1 - profile.flag_rate) for number, profile in enumerate(self._profiles)
        ]
        return np.maximum(np.array(rare, np.float32), np.float32(FLOOR))

    def _likeness(self, number: int, cosines: Vectors) -> Likeness:
        profile = self._profiles[number]
        start = self._starts[2 * number]
        nearest = int(np.argmax(cosines[start : start + len(profile.anchors)]))
        return Likeness(profile.policy_id, profile.anchors[nearest], float(cosines[start + nearest]))


def _profile(policy: Policy, embedder: Embedder, normaliser: Normaliser) -> _Profile:
    rules = [Anchor(EvidenceKind.RULE, rule.id, rule.text) for rule in policy.rules]
    examples = [Anchor(EvidenceKind.EXAMPLE, it.text, it.text) for it in policy.examples if it.violates]
    allowed = [normaliser.folded(example.text) for example in policy.examples if not example.violates]
    anchors = (*rules, *examples)
    return _Profile(
        policy.id,
        anchors,
        embedder.embed([normaliser.folded(anchor.text) for anchor in anchors]),
        embedder.embed(allowed or [""]),
        policy.prefilter.flag_rate,
    )


def background_vectors(embedder: Embedder, normaliser: Normaliser) -> Vectors:
    """The shipped sample of ordinary chat lines as vectors (lines, dimensions)."""
    packed = (resources.files(__package__) / "data" / "background.txt.gz").read_bytes()
    lines = gzip.decompress(packed).decode("utf-8").split("\n")
    return embedder.embed([normaliser.folded(line) for line in lines])
