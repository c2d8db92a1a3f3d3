"""How the model came to its verdict: with how much effort, in one look or two, and where the time went."""

from dataclasses import dataclass
from typing import Self

from bot.language import marked, number, percent, tr, tr_in, tr_n
from policies.policy import Effort
from policies.verdict import FirstLook, Timing, Verdict

EFFORTS = {
    Effort.LOW: marked("low", context="effort"),
    Effort.MEDIUM: marked("medium", context="effort"),
    Effort.HIGH: marked("high", context="effort"),
    Effort.AUTO: marked("auto", context="effort"),
}
"""How long the model may reason, in words."""


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
        return tr(
            "second look at {effort} effort; the first, at {first}, was unsure ({share} likely)",
            effort=tr_in("effort", EFFORTS[self.effort]),
            first=tr_in("effort", EFFORTS[self.first.effort]),
            share=percent(self.first.probability),
        )

    @property
    def lines(self) -> list[str]:
        """Effort, tokens and times, one fact a line."""
        looks = self.second or tr("{effort} effort", effort=tr_in("effort", EFFORTS[self.effort]))
        took = f"{_seconds(self.milliseconds)}{_parts(self.timing)}"
        return [tr_n("{looks}; {count} token", "{looks}; {count} tokens", self.tokens, looks=looks), took]


def _parts(timing: Timing | None) -> str:
    if timing is None:
        return ""
    return ": " + tr(
        "{queued} waiting, {prefill} reading, {reasoning} reasoning, {answer} answering",
        queued=_seconds(timing.queued),
        prefill=_seconds(timing.prefill),
        reasoning=_seconds(timing.reasoning),
        answer=_seconds(timing.answer),
    )


def _seconds(milliseconds: float) -> str:
    return tr("{number} s", number=number(milliseconds / 1000, 1))
