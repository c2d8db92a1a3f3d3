"""`safeguild policy`: problems as a compiler prints them, and how long each policy is for the model."""

import pytest

from bot.errors import ExitCode
from policies.document import load_policy
from policies.linter import FEWEST_TOKENS, MOST_TOKENS
from policies.starter import starter_policies, starter_text

SHORT = """\
format: 1
title: Short
goal: Keep it short.
rules:
  - {id: S1, text: Long messages.}
"""


@pytest.fixture
def known_vocabulary(place, vocabulary_folder):
    """The vocabulary lies in the data folder already, which saves a second."""
    place.data.mkdir(mode=0o700)
    (place.data / "vocabulary").symlink_to(vocabulary_folder)


@pytest.fixture
def folder(place):
    made = place.work / "policies"
    made.mkdir()
    (made / "good.yaml").write_text(starter_text("harassment"), "utf-8")
    return made


def test_a_good_policy_is_in_order_and_its_tokens_are_counted_with_the_true_vocabulary(safeguild, folder, place):
    done = safeguild("policy", "check", folder / "good.yaml")
    assert done.returncode == ExitCode.OK, done.stderr
    first, last = done.stdout.splitlines()
    assert first.startswith(f"{folder / 'good.yaml'}: ok: Harassment, ")
    assert FEWEST_TOKENS <= int(first.split()[-2]) <= MOST_TOKENS
    assert last == "1 checked, 1 in order, 0 with errors"
    assert (place.data / "vocabulary/o200k_base.tiktoken").stat().st_size == 3_613_922


def test_problems_are_printed_with_place_and_hint_and_the_code_is_one(safeguild, folder, known_vocabulary):
    bad = folder / "bad.yaml"
    bad.write_text(SHORT + "colour: red\n", "utf-8")
    done = safeguild("policy", "check", folder)
    assert done.returncode == ExitCode.PROBLEMS
    assert f"{bad}:6:1: error: there is no key `colour` here" in done.stdout
    assert "  hint: " in done.stdout
    assert f"{folder / 'good.yaml'}: ok: " in done.stdout, "one bad file must not hide the good ones"
    assert done.stdout.endswith("2 checked, 1 in order, 1 with errors\n")


def test_a_policy_outside_the_best_length_gets_advice(safeguild, folder, known_vocabulary):
    short, long = folder / "short.yaml", folder / "long.yaml"
    short.write_text(SHORT, "utf-8")
    rules = "".join(f"  - {{id: S{n}, text: {'Very long messages. ' * 10}}}\n" for n in range(2, 20))
    long.write_text(SHORT + rules, "utf-8")
    done = safeguild("policy", "check", short, long)
    assert done.returncode == ExitCode.OK, done.stdout
    assert f"{short}: warning: " in done.stdout
    assert f"are fewer than {FEWEST_TOKENS}" in done.stdout
    assert f"{long}: warning: " in done.stdout
    assert f"are more than {MOST_TOKENS}" in done.stdout


def test_triggers_that_hardly_mean_what_they_say_get_advice(safeguild, folder, known_vocabulary):
    odd = folder / "odd.yaml"
    odd.write_text(SHORT + "prefilter:\n  keywords: ['f*ck', '*scam*']\n  patterns: ['x*', 'x+']\n", "utf-8")
    done = safeguild("policy", "check", odd)
    assert done.returncode == ExitCode.OK, done.stdout
    assert "the `*` inside the keyword `f*ck` stands for itself" in done.stdout
    assert "the pattern `x*` fits an empty text" in done.stdout
    assert done.stdout.count("warning: the ") == 2


def test_problems_alone_need_no_model_and_no_data_folder(inside, folder, place):
    (folder / "good.yaml").write_text("[", "utf-8")
    assert inside("policy", "check", folder).code == ExitCode.PROBLEMS
    assert not place.data.exists()


def test_a_file_that_is_not_there_is_a_problem_of_that_file(inside, place):
    done = inside("policy", "check", "missing.yaml")
    assert done.code == ExitCode.PROBLEMS
    assert "missing.yaml:1:1: error: the file cannot be read" in done.out


def test_a_folder_without_policies_is_a_mistake_in_the_command(inside, tmp_path):
    done = inside("policy", "check", tmp_path)
    assert done.code == ExitCode.USAGE
    assert "there is no policy file" in done.err


def test_the_vocabulary_of_another_model_is_refused(inside, folder, tiny_model, monkeypatch):
    monkeypatch.setenv("SAFEGUILD_MODEL__PATH", str(tiny_model))
    done = inside("policy", "check", folder)
    assert done.code == ExitCode.ENVIRONMENT
    assert "its vocabulary is not o200k" in done.err


def test_the_starter_policies_are_listed(inside):
    done = inside("policy", "starter")
    assert done.code == ExitCode.OK
    assert [line.split(":")[0] for line in done.out.splitlines()] == list(starter_policies())


@pytest.mark.parametrize("language", ["de", "es"])
def test_the_starter_policies_of_another_language_are_listed_and_copied(inside, tmp_path, language):
    done = inside("policy", "starter", "--language", language, "--to", tmp_path / "theirs")
    assert done.code == ExitCode.OK
    for name in starter_policies():
        assert (tmp_path / f"theirs/{name}.yaml").read_text("utf-8") == starter_text(name, language)
    done = inside("policy", "starter", "--language", language)
    assert starter_policies(language)["spam"].goal in " ".join(done.out.split())


def test_a_language_without_starter_policies_is_refused_with_those_there_are(inside):
    done = inside("policy", "starter", "--language", "fr")
    assert done.code == ExitCode.USAGE
    assert "choose one of en, de, es" in " ".join(done.err.replace("│", " ").split())


def test_the_starter_policies_are_copied_with_their_comments_and_nothing_is_overwritten(inside, tmp_path):
    target = tmp_path / "new/policies"
    assert inside("policy", "starter", "--to", target).code == ExitCode.OK
    for name, policy in starter_policies().items():
        assert (target / f"{name}.yaml").read_text("utf-8") == starter_text(name)
        assert load_policy(target / f"{name}.yaml") == policy
    mine = target / "harassment.yaml"
    mine.write_text("mine", "utf-8")
    done = inside("policy", "starter", "--to", target)
    assert done.code == ExitCode.OK
    assert f"{mine}: left as it is: it was there already" in done.out
    assert mine.read_text("utf-8") == "mine"


def test_what_the_linter_sees_is_told_with_a_hint(safeguild, folder, known_vocabulary):
    path = folder / "short.yaml"
    path.write_text(SHORT + "prefilter: {keywords: ['a*b']}\n")
    done = safeguild("policy", "check", path)
    assert done.returncode == ExitCode.OK
    for words in ("warning: nothing is written down as allowed", "inside the keyword `a*b`", "  hint: write"):
        assert words in done.stdout
