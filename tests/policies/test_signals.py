import pytest
from pydantic import ValidationError

from policies.constraints import Unfit
from policies.document import PolicyError, dump_policy, parse_policy
from policies.policy import Policy, Prefilter, Rule
from policies.signals import WRITTEN, Signal, SignalKind, parse_signal
from policies.starter import starter_policies

HEAD = """\
format: 1
title: T
mode: live
goal: G
rules: [{id: H1, text: Insults.}]
"""
_HARASSMENT = "8c3bf8dcbe6797babd366e4594fd8872207a1575801f45299fe02f21b5b58c39"
"""Of the starter policy, before there were signals."""


def parsed(signals: str) -> Policy:
    return parse_policy(f"{HEAD}prefilter:\n  signals: {signals}\n", policy_id="p", filename="p.yaml")


def with_signals(*lines: str) -> Policy:
    return Policy(
        id="p", title="P", goal="g", rules=(Rule(id="H1", text="x"),), prefilter=Prefilter(signals=lines)
    )


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        ("phishing-link", Signal(SignalKind.PHISHING_LINK)),
        ("look-alike-link", Signal(SignalKind.LOOK_ALIKE_LINK)),
        ("invite-link", Signal(SignalKind.INVITE_LINK)),
        ("mass-mention 5", Signal(SignalKind.MASS_MENTION, count=5)),
        ("repeat 3 in 2m", Signal(SignalKind.REPEAT, count=3, seconds=120)),
        ("repeat 2 in 5s", Signal(SignalKind.REPEAT, count=2, seconds=5)),
        ("Repeat  100 in 1H", Signal(SignalKind.REPEAT, count=100, seconds=3600)),
    ],
)
def test_a_line_stands_for_a_signal(line: str, signal: Signal) -> None:
    assert parse_signal(line) == signal


def test_the_lines_that_errors_recommend_are_lines() -> None:
    assert {parse_signal(line).kind for line in WRITTEN.split(", ")} == set(SignalKind)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("phishing", "write one of: phishing-link,"),
        ("", "write one of: phishing-link,"),
        ("invite-link 3", "nothing behind it"),
        ("mass-mention", "`mass-mention 5`"),
        ("mass-mention many", "`mass-mention 5`"),
        ("mass-mention 5 in 2m", "`mass-mention 5`"),
        ("mass-mention 1", "from 2 to 100"),
        ("mass-mention 101", "from 2 to 100"),
        ("repeat 3", "`repeat 3 in 2m`"),
        ("repeat in 2m", "`repeat 3 in 2m`"),
        ("repeat 3 in 2", "`repeat 3 in 2m`"),
        ("repeat 3 in 2 minutes", "`repeat 3 in 2m`"),
        ("repeat 3 in 4s", "from 5s to 1h"),
        ("repeat 3 in 2h", "from 5s to 1h"),
    ],
)
def test_a_line_that_is_no_signal_is_refused_with_what_to_write(line: str, hint: str) -> None:
    with pytest.raises(Unfit) as refused:
        parse_signal(line)
    assert hint in str(refused.value.hint)


def test_the_lines_come_back_from_the_file_as_they_were_written() -> None:
    policy = parsed("[phishing-link, Mass-Mention  5, repeat 3 in 2m]")
    assert policy.prefilter.signals == ("phishing-link", "mass-mention 5", "repeat 3 in 2m")
    written = dump_policy(policy)
    assert "signals: [phishing-link, mass-mention 5, repeat 3 in 2m]" in written
    assert parse_policy(written, policy_id="p", filename="p.yaml") == policy
    assert Policy.model_validate_json(policy.model_dump_json()) == policy


@pytest.mark.parametrize(
    ("signals", "place", "message", "hint"),
    [
        ("[phishing-link, raid]", (7, 28), "there is no signal `raid`", "mass-mention 5, repeat 3 in 2m"),
        ("[repeat 3]", (7, 13), "`repeat` is not written like that", "`repeat 3 in 2m`"),
        (
            "[mass-mention 5, mass-mention 9]",
            (7, 29),
            "two lines of `mass-mention` (the first in line 7)",
            "delete one",
        ),
        ("phishing-link", (7, 12), "`signals` must be a list", "write `signals: [phishing-link,"),
        ("[5]", (7, 13), "must be a text", "put quotes around it"),
    ],
)
def test_an_error_names_its_line_and_says_what_may_be_written(
    signals: str, place: tuple[int, int], message: str, hint: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        parsed(signals)
    (problem,) = refused.value.problems
    assert (problem.line, problem.column) == place
    assert message in str(problem.message)
    assert hint in str(problem.hint)


def test_two_lines_of_one_kind_are_refused_outside_of_files_too() -> None:
    with pytest.raises(ValidationError, match="two lines of `repeat`"):
        Prefilter(signals=("repeat 3 in 2m", "repeat 5 in 1h"))


def test_a_policy_without_signals_has_the_digest_that_it_had_before_there_were_any() -> None:
    """Verdicts, labels and versions in existing stores name policies by these."""
    harassment = starter_policies()["harassment"]
    as_before = harassment.prefilter.model_copy(update={"flag_rate": 0.003})
    assert harassment.model_copy(update={"prefilter": as_before}).digest == _HARASSMENT


def test_signals_are_part_of_the_digest() -> None:
    policies = [with_signals(), with_signals("invite-link"), with_signals("mass-mention 5")]
    assert len({policy.digest for policy in policies}) == 3


def test_the_starter_policies_use_every_kind_of_signal() -> None:
    used = {signal.kind for policy in starter_policies().values() for signal in policy.prefilter.parsed_signals}
    assert used == set(SignalKind)
