"""Labels and verdicts into figures and flips."""

import pytest

from bot.records.labels import LabelSource, Stratum
from bot.trials.estimates import Estimates
from bot.trials.figures import Answered, figures, flips
from bot.trials.items import Group, Item, examples_of, known_items
from bot.trials.result import Turn
from bot.trials.strata import Population
from policies.policy import Rule, Severity
from policies.score import Rate, Score
from tests.bot.adapters import make_earlier
from tests.bot.trials.trial_samples import example, item, known, label, policy_with, verdict


def test_examples_in_the_prompt_are_counted_apart():
    policy = policy_with(example("you loser", "R1", show=True), example("you trash", "R1"), example("gg"))
    assert [(each.group, each.violates, each.rule_id) for each in examples_of(policy)] == [
        (Group.SHOWN, True, "R1"),
        (Group.EXAMPLE, True, "R1"),
        (Group.EXAMPLE, False, None),
    ]


def test_a_decided_case_that_was_made_an_example_in_the_prompt_is_counted_apart_too():
    policy = policy_with(example("You  LOSER", "R1", show=True))
    (same, other) = known_items(
        [known(text="you loser", of=label()), known(text="you trash", of=label())], [policy]
    )
    assert (same.group, other.group) == (Group.SHOWN, Group.DECIDED)


def test_an_example_in_the_other_versions_prompt_is_none_to_compare_with():
    tried, other = policy_with(example("you trash", "R1")), policy_with(example("you trash", "R1", show=True))
    assert [each.group for each in examples_of(tried, other)] == [Group.SHOWN]


@pytest.mark.parametrize(
    ("of", "group"),
    [
        (label(), Group.DECIDED),
        (label(source=LabelSource.APPEAL), Group.DECIDED),
        (label(stratum=Stratum.CLEARED), Group.BESIDE),
        (label(stratum=Stratum.UNFLAGGED), Group.BESIDE),
        (label(source=LabelSource.SAMPLE, stratum=Stratum.CLEARED), Group.CLEARED),
        (label(source=LabelSource.SAMPLE, stratum=Stratum.UNFLAGGED), Group.UNFLAGGED),
        (None, Group.OPEN),
    ],
)
def test_a_message_is_counted_by_how_it_got_its_label(of: object, group: Group):
    (found,) = known_items([known(of=of)], [policy_with()])  # type: ignore[arg-type]
    assert found.group is group


def test_the_judge_is_shown_as_much_context_as_the_version_reads():
    earlier = (make_earlier(1, 55, "one"), make_earlier(2, 56, "two"))
    (found,) = known_items([known(of=label(), earlier=earlier)], [policy_with()])
    assert [line.text for line in found.content(policy_with(judge={"context": 1})).context] == ["two"]
    assert found.content(policy_with(judge={"context": 0})).context == ()
    assert found.place is not None
    assert (found.place.message_id, found.place.case_id) == (100, 100)


def answered(*pairs: tuple[Item, bool | None]) -> list[Answered]:
    return [Answered(each, None if said is None else verdict(said)) for each, said in pairs]


def test_every_group_has_figures_of_its_own():
    found = figures(
        answered(
            (item(True), True),
            (item(False), True),
            (item(True), None),
            (item(True, Group.SHOWN), True),
            (item(False, Group.EXAMPLE), False),
            (item(True, Group.CLEARED), False),
            (item(False, Group.UNFLAGGED), False),
            (item(None, Group.OPEN), True),
        ),
        Population(),
    )
    assert found.decided == Score(tp=1, fp=1, undecided=1, undecided_violating=1)
    assert found.shown == Score(tp=1)
    assert found.examples == Score(tn=1)
    assert (found.cleared, found.unflagged) == (Score(fn=1), Score(tn=1))


def test_recall_is_unknown_without_blind_samples_and_says_what_is_missing():
    decided = answered((item(True), True))
    found = figures(decided, Population(opened=1, cleared=10, unflagged=100))
    assert found.as_it_runs == Estimates(None, None, None)
    assert found.unsampled == (Stratum.CLEARED, Stratum.UNFLAGGED)
    assert figures(decided, Population(opened=1)).unsampled == (Stratum.UNFLAGGED,)


def test_what_came_up_for_another_reason_is_decided_but_no_sample_of_what_is_opened():
    sampled = answered((item(True), True), (item(False, Group.UNFLAGGED), False))
    beside = answered(*[(item(False, Group.BESIDE), False)] * 5)
    sizes = Population(opened=10, unflagged=100)
    alone, together = figures(sampled, sizes), figures([*sampled, *beside], sizes)
    assert (together.decided, together.beside) == (Score(tp=1), Score(tn=5))
    assert together.as_it_runs == alone.as_it_runs


def test_cards_on_which_another_policy_was_found_too_can_be_left_out():
    """With one press both are confirmed: a policy that flags at random looks right wherever the other one is."""
    both = [(item(True, shared=True), True)] * 8
    found = figures(answered(*both, (item(True), True), (item(False), True)), Population())
    assert found.decided.precision == Rate(9, 10)
    assert found.alone.precision == Rate(1, 2)


