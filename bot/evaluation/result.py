"""What an evaluation found: verdicts beside labels, for each policy and for all together."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from bot.evaluation.dataset import Dataset, LabelledText, Plan
from bot.evaluation.figures import (
    Curve,
    Disagreement,
    RateFigure,
    ScoreFigures,
    Times,
    curve_of,
    figures_of,
    times_of,
)
from bot.evaluation.kept import Kept
from policies.frozen import Frozen
from policies.policy import Policy
from policies.score import Judged, exact_match, per_group, per_rule, upheld

SCHEMA = 1
"""Raised whenever a key of `result.json` changes its meaning or goes."""
MAX_DISAGREEMENTS = 20
"""Listed for each policy, the worst first."""
MAX_GROUPS = 100
"""Groups that are shown; a column of names or ids is no grouping."""

KeptOf = Callable[[LabelledText, Policy], Kept | None]


class PolicyResult(Frozen):
    """One policy."""

    id: str
    title: str
    digest: str
    threshold: float
    column: str
    waiting: int
    """Labelled texts without a verdict yet."""
    figures: ScoreFigures
    groups: dict[str, ScoreFigures]
    rules: dict[str, ScoreFigures]
    """Only where labels name rules."""
    upheld: dict[str, RateFigure]
    """For each cited rule: how often the label says violating too."""
    curve: Curve
    times: Times
    disagreements: tuple[Disagreement, ...]
    unread: dict[str, int]
    """Why texts are undecided, and how many."""


class Together(Frozen):
    """Several policies at once, each text under those that it is labelled for."""

    texts: int
    right: int
    wrong: int
    undecided: int
    exact_match: RateFigure
    """Every verdict of a text is right: the multi-policy accuracy of OpenAI's report."""
    exact_match_at_worst: RateFigure
    any_policy: ScoreFigures
    """One label and one verdict a text: whether any policy is violated."""


class MadeWith(Frozen):
    """Everything that is needed to make it again."""

    dataset: str
    dataset_digest: str
    known_set: str | None
    text_column: str
    group_column: str | None
    limit: int | None
    """Texts that were drawn; None: all."""
    model_name: str
    model_digest: str
    prompt_version: int
    seed: int
    budgets: str
    version: str
    """Of Safeguild."""
    written_at: datetime


class Result(Frozen):
    """The whole result."""

    schema_version: int = SCHEMA
    made_with: MadeWith
    finished: bool
    texts: int
    usable: int
    unlabelled: int
    bad_rows: int
    listed_bad_rows: tuple[str, ...]
    repeated: int
    """Texts that stand in the set more than once, beyond the first: judged once, counted each time."""
    notes: tuple[str, ...]
    """What verdicts say of the model, such as that it is only a stand-in."""
    policies: tuple[PolicyResult, ...]
    together: Together | None
    """With more than one policy."""


def result_of(
    dataset: Dataset, plan: Plan, kept_of: KeptOf, made_with: MadeWith, *, show_texts: bool, notes: tuple[str, ...]
) -> Result:
    """Set every verdict that is there beside its label."""
    policies = tuple(
        _policy_result(dataset, plan, plan.policies[policy_id], kept_of, show_texts=show_texts)
        for policy_id in plan.labels
    )
    return Result(
        made_with=made_with,
        finished=not any(policy.waiting for policy in policies),
        texts=len(dataset.texts),
        usable=dataset.usable,
        unlabelled=dataset.unlabelled,
        bad_rows=dataset.bad_count,
        listed_bad_rows=tuple(map(str, dataset.bad_rows)),
        repeated=len(dataset.texts) - len({text.digest for text in dataset.texts}),
        notes=notes,
        policies=policies,
        together=_together(dataset, plan, kept_of) if len(policies) > 1 else None,
    )


def judged(text: LabelledText, policy: Policy, kept: Kept) -> Judged:
    """The label beside the verdict."""
    label = text.labels[policy.id]
    return Judged(label.violates, kept.violation, kept.probability, label.rule_id, kept.rule_ids, text.group)


