"""What a trial found, in plain words for every surface, and with what is not known.

Each surface escapes for itself: `Say` takes somebody else's words and the most room that they get.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from bot.language import marked, number, percent, tr, tr_n
from bot.records.labels import Stratum
from bot.trials.items import Item
from bot.trials.result import Figures, Flip, Flips, RuleFigures, TrialResult, Turn
from bot.visible import visible as readable
from inference.prefilter.budget.audit import Interval
from policies.policy import Policy, Severity
from policies.score import Rate, Score
from policies.verdict import Verdict

Say = Callable[[str, int], str]
_NAME, _RULE, _REASON = 80, 40, 300
_MOST_RULES: Final = 10
_SEVERITIES: Final = {
    Severity.LOW: marked("low"),
    Severity.MEDIUM: marked("medium"),
    Severity.HIGH: marked("high"),
    Severity.CRITICAL: marked("critical"),
}
_TURNS: Final = {
    Turn.BETTER: marked("better"),
    Turn.WORSE: marked("worse"),
    Turn.OPEN: marked("nobody decided"),
}
_STRATA: Final = {
    Stratum.OPENED: marked("decided cases"),
    Stratum.CLEARED: marked("labelled messages that the model cleared"),
    Stratum.UNFLAGGED: marked("labelled messages that nothing suspected"),
}
_UNKNOWN: Final = marked(
    "Unknown. Nobody knows what slips through before people have labelled messages that were drawn at random: "
    "`/policy sample policy:{policy}` hands you ten."
)
_NEVER_FOUND: Final = marked("Unknown: in all that people labelled there was no violation.")
_NO_CASES: Final = marked("Moderators have decided no case of this policy yet.")
_SEEN: Final = marked("Moderators saw the verdict before they decided. Read it as agreement, not as proof.")


def headline(result: TrialResult, say: Say) -> str:
    """What matters most, in one line."""
    title = say(result.policy.title, _NAME)
    if result.flips is not None:
        return tr("{title} against the other version: {flips}", title=title, flips=flips_line(result.flips))
    f1 = result.figures.f1
    return tr("{title}: F1 {f1}.", title=title, f1=_between(f1)) if f1 else tr("{title} was tested.", title=title)


def flips_line(flips: Flips) -> str:
    """How many verdicts flip, and to whose good."""
    total = len(flips.gravest_first)
    if not total:
        return tr_n(
            "No verdict flips: {count} text was compared.",
            "No verdict flips: {count} texts were compared.",
            flips.compared,
        )
    return tr_n(
        "{count} flip: {better} better, {worse} worse, {open} nobody decided.",
        "{count} flips: {better} better, {worse} worse, {open} nobody decided.",
        total,
        better=flips.count(Turn.BETTER),
        worse=flips.count(Turn.WORSE),
        open=flips.count(Turn.OPEN),
    )


def effort_line(result: TrialResult) -> str:
    """What it took."""
    return tr(
        "{judged} answers by the model, {known} known from before.",
        judged=number(result.judged),
        known=number(result.remembered),
    )


def sections(result: TrialResult, say: Say, most_rules: int = _MOST_RULES) -> Mapping[str, Sequence[str]]:
    """The figures, by their headings. Those without anything to say are left out."""
    found = result.figures
    all_of_them = {
        tr("Decided cases"): list(_decided(found)),
        tr("How much is found"): list(_recall(found, result.policy)),
        tr("Its own examples"): list(_examples(found)),
        tr("By rule"): list(_rules(found, say, most_rules)),
        tr("What was left out"): list(_left_out(result)),
    }
    return {heading: lines for heading, lines in all_of_them.items() if lines}


def flip_line(flip: Flip) -> str:
    """How a verdict flips, and where the text is."""
    return tr(
        "{turn} ({severity}): {before} before, {after} now {where}",
        turn=tr(_TURNS[flip.turn]),
        severity=tr(_SEVERITIES[flip.severity]),
        before=_word(flip.before),
        after=_word(flip.after),
        where=_where(flip.item),
    )


def reasons(flip: Flip, say: Say) -> Iterator[str]:
    """Why each version says what it says."""
    if flip.before and flip.before.rationale:
        yield tr("Before: {reason}", reason=say(flip.before.rationale, _REASON))
    if flip.after and flip.after.rationale:
        yield tr("Now: {reason}", reason=say(flip.after.rationale, _REASON))


def may_show(item: Item, shown: Collection[int]) -> bool:
    """Whether whoever reads this may see what was written. An example is the policy's own. `shown`: messages."""
    place = item.place
    return place is None or place.message_id in shown


