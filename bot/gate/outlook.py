"""How a policy stands at the gate, as data for people: what is flagged, what it sees, what may be missed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from bot.gate.meter import Meter
from inference.prefilter.budget.audit import Misses, Tally, estimate
from inference.prefilter.budget.quantile import DECADES, MAX_FALL, MAX_RISE, cold
from inference.prefilter.budget.recall import Seen, seen

ENOUGH_MESSAGES = 200
"""Recent messages before shares of them are told."""
_HAIR = 1e-6


class Stop(StrEnum):
    """The threshold would go further if it were let."""

    UPPER = "upper"
    """Here, more looks suspicious than is wanted; the clear cases are flagged all the same."""
    LOWER = "lower"
    """Here, less looks suspicious than is wanted."""


class HeldOut(Protocol):
    """Surprises of a policy's own examples, each scored by a fit that did not know it."""

    @property
    def violating(self) -> Sequence[float]:
        """Of the examples of violations."""
        ...

    @property
    def allowed(self) -> Sequence[float]:
        """Of the examples of what is allowed."""
        ...

    @property
    def knows_language(self) -> bool:
        """Whether the learned score knows a language that the policy is written in; else it flags nothing."""
        ...


def is_out_of_reach(flag_rate: float) -> bool:
    """Whether no score is as high as the lowest threshold of so low a `flag_rate`."""
    return cold(flag_rate) - MAX_FALL > DECADES


@dataclass(frozen=True, slots=True)
class Outlook:
    """One policy of one guild at one moment. Shares are of all messages that were just written (0 to 1)."""

    messages: float
    """Recent messages that the shares rest on."""
    flagged: float
    """The share that is suspected lately, by whatever."""
    forced: float
    """The share that exact matches flag: keywords, patterns, signals."""
    flag_rate: float
    """The share that the policy lets the learned score flag."""
    part: float
    """What is granted of that (0 to 1): less than 1 when the judge cannot keep up."""
    stop: Stop | None
    seen: Seen | None
    """How many of its own examples are seen; None where that is not known."""
    rate_for_recall: float
    """The share that would be flagged if 9 of 10 of its examples were to be seen."""
    tally: Tally
    misses: Misses | None
    """None where no random check was answered."""
    audits: bool
    """Whether random checks are drawn."""
    knows_language: bool
    """Whether the learned score knows the policy's language; else it flags nothing."""

    @property
    def knows_shares(self) -> bool:
        """Whether enough messages came lately to tell shares."""
        return self.messages >= ENOUGH_MESSAGES

    @property
    def exact_only(self) -> bool:
        """Whether the learned score flags nothing: it does not know the language, or no score is as high as the
        lowest threshold."""
        return not self.knows_language or is_out_of_reach(self.flag_rate)

    @property
    def conflict(self) -> bool:
        """Whether the budget lets too few of the policy's own examples be seen."""
        return not self.exact_only and self.seen is not None and self.seen.misses_too_much


def outlook(meter: Meter, held_out: HeldOut | None, tally: Tally, *, audits: bool) -> Outlook:
    """Put together what is known of a policy. `tally`: what is kept, checks at once, messages later."""
    tally = _with_unsaved(tally, meter.unsaved)
    found = seen(held_out.violating, held_out.allowed, meter.threshold) if held_out else None
    return Outlook(
        messages=meter.messages,
        flagged=meter.flagged,
        forced=meter.forced,
        flag_rate=meter.flag_rate,
        part=meter.part,
        stop=_stop(meter),
        seen=found,
        rate_for_recall=meter.share_reaching(found.threshold_wanted) if found else 0.0,
        tally=tally,
        misses=estimate(tally),
        audits=audits,
        knows_language=held_out is None or held_out.knows_language,
    )


def _with_unsaved(kept: Tally, unsaved: Tally) -> Tally:
    return replace(kept, looked_at=kept.looked_at + unsaved.looked_at, flagged=kept.flagged + unsaved.flagged)


def _stop(meter: Meter) -> Stop | None:
    usual = cold(meter.flag_rate * meter.part)
    if meter.threshold >= usual + MAX_RISE - _HAIR:
        return Stop.UPPER
    return Stop.LOWER if meter.threshold <= usual - MAX_FALL + _HAIR else None
