from itertools import islice

import pytest

from benchmarks.peers import report
from benchmarks.peers.rounds import Run
from benchmarks.peers.system import Said
from benchmarks.peers.workload import Workload
from inference.vocabulary import ORDINARY_TOKENS

MANY = Workload("many", policies=20, prefix=30, private=4, output=3, seed=5)


def test_every_system_is_asked_the_same_requests_in_a_round():
    assert list(islice(MANY.prompts(2), 50)) == list(islice(MANY.prompts(2), 50))


def test_no_round_asks_what_another_asked():
    first, second = (set(islice(MANY.prompts(number), 200)) for number in (0, 1))
    assert not {prompt.private for prompt in first} & {prompt.private for prompt in second}


def test_prompts_have_the_lengths_that_were_asked_for_and_no_control_token():
    for prompt in islice(MANY.prompts(0), 100):
        assert len(prompt.prefix) == 30
        assert len(prompt.private) == 4
        assert max(prompt.tokens) < ORDINARY_TOKENS


def test_policies_are_asked_for_by_zipf_s_law():
    policies = [prompt.policy for prompt in islice(MANY.prompts(0), 5000)]
    harmonic = sum(1 / rank for rank in range(1, 21))
    for policy in (0, 1, 4):
        assert policies.count(policy) / 5000 == pytest.approx(1 / (policy + 1) / harmonic, rel=0.2)


def test_the_warm_up_asks_for_every_prefix():
    asked = list(MANY.warm_up(3))
    assert [{prompt.prefix for prompt in prompts} for prompts in asked] == [{prefix} for prefix in MANY.prefixes()]
    assert all(len({prompt.private for prompt in prompts}) == 3 for prompts in asked)


def test_agreement_is_the_part_before_the_first_difference_whether_text_or_tokens():
    vocabulary = report.token_bytes()
    tokens = (9906, 2375, 0)  # any three
    words = b"".join(vocabulary[token] for token in tokens).decode()
    half = words[: len(words) // 2] + "§" * len(words)
    said = {
        "text": [Said(text=words)],
        "tokens": [Said(tokens)],
        "other": [Said(text=half)],
        "none": [Said(text="§")],
    }
    shares = report.agreement(said)
    assert shares["text"] == shares["tokens"] == 1
    assert shares["other"] == pytest.approx(0.5, abs=0.2)
    assert shares["none"] == 0


def test_the_table_gives_the_median_and_the_spread():
    runs = [Run("many", "ours", number, 8, seconds, 4.0, 0.0) for number, seconds in enumerate((2.0, 4.0, 8.0))]
    line = report.table(runs, MANY, {"ours": 0.5}).splitlines()[-1]
    assert line == "| ours | 2.00 (1.00 to 4.00) | 6.0 (3.0 to 12.0) | 0.500 (0.500 to 0.500) | 50% |"