def full_report(result: TrialResult, shown: Collection[int]) -> str:
    """Everything, as plain text. What is hidden in a text is written out. `shown`: messages that may be quoted."""
    lines = [headline(result, _plain), effort_line(result)]
    for heading, said in sections(result, _plain, most_rules=len(result.figures.rules)).items():
        lines += ["", heading, *(f"  {line}" for line in said)]
    if result.flips and result.flips.gravest_first:
        lines += ["", tr("Verdicts that flip, the gravest first")]
        for flip in result.flips.gravest_first:
            lines += ["", flip_line(flip)]
            if may_show(flip.item, shown):
                lines += [f"  | {line}" for line in readable(flip.item.text).splitlines()]
                lines += [f"  {reason}" for reason in reasons(flip, _plain)]
    return "\n".join(lines) + "\n"


def _plain(text: str, _: int) -> str:
    return " ".join(readable(text).split())


def _decided(found: Figures) -> Iterator[str]:
    score = found.decided
    if not score.total:
        yield tr(_NO_CASES)
        return
    yield tr("Precision: {rate}.", rate=_rate(score.precision))
    yield tr(
        "Of {all} violations that moderators confirmed it finds {found}.",
        all=number(score.tp + score.fn),
        found=number(score.tp),
    )
    yield tr(_SEEN)


def _recall(found: Figures, policy: Policy) -> Iterator[str]:
    if found.recall is not None:
        share, if_asked = _between(found.recall.in_all), _between(found.recall.if_asked)
        yield tr("Recall: {share} of all violations that are written reach people.", share=share)
        yield tr("If the model were asked about every message: {share}.", share=if_asked)
    elif not found.unsampled:
        yield tr(_NEVER_FOUND)
    else:
        yield tr(_UNKNOWN, policy=policy.id)
        yield tr("Missing: {what}.", what="; ".join(tr(_STRATA[each]) for each in found.unsampled))


def _examples(found: Figures) -> Iterator[str]:
    if found.examples.total:
        yield tr("Not in the prompt: {line}", line=_score_line(found.examples))
    if found.shown.total:
        yield tr("In the prompt, which proves little: {line}", line=_score_line(found.shown))


def _score_line(score: Score) -> str:
    if score.f1 is None:
        return tr("{rate} right.", rate=_rate(score.accuracy))
    low, high = score.f1_interval()
    return tr(
        "precision {precision}; recall {recall}; F1 {f1}.",
        precision=_rate(score.precision),
        recall=_rate(score.recall),
        f1=_between(Interval(score.f1, low, high)),
    )


def _rules(found: Figures, say: Say, most: int) -> Iterator[str]:
    for rule_id, figures in list(found.rules.items())[:most]:
        if told := "; ".join(_rule(figures)):
            yield f"{say(rule_id, _RULE)}: {told}"
    if len(found.rules) > most:
        yield tr("The file has all of them.")


def _rule(figures: RuleFigures) -> Iterator[str]:
    if figures.upheld.of:
        yield tr("confirmed in {rate} of the cases that cite it", rate=_rate(figures.upheld))
    if figures.score.tp + figures.score.fn:
        yield tr("recall {rate}", rate=_rate(figures.score.recall))
    if figures.score.tp + figures.score.fp:
        yield tr("precision {rate}", rate=_rate(figures.score.precision))


def _left_out(result: TrialResult) -> Iterator[str]:
    if result.unread:
        yield tr_n(
            "{count} answer could not be read. It is in no rate; such cases go to people.",
            "{count} answers could not be read. They are in no rate; such cases go to people.",
            result.unread,
        )
    if result.left_out > 0:
        yield tr_n(
            "{count} label is not used: its text is no longer kept, or it is too old.",
            "{count} labels are not used: their texts are no longer kept, or they are too old.",
            result.left_out,
        )


def _word(verdict: Verdict | None) -> str:
    if verdict is None or verdict.violation is None:
        return tr("unreadable")
    word = tr("violation") if verdict.violation else tr("allowed")
    return word if verdict.probability is None else f"{word}, {percent(verdict.probability)}"


def _where(item: Item) -> str:
    place = item.place
    if place is None:
        return tr("(an example)")
    link = f"https://discord.com/channels/{place.guild_id}/{place.channel_id}/{place.message_id}"
    return tr("(case {number}, {link})", number=place.case_id, link=link)


def _rate(rate: Rate) -> str:
    if rate.value is None:
        return tr("unknown")
    low, high = rate.interval()
    return tr(
        "{successes} of {of}, {share} (between {low} and {high})",
        successes=number(rate.successes),
        of=number(rate.of),
        share=percent(rate.value),
        low=percent(low),
        high=percent(high),
    )


def _between(found: Interval) -> str:
    return tr(
        "{share} (between {low} and {high})",
        share=percent(found.estimate),
        low=percent(found.low),
        high=percent(found.high),
    )
