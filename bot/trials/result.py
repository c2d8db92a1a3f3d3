"""What a trial found. Plain values; `policies.score` has the arithmetic."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.records.labels import Stratum
from bot.trials.estimates import Estimates
from bot.trials.items import Item
from policies.policy import Policy, Severity
from policies.score import Rate, Score
from policies.verdict import Verdict


class Turn(StrEnum):
    """What a flipped verdict means."""

    BETTER = "better"
    """A person's label says that the tried version is right."""
    WORSE = "worse"
    """It says that the other version is."""
    OPEN = "open"
    """Nobody has said what the text is."""
    UNREADABLE = "unreadable"
    """The answer of one version could not be read: it goes to people, and says nothing of who is right."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A text that reaches people under one version and not under the other."""

    item: Item
    after: Verdict | None
    """By the tried version; None: its answer could not be read."""
    before: Verdict | None
    """By the version it is compared with."""
    severity: Severity
    """The gravest rule that is cited by either."""

    @property
    def turn(self) -> Turn:
        """Better or worse, by the person's label, where both answers could be read."""
        if not (_is_read(self.after) and _is_read(self.before)):
            return Turn.UNREADABLE
        if self.item.violates is None:
            return Turn.OPEN
        return Turn.BETTER if reaches_people(self.after) == self.item.violates else Turn.WORSE


@dataclass(frozen=True, slots=True)
class Flips:
    """The texts whose verdict flips, and how many were compared."""

    gravest_first: tuple[Flip, ...]
    compared: int

    def count(self, turn: Turn) -> int:
        """How many flips are of this kind."""
        return sum(flip.turn is turn for flip in self.gravest_first)


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """How one rule does."""

    score: Score
    """Where a person named the rule, or said that nothing is violated: examples that the model does not see, and
    blind samples."""
    upheld: Rate
    """Of the decided cases in which the version cites it: those that the moderator decided to be violations."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How good the version is."""

    examples: Score
    """Its own examples, without those that stand in the prompt."""
    shown: Score
    """Texts that stand in the prompt."""
    decided: Score
    """Cases of this policy that people decided. Most reached people because an older version found a violation."""
    alone: Score
    """Those of them in which no other policy was found to be violated: there a sanction is about this one."""
    beside: Score
    """Decided cases that came up for another reason. Of another policy's cards only dismissals are labels here."""
    cleared: Score
    """Blind samples of what the judge cleared."""
    unflagged: Score
    """Blind samples of what nothing suspected."""
    as_it_runs: Estimates
    """Of all messages, if the model is asked about those that something suspects."""
    if_asked: Estimates
    """Of all messages, if it were asked about every one."""
    unsampled: tuple[Stratum, ...]
    """Where labels are missing for recall; empty too if no violation was seen anywhere."""
    rules: Mapping[str, RuleFigures]


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What came of a trial."""

    policy: Policy
    against: Policy | None
    figures: Figures
    flips: Flips | None
    """None where there was nothing to compare with."""
    judged: int
    """Questions that the model answered."""
    remembered: int
    """Questions whose answer was known."""
    unread: int
    """Answers of the tried version that could not be read."""
    left_out: int
    """Labels whose text is no longer kept, or that were too many."""
    seconds: float
    of_server: bool = True
    """False: the policy's own examples were all there was."""


def reaches_people(verdict: Verdict | None) -> bool:
    """Whether a card comes up: for a violation, and for what could not be read."""
    return verdict is None or verdict.violation is not False


def _is_read(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.violation is not None


def gravest(policy: Policy, rule_ids: Sequence[str]) -> Severity:
    """The severity of the gravest of these rules; medium without any, as on cards."""
    order = tuple(Severity)
    cited = [rule.severity for rule in policy.rules if rule.id in rule_ids]
    return max(cited, key=order.index, default=Severity.MEDIUM)
