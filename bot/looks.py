"""How the model came to its verdict: with how much effort, in one look or two, and where the time went."""

from dataclasses import dataclass
from typing import Self

from policies.policy import Effort
from policies.verdict import FirstLook, Timing, Verdict


@dataclass(frozen=True, slots=True)
class Look:
    """What a verdict took."""

    effort: Effort
    """Of the look that decided."""
    first: FirstLook | None
    """The look before it, when that one was unsure."""
    tokens: int
    milliseconds: float
    timing: Timing | None

    @classmethod
    def of(cls, verdict: Verdict) -> Self:
        """The one that led to this verdict."""
        return cls(verdict.effort, verdict.first_look, verdict.tokens, verdict.milliseconds, verdict.timing)

    @property
    def second(self) -> str:
        """In a few words, why the model looked again; "" where one look was enough."""
        if self.first is None:
            return ""
        return (
            f"second look at {self.effort} effort; the first, at {self.first.effort}, "
            f"was unsure ({self.first.probability:.0%} likely)"
        )

    @property
    def lines(self) -> list[str]:
        """Effort, tokens and times, one fact a line."""
        looks = self.second or f"{self.effort} effort"
        took = f"{_seconds(self.milliseconds)}{_parts(self.timing)}"
        return [f"{looks}; {self.tokens} tokens", took]


def _parts(timing: Timing | None) -> str:
    if timing is None:
        return ""
    parts = {
        "waiting": timing.queued,
        "reading": timing.prefill,
        "reasoning": timing.reasoning,
        "answering": timing.answer,
    }
    return ": " + ", ".join(f"{_seconds(milliseconds)} {what}" for what, milliseconds in parts.items())


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.1f} s"
