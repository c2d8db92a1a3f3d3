from pathlib import Path

import numpy as np
import pytest

from benchmarks.prefilter.labelled import SetSpec, built_in_sets, load_chat, load_set, policy_of, spec_of
from benchmarks.prefilter.splits import Split, writable
from policies.starter import starter_policies
from tests.benchmarks.prefilter_data import write_data, write_rows

ROWS = [("bad one", 1, "a"), ("bad two", 1, "b"), ("fine one", 0, "a"), ("fine two", 0, "b"), ("Bad  ONE", 0, "a")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "rows.jsonl", ROWS)


def test_only_rows_of_the_category_violate_and_its_own_allowed_rows_look_alike(file: Path):
    labelled = load_set(SetSpec("x", file, "hate", "a"), 100, 0)
    assert labelled.violating == ("bad one",)
    assert labelled.allowed == ("fine one",)


def test_without_a_category_all_rows_count_and_no_text_is_on_both_sides(file: Path):
    labelled = load_set(SetSpec("x", file, "hate"), 100, 0)
    assert set(labelled.violating) == {"bad one", "bad two"}
    assert set(labelled.allowed) == {"fine one", "fine two"}


def test_look_alikes_can_be_rows_that_break_another_policy(file: Path):
    labelled = load_set(SetSpec("x", file, "hate", "a", ("b",)), 100, 0)
    assert set(labelled.allowed) == {"bad two", "fine two"}


def test_a_set_without_a_violating_row_is_refused(file: Path):
    with pytest.raises(ValueError, match="x: 0 violating"):
        load_set(SetSpec("x", file, "hate", "nothing"), 100, 0)


def test_rows_are_drawn_at_random_and_each_line_of_a_chat_once(file: Path):
    assert len(load_chat(file, 100, 0).lines) == 4
    assert len(load_chat(file, 2, 0).lines) == 2
    assert load_chat(file, 2, 0) == load_chat(file, 2, 0)


def test_anybody_s_set_is_told_in_one_argument():
    spec = spec_of("My set=/data/a=b/my.jsonl:insult=harassment")
    assert spec == SetSpec("My set", Path("/data/a=b/my.jsonl"), "harassment", "insult")
    assert spec_of("x=y.jsonl=z.yaml").category is None
    with pytest.raises(ValueError, match="NAME=FILE"):
        spec_of("x.jsonl=harassment")


def test_every_known_set_has_a_policy_that_says_something_and_no_examples(tmp_path: Path):
    for name in ("openai_moderation", "davidson", "civil_toxic_spans", "hatemojibuild", "stormfront"):
        (tmp_path / f"{name}.jsonl").touch()
    specs = built_in_sets(tmp_path)
    assert len(specs) == 13
    for spec in specs:
        policy = policy_of(spec.policy)
        assert not policy.examples
        assert policy.prefilter.keywords
        assert policy.rules


def test_examples_are_half_violating_half_look_alike_and_never_measured(tmp_path: Path):
    specs = {spec.name: spec for spec in built_in_sets(write_data(tmp_path))}
    labelled = load_set(specs["Stormfront"], 1000, 0)
    split = Split.draw(labelled, 30, seed=1)
    taught = split.taught(labelled, 30)
    texts = [labelled.violating[row] for row in split.violating] + [labelled.allowed[row] for row in split.allowed]
    assert sum(example.violates for example in taught.examples) == 15
    assert len(taught.examples) == 30
    assert not {example.text for example in taught.examples} & set(texts)
    assert len(texts) + len(taught.examples) == len(labelled.violating) + len(labelled.allowed)


def test_fewer_examples_are_the_first_of_more(tmp_path: Path):
    specs = {spec.name: spec for spec in built_in_sets(write_data(tmp_path))}
    labelled = load_set(specs["Stormfront"], 1000, 0)
    split = Split.draw(labelled, 100, seed=2)
    few, many = (split.taught(labelled, count) for count in (10, 30))
    assert {it.text for it in few.examples} < {it.text for it in many.examples}
    assert few.id != many.id
    assert not split.taught(labelled, 0).examples


def test_a_small_set_gives_half_of_its_violating_rows_at_most(tmp_path: Path):
    rows = [(f"bad {number}", 1, "") for number in range(9)] + [(f"fine {number}", 0, "") for number in range(50)]
    labelled = load_set(SetSpec("x", write_rows(tmp_path / "x.jsonl", rows), "hate"), 1000, 0)
    split = Split.draw(labelled, 300, seed=0)
    assert len(split.taught_violating) == len(split.taught_allowed) == 4
    assert len(np.unique(np.concatenate([split.taught_violating, split.violating]))) == 9


def test_texts_of_data_become_examples_that_a_policy_may_hold():
    assert writable("a\x00\u202eb" + "c" * 5000) == "ab" + "c" * 1998
    assert writable("\u200e ") == ""


def test_starter_policies_keep_their_examples():
    policy_of("hate")
    assert starter_policies()["hate"].examples
