import math
from collections.abc import Callable
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.score import ExactMatch, Judged, Rate, Score, exact_match, per_group, per_rule, score, upheld

RULES = ("H1", "H2", "S1")


@st.composite
def judged_texts(draw: st.DrawFn) -> Judged:
    violates, verdict = draw(st.booleans()), draw(st.sampled_from((True, False, None)))
    return Judged(
        violates,
        verdict,
        draw(st.none() | st.floats(0, 1)),
        draw(st.none() | st.sampled_from(RULES)) if violates else None,
        tuple(draw(st.sets(st.sampled_from(RULES)))) if verdict else (),
        draw(st.sampled_from(("a", "b", ""))),
    )


lots = st.lists(judged_texts(), max_size=12)
rates = st.integers(0, 300).flatmap(lambda of: st.builds(Rate, st.integers(0, of), st.just(of)))
counts = st.integers(0, 50)


def count(items: list[Judged], holds: Callable[[Judged], bool]) -> int:
    return len([one for one in items if holds(one)])


class TestRate:
    def test_wilson_s_interval_is_that_of_the_textbooks(self) -> None:
        assert Rate(1, 10).interval() == pytest.approx((0.0179, 0.4042), abs=1e-4)
        assert Rate(0, 10).interval() == pytest.approx((0.0, 0.2775), abs=1e-4)

    @given(rate=rates.filter(lambda rate: rate.of > 0), confidence=st.sampled_from((0.5, 0.9, 0.95, 0.999)))
    def test_at_either_end_of_the_interval_the_rate_is_just_as_unlikely_as_the_confidence_allows(
        self, rate: Rate, confidence: float
    ) -> None:
        deviations = NormalDist().inv_cdf((1 + confidence) / 2)
        for end in rate.interval(confidence):
            if 0 < end < 1:
                spread = math.sqrt(end * (1 - end) / rate.of)
                assert abs(rate.successes / rate.of - end) == pytest.approx(deviations * spread, rel=1e-6)

    @given(rate=rates)
    def test_the_interval_holds_the_rate_and_lies_within_0_and_1(self, rate: Rate) -> None:
        low, high = rate.interval()
        assert 0 <= low <= high <= 1
        assert rate.value is None or low <= rate.value <= high

    @given(rate=rates.filter(lambda rate: rate.of > 0))
    def test_more_texts_and_less_confidence_make_it_narrower(self, rate: Rate) -> None:
        def width(rate: Rate, confidence: float = 0.95) -> float:
            low, high = rate.interval(confidence)
            return high - low

        assert width(rate + rate) < width(rate)
        assert width(rate, 0.9) < width(rate)

    def test_nothing_counted_is_no_rate_and_could_be_anything(self) -> None:
        assert (Rate(0, 0).value, Rate(0, 0).interval()) == (None, (0.0, 1.0))

    @pytest.mark.parametrize(("successes", "of"), [(2, 1), (-1, 3), (0, -1)])
    def test_what_is_no_share_is_refused(self, successes: int, of: int) -> None:
        with pytest.raises(ValueError, match="is no share"):
            Rate(successes, of)

    @pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, -0.5])
    def test_a_confidence_in_percent_is_refused(self, confidence: float) -> None:
        with pytest.raises(ValueError, match="lies between 0 and 1"):
            Rate(1, 2).interval(confidence)


