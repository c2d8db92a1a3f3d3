"""How well a judge's verdicts agree with people's labels, in figures that say how sure they are.

`violates` is what a person says of a text, `verdict` what the judge said. A text whose answer could not be read is
undecided: it is in no rate, and is counted apart, so that whoever shows a rate can show what it leaves out.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Self

CONFIDENCE = 0.95
"""Of every interval, unless another one is asked for."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One text under one policy: the label of a person, and what the judge said."""

    violates: bool
    """The label."""
    verdict: bool | None
    """None: undecided."""
    probability: float | None = None
    """P(violation), from 0 to 1; None where the judge gave none."""
    rule_id: str | None = None
    """The rule that the label names; None where the label says only that something is violated, or nothing is."""
    rule_ids: tuple[str, ...] = ()
    """The rules that the judge cited."""
    group: str = ""
    """What the text is counted with besides the whole: a source, a category, a language."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of things that were counted."""

    successes: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.of:
            raise ValueError(f"{self.successes} of {self.of} is no share")

    def __add__(self, other: "Rate") -> "Rate":
        return Rate(self.successes + other.successes, self.of + other.of)

    @property
    def value(self) -> float | None:
        """From 0 to 1; None where nothing was counted."""
        return self.successes / self.of if self.of else None

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Where the true rate lies with this confidence, from 0 to 1; (0, 1) where nothing was counted.

        Wilson's score interval (E. B. Wilson 1927, "Probable inference, the law of succession, and statistical
        inference"): honest for few texts and for rates near 0 and 1, where the usual one is not. It takes the
        texts for a random draw; of texts that were picked by hand it says nothing.
        """
        if not self.of:
            return 0.0, 1.0
        square = _deviations(confidence) ** 2 / self.of
        share = self.successes / self.of
        middle = (share + square / 2) / (1 + square)
        reach = math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
        # At the ends the formula gives 0 and 1, and floating point nearly so.
        low = 0.0 if self.successes == 0 else max(0.0, middle - reach)
        high = 1.0 if self.successes == self.of else min(1.0, middle + reach)
        return low, high


def _deviations(confidence: float) -> float:
    """How many standard deviations lie on either side, 1.96 for 0.95."""
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, not at {confidence}")
    return NormalDist().inv_cdf((1 + confidence) / 2)


@dataclass(frozen=True, slots=True)
class Score:
    """Counts of labels against verdicts, and the rates that follow from them."""

    tp: int = 0
    """Violating, and the judge says so."""
    fp: int = 0
    """Allowed, and the judge says violation."""
    fn: int = 0
    """Violating, and the judge says allowed."""
    tn: int = 0
    """Allowed, and the judge says so."""
    undecided: int = 0
    """The judge's answer could not be read. In no rate; see `at_worst`."""
    undecided_violating: int = 0
    """Those of the undecided that a person labelled violating."""

    def __post_init__(self) -> None:
        if min(self.tp, self.fp, self.fn, self.tn, self.undecided_violating) < 0:
            raise ValueError("a count is not negative")
        if self.undecided_violating > self.undecided:
            raise ValueError("more undecided texts are violating than there are undecided texts")

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.tp + other.tp,
            self.fp + other.fp,
            self.fn + other.fn,
            self.tn + other.tn,
            self.undecided + other.undecided,
            self.undecided_violating + other.undecided_violating,
        )

    @property
    def decided(self) -> int:
        """Texts with a verdict."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def total(self) -> int:
        """All texts, the undecided ones too."""
        return self.decided + self.undecided

    @property
    def violating(self) -> int:
        """Texts that a person labelled violating, the undecided ones too."""
        return self.tp + self.fn + self.undecided_violating

    @property
    def precision(self) -> Rate:
        """How many of the texts that the judge calls violating are."""
        return Rate(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> Rate:
        """How many of the violating texts the judge finds."""
        return Rate(self.tp, self.tp + self.fn)

    @property
    def false_alarms(self) -> Rate:
        """How many of the allowed texts the judge calls violating."""
        return Rate(self.fp, self.fp + self.tn)

    @property
    def accuracy(self) -> Rate:
        """How many verdicts agree with the label. Says little where one label is rare."""
        return Rate(self.tp + self.tn, self.decided)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and recall, from 0 to 1; None where nothing is violating or called so."""
        concerned = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / concerned if concerned else None

    def f1_interval(self, confidence: float = CONFIDENCE) -> tuple[float, float]:
        """Where the true F1 lies with this confidence, from 0 to 1; (0, 1) where there is no F1.

        The indirect method with Wilson's interval (Lam, Gopal and Qian 2023, "Confidence Intervals for the F1
        Score: A Comparison of Four Methods", arXiv:2309.14621). Among the texts that are violating or called so,
        the share J = tp / (tp + fp + fn) is an ordinary rate, and F1 = 2J / (1 + J) rises with it: the ends of J's
        interval give the ends of F1's.
        """
        low, high = Rate(self.tp, self.tp + self.fp + self.fn).interval(confidence)
        return 2 * low / (1 + low), 2 * high / (1 + high)

    @property
    def confusion(self) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """Rows: labelled violating, labelled allowed. Columns: judged violating, judged allowed, undecided."""
        allowed = self.undecided - self.undecided_violating
        return (self.tp, self.fn, self.undecided_violating), (self.fp, self.tn, allowed)

    def at_worst(self) -> "Score":
        """The score if every undecided text had been judged wrongly: no true score is lower."""
        allowed = self.undecided - self.undecided_violating
        return Score(self.tp, self.fp + allowed, self.fn + self.undecided_violating, self.tn)

    @classmethod
    def of(cls, violates: bool, verdict: bool | None) -> Self:
        """The score of one text."""
        if verdict is None:
            return cls(undecided=1, undecided_violating=int(violates))
        if violates:
            return cls(tp=1) if verdict else cls(fn=1)
        return cls(fp=1) if verdict else cls(tn=1)


