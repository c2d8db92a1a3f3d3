"""The walk is run against a model that wants, at each place, the next token of a script."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference import wire
from inference.answer import MAX_CITED_RULES, MAX_RATIONALE_TOKENS, walk
from inference.judge import UnreadableAnswer
from inference.prompt import END, RETURN, Harmony
from policies.verdict import Timing
from tests.inference.scripted_logits import PRIVATE, VOCABULARY, Row, ask, drive, row, script

START, CALL = 200006, 200012


def test_a_violation_is_read_with_rules_quotes_and_rationale(harmony: Harmony) -> None:
    wish = script(harmony, " An insult.", END, "1", "H2", '"],', " you loser", '"],', " It insults.", '"}')
    answer, fed = drive(harmony, ask(), wish)
    assert answer.violation
    assert answer.probability > 0.99
    assert answer.label_mass > 0.99
    assert answer.rule_ids == ("H2",)
    assert answer.quotes == ("you loser",)
    assert answer.rationale == "It insults."
    assert answer.analysis == "An insult."
    assert not answer.cut
    assert not answer.malformed
    written = harmony.text(fed[len(PRIVATE) :])
    assert written == (
        " An insult.<|end|><|start|>assistant<|channel|>final<|message|>"
        '{"violation":1,"rule_ids":["H2"],"quotes":[" you loser"],"rationale":" It insults.'
    )


def test_no_violation_ends_at_the_label(harmony: Harmony) -> None:
    answer, fed = drive(harmony, ask(), script(harmony, " Fine.", END, "0"))
    assert not answer.violation
    assert answer.rationale == ""
    assert answer.tokens == len(harmony.ordinary(" Fine.")) + 2
    assert harmony.text(fed).endswith('{"violation":')


def test_a_rationale_is_written_for_no_violation_when_asked_for(harmony: Harmony) -> None:
    answer, fed = drive(harmony, ask(explain=True), script(harmony, END, "0", " A joke.", '"}'))
    assert answer.rationale == "A joke."
    assert '{"violation":0,"rule_ids":[],"quotes":[],"rationale":" A joke.' in harmony.text(fed)


def test_several_rules_and_quotes_can_be_cited_each_once(harmony: Harmony) -> None:
    wish = script(harmony, END, "1", "H12", '","', "H1", '"],', " a", '","', " b", '","', " a", '"],', " w", '"}')
    answer, fed = drive(harmony, ask(), wish)
    assert answer.rule_ids == ("H12", "H1")
    assert answer.quotes == ("a", "b")
    assert '"rule_ids":["H12","H1"],"quotes":[" a"," b"," a"],"rationale":"' in harmony.text(fed)


@pytest.mark.parametrize(
    ("wish", "cited"),
    [
        (["H1", '"],'], ("H1",)),
        (["H1x", '"],'], ("H1x",)),
        (["H1", '","', "H1x", '"],'], ("H1", "H1x")),
        (["H1x", '","', "H1", '"],'], ("H1x", "H1")),
    ],
)
def test_a_rule_whose_id_begins_anothers_is_told_from_it(
    harmony: Harmony, wish: list[str], cited: tuple[str, ...]
) -> None:
    """Behind "H1" the list may end, or the id go on."""
    steps = script(harmony, END, "1", *wish)
    answer, fed = drive(harmony, ask(rule_ids=("H1", "H1x", "Q")), steps)
    assert answer.rule_ids == cited
    assert '"rule_ids":["' + '","'.join(cited) + '"],"quotes":["' in harmony.text(fed)


def test_a_rule_that_the_model_repeats_is_cited_once(harmony: Harmony) -> None:
    answer, _ = drive(harmony, ask(rule_ids=("H1", "H2")), script(harmony, END, "1", *["H2", '","'] * 5))
    assert answer.rule_ids == ("H2", "H1")


def test_a_model_that_cites_everything_is_stopped(harmony: Harmony) -> None:
    rule_ids = tuple(f"{letter}1" for letter in "HQXYZK")
    wish = [part for rule_id in rule_ids for part in (rule_id, '","')]
    answer, _ = drive(harmony, ask(rule_ids=rule_ids), script(harmony, END, "1", *wish))
    assert answer.rule_ids == rule_ids[:MAX_CITED_RULES]


@settings(max_examples=40, deadline=None)
@given(wish=st.lists(st.integers(0, VOCABULARY - 1), max_size=60))
def test_whatever_the_model_wants_the_answer_cites_only_known_rules(harmony: Harmony, wish: list[int]) -> None:
    question = ask(threshold=1e-9, reasoning_budget=4, rule_ids=("H1", "H12", "H1x", "Q"))
    answer, fed = drive(harmony, question, list(wish))
    assert answer.violation
    assert answer.rule_ids
    assert set(answer.rule_ids) <= set(question.rule_ids)
    assert len(set(answer.rule_ids)) == len(answer.rule_ids)
    assert len(fed) <= question.most_tokens


@settings(max_examples=40, deadline=None)
@given(wish=st.lists(st.integers(0, VOCABULARY - 1), max_size=60))
def test_only_the_forced_markup_is_ever_fed(harmony: Harmony, wish: list[int]) -> None:
    _, fed = drive(harmony, ask(threshold=1e-9, reasoning_budget=4), list(wish))
    assert [token for token in fed if token >= 199_998] == [END, START, 200005, 200008]


def test_the_analysis_is_cut_at_its_budget_and_says_so(harmony: Harmony) -> None:
    answer, _ = drive(harmony, ask(reasoning_budget=3), script(harmony, " one two three", "0"))
    assert answer.analysis == "one two three"
    assert answer.cut


def test_without_a_budget_there_is_no_analysis(harmony: Harmony) -> None:
    answer, _ = drive(harmony, ask(reasoning_budget=0), script(harmony, 0, "0"))
    assert answer.analysis == ""
    assert not answer.cut


@pytest.mark.parametrize("markup", [START, CALL, 200005, 200008, 199999])
def test_an_analysis_that_breaks_off_in_foreign_markup_still_leads_to_an_answer(
    harmony: Harmony, markup: int
) -> None:
    answer, _ = drive(harmony, ask(), script(harmony, " Hm", markup, "0"))
    assert answer.malformed
    assert answer.analysis == "Hm"


def test_an_analysis_may_end_with_return(harmony: Harmony) -> None:
    answer, _ = drive(harmony, ask(), script(harmony, " Hm", RETURN, "0"))
    assert not answer.malformed


def test_the_threshold_moves_the_label(harmony: Harmony) -> None:
    for threshold, violation in ((0.3, True), (0.5, True), (0.7, False)):
        answer, _ = drive(harmony, ask(threshold=threshold), [END, None])
        assert answer.probability == pytest.approx(0.5)
        assert answer.label_mass == pytest.approx(2 / VOCABULARY)
        assert answer.violation is violation


def test_a_model_that_wanted_to_say_something_else_shows_in_the_label_mass(harmony: Harmony) -> None:
    answer, _ = drive(harmony, ask(), script(harmony, END, " sorry"))
    assert answer.label_mass < 1e-6


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["after the question", "in a sampled analysis", "at the label"])
def test_logits_that_are_no_numbers_are_unreadable(harmony: Harmony, place: str, broken: float) -> None:
    steps = walk(ask(threshold=0.9, temperature=0.7), harmony)
    next(steps)
    if place != "after the question":
        steps.send(row(END if place == "at the label" else 5))
    with pytest.raises(UnreadableAnswer, match="not made of numbers"):
        steps.send(Row(np.full(VOCABULARY, broken, np.float32)))


def test_labels_that_are_ruled_out_leave_no_label_mass(harmony: Harmony) -> None:
    logits = row(5).logits
    logits[[harmony.scaffold.yes, harmony.scaffold.no]] = -np.inf
    steps = walk(ask(threshold=0.9), harmony)
    next(steps)
    steps.send(row(END))
    with pytest.raises(StopIteration) as end:
        steps.send(Row(logits))
    assert (end.value.value.probability, end.value.value.label_mass) == (0.5, 0)


def test_escaped_marks_do_not_end_a_string(harmony: Harmony) -> None:
    wish = script(harmony, END, "1", "H1", '"],', ' say \\"x\\" now', '"],', " r", '"}')
    answer, _ = drive(harmony, ask(), wish)
    assert answer.quotes == ('say "x" now',)


def test_a_mark_behind_an_escaped_backslash_ends_a_string(harmony: Harmony) -> None:
    wish = script(harmony, END, "1", "H1", '"],', " c:\\\\", '"],', " r", '"}')
    answer, _ = drive(harmony, ask(), wish)
    assert answer.quotes == ("c:\\",)
    assert answer.rationale == "r"


def test_the_next_quote_follows_the_whole_of_the_last_one(harmony: Harmony) -> None:
    (token,) = harmony.ordinary('!",')
    answer, fed = drive(harmony, ask(), script(harmony, END, "1", "H1", '"],', " you", token, " me", '"],'))
    assert answer.quotes == ("you!", "me")
    assert '"quotes":[" you!"," me"]' in harmony.text(fed)


@pytest.mark.parametrize(
    ("written", "read"), [("\\ud83d x", "\ufffd x"), ("\\ud83d\\ude00", "\U0001f600"), ("a\\qb", "a\\qb")]
)
def test_escapes_are_read_and_never_leave_what_cannot_be_sent(harmony: Harmony, written: str, read: str) -> None:
    answer, _ = drive(harmony, ask(), script(harmony, END, "1", "H1", '"],', written, '"],', written, '"}'))
    assert answer.quotes == (read,)
    assert answer.rationale == read
    done = wire.Done(id=1, answer=answer, timing=Timing(queued=0, prefill=0, reasoning=0, answer=0))
    assert wire.read_in_parent(wire.line(done)) == done


@pytest.mark.parametrize("quotes", [48, 49, 96, 97])
def test_a_model_that_repeats_itself_never_outgrows_what_was_set_aside(harmony: Harmony, quotes: int) -> None:
    """The token `.",` ends a quote and begins the next, so that more is fed than the model wrote."""
    question = ask(rule_ids=("H1",), reasoning_budget=0)
    (token,), (word,) = harmony.ordinary('.",'), harmony.ordinary(" very")
    wish = [None, *script(harmony, "1", "H1"), *[token] * quotes, *[word] * 300]
    _, fed = drive(harmony, question, wish)
    assert len(fed) <= question.most_tokens


def test_a_string_that_ends_inside_a_token_keeps_its_last_letters(harmony: Harmony) -> None:
    (token,) = harmony.ordinary('."')
    wish = script(harmony, END, "1", "H1", '"],', " q", '"],', " It is rude", token)
    answer, _ = drive(harmony, ask(), wish)
    assert answer.rationale == "It is rude."


def test_a_rationale_without_an_end_is_cut(harmony: Harmony) -> None:
    (word,) = harmony.ordinary(" very")
    wish = [*script(harmony, END, "1", "H1", '"],', " q", '"],'), *[word] * 500]
    answer, fed = drive(harmony, ask(), wish)
    assert answer.rationale == " ".join(["very"] * MAX_RATIONALE_TOKENS)
    assert len(fed) <= ask().most_tokens


def test_one_seed_gives_one_answer_and_another_seed_may_give_another(harmony: Harmony) -> None:
    def sampled(seed: int) -> str:
        return drive(harmony, ask(temperature=1.0, seed=seed, reasoning_budget=3), [])[0].analysis

    assert sampled(1) == sampled(1)
    assert sampled(1) != sampled(2)


@pytest.mark.parametrize(
    ("unsure", "ends"), [(None, False), ((0.5, 0.9), True), ((0.2, 0.5), True), ((0.51, 0.9), False)]
)
@pytest.mark.parametrize("threshold", [0.3, 0.7])
def test_an_answer_that_is_asked_again_ends_at_its_label(
    harmony: Harmony, unsure: tuple[float, float] | None, ends: bool, threshold: float
) -> None:
    """Both labels are alike, so the probability is a half."""
    answer, fed = drive(harmony, ask(unsure=unsure, threshold=threshold, explain=True), [END, None])
    assert answer.violation is (threshold < 0.5)
    assert harmony.text(fed).endswith('{"violation":') is ends
    assert bool(answer.rule_ids) is (answer.violation and not ends)
