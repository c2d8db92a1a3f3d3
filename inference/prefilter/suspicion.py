"""Why a message is worth the model's time: the prefilter's answer."""

from enum import StrEnum

from pydantic import Field

from policies.frozen import Frozen


class EvidenceKind(StrEnum):
    """What raised a suspicion."""

    KEYWORD = "keyword"
    PATTERN = "pattern"
    EXAMPLE = "example"
    """The text is close to an example written in the policy."""
    RULE = "rule"
    """The text is close to the wording of a rule."""
    SCORE = "score"
    """The text reads like what the policy forbids, by all that was learned from its examples and rules."""
    LINK = "link"
    """A link that the policy wants to have looked at: known for phishing, a look-alike, an invite."""
    MENTIONS = "mentions"
    """Many members or roles are mentioned at once."""
    REPEAT = "repeat"
    """The same text, or nearly the same, was written several times within a short time."""
    AUDIT = "audit"
    """Nothing suspects the text: it was drawn at random, to estimate what is missed."""
    REPORT = "report"
    """Nothing suspects the text: a member reported it."""
    ASKED = "asked"
    """Nothing suspects the text: a moderator wants to know."""
    AUTOMOD = "automod"
    """Nothing suspects the text: Discord's own AutoMod raised an alert."""


class Evidence(Frozen):
    """One reason, and where in the member's own text it is."""

    kind: EvidenceKind
    name: str
    """The keyword, the pattern, the example's text, the rule's id, or what is wrong with the link."""
    start: int = Field(ge=0)
    """First character of the span in the raw text."""
    end: int = Field(ge=0)
    """One past the last character."""
    quote: str
    """`text[start:end]`: the member's own characters."""
    reading: str | None = None
    """How the span reads in plain letters, when it was disguised (`l0ser` -> `loser`)."""
    score: float | None = None
    """Cosine similarity for EXAMPLE and RULE; None for exact matches."""


class Suspicion(Frozen):
    """One policy's suspicion of one text."""

    policy_id: str
    evidence: tuple[Evidence, ...] = Field(min_length=1)
    score: float | None = None
    """The surprise: -log10 of the share of ordinary messages that score at least as high under this policy. None
    where no score was asked for."""

    @property
    def is_audit(self) -> bool:
        """Whether the text was drawn at random, and is not suspected of anything."""
        return all(item.kind is EvidenceKind.AUDIT for item in self.evidence)

    @property
    def readings(self) -> tuple[str, ...]:
        """Plain readings of disguised words, each once, in the order found."""
        return tuple(self._disguised())

    @property
    def written(self) -> tuple[str, ...]:
        """The member's own spelling of each of `readings`, in the same order."""
        return tuple(self._disguised().values())

    def _disguised(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for item in self.evidence:
            if item.reading:
                found.setdefault(item.reading, item.quote)
        return found