def _policy_result(
    dataset: Dataset, plan: Plan, policy: Policy, kept_of: KeptOf, *, show_texts: bool
) -> PolicyResult:
    labelled = [text for text in dataset.texts if policy.id in text.labels]
    pairs = [(text, kept) for text in labelled if (kept := kept_of(text, policy)) is not None]
    items = [judged(text, policy, kept) for text, kept in pairs]
    named = any(one.rule_id for one in items)
    return PolicyResult(
        id=policy.id,
        title=policy.title,
        digest=policy.digest,
        threshold=policy.judge.threshold,
        column=plan.labels[policy.id].column,
        waiting=len(labelled) - len(pairs),
        figures=figures_of(items),
        groups=_groups(items),
        rules={rule: ScoreFigures.of_score(one) for rule, one in per_rule(items).items()} if named else {},
        upheld={rule: RateFigure.of_rate(rate) for rule, rate in upheld(items).items()},
        curve=curve_of(items),
        times=_times(kept for _, kept in pairs),
        disagreements=_disagreements(pairs, policy, show_texts=show_texts),
        unread=_unread(kept for _, kept in pairs),
    )


def _groups(items: Iterable[Judged]) -> dict[str, ScoreFigures]:
    """The largest groups, if there are any."""
    scores = per_group(items)
    if set(scores) <= {""}:
        return {}
    largest = sorted(scores.items(), key=lambda item: (-item[1].total, item[0]))[:MAX_GROUPS]
    return {name or "(none)": ScoreFigures.of_score(counted) for name, counted in largest}


def _times(verdicts: Iterable[Kept]) -> Times:
    """Of each verdict once, also where its text is repeated."""
    once = {kept.key: kept for kept in verdicts if not kept.problems}
    return times_of([kept.milliseconds for kept in once.values()], [kept.tokens for kept in once.values()])


def _unread(verdicts: Iterable[Kept]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for kept in verdicts:
        if kept.violation is None:
            why = kept.problems[-1] if kept.problems else (kept.notes or ("no reason was given",))[-1]
            counts[why] = counts.get(why, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: -item[1])[:MAX_DISAGREEMENTS])


def _disagreements(
    pairs: Iterable[tuple[LabelledText, Kept]], policy: Policy, *, show_texts: bool
) -> tuple[Disagreement, ...]:
    """Those of which the judge was surest."""

    def wrongness(pair: tuple[LabelledText, Kept]) -> float:
        probability = pair[1].probability
        if probability is None:
            return 0.5
        return 1 - probability if pair[0].labels[policy.id].violates else probability

    wrong = [
        (text, kept)
        for text, kept in pairs
        if kept.violation is not None and kept.violation != text.labels[policy.id].violates
    ]
    worst = sorted(wrong, key=lambda pair: (-wrongness(pair), pair[0].line))[:MAX_DISAGREEMENTS]
    return tuple(
        Disagreement(
            line=text.line,
            group=text.group,
            violates=text.labels[policy.id].violates,
            probability=kept.probability,
            rule_ids=kept.rule_ids,
            text=text.text if show_texts else None,
            rationale=kept.rationale if show_texts else None,
        )
        for text, kept in worst
    )


def _together(dataset: Dataset, plan: Plan, kept_of: KeptOf) -> Together:
    """Only texts that are judged under every policy that they are labelled for."""
    whole = [items for text in dataset.texts if (items := _under_all(text, plan.policies, kept_of))]
    matched = exact_match(whole)
    return Together(
        texts=len(whole),
        right=matched.right,
        wrong=matched.wrong,
        undecided=matched.undecided,
        exact_match=RateFigure.of_rate(matched.rate),
        exact_match_at_worst=RateFigure.of_rate(matched.at_worst),
        any_policy=figures_of(map(_any, whole)),
    )


def _under_all(text: LabelledText, policies: Mapping[str, Policy], kept_of: KeptOf) -> list[Judged]:
    """Empty as long as one verdict is missing."""
    items = []
    for policy_id in text.labels:
        kept = kept_of(text, policies[policy_id])
        if kept is None:
            return []
        items.append(judged(text, policies[policy_id], kept))
    return items


def _any(items: list[Judged]) -> Judged:
    """Violating under any policy; undecided if no verdict says so and one is missing."""
    verdicts = {one.verdict for one in items}
    verdict = True if True in verdicts else None if None in verdicts else False
    return Judged(any(one.violates for one in items), verdict, group=items[0].group)
