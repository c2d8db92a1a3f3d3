"""A judge's opinion of one text under one policy."""

from pydantic import Field

from policies.frozen import Frozen
from policies.notes import Note
from policies.policy import Effort


class Timing(Frozen):
    """Where the time of one answer went, in milliseconds. Time spent in an engine that died is not in it."""

    queued: float = Field(ge=0)
    """Waiting for a place in the batch."""
    prefill: float = Field(ge=0)
    """Reading the policy, if it was not in memory, and the message."""
    reasoning: float = Field(ge=0)
    """Writing the analysis."""
    answer: float = Field(ge=0)
    """Writing the final answer."""


class FirstLook(Frozen):
    """What a quick look said before a longer one decided (`effort: auto`)."""

    effort: Effort
    probability: float = Field(ge=0, le=1)
    tokens: int = Field(ge=0)


class Verdict(Frozen):
    """What a judge said, and what it was made with, so that it can be made again.

    Cited rules exist in the policy and quotes occur in the text; what did not was dropped and is listed in
    `notes`.
    """

    violation: bool | None
    """None means undecided: the judge's answer could not be read. A person looks at it; it is never cleared."""
    probability: float | None = Field(default=None, ge=0, le=1)
    """P(violation) against P(no violation) at the label's position."""
    label_mass: float | None = Field(default=None, ge=0, le=1.0001)
    """How much of the whole vocabulary's probability fell on the two labels. A tiny mass is an alarm."""
    rule_ids: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    rationale: str = ""
    """For moderators."""
    reasoning: str = ""
    """The raw chain of thought: for moderators who ask, never for members (harmony's guidance)."""
    notes: tuple[Note, ...] = ()
    """What a reader should know: dropped citations, a cut reasoning, a stand-in at work. `str` says it in English,
    `bot.language.said` in the reader's language."""
    effort: Effort
    """Of the look that decided; never `auto`, unless nothing could be read."""
    first_look: FirstLook | None = None
    """The look before it, when the policy's effort is `auto` and the first one was unsure."""
    tokens: int = Field(ge=0)
    """Tokens that the model generated, in all looks."""
    milliseconds: float = Field(ge=0)
    """From the request to the verdict, waiting included."""
    timing: Timing | None = None
    """The parts of it, over all looks; None where the judge does not know them."""
    policy_digest: str
    model_digest: str
    model_name: str
    prompt_version: int
    seed: int
