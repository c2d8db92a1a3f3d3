"""What `/policy show` says of how much a policy flags, what it sees, and what it may miss. In plain words."""

from collections.abc import Iterator, Mapping, Sequence

from bot.gate.outlook import Outlook, Stop
from inference.prefilter.budget.audit import Interval, Misses, Tally
from inference.prefilter.budget.recall import ENOUGH_EXAMPLES, Seen

_WHY_STOPPED = {
    Stop.UPPER: "Here, unusually many messages look suspicious. The clear cases are flagged all the same.",
    Stop.LOWER: "Here, few messages look suspicious. What looks harmless is not flagged to make up for it.",
}
_WHAT_HELPS = (
    "What helps: examples of what is allowed and looks alike, keywords for what is missed, a higher `flag_rate`."
)
_TURNED_OFF = (
    "Unknown: random checks are turned off. Whoever runs the bot can turn them on (`prefilter.audit_rate`)."
)
_NOT_YET = "Unknown: no random check was answered yet."
NOT_IN_FORCE = "The policy is not in force."


def outlook_fields(outlook: Outlook | None) -> Mapping[str, Sequence[str]]:
    """Fields of the page, by their headings."""
    if outlook is None:
        return {"Flagged": [NOT_IN_FORCE]}
    return {
        "Flagged": list(_flagged(outlook)),
        "Its own examples": list(_examples(outlook)),
        "Missed": list(_missed(outlook)),
    }


def share(part: float) -> str:
    """A share in per cent, with as many digits as matter."""
    if 0 < part < 0.0005:
        return "under 0.1%"
    return f"{part:.1%}" if part < 0.0995 else f"{part:.0%}"


def _flagged(outlook: Outlook) -> Iterator[str]:
    if outlook.knows_shares:
        yield (
            f"{share(outlook.flagged)} of messages lately; {share(outlook.forced)} by keywords and other exact "
            f"matches. Likeness may flag {share(outlook.flag_rate)}."
        )
    else:
        yield f"Too few messages yet to say how many. Likeness may flag {share(outlook.flag_rate)}."
    if outlook.part < 1:
        granted = share(outlook.part * outlook.flag_rate)
        yield f"The model cannot keep up with all servers: at the moment likeness may flag {granted} only."
    if outlook.stop and outlook.knows_shares:
        yield _WHY_STOPPED[outlook.stop]


def _examples(outlook: Outlook) -> Iterator[str]:
    found = outlook.seen
    if found is None or not found.violating_of:
        yield "It has no examples of violations, so nobody knows what likeness sees."
        return
    yield f"Likeness sees {found.violating} of {found.violating_of} violations, each tested as if it were unknown."
    yield _proof(found)
    if found.allowed:
        yield f"It would flag {found.allowed} of {found.allowed_of} allowed examples, too."
    if outlook.conflict:
        yield (
            "**Budget and recall conflict:** to see 9 in 10 violations, likeness would have to flag "
            f"{share(outlook.rate_for_recall)} of messages."
        )
        yield _WHAT_HELPS


def _proof(found: Seen) -> str:
    if found.violating_of < ENOUGH_EXAMPLES:
        return f"Fewer than {ENOUGH_EXAMPLES} examples prove little: write more of them."
    return f"So it sees at least {share(found.at_least)} of messages like these (95% sure)."


def _missed(outlook: Outlook) -> Iterator[str]:
    if outlook.misses is not None:
        yield from _estimates(outlook.tally, outlook.misses)
    else:
        yield _NOT_YET if outlook.audits else _TURNED_OFF


def _estimates(tally: Tally, misses: Misses) -> Iterator[str]:
    unreadable = f"; {_number(tally.unsure, 'answer')} could not be read" if tally.unsure else ""
    asked, missed = _number(tally.judged, "message"), _number(tally.missed, "violation")
    yield f"Random checks: {asked} that nothing suspected, {missed}{unreadable}."
    count, checked = misses.count, tally.judged + tally.unsure
    unsuspected = max(tally.looked_at - tally.flagged, checked)  # a crash loses the last minute's messages only
    bounds = f"between {count.low:.0f} and {count.high:.0f}"
    yield f"So about {count.estimate:.0f} of {unsuspected} were missed ({bounds})."
    if misses.recall:
        yield f"About {_between(misses.recall)} of all violations are flagged."


def _number(count: int, of: str) -> str:
    return f"{count} {of}{'s' * (count != 1)}"


def _between(found: Interval) -> str:
    return f"{share(found.estimate)} (between {share(found.low)} and {share(found.high)})"