def test_cards_of_other_policies_are_in_no_precision_for_there_labels_are_one_sided():
    found = figures(answered((item(True), True), (item(False, Group.BESIDE), True)), Population())
    assert found.decided.precision == Rate(1, 1)
    assert found.beside.false_alarms == Rate(1, 1)
    assert found.rules["R1"].upheld == Rate(1, 1)


def test_recall_and_f1_are_there_with_blind_samples():
    found = figures(
        answered(
            *[(item(True), True)] * 9,
            (item(False), True),
            *[(item(False, Group.CLEARED), False)] * 9,
            (item(True, Group.CLEARED), False),
            *[(item(False, Group.UNFLAGGED), False)] * 20,
        ),
        Population(opened=20, cleared=20, unflagged=20),
    )
    assert found.unsampled == ()
    now = found.as_it_runs
    assert now.recall is not None
    assert now.precision is not None
    assert now.f1 is not None
    assert [each.estimate for each in (now.precision, now.recall, now.f1)] == pytest.approx([0.9] * 3)
    assert now.f1.low < now.f1.estimate < now.f1.high


def test_false_alarms_in_blind_samples_count_for_all_that_they_stand_for():
    """The tried version flags what the model cleared: precision on cards that came up knows nothing of that."""
    seen = answered(
        *[(item(True), True)] * 80,
        *[(item(False), True)] * 20,
        *[(item(False, Group.CLEARED), True)] * 50,
        *[(item(False, Group.UNFLAGGED), True)] * 50,
    )
    found = figures(seen, Population(opened=100, cleared=1_000, unflagged=10_000))
    assert found.decided.precision.value == 0.8
    assert found.as_it_runs.f1 is not None
    assert found.as_it_runs.precision is not None
    assert found.as_it_runs.precision.estimate == pytest.approx(80 / 1_100)
    assert found.as_it_runs.f1.estimate < 0.14


def test_rules_are_scored_where_they_were_named_and_upheld_where_people_decided():
    named = Item("you trash", Group.EXAMPLE, True, "R1")
    found = figures(answered((named, True), (item(True), True), (item(False), True)), Population())
    assert found.rules["R1"].score == Score(tp=1)
    assert found.rules["R1"].upheld == Rate(1, 2)


class TestFlips:
    TRIED, OTHER = policy_with(), policy_with(terms=("trash",))

    def of(self, *answered: Answered) -> list[tuple[bool | None, Turn]]:
        found = flips(answered, self.TRIED, self.OTHER).gravest_first
        return [(each.item.violates, each.turn) for each in found]

    def test_a_flip_is_better_worse_or_open_by_the_persons_label(self) -> None:
        found = self.of(
            Answered(item(True), verdict(True), verdict(False)),
            Answered(item(False), verdict(True), verdict(False)),
            Answered(item(True), verdict(False), verdict(True)),
            Answered(item(None, Group.OPEN), verdict(True), verdict(False)),
            Answered(item(True), verdict(True), verdict(True)),
        )
        assert sorted(found, key=str) == sorted(
            [(True, Turn.BETTER), (False, Turn.WORSE), (True, Turn.WORSE), (None, Turn.OPEN)], key=str
        )

    def test_what_could_not_be_read_reaches_people_and_is_neither_better_nor_worse(self) -> None:
        assert self.of(Answered(item(True), None, verdict(True))) == []
        assert self.of(Answered(item(True), None, verdict(False))) == [(True, Turn.UNREADABLE)]
        assert self.of(Answered(item(False), verdict(None), verdict(False))) == [(False, Turn.UNREADABLE)]
        assert self.of(Answered(item(False), verdict(False), None)) == [(False, Turn.UNREADABLE)]
        assert self.of(Answered(item(None, Group.OPEN), None, verdict(False))) == [(None, Turn.UNREADABLE)]

    def test_what_stands_in_a_prompt_is_not_compared(self) -> None:
        shown = Answered(item(True, Group.SHOWN), verdict(True), verdict(False))
        found = flips([shown, Answered(item(True), verdict(True), verdict(True))], self.TRIED, self.OTHER)
        assert (found.gravest_first, found.compared) == ((), 1)

    def test_the_gravest_come_first_then_those_that_are_surest(self) -> None:
        grave = Rule(id="R1", text="Threats.", severity=Severity.CRITICAL)
        mild = Rule(id="R2", text="Noise.", severity=Severity.LOW)
        tried = policy_with(rules=(grave, mild))

        def flip(rule: str, probability: float) -> Answered:
            said = verdict(True, rule_ids=(rule,), probability=probability)
            return Answered(item(text=f"{rule} {probability}"), said, verdict(False, probability=0.1))

        found = flips([flip("R2", 0.99), flip("R1", 0.6), flip("R1", 0.9)], tried, tried)
        assert [each.item.text for each in found.gravest_first] == ["R1 0.9", "R1 0.6", "R2 0.99"]
        assert found.count(Turn.BETTER) == 3
