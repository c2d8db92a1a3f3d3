"""The pictures of `/stats`: what was flagged, what people decided, what waits and what it costs."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.figures import summary
from bot.figures.plots import Axis, Bar, Bars, Line, Lines, Name, Nothing, Plot, Sheet, Span, Spans
from bot.figures.span import Span as Days
from bot.figures.span import day_name
from bot.figures.spoken import count_axis, duration, duration_axis, share, share_axis
from bot.language import number, percent, tr, tr_n
from bot.records.figures import Counts, GuildFigures, PolicyDay
from bot.records.waits import Waits, added
from policies.score import Rate

MOST_LINES: Final = 4
MOST_ROWS: Final = 8
"""Policies or rules in one chart; those with most to tell."""
_AGES: Final = tuple(timedelta(hours=hours) for hours in (1, 6, 24, 72))
_LONGEST_ALT: Final = 1000
"""Of 1,024 characters that Discord takes."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the charts are about."""

    figures: GuildFigures
    titles: Mapping[str, str]
    """{policy id: title}; a policy that is gone has none."""
    now: datetime

    @property
    def days(self) -> Days:
        """The days that are told."""
        return Days(self.figures.first, self.figures.last)

    def name(self, policy_id: str) -> Name:
        """A policy's name on a chart."""
        return Name(text=self.titles.get(policy_id, policy_id), instead=policy_id)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A plot with what it says in words."""

    plot: Plot
    words: str


def sheets(told: Told) -> list[Sheet]:
    """All pictures."""
    return [flagged(told), decided(told), waits(told)]


def flagged(told: Told) -> Sheet:
    """What was flagged, and what the model said of it."""
    return one_sheet("flagged", told, flag_rate(told), verdicts(told))


def decided(told: Told) -> Sheet:
    """What people decided, how soon, and how often they agreed."""
    return one_sheet("decided", told, time_to_decision(told), agreement_by_policy(told), agreement_by_rule(told))


def waits(told: Told) -> Sheet:
    """What waits for people, and what the model's work goes into."""
    return one_sheet("waiting", told, queue_age(told), queue_days(told), reasoning(told))


def flag_rate(told: Told) -> Drawn:
    """The share of messages that each policy flags, over time."""
    title = tr("Flagged messages, by policy")
    counted = summary.by_policy(told.figures)
    looked = {name: counts for name, counts in counted.items() if counts.looked_at}
    chosen = sorted(looked, key=lambda policy_id: (-looked[policy_id].flagged, policy_id))[:MOST_LINES]
    if not chosen:
        reason = tr("Not known for this time.") if counted else tr("No message was looked at in this time.")
        return _nothing(title, reason)
    lines = [
        Line(name=told.name(policy_id), values=_over_time(told, policy_id, _flag_rate)) for policy_id in chosen
    ]
    words = [
        tr("{name}: {share}", name=told.name(policy_id).text, share=share(_flag_rate(looked[policy_id]) or 0))
        for policy_id in chosen
    ]
    return Drawn(_lines(told, title, lines, share_axis), f"{title}: {', '.join(words)}.")


def verdicts(told: Told) -> Drawn:
    """What the model said, by policy."""
    title = tr("Verdicts, by policy")
    found = [(policy_id, each) for policy_id, each in summary.by_policy(told.figures).items() if each.verdicts]
    if not found:
        return _nothing(title, tr("No verdict was given in this time."))
    bars = [
        Bar(
            name=told.name(policy_id),
            parts=(each.violations, each.verdicts - each.violations - each.undecided, each.undecided),
            note=number(each.verdicts),
        )
        for policy_id, each in found[:MOST_ROWS]
    ]
    words = [
        tr_n(
            "{name}: {violations} violation of {verdicts}",
            "{name}: {violations} violations of {verdicts}",
            each.violations,
            name=told.name(policy_id).text,
            violations=number(each.violations),
            verdicts=number(each.verdicts),
        )
        for policy_id, each in found[:MOST_ROWS]
    ]
    legend = (tr("violation"), tr("allowed"), tr("undecided"))
    return Drawn(Bars(title=title, legend=legend, bars=tuple(bars)), f"{title}: {', '.join(words)}.")


def time_to_decision(told: Told) -> Drawn:
    """From the verdict to the first decision: the median, and what 9 in 10 are faster than."""
    title = tr("Time to decision")
    whole = summary.waits(told.figures)
    half, most = whole.quantile(0.5), whole.quantile(0.9)
    if half is None or most is None:
        return _nothing(title, tr("Nothing was decided in this time."))
    steps = _waits_over_time(told)
    names = {0.5: tr("half are faster"), 0.9: tr("9 in 10 are faster")}
    lines = [
        Line(name=Name(text=name, instead=name), values=tuple(_seconds(step, portion) for step in steps))
        for portion, name in names.items()
    ]
    words = tr(
        "{title}: half within {half}, 9 in 10 within {most}.",
        title=title,
        half=duration(half),
        most=duration(most),
    )
    return Drawn(_lines(told, title, lines, duration_axis), words)


def agreement_by_policy(told: Told) -> Drawn:
    """How often people acted on violations, by policy."""
    title = tr("Violations that people agreed with, by policy")
    rates = {told.name(policy_id): rate for policy_id, rate in summary.answered(told.figures).items()}
    return _agreement(title, rates)


