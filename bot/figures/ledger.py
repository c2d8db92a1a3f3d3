"""The clause ledger: what becomes of each rule. Rules that nobody needs and rules that nobody agrees with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from bot.figures.spoken import duration, share
from bot.language import number, tr, tr_n
from bot.records.figures import GuildFigures, RuleFigures
from policies.policy import Mode, Policy
from policies.score import Rate

OFTEN_WRONG: Final = 0.5
"""A rule is often wrong when even the upper bound of its agreement is below."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule, and what became of it."""

    figures: RuleFigures
    is_there: bool
    """Whether the policy has the rule now."""

    @property
    def agreement(self) -> Rate:
        """How often people acted where it was cited."""
        return Rate(self.figures.confirmed, self.figures.confirmed + self.figures.overturned)

    @property
    def is_often_wrong(self) -> bool:
        """Whether people disagree with it more often than they agree, as far as can be told."""
        return bool(self.agreement.of) and self.agreement.interval()[1] < OFTEN_WRONG


def ledger(figures: GuildFigures, policy: Policy) -> list[Entry]:
    """A policy's rules in its own order, and those that it has no more, most cited first."""
    known = {each.rule_id: each for each in figures.rules if each.policy_id == policy.id}
    own = [known.pop(rule.id, RuleFigures(policy.id, rule.id)) for rule in policy.rules]
    gone = sorted(known.values(), key=lambda each: (-each.cited, each.rule_id))
    return [Entry(each, is_there=True) for each in own] + [Entry(each, is_there=False) for each in gone]


def ledger_lines(figures: GuildFigures, policy: Policy) -> list[str]:
    """The ledger in words, one line a rule."""
    return [_line(entry) for entry in ledger(figures, policy)]


def advice(figures: GuildFigures, policy: Policy) -> list[str]:
    """What to do about rules that are never used or often wrong."""
    entries = [entry for entry in ledger(figures, policy) if entry.is_there]
    return [*_about_unused(entries, policy), *_about_wrong(entries)]


def troubled(figures: GuildFigures, policies: Mapping[str, Policy]) -> list[tuple[str, str]]:
    """(policy id, rule id) of rules that are often wrong."""
    return [
        (policy_id, entry.figures.rule_id)
        for policy_id, policy in policies.items()
        for entry in ledger(figures, policy)
        if entry.is_there and entry.is_often_wrong
    ]


def _line(entry: Entry) -> str:
    rule = f"**{entry.figures.rule_id}**"
    if not entry.is_there:
        rule = tr("{rule} (no longer in the policy)", rule=rule)
    if not entry.figures.cited and not entry.agreement.of:
        return tr("{rule}: never cited.", rule=rule)
    cited = tr_n("{rule}: cited {count} time.", "{rule}: cited {count} times.", entry.figures.cited, rule=rule)
    return " ".join([cited, *_fate(entry)])


def _fate(entry: Entry) -> Iterator[str]:
    rate, half = entry.agreement, entry.figures.waits.quantile(0.5)
    if rate.of:
        low, high = rate.interval()
        yield tr(
            "Confirmed {confirmed}, overturned {overturned} (agreement {low} to {high}).",
            confirmed=number(rate.successes),
            overturned=number(rate.of - rate.successes),
            low=share(low),
            high=share(high),
        )
    if half is not None:
        yield tr("Half of them were decided within {time}.", time=duration(half))


def _about_unused(entries: list[Entry], policy: Policy) -> Iterator[str]:
    unused = [entry.figures.rule_id for entry in entries if not entry.figures.cited]
    if not unused:
        return
    if policy.mode is Mode.OFF:
        yield tr("The policy is off, so none of its rules is used.")
        return
    names = ", ".join(f"**{name}**" for name in unused)
    yield tr_n(
        "Not used in this time: {names}.",
        "{count} rules were not used in this time: {names}.",
        len(unused),
        names=names,
    )
    yield tr(
        "A rule may be unused because nobody breaks it, or because nothing brings such messages to the model: "
        "try `/policy test` with a message that breaks it. If it is found, all is well; if not, add an example or "
        "a keyword. A rule that you do not need makes every verdict slower: take it out."
    )


def _about_wrong(entries: list[Entry]) -> Iterator[str]:
    wrong = ", ".join(f"**{entry.figures.rule_id}**" for entry in entries if entry.is_often_wrong)
    if wrong:
        yield tr(
            "People mostly disagree with {names}: say in the rule what it does not mean, or add what was "
            "dismissed as an allowed example.",
            names=wrong,
        )
