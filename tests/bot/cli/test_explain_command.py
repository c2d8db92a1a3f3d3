"""`safeguild explain`, with the prefilter that ships."""

import io
import json
import sys
from types import SimpleNamespace

import pytest

from inference.prefilter.normalise import MAX_CHARACTERS
from policies.starter import starter_text

GUILD = 1_301_000_000_000_000_001
BLORP = """\
format: 1
title: Blorps
goal: Nobody calls anybody a blorp.
rules: [{id: B1, text: Calling somebody a blorp.}]
prefilter: {keywords: [blorp]}
"""


@pytest.fixture
def blorps(place):
    path = place.work / "blorps.yaml"
    path.write_text(BLORP)
    return path


@pytest.fixture
def shelf(place):
    """The folder of a server's policies."""
    folder = place.data / "policies" / str(GUILD)
    folder.mkdir(parents=True)
    return folder


def feed(monkeypatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))


def test_a_policy_file_is_held_against_a_text_with_every_step(inside, blorps, place):
    ended = inside("explain", "you b l 0 r p", "--policy", "blorps.yaml")
    assert ended.code == 0
    assert ended.out.startswith("Flagged by 1 of 1 policy.")
    assert "blorps: flagged: keyword “blorp”, written “b l 0 r p”\n" in ended.out
    assert "without gaps, links and look-alike letters: “you bl0rp”" in ended.out
    assert "  Score: " in ended.out
    assert "Take “blorp” out of `keywords`" in ended.out
    assert ended.err == ""
    assert not place.data.exists(), "nothing is kept"


def test_without_a_policy_all_starter_policies_are_asked_and_those_that_flag_show_their_steps(inside):
    ended = inside("explain", "you pathetic l0ser, nobody wants you here")
    assert " of 12 policies." in ended.out
    assert "\nharassment: flagged: keyword “pathetic”\n  Exact match" in ended.out
    assert "All steps of a policy that does not flag it: --policy ID" in ended.out


def test_starter_policies_and_files_can_be_named_together(inside, blorps):
    ended = inside("explain", "good morning", "--policy", "spam", "--policy", str(blorps))
    assert ended.out.startswith("Flagged by none of 2 policies.")
    assert ended.out.count("If it should be flagged:") == 2


def test_json_is_for_machines(inside, blorps):
    found = json.loads(inside("explain", "you blorp", "--policy", str(blorps), "--json").out)
    (policy,) = found["policies"]
    assert (policy["policy"], policy["flagged"], policy["forced"][0]["quote"]) == ("blorps", True, "blorp")
    assert policy["score"]["flags_share_of_ordinary_messages"] == pytest.approx(0.05)


def test_a_dash_reads_the_text_from_standard_input_and_takes_any_bytes(inside, blorps, monkeypatch):
    feed(monkeypatch, b"you \xff\xfe blorp\n")
    assert inside("explain", "-", "--policy", str(blorps)).out.startswith("Flagged by 1")
    feed(monkeypatch, b"\n")
    ended = inside("explain", "-", "--policy", str(blorps))
    assert (ended.code, ended.out) == (1, "")
    assert "there is no text" in ended.err


def test_what_goes_beyond_the_longest_message_is_not_read_and_that_is_said(inside, blorps, monkeypatch):
    feed(monkeypatch, ("\U0001f642" * MAX_CHARACTERS + "blorp").encode())
    ended = inside("explain", "-", "--policy", str(blorps))
    assert ended.out.startswith("Flagged by none")
    assert "the first 24,000 characters are read" in ended.err


def test_a_servers_own_policies_are_taken_from_the_data_folder(inside, shelf):
    (shelf / "blorps.yaml").write_text(BLORP.replace("format: 1", "format: 1\nmode: off"))
    (shelf / "spam.yaml").write_text(starter_text("spam"))
    ended = inside("explain", "blorp", "--guild", GUILD, "--policy", "blorps")
    assert ended.out.startswith("Flagged by 1 of 1 policy."), "what is off is looked at, too"
    assert "thresholds of a new server" in ended.err
    assert inside("explain", "blorp", "--guild", GUILD).out.startswith("Flagged by 1 of 2 policies.")


def test_a_servers_file_with_errors_is_left_out_and_named(inside, shelf):
    (shelf / "blorps.yaml").write_text(BLORP)
    (shelf / "broken.yaml").write_text("title: x\n")
    ended = inside("explain", "blorp", "--guild", GUILD)
    assert ended.code == 1
    assert ended.out.startswith("Flagged by 1 of 1 policy.")
    assert "broken.yaml:1:1: error: " in ended.err
    named = inside("explain", "blorp", "--guild", GUILD, "--policy", "broken")
    assert (named.code, named.out) == (1, "")
    assert "put the policy's file right first" in named.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--policy", "harasment"], "did you mean harassment?"),
        (["--policy", "nothing.yaml"], "the file cannot be read"),
        (["--policy", "broken.yaml"], "broken.yaml:1:1: error: "),
        (["--policy", "spam", "--policy", "spam.yaml"], "two policies are called 'spam'"),
        (["--guild", "7"], "there are no policies of a server 7"),
    ],
)
def test_what_cannot_be_found_or_read_is_one_clear_error(inside, place, arguments, said):
    (place.work / "broken.yaml").write_text("title: x\n")
    (place.work / "spam.yaml").write_text(BLORP)
    ended = inside("explain", "hello", *arguments)
    assert (ended.code, ended.out) == (1, "")
    assert said in ended.err


def test_no_text_can_play_with_the_terminal(inside, blorps):
    ended = inside("explain", "blorp\x1b[31m\x9b2J\u202e\ud83d", "--policy", str(blorps))
    assert ended.code == 0
    assert not set(ended.out) & set("\x1b\x9b\u202e")
