"""When somebody points at a message: what that counts as, and how often one person may do it. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.case import Report, ReportKind
from bot.records.reports import Pace
from inference.prefilter.suspicion import Evidence, EvidenceKind

SHORT: Final = timedelta(minutes=10)
DAY: Final = timedelta(days=1)
MOST_IN_SHORT: Final = 5
MOST_IN_DAY: Final = 20
"""Reports of one member. Whoever sees more than that is in the middle of something that moderators see too."""
MOST_OPENED: Final = 30
"""Cases in `SHORT` that nothing but reports of members has opened in a guild: a crowd cannot flood the queue."""

_KINDS: Final = {
    ReportKind.MEMBER: EvidenceKind.REPORT,
    ReportKind.MODERATOR: EvidenceKind.ASKED,
    ReportKind.AUTOMOD: EvidenceKind.AUTOMOD,
}


@dataclass(frozen=True, slots=True)
class ReportPace:
    """What was reported lately."""

    short: Pace
    day: Pace

    @property
    def is_too_much(self) -> bool:
        """Whether this person has reported as much as one may."""
        return self.short.by_person >= MOST_IN_SHORT or self.day.by_person >= MOST_IN_DAY

    @property
    def is_flood(self) -> bool:
        """Whether so many cases were opened that no other one is; reports about known cases still count."""
        return self.short.opened >= MOST_OPENED


def evidence_of(report: Report) -> Evidence:
    """Why a message that somebody points at is judged. It says nothing about who reported it, or why."""
    name = report.reason if report.kind is ReportKind.AUTOMOD else ""
    return Evidence(kind=_KINDS[report.kind], name=name, start=0, end=0, quote="")