class TestScore:
    @given(items=lots)
    def test_every_text_is_counted_once_in_its_place(self, items: list[Judged]) -> None:
        counted = score(items)
        assert counted.tp == count(items, lambda one: one.violates and one.verdict is True)
        assert counted.fp == count(items, lambda one: not one.violates and one.verdict is True)
        assert counted.fn == count(items, lambda one: one.violates and one.verdict is False)
        assert counted.tn == count(items, lambda one: not one.violates and one.verdict is False)
        assert counted.undecided == count(items, lambda one: one.verdict is None)
        assert counted.violating == count(items, lambda one: one.violates)
        assert counted.total == len(items)

    @given(items=lots)
    def test_the_confusion_table_holds_every_text_once(self, items: list[Judged]) -> None:
        def cell(label: bool, verdict: bool | None) -> int:
            return count(items, lambda one: (one.violates, one.verdict) == (label, verdict))

        rows = tuple(tuple(cell(label, verdict) for verdict in (True, False, None)) for label in (True, False))
        assert score(items).confusion == rows

    @given(items=lots)
    def test_f1_is_the_harmonic_mean_of_precision_and_recall(self, items: list[Judged]) -> None:
        counted = score(items)
        precision, recall = counted.precision.value, counted.recall.value
        if counted.tp:
            assert precision is not None
            assert recall is not None
            assert counted.f1 == pytest.approx(2 / (1 / precision + 1 / recall))
        else:
            assert counted.f1 == (0 if counted.fp or counted.fn else None)

    @given(items=lots)
    def test_accuracy_and_false_alarms_are_counted_over_the_decided_texts(self, items: list[Judged]) -> None:
        decided = [one for one in items if one.verdict is not None]
        counted = score(items)
        assert counted.accuracy == Rate(count(decided, lambda one: one.verdict == one.violates), len(decided))
        allowed = [one for one in decided if not one.violates]
        assert counted.false_alarms == Rate(count(allowed, lambda one: one.verdict is True), len(allowed))

    @given(tp=counts, fp=counts, fn=counts, tn=counts)
    def test_the_interval_of_f1_holds_f1_and_rises_with_its_hits(self, tp: int, fp: int, fn: int, tn: int) -> None:
        low, high = Score(tp, fp, fn, tn).f1_interval()
        f1 = Score(tp, fp, fn, tn).f1
        assert 0 <= low <= high <= 1
        assert f1 is None or low - 1e-12 <= f1 <= high + 1e-12
        better = Score(tp + 1, fp, fn, tn).f1_interval()
        assert better[0] >= low
        assert better[1] >= high or high == 1

    def test_the_interval_of_f1_covers_the_true_one_as_often_as_it_says(self) -> None:
        """Exact: over every outcome of 60 texts that are violating or called so, each as likely as it is."""
        concerned = 60
        for share in (0.3, 0.5, 0.7, 0.9):
            truth = 2 * share / (1 + share)
            covered = sum(
                math.comb(concerned, hits) * share**hits * (1 - share) ** (concerned - hits)
                for hits in range(concerned + 1)
                if (ends := Score(tp=hits, fp=concerned - hits).f1_interval())[0] <= truth <= ends[1]
            )
            assert 0.925 <= covered <= 0.985

    def test_without_anything_violating_f1_is_unknown(self) -> None:
        assert (Score(tn=9).f1, Score(tn=9).f1_interval()) == (None, (0.0, 1.0))

    @given(items=lots, guesses=st.lists(st.booleans(), min_size=12, max_size=12))
    def test_whatever_the_undecided_would_have_been_the_true_score_is_not_below_the_worst(
        self, items: list[Judged], guesses: list[bool]
    ) -> None:
        told = [
            Judged(one.violates, guesses[number]) if one.verdict is None else one
            for number, one in enumerate(items)
        ]
        true, worst = score(told), score(items).at_worst()
        assert worst.total == true.total
        assert (worst.f1 or 0) <= (true.f1 or 0) + 1e-12
        assert (worst.recall.value or 0) <= (true.recall.value or 0) + 1e-12
        assert (worst.accuracy.value or 0) <= (true.accuracy.value or 0)

    @given(items=lots, more=lots)
    def test_scores_of_two_lots_add_up_to_that_of_both(self, items: list[Judged], more: list[Judged]) -> None:
        assert score(items) + score(more) == score([*items, *more])

    @pytest.mark.parametrize(
        "counted", [{"tp": -1}, {"undecided": 1, "undecided_violating": 2}, {"undecided_violating": -1}]
    )
    def test_counts_that_cannot_be_are_refused(self, counted: dict[str, int]) -> None:
        with pytest.raises(ValueError, match=r"negative|more undecided"):
            Score(**counted)


class TestGroupsAndRules:
    @given(items=lots)
    def test_each_group_has_the_score_of_its_texts(self, items: list[Judged]) -> None:
        groups = per_group(items)
        assert set(groups) == {one.group for one in items}
        for name, counted in groups.items():
            assert counted == score(one for one in items if one.group == name)

    @given(items=lots)
    def test_a_rule_is_hit_where_it_is_labelled_and_cited(self, items: list[Judged]) -> None:
        known = [one for one in items if one.rule_id or not one.violates]
        for rule, counted in per_rule(items).items():
            assert counted.tp == count(known, lambda one, r=rule: one.rule_id == r and r in one.rule_ids)
            assert counted.fp == count(known, lambda one, r=rule: one.rule_id != r and r in one.rule_ids)
            assert counted.total == len(known)
            assert counted.undecided == count(known, lambda one: one.verdict is None)

    def test_a_label_without_a_rule_says_nothing_of_the_cited_rule_but_upholds_it(self) -> None:
        items = [Judged(True, True, rule_ids=("H1",)), Judged(False, True, rule_ids=("H1", "H2"))]
        assert per_rule(items) == {"H1": Score(fp=1), "H2": Score(fp=1)}
        assert upheld(items) == {"H1": Rate(1, 2), "H2": Rate(0, 1)}

    @given(items=lots)
    def test_a_citation_is_upheld_where_the_label_says_violating(self, items: list[Judged]) -> None:
        for rule, rate in upheld(items).items():
            citing = [one for one in items if one.verdict and rule in one.rule_ids]
            assert rate == Rate(count(citing, lambda one: one.violates), len(citing))


class TestExactMatch:
    @given(texts=st.lists(st.lists(judged_texts(), max_size=4), max_size=12))
    def test_a_text_is_right_only_if_all_its_verdicts_are(self, texts: list[list[Judged]]) -> None:
        expected = {"right": 0, "wrong": 0, "undecided": 0}
        for text in filter(None, texts):
            if any(one.verdict is not None and one.verdict != one.violates for one in text):
                expected["wrong"] += 1
            elif any(one.verdict is None for one in text):
                expected["undecided"] += 1
            else:
                expected["right"] += 1
        assert exact_match(texts) == ExactMatch(**expected)

    def test_undecided_texts_are_in_no_rate_but_the_worst_one(self) -> None:
        match = ExactMatch(right=6, wrong=2, undecided=4)
        assert match.rate == Rate(6, 8)
        assert match.at_worst == Rate(6, 12)
