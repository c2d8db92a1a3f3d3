"""What the weekly digest says: what happened, what needs attention, what was changed."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from bot.figures import ledger, summary, words
from bot.figures.painting import Picture
from bot.figures.plots import Sheet
from bot.figures.sheets import Told, one_sheet, time_to_decision, verdicts
from bot.figures.span import day_name
from bot.figures.spoken import duration
from bot.language import number, tr, tr_n
from bot.records.figures import Counts, GuildFigures
from policies.policy import Policy

MANY_UNDECIDED: Final = 0.05
"""Of the verdicts. Answers that cannot be read are the exception."""


@dataclass(frozen=True, slots=True)
class Digest:
    """A week of a guild, ready to be posted. Titles of policies are escaped already."""

    guild_id: int
    week: date
    """The Monday after it."""
    title: str
    lines: list[str]
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """A week of a guild, as it is known."""

    figures: GuildFigures
    policies: Mapping[str, Policy]
    now: datetime
    escaped: Callable[[str], str]
    """Makes a title harmless where the digest is shown."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell. What began to wait after the week is the next one's news."""
        figures, counts = self.figures, summary.total(self.figures)
        waiting = any(since.date() <= figures.last for since in figures.waiting_since)
        return not (counts.verdicts or figures.decisions or waiting or figures.changes)

    def sheet(self) -> Sheet:
        """The digest's picture."""
        titles = {policy_id: policy.title for policy_id, policy in self.policies.items()}
        told = Told(self.figures, titles, self.now)
        return one_sheet("week", told, verdicts(told), time_to_decision(told))

    def digest(self, guild_id: int, week: date, picture: Picture | None) -> Digest:
        """The digest in the language that is spoken."""
        first, last = day_name(self.figures.first), day_name(self.figures.last)
        fields = {tr("Needs attention"): list(self._troubles()), tr("Changed policies"): list(self._changes())}
        return Digest(
            guild_id,
            week,
            title=tr("The week from {first} to {last}", first=first, last=last),
            lines=[*words.overview(self.figures, self.now), *self._slowest()],
            fields={name: lines for name, lines in fields.items() if lines},
            picture=picture,
        )

    def _slowest(self) -> Iterator[str]:
        slowest = summary.waits(self.figures).quantile(1.0)
        if slowest is not None:
            yield tr("The slowest decision took {time}.", time=duration(slowest))

    def _troubles(self) -> Iterator[str]:
        wrong: dict[str, list[str]] = {}
        for policy_id, rule_id in ledger.troubled(self.figures, self.policies):
            wrong.setdefault(policy_id, []).append(rule_id)
        for policy_id, counts in summary.by_policy(self.figures).items():
            if policy_id in self.policies:
                yield from self._disagreement(policy_id, counts, wrong.get(policy_id, []))
                yield from self._gaps(policy_id, counts)

    def _disagreement(self, policy_id: str, counts: Counts, rule_ids: list[str]) -> Iterator[str]:
        rate, name = summary.agreement(counts), self._name(policy_id)
        if rate.of >= summary.ENOUGH_DECISIONS and rate.interval()[1] < ledger.OFTEN_WRONG:
            dismissed, whole = number(rate.of - rate.successes), number(rate.of)
            yield tr(
                "{policy}: people dismissed {part} of {whole} violations.",
                policy=name,
                part=dismissed,
                whole=whole,
            )
        if rule_ids:
            rules = ", ".join(rule_ids)
            yield tr("{policy}: people mostly disagree with {rules}.", policy=name, rules=rules)

    def _gaps(self, policy_id: str, counts: Counts) -> Iterator[str]:
        name = self._name(policy_id)
        if counts.undecided > max(1, MANY_UNDECIDED * counts.verdicts):
            yield tr_n(
                "{policy}: {count} answer of the model could not be read.",
                "{policy}: {count} answers of the model could not be read.",
                counts.undecided,
                policy=name,
            )
        if counts.missed:
            yield tr_n(
                "{policy}: a random check found {count} violation that nothing had flagged.",
                "{policy}: random checks found {count} violations that nothing had flagged.",
                counts.missed,
                policy=name,
            )

    def _changes(self) -> Iterator[str]:
        new = {each.policy_id for each in self.figures.changes if each.is_new}
        for policy_id, count in Counter(each.policy_id for each in self.figures.changes).items():
            name = self._name(policy_id)
            later = count - (policy_id in new)
            if policy_id in new:
                yield tr("{policy}: new.", policy=name)
            if later:
                yield tr_n(
                    "{policy}: changed {count} time.", "{policy}: changed {count} times.", later, policy=name
                )

    def _name(self, policy_id: str) -> str:
        policy = self.policies.get(policy_id)
        return f"**{self.escaped(policy.title if policy else policy_id)}**"
