"""What stands in the way of one guild's cards, and for how long nothing is tried. Pure: times come from outside.

One card may be at fault, or the channel, or Discord; an error does not say which. So a card that failed rests and
is tried again after the others; the guild rests when Discord is away, or when it refused two cards in a row.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bot.language import tr
from bot.outage import BackOff, Outage

IN_A_ROW: Final = 2
"""So many cards refused without one that went well: it is not the cards."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, on both clocks."""

    wall: datetime
    seconds: float
    """On a timer that never runs backwards."""


@dataclass(frozen=True, slots=True)
class _Rest:
    until: float
    reason: str | None = None
    """None: nothing is wrong, it is only too early."""
    outage: Outage | None = None
    firm_until: float = 0.0
    """Up to here the rest is not for the sake of peace: a card that may be on its way must not be posted again."""


@dataclass(slots=True)
class GuildTroubles:
    """The rests of one guild and of its cards."""

    back_off: BackOff
    refused_rest: timedelta
    _guild: _Rest | None = None
    _cards: dict[int, _Rest] = field(default_factory=dict)
    _refused: set[int] = field(default_factory=set)
    """Cards that were refused in the review channel since one went well there."""
    stirs: int = field(default=0, compare=False)
    """How often somebody has put something right, perhaps."""

    @property
    def problem(self) -> str | None:
        """What keeps cards from being shown, in plain words."""
        if self._guild is not None:
            return self._guild.reason
        stuck = [(case_id, rest.reason) for case_id, rest in self._cards.items() if rest.reason is not None]
        if not stuck:
            return None
        case_id, reason = stuck[0]
        return tr("The card of case {id} cannot be shown: {reason}", id=case_id, reason=tr(reason))

    def is_resting(self, now: Moment) -> bool:
        """Whether nothing at all is tried in this guild."""
        return self._guild is not None and self._guild.until > now.seconds

    def resting_cards(self, now: Moment) -> frozenset[int]:
        """The cases whose cards are not tried."""
        return frozenset(case_id for case_id, rest in self._cards.items() if rest.until > now.seconds)

    def next_end(self, now: Moment) -> float | None:
        """Seconds until the next rest ends; None if nothing rests."""
        if self._guild is not None and self._guild.until > now.seconds:
            return self._guild.until - now.seconds
        ends = [rest.until for rest in self._cards.values() if rest.until > now.seconds]
        return min(ends) - now.seconds if ends else None

    def has_failed(self, case_id: int) -> bool:
        """Whether this card had trouble: it is tried after those that had none."""
        return case_id in self._cards

    def too_early(self, case_id: int, wait: timedelta, now: Moment) -> None:
        """Nothing is wrong with the card, but it has to wait."""
        until = now.seconds + wait.total_seconds()
        self._cards[case_id] = _Rest(until, firm_until=until)

    def away(self, case_id: int | None, reason: str, now: Moment, *, at_least: timedelta = timedelta(0)) -> bool:
        """Discord (or the memory) was away; whether that is news. The card is left alone for `at_least`."""
        known, self._guild = self._guild, self._after_outage(self._guild, reason, now)
        if case_id is not None:
            rest = self._after_outage(self._cards.get(case_id), reason, now)
            firm = now.seconds + at_least.total_seconds()
            self._cards[case_id] = _Rest(max(rest.until, firm), reason, rest.outage, firm)
        return known is None

    def refused(self, case_id: int, reason: str, now: Moment, *, in_review_channel: bool) -> bool:
        """Discord refused the card; whether that is news."""
        known = self.problem
        until = now.seconds + self.refused_rest.total_seconds()
        self._cards[case_id] = _Rest(until, reason)
        if in_review_channel:
            self._refused.add(case_id)
        if len(self._refused) >= IN_A_ROW:
            self._guild = _Rest(until, reason)
        return known is None

    def went_well(self, case_id: int) -> bool:
        """A card was shown; whether the guild had a trouble that is over now."""
        had_trouble = self._guild is not None
        self._guild = None
        self._refused.clear()
        self._cards.pop(case_id, None)
        return had_trouble

    def end_rests(self, now: Moment) -> None:
        """Something was put right, perhaps: try everything now that may be tried."""
        self.stirs += 1
        self._guild = None
        self._refused.clear()
        firm = {case_id: rest.firm_until for case_id, rest in self._cards.items() if rest.firm_until > now.seconds}
        self._cards = {case_id: _Rest(until, firm_until=until) for case_id, until in firm.items()}

    def keep_only(self, case_ids: frozenset[int]) -> None:
        """No other card is owed any more."""
        for case_id in self._cards.keys() - case_ids:
            del self._cards[case_id]
        self._refused &= case_ids
        if not case_ids:
            self._guild = None

    def _after_outage(self, rest: _Rest | None, reason: str, now: Moment) -> _Rest:
        outage = self.back_off.after(rest.outage if rest else None, reason, now.wall)
        return _Rest(now.seconds + outage.retry_after.total_seconds(), reason, outage)
