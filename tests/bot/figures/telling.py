"""Figures of a guild, made up for tests."""

from datetime import UTC, date, datetime, timedelta

from bot.case import Action
from bot.records.figures import (
    Counts,
    DecisionDay,
    GuildFigures,
    PolicyChange,
    PolicyDay,
    QueueDay,
    RuleFigures,
    WaitDay,
)
from bot.records.waits import Waits, bin_of
from policies.policy import Policy, Rule

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
"""A Monday."""
LAST = NOW.date() - timedelta(days=1)


def policy(policy_id: str = "harassment", title: str = "Harassment", *rules: str) -> Policy:
    texts = tuple(Rule(id=each, text=f"Rule {each}.") for each in rules or ("H1", "H2", "H3"))
    return Policy(id=policy_id, title=title, goal="Be kind.", rules=texts)


def busy(**changes: int) -> Counts:
    """What a policy does on a day."""
    usual = Counts(
        looked_at=1000, flagged=20, verdicts=20, violations=5, undecided=1, confirmed=5, cleared=40, missed=0,
        tokens=900, queued=100, prefill=200, reasoning=600, answer=200, agreed=4, overturned=1,
    )  # fmt: skip
    return usual + Counts(**changes) if changes else usual


def figures(days: int = 30, policies: tuple[str, ...] = ("harassment", "spam")) -> GuildFigures:
    """So many days up to the day before `NOW`."""
    each_day = [LAST - timedelta(days=back) for back in reversed(range(days))]
    hour = Waits({bin_of(timedelta(hours=1)): 3, bin_of(timedelta(days=2)): 1})
    return GuildFigures(
        each_day[0],
        LAST,
        days=tuple(PolicyDay(day, policy_id, busy()) for day in each_day for policy_id in policies),
        rules=(
            RuleFigures("harassment", "H1", 90, 80, 5, hour),
            RuleFigures("harassment", "H2", 30, 2, 20, hour),
            RuleFigures("harassment", "OLD", 3, 1, 0),
        ),
        waits=tuple(WaitDay(day, "", hour) for day in each_day),
        decisions=tuple(
            DecisionDay(day, "", action, number, failed)
            for day in each_day
            for action, number, failed in ((Action.DELETE, 4, 1), (Action.DISMISS, 1, 0))
        ),
        queue_days=tuple(QueueDay(day, 7, 3_600_000_000) for day in each_day),
        waiting_since=(NOW - timedelta(days=2), NOW - timedelta(minutes=5)),
        changes=(PolicyChange("spam", NOW - timedelta(days=3), is_new=True),),
    )


def nothing(days: int = 30) -> GuildFigures:
    return GuildFigures(LAST - timedelta(days=days - 1), LAST)


def monday() -> date:
    return NOW.date()
