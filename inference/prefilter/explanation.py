"""Why a text is flagged, or why not: every step of the prefilter, dry."""

from dataclasses import dataclass

from inference.prefilter.suspicion import Evidence


@dataclass(frozen=True, slots=True)
class Readings:
    """The ways in which a text was read."""

    written: str
    light: str
    """In plain small letters."""
    coarse: tuple[str, ...]
    """With disguises looked through; empty where nothing is disguised."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What one part adds to a score, in logits (natural logarithm); negative where it speaks for the text."""

    name: str
    logit: float


@dataclass(frozen=True, slots=True)
class Nearest:
    """The nearest text of a policy and its cosine, in [-1, 1]."""

    name: str
    """The example's text or the rule's id."""
    cosine: float


@dataclass(frozen=True, slots=True)
class ScoreExplanation:
    """How a policy's learned score for a text came about."""

    surprise: float
    """-log10 of the share of ordinary messages that score at least as high."""
    threshold: float
    """The surprise from which the score alone is enough."""
    parts: tuple[Weight, ...]
    """Their sum, and the policy's constant, is the score before it was compared with ordinary messages."""
    words: tuple[Weight, ...]
    """The words that matter most, strongest first: what the score loses without each."""
    forbidden: Nearest | None
    """The violating example or rule that is nearest in meaning."""
    allowed: Nearest | None
    """The allowed example that is nearest in meaning."""


@dataclass(frozen=True, slots=True)
class PolicyExplanation:
    """What one policy makes of a text."""

    policy_id: str
    forced: tuple[Evidence, ...]
    """Each of them flags by itself."""
    score: ScoreExplanation
    flagged: bool
    copied: str | None = None
    """The allowed example that the text is nearly the same as: it is not scored then."""
    patterns_reach: int | None = None
    """Characters of the text that patterns were looked for in; None if all, or if the policy has no patterns."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What the prefilter makes of a text, policy by policy."""

    readings: Readings
    policies: tuple[PolicyExplanation, ...]
