import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.document import PolicyError, dump_policy, parse_policy
from policies.mode_line import with_mode
from policies.policy import Mode, Policy
from policies.starter import starter_policies, starter_text
from tests.policies.strategies import policies

BODY = "title: T\nmode: live\ngoal: g\nrules:\n  - {id: H1, text: Insults.}\n"


def change(text: str, mode: Mode = Mode.OFF) -> str:
    return with_mode(text.encode(), mode, policy_id="p", filename="p.yaml").decode()


@pytest.mark.parametrize("policy_id", sorted(starter_policies()))
def test_only_the_mode_line_of_a_starter_policy_changes(policy_id: str) -> None:
    before = starter_text(policy_id)
    after = change(before, Mode.SHADOW)
    assert after == before.replace("\nmode: live\n", "\nmode: shadow\n")
    assert change(after, Mode.LIVE) == before


@given(policies(), st.sampled_from(Mode))
@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
def test_any_policy_takes_any_mode_and_nothing_else_changes(policy: Policy, mode: Mode) -> None:
    text = dump_policy(policy)
    changed = change(text, mode)
    assert parse_policy(changed, policy_id=policy.id, filename="x") == policy.model_copy(update={"mode": mode})
    ours = [line for line in changed.split("\n") if not line.startswith("mode: ")]
    assert ours == [line for line in text.split("\n") if not line.startswith("mode: ")]


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("mode: live   # since May\n", "mode: off   # since May\n"),
        ('mode: "live"\n', "mode: off\n"),
        ("mode  :   'live'#x\n".replace("#x", " #x"), "mode  :   off #x\n"),
        ('"mode": live\n', '"mode": off\n'),
        ("mode: shadow\n", "mode: off\n"),
        ("mode:\n  live # below\n", "mode:\n  off # below\n"),
        ("? mode\n: live\n", "? mode\n: off\n"),
    ],
)
def test_comments_and_spelling_around_the_mode_stay(written: str, wanted: str) -> None:
    assert change(BODY.replace("mode: live\n", written)) == BODY.replace("mode: live\n", wanted)


def test_a_text_without_a_mode_gets_a_line_for_it() -> None:
    text = "# ours\n" + BODY.replace("mode: live\n", "")
    assert change(text) == text.replace("goal: g\n", "mode: off\ngoal: g\n")


def test_a_text_without_a_mode_that_is_indented_gets_a_line_as_far_in() -> None:
    text = "".join(f"  {line}\n" for line in BODY.replace("mode: live\n", "").splitlines())
    assert change(text) == text.replace("  goal: g\n", "  mode: off\n  goal: g\n")


def test_a_policy_in_braces_keeps_them() -> None:
    text = "{title: T, mode: live, goal: g, rules: [{id: H1, text: t}]}"
    assert change(text) == text.replace("live", "off")
    assert change(text.replace("mode: live, ", "")) == text.replace("mode: live, ", "").replace(
        "goal", "mode: off, goal"
    )


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("has_mode", [True, False])
def test_line_endings_and_a_byte_order_mark_stay(ending: str, has_mode: bool) -> None:
    text = "\ufeff" + (BODY if has_mode else BODY.replace("mode: live\n", ""))
    wanted = text.replace("live", "off") if has_mode else text.replace("goal", "mode: off\ngoal")
    assert change(text.replace("\n", ending)) == wanted.replace("\n", ending)


def test_characters_beyond_the_basic_plane_before_the_mode_do_not_shift_it() -> None:
    text = '{title: "🙂🙂 é 日本", mode: live, goal: "🙂", rules: [{id: H1, text: t}]}'
    assert change(text) == text.replace("live", "off")


def test_the_mode_that_is_there_already_changes_nothing() -> None:
    assert change(BODY.replace("live", '"off"')) == BODY.replace("live", '"off"')
    without = BODY.replace("mode: live\n", "")
    assert change(without, Mode.LIVE) == without


def test_a_mode_that_cannot_be_changed_by_itself_is_refused_with_what_to_do() -> None:
    text = BODY.replace("mode: live\n", "mode: |-  # why\n  live\n")
    with pytest.raises(PolicyError, match=r"p\.yaml:2.*cannot be changed by itself(.|\n)*mode: live"):
        change(text)


def test_a_key_that_leaves_no_room_above_it_is_refused() -> None:
    with pytest.raises(PolicyError, match="cannot be changed by itself"):
        change("title: T\n? goal\n: g\nrules: [{id: H1, text: t}]\n")


def test_a_file_with_errors_is_not_touched() -> None:
    with pytest.raises(PolicyError, match=r"p\.yaml:3:1: error"):
        change(BODY.replace("goal", "gaol"))
