"""What a trial found, as people read it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.cogs.policy_trial_page import result_page
from bot.trials.document import document
from bot.trials.figures import Answered, figures, flips
from bot.trials.figures_report import sections
from bot.trials.flips_report import flips_line
from bot.trials.items import Group, Item
from bot.trials.report import full_report, headline
from bot.trials.result import TrialResult
from bot.trials.strata import Population
from bot.trials.wording import between
from inference.prefilter.budget.audit import Interval
from policies.policy import Care
from tests.bot.cogs.card_samples import limits_broken
from tests.bot.trials.trial_samples import item, policy_with, verdict

SIZES = Population(opened=100, cleared=1_000, unflagged=10_000)
LOOSE = [
    *[(item(True), True)] * 80,
    *[(item(False), True)] * 20,
    *[(item(False, Group.CLEARED), True)] * 50,
    *[(item(True, Group.UNFLAGGED), True)] * 1,
    *[(item(False, Group.UNFLAGGED), False)] * 49,
]
"""(what a person says, what the tried version says)."""


def result_of(
    said: Sequence[tuple[Item, bool | None]], sizes: Population = SIZES, **fields: object
) -> TrialResult:
    answered = [Answered(each, None if word is None else verdict(word)) for each, word in said]
    found = TrialResult(
        policy=policy_with(),
        against=None,
        figures=figures(answered, sizes),
        flips=None,
        judged=1,
        remembered=0,
        unread=0,
        left_out=0,
        seconds=1.0,
    )
    return replace(found, **fields)  # type: ignore[arg-type]


def told(result: TrialResult) -> str:
    return "\n".join(line for lines in sections(result, lambda text, _: text).values() for line in lines)


def test_precision_says_of_what_it_is_and_the_false_alarms_of_blind_samples_stand_below():
    text = told(result_of(LOOSE))
    assert "Precision on cards that came up: 80 of 100, 80%" in text
    assert "Cleared by the model: 50 labelled, none violates. False alarms: 50 of 50, 100%." in text
    assert (
        "Suspected by nothing: 50 labelled, violating: 1. It finds 1 of these. False alarms: 0 of 49, 0%." in text
    )
    assert "Precision: of what would reach people, 7% (between" in text


def test_the_headline_has_no_f1_that_only_the_cards_would_give():
    assert ": F1 12% (between" in headline(result_of(LOOSE), lambda text, _: text)


def test_what_is_unknown_is_said_with_what_to_do():
    decided = [(item(True), True)]
    text = told(result_of(decided))
    assert "Missing: labelled messages that the model cleared; labelled messages that nothing suspected." in text
    assert "What to do: `/policy sample policy:harassment` hands you ten." in text
    assert "decide on cards" not in text
    assert "decide on cards" in told(result_of([]))
    withheld = told(result_of(decided, policy=policy_with(care=Care.WITHHOLD)))
    assert "It stays unknown" in withheld
    assert "/policy sample" not in withheld


def test_an_estimate_from_few_labels_says_how_to_make_it_surer():
    few = [(item(True), True), (item(False, Group.CLEARED), False), (item(False, Group.UNFLAGGED), False)]
    assert "These ranges are wide" in told(result_of(few))
    every = told(result_of(few, Population(opened=1, cleared=1, unflagged=1)))
    assert "Recall: of all violations that are written, 100%" in every
    assert "These ranges are wide" not in every


def test_without_a_server_nothing_is_said_of_its_moderators():
    text = told(result_of([(item(True, Group.EXAMPLE), True)], Population(), of_server=False))
    assert "--guild ID" in text
    assert "/policy sample" not in text
    assert "Moderators" not in text


def test_cards_of_more_than_one_policy_are_told_with_what_they_make_of_precision():
    both = [(item(True, shared=True), True)] * 8
    text = told(result_of([*both, (item(True), True), (item(False), True)]))
    assert "8 of these cards came up for another policy, too: Delete confirms both" in text
    assert "Precision without them: 1 of 2, 50%" in text
    assert "came up for another policy" not in told(result_of([(item(True), True)]))


def test_it_is_said_that_labels_on_cards_of_other_policies_are_one_sided():
    text = told(result_of([(item(False, Group.BESIDE), True), (item(False, Group.BESIDE), False)]))
    assert "Cards that came up for another reason: 2. False alarms on them: 1." in text
    assert "Delete says nothing about it: so such cards tell of false alarms only" in text
    assert "no case of this policy yet" in text


def test_flips_that_could_not_be_read_are_counted_apart():
    read = Answered(item(True), verdict(True), verdict(False))
    unread = Answered(item(True), None, verdict(False))
    tried = policy_with()
    assert flips_line(flips([read], tried, tried)) == "1 flip: 1 better, 0 worse, 0 nobody decided."
    found = flips([read, unread], tried, tried)
    assert flips_line(found) == "2 flips: 1 better, 0 worse, 0 nobody decided, 1 unreadable."
    made = document(result_of([], flips=found, against=tried))["flips"]
    assert (made["better"], made["unreadable"]) == (1, 1)
    assert "unreadable (medium): allowed 10% → unreadable (case 100; " in full_report(
        result_of([], flips=found, against=tried), ()
    )


def test_a_flip_that_was_confirmed_together_with_another_policy_says_so():
    tried = policy_with()
    both = Answered(item(True, shared=True), verdict(False), verdict(True))
    text = full_report(result_of([], flips=flips([both], tried, tried), against=tried), ())
    assert "worse (high): violation 90% → allowed 10% (case 100, confirmed for another policy, too; " in text


def test_machines_get_every_group_and_both_estimates():
    made = document(result_of(LOOSE))["figures"]
    assert made["sampled_cleared"]["fp"] == 50
    assert made["as_it_runs"]["precision"]["estimate"] == pytest.approx(80 / 1_100)
    assert made["if_asked_about_everything"]["recall"]["estimate"] == 1
    assert made["lacking"] == []
    assert document(result_of([]))["figures"]["as_it_runs"] == {"precision": None, "recall": None, "f1": None}


def test_the_answer_fits_a_phone():
    """The whole answer is some three screens, and no line more than a few rows."""
    crowded = [*LOOSE, (item(False, Group.BESIDE), True), (item(True, shared=True), True)]
    page = result_page(result_of(crowded, unread=3, left_out=2), ())
    assert limits_broken(page.embed) == []
    lines = [line for field in page.embed.fields for line in str(field.value).splitlines()]
    assert max(map(len, lines)) <= 200
    assert sum(map(len, lines)) <= 2_000


def test_an_estimate_without_uncertainty_is_no_range():
    assert between(Interval(1, 1, 1)) == "100% (exactly: everything is labelled)"
    assert between(Interval(0.999, 0.998, 0.9999)) == "100%"
    assert between(Interval(0.5, 0.4, 0.6)) == "50% (between 40% and 60%)"
