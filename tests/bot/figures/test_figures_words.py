"""What is said of figures: short, true, and honest about how little it proves."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.case import Action
from bot.figures import ledger, summary, words
from bot.figures.span import Period, Span
from bot.figures.week import Week
from bot.language import Language, speaking
from bot.records.figures import Counts, PolicyDay, RuleFigures
from policies.policy import Mode
from tests.bot.figures.telling import LAST, NOW, busy, figures, monday, nothing, policy

POLICIES = {"harassment": policy(), "spam": policy("spam", "Spam_and *ads*", "S1")}


def told(lines: list[str]) -> str:
    return "\n".join(lines)


class TestOverview:
    def test_it_tells_what_happened_and_what_waits(self) -> None:
        said = told(words.overview(figures(), NOW))
        assert "Messages looked at: 30,000. Flagged by policies: 1,200." in said
        assert "Verdicts: 1,200. Violations: 300. Undecided: 60." in said
        assert "Decisions: 120 deleted, 30 dismissed." in said
        assert "30 could not be carried out." in said
        assert "Half were decided within 58 minutes, 9 in 10 within 48 hours." in said
        assert "People agreed with 240 of 300 violations: between 75% and 84% (95% sure)." in said
        assert "2 cases wait for people, the oldest for 2 days." in said

    def test_few_decisions_are_no_share(self) -> None:
        few = replace(figures(), days=(PolicyDay(LAST, "spam", Counts(agreed=8, overturned=1)),))
        assert "Too few decisions yet to say how often people agree: 9 of at least 10." in told(
            words.overview(few, NOW)
        )

    def test_without_random_checks_nobody_knows_what_was_missed(self) -> None:
        assert "Missed: unknown" in told(words.overview(nothing(), NOW))

    def test_random_checks_without_a_find_still_bound_what_was_missed(self) -> None:
        said = told(words.overview(figures(), NOW))
        assert "Missed: about 0 violations (between 0 and " in said

    def test_verdicts_on_messages_that_are_not_counted_yet_do_not_stand_beside_that_there_was_none(self) -> None:
        early = replace(figures(), days=(PolicyDay(LAST, "spam", Counts(verdicts=2, violations=1)),))
        said = told(words.overview(early, NOW))
        assert "Verdicts: 2." in said
        assert "No message" not in said

    def test_nothing_is_told_as_nothing(self) -> None:
        assert words.overview(nothing(), NOW) == [
            "No message was looked at in this time.",
            "Too few decisions yet to say how often people agree: 0 of at least 10.",
            "Missed: unknown, no random check was answered in this time.",
            "Nothing waits for people.",
        ]

    def test_every_action_has_its_word(self) -> None:
        assert set(words.ACTIONS) == set(Action)

    def test_numbers_are_written_as_the_language_writes_them(self) -> None:
        with speaking(Language.GERMAN):
            assert "30.000" in told(words.overview(figures(), NOW))


class TestLedger:
    def test_each_rule_says_what_became_of_it(self) -> None:
        lines = ledger.ledger_lines(figures(), POLICIES["harassment"])
        assert lines[0].startswith("**H1**: cited 90 times. Confirmed 80, overturned 5 (agreement 87% to 97%).")
        assert "Half of them were decided within 58 minutes." in lines[0]
        assert lines[2] == "**H3**: never cited."
        assert lines[3].startswith("**OLD** (no longer in the policy): cited 3 times.")

    def test_unused_rules_come_with_what_to_do(self) -> None:
        said = told(ledger.advice(figures(), POLICIES["harassment"]))
        assert "Not used in this time: **H3**." in said
        assert "add an example or a keyword" in said

    def test_rules_that_people_disagree_with_are_named_only_when_that_is_certain(self) -> None:
        said = told(ledger.advice(figures(), POLICIES["harassment"]))
        assert "People mostly disagree with **H2**" in said
        unsure = replace(figures(), rules=(RuleFigures("harassment", "H2", 3, 1, 2),))
        assert "disagree" not in told(ledger.advice(unsure, POLICIES["harassment"]))

    def test_a_policy_that_is_off_has_no_advice_about_its_rules(self) -> None:
        off = POLICIES["harassment"].model_copy(update={"mode": Mode.OFF})
        assert ledger.advice(nothing(), off) == ["The policy is off, so none of its rules is used."]

    def test_a_well_used_policy_needs_no_advice(self) -> None:
        assert ledger.advice(figures(), policy("harassment", "Harassment", "H1")) == []


class TestWeek:
    def week(self, **changes: object) -> Week:
        return Week(replace(figures(7), **changes), POLICIES, NOW, lambda title: title.replace("_", "\\_"))  # type: ignore[arg-type]

    def test_it_tells_what_needs_attention_and_what_was_changed(self) -> None:
        digest = self.week().digest(7, monday(), None)
        assert digest.title == "The week from Nov 16 to Nov 22"
        assert "The slowest decision took 48 hours." in digest.lines
        assert digest.fields["Needs attention"][0] == "**Harassment**: people mostly disagree with H2."
        assert digest.fields["Changed policies"] == ["**Spam\\_and *ads***: new."]

    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            (busy(overturned=40), "people dismissed 41 of 45 violations"),
            (busy(undecided=9), "10 answers of the model could not be read"),
            (busy(missed=1), "a random check found 1 violation that nothing had flagged"),
        ],
    )
    def test_a_policys_troubles_are_told(self, counts: Counts, expected: str) -> None:
        week = self.week(days=(PolicyDay(LAST, "spam", counts),), rules=())
        (line,) = week.digest(7, monday(), None).fields["Needs attention"]
        assert expected in line

    def test_a_quiet_week_has_no_empty_fields(self) -> None:
        quiet = self.week(days=(PolicyDay(LAST, "spam", busy()),), rules=(), changes=())
        assert quiet.digest(7, monday(), None).fields == {}

    def test_where_nothing_happened_there_is_nothing_to_tell(self) -> None:
        assert Week(nothing(7), POLICIES, NOW, str).is_empty
        assert not self.week(days=(), decisions=(), changes=()).is_empty, "cases wait"
        since_monday = self.week(days=(), decisions=(), changes=(), waiting_since=(NOW - timedelta(minutes=5),))
        assert since_monday.is_empty, "what began to wait after the week is the next one's news"


class TestSummary:
    def test_a_message_under_two_policies_is_one_message(self) -> None:
        assert summary.messages(figures(10)) == 10_000

    def test_ages_are_sorted_by_bounds(self) -> None:
        bounds = [timedelta(hours=1), timedelta(days=1)]
        assert summary.ages(figures(), NOW, bounds) == [1, 0, 1]


class TestSpan:
    @pytest.mark.parametrize(("period", "steps"), [(Period.WEEK, 7), (Period.MONTH, 30), (Period.QUARTER, 13)])
    def test_every_day_belongs_to_a_step_and_the_last_step_is_whole(self, period: Period, steps: int) -> None:
        span = Span.until(LAST, period)
        assert (span.days, span.steps) == (period, steps)
        days = [span.index(span.first + timedelta(days=at)) for at in range(span.days)]
        assert days == sorted(days)
        assert (days[0], days[-1]) == (0, steps - 1)
        assert days.count(steps - 1) == span.step
        assert span.ticks()[-1] == (steps - 1, "Nov 22")
        assert len(span.ticks()) <= 5
