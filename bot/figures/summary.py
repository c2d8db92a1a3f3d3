"""Figures of a guild, put together: what the words and the charts are made of. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bot.case import Action
from bot.records.figures import Counts, GuildFigures
from bot.records.waits import Waits, added
from inference.prefilter.budget.audit import Misses, estimate
from policies.score import Rate

ENOUGH_DECISIONS: Final = 10
"""Before there are so many, no share of them is told: its bounds would hold nearly everything."""
NO_COUNTS: Final = Counts()


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for people now."""

    cases: int
    oldest: timedelta | None


def total(figures: GuildFigures) -> Counts:
    """All policies and days together. Messages are counted once per policy: see `messages`."""
    return sum((each.counts for each in figures.days), NO_COUNTS)


def by_policy(figures: GuildFigures) -> dict[str, Counts]:
    """Each policy's counts over all days, those with most verdicts first."""
    found: defaultdict[str, Counts] = defaultdict(Counts)
    for each in figures.days:
        found[each.policy_id] += each.counts
    return dict(sorted(found.items(), key=lambda item: (-item[1].verdicts, item[0])))


def messages(figures: GuildFigures) -> int:
    """How many messages were looked at: as many as the policy that looked at most of them, day by day."""
    most: defaultdict[date, int] = defaultdict(int)
    for each in figures.days:
        most[each.day] = max(most[each.day], each.counts.looked_at)
    return sum(most.values())


def agreement(counts: Counts) -> Rate:
    """How often people acted on violations that they decided about."""
    return Rate(counts.agreed, counts.agreed + counts.overturned)


def waits(figures: GuildFigures) -> Waits:
    """How long it took to the first decision."""
    return added(each.waits for each in figures.waits if not each.policy_id)


def decisions(figures: GuildFigures) -> dict[Action, int]:
    """How often each thing was decided, the most frequent first."""
    found: defaultdict[Action, int] = defaultdict(int)
    for each in figures.decisions:
        if not each.policy_id:
            found[each.action] += each.number
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def failures(figures: GuildFigures) -> int:
    """How many decisions could not be carried out."""
    return sum(each.failed for each in figures.decisions)


def missed(figures: GuildFigures) -> Misses | None:
    """What the random checks say was missed; None when none was answered.

    A message counts once under each policy, and so does what is missed: messages are drawn for each policy apart.
    """
    return estimate(total(figures).tally)


def waiting(figures: GuildFigures, now: datetime) -> Waiting:
    """What waits for people now."""
    since = figures.waiting_since
    return Waiting(len(since), max(now - since[0], timedelta(0)) if since else None)


def ages(figures: GuildFigures, now: datetime, bounds: Iterable[timedelta]) -> list[int]:
    """How many of the waiting cases are younger than each bound, and not than the one before; the rest last."""
    limits = [*bounds, timedelta.max]
    found = [0] * len(limits)
    for since in figures.waiting_since:
        found[next(index for index, limit in enumerate(limits) if now - since < limit)] += 1
    return found


def answered(figures: GuildFigures) -> Mapping[str, Rate]:
    """The agreement of each policy that people decided about, the most often decided first."""
    rates = {policy_id: agreement(counts) for policy_id, counts in by_policy(figures).items()}
    kept = [(policy_id, rate) for policy_id, rate in rates.items() if rate.of]
    return dict(sorted(kept, key=lambda item: (-item[1].of, item[0])))