def agreement_by_rule(told: Told) -> Drawn:
    """How often people acted on violations that cite a rule, those that were decided about most often."""
    title = tr("Violations that people agreed with, by rule")
    rules = [each for each in told.figures.rules if each.confirmed + each.overturned]
    rules.sort(key=lambda each: (-each.confirmed - each.overturned, each.policy_id, each.rule_id))
    rates = {}
    for each in rules:
        text = f"{each.rule_id} · {told.name(each.policy_id).text}"
        name = Name(text=text, instead=f"{each.rule_id} · {each.policy_id}")
        rates[name] = Rate(each.confirmed, each.confirmed + each.overturned)
    return _agreement(title, rates)


def queue_age(told: Told) -> Drawn:
    """How long the cases that wait now have waited."""
    title = tr("Waiting for people now, by age")
    if not told.figures.waiting_since:
        return _nothing(title, tr("Nothing waits."))
    counts = summary.ages(told.figures, told.now, _AGES)
    names = [tr("under {time}", time=duration(bound)) for bound in _AGES] + [
        tr("over {time}", time=duration(_AGES[-1]))
    ]
    bars = [
        Bar(name=Name(text=name, instead=name), parts=(count,), note=number(count))
        for name, count in zip(names, counts, strict=True)
    ]
    words = ", ".join(f"{name}: {number(count)}" for name, count in zip(names, counts, strict=True))
    return Drawn(Bars(title=title, bars=tuple(bars)), f"{title}: {words}.")


def queue_days(told: Told) -> Drawn:
    """The most that waited for people, over time."""
    title = tr("Most cases waiting at once")
    if not told.figures.queue_days:
        return _nothing(title, tr("Nothing waited in this time."))
    most: list[float] = [0.0] * told.days.steps
    for each in told.figures.queue_days:
        at = told.days.index(each.day)
        most[at] = max(most[at], each.cases)
    line = Line(name=Name(text=title, instead=title), values=tuple(most))
    return Drawn(_lines(told, title, [line], count_axis), f"{title}: {number(max(most))}.")


def reasoning(told: Told) -> Drawn:
    """What part of the model's work is reasoning, over time."""
    title = tr("Share of the model's work spent on reasoning")
    whole = _reasoning(summary.total(told.figures))
    if whole is None:
        return _nothing(title, tr("Not known for this time."))
    values = _over_time(told, None, _reasoning)
    line = Line(name=Name(text=title, instead=title), values=values)
    return Drawn(_lines(told, title, [line], share_axis), f"{title}: {share(whole)}.")


def one_sheet(name: str, told: Told, *drawn: Drawn) -> Sheet:
    """A picture of these plots."""
    days = tr("{first} to {last}:", first=day_name(told.days.first), last=day_name(told.days.last))
    alt = " ".join([days, *(each.words for each in drawn)])
    shortened = alt if len(alt) <= _LONGEST_ALT else f"{alt[: _LONGEST_ALT - 1]}…"
    return Sheet(name=f"safeguild-{name}", plots=tuple(each.plot for each in drawn), alt=shortened)


def _nothing(title: str, reason: str) -> Drawn:
    return Drawn(Nothing(title=title, reason=reason), f"{title}: {reason}")


def _lines(told: Told, title: str, lines: Sequence[Line], axis: Callable[[Iterable[float | None]], Axis]) -> Lines:
    scale = axis([value for line in lines for value in line.values])
    days = told.days
    return Lines(title=title, axis=scale, moments=days.steps, ticks=days.ticks(), lines=tuple(lines))


def _agreement(title: str, rates: Mapping[Name, Rate]) -> Drawn:
    told = list(rates.items())[:MOST_ROWS]
    if not told:
        return _nothing(title, tr("Too few decisions yet to say."))
    spans, words = [], []
    for name, rate in told:
        low, high = rate.interval()
        note = tr("{part} of {whole}", part=number(rate.successes), whole=number(rate.of))
        spans.append(Span(name=name, value=rate.successes / rate.of, low=low, high=high, note=note))
        between = tr("{low} to {high}", low=share(low), high=share(high))
        words.append(tr("{name}: {note} ({between})", name=name.text, note=note, between=between))
    ticks = tuple((at, percent(at)) for at in (0.0, 0.5, 1.0))
    return Drawn(Spans(title=title, ticks=ticks, spans=tuple(spans)), f"{title}: {', '.join(words)}.")


def _over_time(
    told: Told, policy_id: str | None, value: Callable[[Counts], float | None]
) -> tuple[float | None, ...]:
    steps = [summary.NO_COUNTS] * told.days.steps
    for each in _of(told.figures.days, policy_id):
        at = told.days.index(each.day)
        steps[at] += each.counts
    return tuple(map(value, steps))


def _of(days: Sequence[PolicyDay], policy_id: str | None) -> Iterator[PolicyDay]:
    return (each for each in days if policy_id is None or each.policy_id == policy_id)


def _waits_over_time(told: Told) -> list[Waits]:
    steps: defaultdict[int, list[Waits]] = defaultdict(list)
    for each in told.figures.waits:
        if not each.policy_id:
            steps[told.days.index(each.day)].append(each.waits)
    return [added(steps[at]) for at in range(told.days.steps)]


def _seconds(waits: Waits, portion: float) -> float | None:
    found = waits.quantile(portion)
    return None if found is None else found.total_seconds()


def _flag_rate(counts: Counts) -> float | None:
    return min(1.0, counts.flagged / counts.looked_at) if counts.looked_at else None


def _reasoning(counts: Counts) -> float | None:
    return counts.reasoning / counts.computing if counts.computing else None
