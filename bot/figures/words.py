"""Figures in sentences: few of them, and honest about how little they prove."""

from collections.abc import Iterator
from datetime import datetime

from bot.case import Action
from bot.figures import summary
from bot.figures.spoken import duration, share
from bot.language import marked, number, tr, tr_n
from bot.records.figures import Counts, GuildFigures
from inference.prefilter.budget.audit import Misses

ACTIONS = {
    Action.DELETE: marked("deleted"),
    Action.WARN: marked("warned"),
    Action.TIMEOUT: marked("timed out"),
    Action.KICK: marked("kicked"),
    Action.BAN: marked("banned"),
    Action.HELP: marked("offered help"),
    Action.DISMISS: marked("dismissed"),
    Action.UNDO: marked("undone"),
}


def overview(figures: GuildFigures, now: datetime) -> list[str]:
    """What happened, what people made of it, and what waits: a few lines."""
    counts = summary.total(figures)
    return [
        *_looked_at(figures, counts),
        *_verdicts(counts),
        *decided(figures),
        agreed(counts),
        missed(summary.missed(figures)),
        waiting(figures, now),
    ]


def _looked_at(figures: GuildFigures, counts: Counts) -> Iterator[str]:
    messages = summary.messages(figures)
    if not messages:
        if counts.verdicts:  # messages are counted once a minute: such a verdict came before their number
            return
        yield tr("No message was looked at in this time.")
        return
    yield tr(
        "Messages looked at: {messages}. Flagged by policies: {flagged}.",
        messages=number(messages),
        flagged=number(counts.flagged),
    )


def _verdicts(counts: Counts) -> Iterator[str]:
    if counts.verdicts:
        yield tr(
            "Verdicts: {verdicts}. Violations: {violations}. Undecided: {undecided}.",
            verdicts=number(counts.verdicts),
            violations=number(counts.violations),
            undecided=number(counts.undecided),
        )


def decided(figures: GuildFigures) -> Iterator[str]:
    """What people decided, and how soon."""
    made = summary.decisions(figures)
    if not made:
        return
    kinds = ", ".join(f"{number(count)} {tr(ACTIONS[action])}" for action, count in made.items())
    yield tr("Decisions: {kinds}.", kinds=kinds)
    if failed := summary.failures(figures):
        yield tr_n("{count} could not be carried out.", "{count} could not be carried out.", failed)
    waits = summary.waits(figures)
    half, most = waits.quantile(0.5), waits.quantile(0.9)
    if half is not None and most is not None:
        yield tr(
            "Half were decided within {half}, 9 in 10 within {most}.", half=duration(half), most=duration(most)
        )


def agreed(counts: Counts) -> str:
    """How often people agree with violations, or that too little is known."""
    rate = summary.agreement(counts)
    if rate.of < summary.ENOUGH_DECISIONS:
        return tr(
            "Too few decisions yet to say how often people agree: {count} of at least {enough}.",
            count=number(rate.of),
            enough=number(summary.ENOUGH_DECISIONS),
        )
    low, high = rate.interval()
    return tr(
        "People agreed with {part} of {whole} violations: between {low} and {high} (95% sure).",
        part=number(rate.successes),
        whole=number(rate.of),
        low=share(low),
        high=share(high),
    )


def missed(found: Misses | None) -> str:
    """What the random checks say, or that they say nothing yet."""
    if found is None:
        return tr("Missed: unknown, no random check was answered in this time.")
    count = found.count
    return tr(
        "Missed: about {estimate} violations (between {low} and {high}), by random checks.",
        estimate=number(count.estimate),
        low=number(count.low),
        high=number(count.high),
    )


def waiting(figures: GuildFigures, now: datetime) -> str:
    """What waits for people now."""
    found = summary.waiting(figures, now)
    if found.oldest is None:
        return tr("Nothing waits for people.")
    oldest = duration(found.oldest)
    return tr_n(
        "{count} case waits for people, for {oldest}.",
        "{count} cases wait for people, the oldest for {oldest}.",
        found.cases,
        oldest=oldest,
    )
