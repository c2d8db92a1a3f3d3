"""What `/policy show` says of how much a policy flags, what it sees, and what it may miss. In plain words."""

from collections.abc import Iterator, Mapping, Sequence

from bot.gate.outlook import Outlook, Stop
from bot.language import marked, percent, tr, tr_n
from inference.prefilter.budget.audit import Interval, Misses, Tally
from inference.prefilter.budget.recall import ENOUGH_EXAMPLES, Seen

_WHY_STOPPED = {
    Stop.UPPER: marked("Here, unusually many messages look suspicious. The clear cases are flagged all the same."),
    Stop.LOWER: marked(
        "Here, few messages look suspicious. What looks harmless is not flagged to make up for it."
    ),
}
_WHAT_HELPS = marked(
    "What helps: examples of what is allowed and looks alike, keywords for what is missed, a higher `flag_rate`."
)
_EXACT_ONLY = marked(
    "Likeness flags nothing: with so low a `flag_rate` only keywords, patterns, signals and copies of examples do."
)
_UNKNOWN_LANGUAGE = marked(
    "Likeness flags nothing: ordinary chat in the policy's language is not known, so nobody knows what is unusual "
    "in it. Keywords, patterns, signals and copies of examples do."
)
_TURNED_OFF = marked(
    "Unknown: random checks are turned off. Whoever runs the bot can turn them on (`prefilter.audit_rate`)."
)
_NOT_YET = marked("Unknown: no random check was answered yet.")
NOT_IN_FORCE = marked("The policy is not in force.")


def outlook_fields(outlook: Outlook | None) -> Mapping[str, Sequence[str]]:
    """Fields of the page, by their headings."""
    if outlook is None:
        return {tr("Flagged"): [tr(NOT_IN_FORCE)]}
    return {
        tr("Flagged"): list(_flagged(outlook)),
        tr("Its own examples"): list(_examples(outlook)),
        tr("Missed"): list(_missed(outlook)),
    }


def share(part: float) -> str:
    """A share in per cent, with as many digits as matter."""
    if 0 < part < 0.0005:
        return tr("under {share}", share=percent(0.001, 1))
    return percent(part, 1) if part < 0.0995 else percent(part)


def _flagged(outlook: Outlook) -> Iterator[str]:
    if outlook.exact_only:
        yield from _flagged_exactly(outlook)
        return
    if outlook.knows_shares:
        yield tr(
            "{flagged} of messages lately; {forced} by keywords and other exact matches. Likeness may flag "
            "{rate}.",
            flagged=share(outlook.flagged),
            forced=share(outlook.forced),
            rate=share(outlook.flag_rate),
        )
    else:
        yield tr("Too few messages yet to say how many. Likeness may flag {rate}.", rate=share(outlook.flag_rate))
    if outlook.part < 1:
        yield tr(
            "The model cannot keep up with all servers: at the moment likeness may flag {rate} only.",
            rate=share(outlook.part * outlook.flag_rate),
        )
    if outlook.stop and outlook.knows_shares:
        yield tr(_WHY_STOPPED[outlook.stop])


def _flagged_exactly(outlook: Outlook) -> Iterator[str]:
    if outlook.knows_shares:
        yield tr("{forced} of messages lately, by exact matches.", forced=share(outlook.forced))
    else:
        yield tr("Too few messages yet to say how many.")
    yield tr(_EXACT_ONLY if outlook.knows_language else _UNKNOWN_LANGUAGE)


def _examples(outlook: Outlook) -> Iterator[str]:
    if outlook.exact_only:
        yield tr("They are not tested, as likeness flags nothing under this policy.")
        return
    found = outlook.seen
    if found is None or not found.violating_of:
        yield tr("It has no examples of violations, so nobody knows what likeness sees.")
        return
    yield tr(
        "Likeness sees {seen} of {all} violations, each tested as if it were unknown.",
        seen=found.violating,
        all=found.violating_of,
    )
    yield _proof(found)
    if found.allowed:
        yield tr("It would flag {seen} of {all} allowed examples, too.", seen=found.allowed, all=found.allowed_of)
    if outlook.conflict:
        yield tr(
            "**Budget and recall conflict:** to see 9 in 10 violations, likeness would have to flag {rate} of "
            "messages.",
            rate=share(outlook.rate_for_recall),
        )
        yield tr(_WHAT_HELPS)


def _proof(found: Seen) -> str:
    if found.violating_of < ENOUGH_EXAMPLES:
        return tr("Fewer than {count} examples prove little: write more of them.", count=ENOUGH_EXAMPLES)
    return tr("So it sees at least {share} of messages like these (95% sure).", share=share(found.at_least))


def _missed(outlook: Outlook) -> Iterator[str]:
    if outlook.misses is not None:
        yield from _estimates(outlook.tally, outlook.misses)
    else:
        yield tr(_NOT_YET if outlook.audits else _TURNED_OFF)


def _estimates(tally: Tally, misses: Misses) -> Iterator[str]:
    yield tr(
        "Random checks: {asked} that nothing suspected, {missed}.",
        asked=tr_n("{count} message", "{count} messages", tally.judged),
        missed=tr_n("{count} violation", "{count} violations", tally.missed),
    )
    if tally.unsure:
        yield tr_n("{count} answer could not be read.", "{count} answers could not be read.", tally.unsure)
    count, checked = misses.count, tally.judged + tally.unsure
    unsuspected = max(tally.looked_at - tally.flagged, checked)  # a crash loses the last minute's messages only
    yield tr(
        "So about {estimate} of {all} were missed (between {low} and {high}).",
        estimate=f"{count.estimate:.0f}",
        all=unsuspected,
        low=f"{count.low:.0f}",
        high=f"{count.high:.0f}",
    )
    if misses.recall:
        yield tr("About {share} of all violations are flagged.", share=_between(misses.recall))


def _between(found: Interval) -> str:
    if share(found.low) == share(found.high):
        return share(found.estimate)
    return tr(
        "{share} (between {low} and {high})",
        share=share(found.estimate),
        low=share(found.low),
        high=share(found.high),
    )