def score(judged: Iterable[Judged]) -> Score:
    """Count all."""
    return sum((Score.of(one.violates, one.verdict) for one in judged), Score())


def per_group(judged: Iterable[Judged]) -> Mapping[str, Score]:
    """The score of each group, in the order in which the groups first come."""
    scores: dict[str, Score] = {}
    for one in judged:
        scores[one.group] = scores.get(one.group, Score()) + Score.of(one.violates, one.verdict)
    return scores


def per_rule(judged: Iterable[Judged]) -> Mapping[str, Score]:
    """How well each rule that is labelled or cited was cited, by its id, sorted.

    A text counts as violating a rule when its label names the rule, and as judged so when the judge cites it.
    Texts whose label says "violating" without naming a rule are left out: nobody said whether the cited one is
    right. See `upheld` for what such labels tell.
    """
    known = [one for one in judged if one.rule_id is not None or not one.violates]
    rules = {rule for one in known for rule in one.rule_ids} | {one.rule_id for one in known if one.rule_id}
    return {
        rule: score(Judged(one.violates and one.rule_id == rule, _cites(one, rule)) for one in known)
        for rule in sorted(rules)
    }


def _cites(one: Judged, rule: str) -> bool | None:
    return None if one.verdict is None else one.verdict and rule in one.rule_ids


def upheld(judged: Iterable[Judged]) -> Mapping[str, Rate]:
    """For each rule that a verdict cites, by its id, sorted: how often the label says violating too.

    It needs no label that names rules, and says nothing of texts in which the rule was missed.
    """
    rates: dict[str, Rate] = {}
    for one in judged:
        for rule in set(one.rule_ids) if one.verdict else ():
            rates[rule] = rates.get(rule, Rate(0, 0)) + Rate(int(one.violates), 1)
    return dict(sorted(rates.items()))


@dataclass(frozen=True, slots=True)
class ExactMatch:
    """Texts under several policies at once."""

    right: int = 0
    """Every verdict agrees with its label."""
    wrong: int = 0
    """At least one verdict does not."""
    undecided: int = 0
    """None is wrong, at least one is missing. In no rate but `at_worst`."""

    @property
    def rate(self) -> Rate:
        """How many of the decided texts are right under every policy."""
        return Rate(self.right, self.right + self.wrong)

    @property
    def at_worst(self) -> Rate:
        """The same if every undecided text had been judged wrongly."""
        return Rate(self.right, self.right + self.wrong + self.undecided)


def exact_match(texts: Iterable[Iterable[Judged]]) -> ExactMatch:
    """Multi-policy accuracy: of each text, its verdicts under all policies; it is right if all of them are.

    The measure of OpenAI's technical report on gpt-oss-safeguard (2025). A text without any policy is left out.
    """
    counts = {True: 0, False: 0, None: 0}
    for text in texts:
        if agreements := [None if one.verdict is None else one.verdict == one.violates for one in text]:
            counts[_all_hold(agreements)] += 1
    return ExactMatch(right=counts[True], wrong=counts[False], undecided=counts[None])


def _all_hold(agreements: list[bool | None]) -> bool | None:
    if False in agreements:
        return False
    return None if None in agreements else True
