"""The stand-in's fixed codes, and the tokens that its circuit was written for."""

import numpy as np
import pytest

from inference import rendering
from inference.prompt import Harmony
from inference.rendering import Content
from inference.standin import answer, lines
from inference.standin.circuit import network
from inference.standin.codes import code_words, letter_codes, output_head, token_codes, word_of
from inference.standin.layers import EXPERTS, UNITS, Hidden
from inference.standin.stream import PLACE, WIDTH, Sum, number
from policies.policy import Effort, Policy, Rule


def test_two_tokens_differ_in_at_least_six_signs() -> None:
    """The code is linear, so the word of 0 against all others below 2^18 covers every pair of ids."""
    words = code_words(np.arange(1 << 18)).astype(np.int32)
    products = words[1:] @ words[0]
    assert products.max() == 20
    assert (token_codes() == words[: len(token_codes())]).all()


def test_letters_differ_in_two_signs_and_digits_from_letters_in_one() -> None:
    codes = letter_codes(np.frombuffer("abcdefghijklmnopqrstuvwxyz0123456789".encode("utf-32-le"), np.uint32))
    products = codes.astype(np.int32) @ codes.T.astype(np.int32)
    assert (products.diagonal() == 6).all()
    assert (products[:26, :26] - 4 * np.eye(26)).max() <= 2
    assert (products[:26, 26:]).max() <= 4


def test_no_letter_has_no_code() -> None:
    assert not letter_codes(np.zeros(3, np.uint32)).any()


@pytest.mark.parametrize(
    ("token", "word"),
    [
        (" Loser", "loser"),
        ("los", "los"),
        ("(los", "los"),
        ("'s", "s"),
        ("148", "148"),
        (" ", ""),
        ("don't", ""),
        ("...", ""),
        ("\n", ""),
        (" École", "école"),
        ("", ""),
        ("�a", ""),
    ],
)
def test_a_tokens_word_is_its_letters_in_lower_case(token: str, word: str) -> None:
    assert word_of(token) == word


def test_only_the_labels_have_the_labels_columns() -> None:
    columns = output_head()[:, [PLACE["label_spot"], PLACE["label_side"]]]
    assert np.flatnonzero(columns.any(1)).tolist() == [15, 16]
    assert columns[[15, 16]].tolist() == [[1, -1], [1, 1]]


def test_no_two_names_share_a_place_but_the_labels() -> None:
    places = [place for name, place in PLACE.items() if not name.startswith("label_")]
    assert len(places) == len(set(places))
    assert max(places) < WIDTH


def test_sums_are_linear() -> None:
    total = 2.0 * (number("match") + 1.0) - (number("match") - number("later"))
    assert total == Sum({PLACE["match"]: 1.0, PLACE["later"]: 1.0}, 2.0)


def test_too_many_hidden_units_are_refused() -> None:
    hidden = Hidden()
    for _ in range(1000):
        hidden.when(number("match"), {0: 1.0})
    with pytest.raises(ValueError, match="1000 hidden units do not fit"):
        hidden.expert_weights()


def test_the_circuit_fits() -> None:
    for layer in network():
        gate, up, bias, down = layer.hidden.expert_weights()
        assert gate.shape == up.shape == (EXPERTS, UNITS, WIDTH)
        assert (bias.shape, down.shape) == ((EXPERTS, UNITS), (EXPERTS, WIDTH, UNITS))


@pytest.mark.parametrize("name", [name for name in answer.TOKENS if not name.startswith("<|")])
def test_the_tokens_it_writes_are_those_of_harmony(harmony: Harmony, name: str) -> None:
    assert harmony.text([answer.TOKENS[name]]) == name


def test_the_places_where_it_answers_end_in_the_tokens_that_it_knows(harmony: Harmony) -> None:
    tokens, scaffold = answer.TOKENS, harmony.scaffold
    prompt = harmony.prompt(_policy(), Content("hello"), Effort.LOW)
    assert prompt.private[-2:] == (tokens["analysis"], tokens["<|message|>"])
    assert scaffold.final_open[-2:] == (tokens["olation"], tokens['":'])
    assert scaffold.rules_open[-2:] == (tokens["_ids"], tokens['":["'])
    assert scaffold.quotes_open[-2:] == (tokens["quotes"], tokens['":["'])
    assert scaffold.quotes_open[0] == tokens['"],']
    assert scaffold.rationale_open[-2:] == (tokens["ationale"], tokens['":"'])
    assert scaffold.no_rationale_open[-2:] == (tokens["ationale"], tokens['":"'])


def test_the_lines_that_it_looks_for_are_rendered_as_it_knows_them(harmony: Harmony) -> None:
    heading = (lines.HASHES, lines.MESSAGE, lines.TO, lines.JUDGE)
    assert harmony.ordinary(rendering.content_text(Content("hello")))[:4] == heading
    policy = harmony.ordinary(rendering.policy_text(_policy()))
    start = policy.index(lines.TERMS)
    assert policy[start + 1] == lines.COLON
    assert harmony.text(policy[start - 3 : start]).endswith("\nH1")


def _policy() -> Policy:
    return Policy(id="p", title="T", goal="G.", rules=(Rule(id="H1", text="Insults.", terms=("loser", "idiot")),))
