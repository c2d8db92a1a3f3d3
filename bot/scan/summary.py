"""What a scan came to: counts per policy, the cards worth reading, and measured times."""

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.attention import is_for_people
from bot.cards import ALLOWED, UNDECIDED, VIOLATION, WAITING, Card, card
from bot.case import CaseFile
from bot.scan.folder import Tally
from policies.policy import Policy

MAX_CARDS = 1000
"""Cards in the report. A page with more is no use on a phone; all cases are in cases.jsonl."""


@dataclass(frozen=True, slots=True)
class PolicyCount:
    """What one policy's verdicts were."""

    policy: Policy
    flagged: int
    violations: int
    undecided: int
    allowed: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Timing:
    """Measured in this run only; None where nothing was measured."""

    seconds: float
    """From the first record to the last verdict."""
    messages: int
    """Asked about in this run."""
    prefilter_seconds: float
    verdicts: int
    judge_milliseconds: float
    """Sum over this run's verdicts, each from the question to the verdict."""
    width: int
    """Verdicts in flight at most."""

    @property
    def prefilter_microseconds(self) -> float | None:
        """Per message."""
        return self.prefilter_seconds / self.messages * 1e6 if self.messages else None

    @property
    def milliseconds_per_verdict(self) -> float | None:
        """From the question to the verdict, `width` of them at once."""
        return self.judge_milliseconds / self.verdicts if self.verdicts else None

    @property
    def verdicts_per_second(self) -> float | None:
        """Over the whole run."""
        return self.verdicts / self.seconds if self.verdicts and self.seconds > 0 else None

    @property
    def messages_per_second(self) -> float | None:
        """Through the whole walk."""
        return self.messages / self.seconds if self.messages and self.seconds > 0 else None


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """What a scan, or the part of it that is done, came to."""

    folder: Path
    report: Path
    cases_file: Path
    finished: bool
    """False if it was interrupted; the same command goes on."""
    files: tuple[str, ...]
    tally: Tally
    flagged: int
    """Messages that at least one policy suspected."""
    open: int
    """Cases that a person has to look at."""
    cleared: int
    waiting: int
    shadow: int
    """Violations of shadow policies only: counted, no card."""
    policies: tuple[PolicyCount, ...]
    cards: tuple[Card, ...]
    """The gravest first, at most `MAX_CARDS`."""
    notes: tuple[str, ...]
    """What holds for all verdicts ("stand-in: term matching only")."""
    model_name: str
    model_digest: str
    timing: Timing


@dataclass(slots=True)
class Findings:
    """Collects cases one by one; memory stays bounded however many there are."""

    policies: Mapping[str, Policy]
    words: Counter[tuple[str, str]] = field(default_factory=Counter)
    flagged: int = 0
    open: int = 0
    shadow: int = 0
    waiting: int = 0
    noted: Counter[str] = field(default_factory=Counter)
    verdicts: int = 0
    _gravest: list[tuple[tuple[int, int], Card]] = field(default_factory=list)

    def add(self, case: CaseFile) -> None:
        """Count a case and keep its card if it is among the gravest."""
        read = card(case)
        words = {opinion.word for opinion in read.opinions}
        for_people = is_for_people(case)
        self.flagged += 1
        self.open += for_people
        self.shadow += not for_people and bool(words & {VIOLATION, UNDECIDED})
        self.waiting += not for_people and WAITING in words
        for opinion in read.opinions:
            self.words[opinion.policy_id, opinion.word] += 1
            self.verdicts += opinion.word != WAITING
            self.noted.update(opinion.notes)
        if for_people:
            self._keep(read)

    @property
    def cleared(self) -> int:
        """Cases in which every verdict found nothing."""
        return self.flagged - self.open - self.shadow - self.waiting

    @property
    def cards(self) -> tuple[Card, ...]:
        """The gravest first."""
        return tuple(kept for _, kept in sorted(self._gravest, key=lambda pair: pair[1].rank))

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes that every verdict carries: they are about the judge, not about one message."""
        return tuple(note for note, count in self.noted.items() if count == self.verdicts)

    def counts(self) -> tuple[PolicyCount, ...]:
        """Per policy, those with violations first."""
        counts = [self._count(policy) for policy in self.policies.values()]
        return tuple(sorted(counts, key=lambda count: (-count.violations, -count.flagged, count.policy.id)))

    def _count(self, policy: Policy) -> PolicyCount:
        of = {word: self.words[policy.id, word] for word in (VIOLATION, UNDECIDED, ALLOWED, WAITING)}
        return PolicyCount(
            policy, sum(of.values()), of[VIOLATION], of[UNDECIDED], allowed=of[ALLOWED], waiting=of[WAITING]
        )

    def _keep(self, read: Card) -> None:
        """A heap with the least grave on top, which goes first."""
        severity, case_id = read.rank
        entry = ((-severity, -case_id), read)
        if len(self._gravest) < MAX_CARDS:
            heapq.heappush(self._gravest, entry)
        else:
            heapq.heappushpop(self._gravest, entry)
