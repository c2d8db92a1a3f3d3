"""A trial's figures in plain words, each with what it does not say and with what to do where it is unknown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bot.language import marked, number, tr, tr_n
from bot.records.labels import Stratum
from bot.trials.result import Figures, RuleFigures, TrialResult
from bot.trials.wording import Say, between, briefly, rate
from inference.prefilter.budget.audit import Interval
from policies.policy import Care, Policy
from policies.score import Score

MOST_RULES: Final = 6
_RULE: Final = 40
_WIDE: Final = 0.3
"""An interval that covers more than this says little."""
_STRATA: Final = {
    Stratum.OPENED: marked("decided cases"),
    Stratum.CLEARED: marked("labelled messages that the model cleared"),
    Stratum.UNFLAGGED: marked("labelled messages that nothing suspected"),
}
_UNKNOWN: Final = marked(
    "Unknown. Nobody knows what slips through before people have labelled messages that were drawn at random."
)
_SAMPLE: Final = marked("What to do: `/policy sample policy:{policy}` hands you ten. It takes a few minutes.")
_DECIDE: Final = marked("What to do: decide on cards of this policy. Each decision counts, Dismiss too.")
_WITHHELD: Final = marked(
    "It stays unknown: messages of this policy are never shown again, so nobody can label samples."
)
_NEVER_FOUND: Final = marked("Unknown: in all that people labelled there was no violation.")
_WIDE_RANGE: Final = marked(
    "These ranges are wide: few messages are labelled. Each `/policy sample` narrows them."
)
_NO_CASES: Final = marked("Moderators have decided no case of this policy yet.")
_NO_SERVER: Final = marked(
    "Only the policy's own examples were tried. With `--guild ID` it is tried on what that server's moderators "
    "decided, too."
)
_SEEN: Final = marked("Moderators saw the verdict before they decided. Read it as agreement, not as proof.")
_ONE_SIDED: Final = marked(
    "On another policy's card Dismiss says that this policy was not violated, and Delete says nothing about it: "
    "so such cards tell of false alarms only."
)


def sections(result: TrialResult, say: Say, most_rules: int = MOST_RULES) -> Mapping[str, Sequence[str]]:
    """The figures, by their headings. Those without anything to say are left out."""
    found = result.figures
    all_of_them = {
        tr("Decided cases"): list(_decided(found)) if result.of_server else [tr(_NO_SERVER)],
        tr("Blind samples"): list(_samples(found)),
        tr("How much is found"): list(_estimated(found, result.policy)) if result.of_server else [],
        tr("Its own examples"): list(_examples(found)),
        tr("By rule"): list(_rules(found, say, most_rules)),
        tr("What was left out"): list(_left_out(result)),
    }
    return {heading: lines for heading, lines in all_of_them.items() if lines}


def _decided(found: Figures) -> Iterator[str]:
    score = found.decided
    if not score.total:
        yield tr(_NO_CASES)
    else:
        yield tr("Precision on cards that came up: {rate}.", rate=rate(score.precision))
        yield tr(
            "Violations that moderators confirmed: it finds {found} of {all}.",
            found=number(score.tp),
            all=number(score.tp + score.fn),
        )
        yield from _shared(found)
        yield tr(_SEEN)
    yield from _beside(found.beside)


def _shared(found: Figures) -> Iterator[str]:
    """What it comes to without the cards on which nobody said which policy is violated."""
    if shared := found.decided.total - found.alone.total:
        yield tr_n(
            "{count} of these cards came up for another policy, too: Delete confirms both, whichever was meant. "
            "Precision without it: {rate}.",
            "{count} of these cards came up for another policy, too: Delete confirms both, whichever was meant. "
            "Precision without them: {rate}.",
            shared,
            rate=rate(found.alone.precision),
        )


def _beside(score: Score) -> Iterator[str]:
    if score.total:
        yield tr(
            "Cards that came up for another reason: {cards}. False alarms on them: {alarms}.",
            cards=number(score.total),
            alarms=number(score.fp),
        )
        yield tr(_ONE_SIDED)


def _samples(found: Figures) -> Iterator[str]:
    if found.cleared.total:
        yield tr("Cleared by the model: {line}", line=_sample(found.cleared))
    if found.unflagged.total:
        yield tr("Suspected by nothing: {line}", line=_sample(found.unflagged))


def _sample(score: Score) -> str:
    if not score.violating:
        return tr(
            "{labelled} labelled, none violates. False alarms: {alarms}.",
            labelled=number(score.total),
            alarms=briefly(score.false_alarms),
        )
    return tr(
        "{labelled} labelled, violating: {violating}. It finds {found} of these. False alarms: {alarms}.",
        labelled=number(score.total),
        violating=number(score.violating),
        found=number(score.tp),
        alarms=briefly(score.false_alarms),
    )


def _estimated(found: Figures, policy: Policy) -> Iterator[str]:
    now, asked = found.as_it_runs, found.if_asked
    if now.precision is not None:
        yield tr("Precision: of what would reach people, {share} violates.", share=between(now.precision))
    if now.recall is not None:
        yield tr("Recall: of all violations that are written, {share} reach people.", share=between(now.recall))
        yield tr("F1, which joins both: {share}.", share=between(now.f1))
        yield tr(
            "If the model were asked about every message: precision {precision}, recall {recall}.",
            precision=between(asked.precision),
            recall=between(asked.recall),
        )
        if _is_wide(now.recall) or _is_wide(now.precision):
            yield tr(_WIDE_RANGE)
    elif found.unsampled:
        yield from _lacking(found.unsampled, policy)
    else:
        yield tr(_NEVER_FOUND)


def _is_wide(found: Interval | None) -> bool:
    return found is not None and found.high - found.low > _WIDE


def _lacking(strata: Sequence[Stratum], policy: Policy) -> Iterator[str]:
    yield tr(_UNKNOWN)
    yield tr("Missing: {what}.", what="; ".join(tr(_STRATA[each]) for each in strata))
    if policy.care is Care.WITHHOLD:
        yield tr(_WITHHELD)
        return
    if Stratum.OPENED in strata:
        yield tr(_DECIDE)
    if {Stratum.CLEARED, Stratum.UNFLAGGED}.intersection(strata):
        yield tr(_SAMPLE, policy=policy.id)


def _examples(found: Figures) -> Iterator[str]:
    if found.examples.total:
        yield tr("Not in the prompt: {line}", line=_score_line(found.examples))
    if found.shown.total:
        yield tr("In the prompt, which proves little: {line}", line=_score_line(found.shown))


def _score_line(score: Score) -> str:
    if score.f1 is None:
        return tr("{rate} right.", rate=rate(score.accuracy))
    low, high = score.f1_interval()
    return tr(
        "precision {precision}; recall {recall}; F1 {f1}.",
        precision=briefly(score.precision),
        recall=briefly(score.recall),
        f1=between(Interval(score.f1, low, high)),
    )


def _rules(found: Figures, say: Say, most: int) -> Iterator[str]:
    for rule_id, figures in list(found.rules.items())[:most]:
        if told := "; ".join(_rule(figures)):
            yield f"{say(rule_id, _RULE)}: {told}"
    if len(found.rules) > most:
        yield tr("The file has all of them.")


def _rule(figures: RuleFigures) -> Iterator[str]:
    if figures.upheld.of:
        yield tr("confirmed in {rate} of the cases that cite it", rate=briefly(figures.upheld))
    if figures.score.tp + figures.score.fn:
        yield tr("recall {rate}", rate=briefly(figures.score.recall))
    if figures.score.tp + figures.score.fp:
        yield tr("precision {rate}", rate=briefly(figures.score.precision))


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
