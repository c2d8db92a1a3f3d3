import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.case import Action, CaseFile, CaseState, Decision, Holder
from bot.cogs.buttons import buttons, label, offered
from bot.cogs.presses import LONGEST_HISTORY_HOURS, Press, Pressed, case_of, custom_id
from bot.cogs.words import short_length
from bot.language import Language, speaking
from bot.review.care import Hidden
from bot.units import parse_duration
from policies.constraints import LONGEST_TIMEOUT_MINUTES
from policies.policy import Care, Mode, Policy, Severity
from tests.bot.adapters import START, make_policy, make_verdict
from tests.bot.cogs.card_samples import case_about, decided, flagged, violation
from tests.bot.cogs.review_scene import suggesting

HELPING = ("claim", "reasoning", "more")
LOOKING = ("reasoning", "more")
TIMEOUT = suggesting("timeout 1h")


def about(policy: Policy = TIMEOUT, *rules: str, **fields: Any) -> CaseFile:
    return case_about(findings=(flagged(policy, violation(policy, rule_ids=rules or ("R1",))),), **fields)


def ended(action: Action, state: CaseState = CaseState.ENFORCED, *, also_delete: bool = False) -> CaseFile:
    case = decided(about(), action, state)
    assert case.decision is not None
    decision = case.decision.model_copy(update={"also_delete": also_delete})
    answers = (decision,) if state is CaseState.ENFORCED else ()
    return case_about(findings=case.findings, state=state, decision=decision, answers=answers)


def words(case: CaseFile, hidden: Hidden | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    deciding, helping = offered(case, hidden)
    return tuple(press.word for press in deciding), tuple(press.word for press in helping)


@pytest.mark.parametrize(
    ("case", "deciding", "helping"),
    [
        (about(), ("timeout-60", "delete", "dismiss"), HELPING),
        (about(deleted_at=START), ("timeout-60", "dismiss"), HELPING),
        (about(state=CaseState.JUDGING), (), LOOKING),
        (about(state=CaseState.CLEARED), (), LOOKING),
        (ended(Action.DELETE, CaseState.DECIDED), (), LOOKING),
        (ended(Action.DELETE), ("undo",), LOOKING),
        (ended(Action.DISMISS), ("undo",), LOOKING),
        (ended(Action.TIMEOUT), ("delete", "undo"), LOOKING),
        (ended(Action.KICK), ("delete", "undo"), LOOKING),
        (ended(Action.BAN, also_delete=True), ("undo",), LOOKING),
        (ended(Action.TIMEOUT, CaseState.FAILED), ("timeout-60", "delete", "dismiss"), HELPING),
    ],
)
def test_a_card_offers_what_its_state_allows(
    case: CaseFile, deciding: tuple[str, ...], helping: tuple[str, ...]
) -> None:
    assert words(case) == (deciding, helping)


@pytest.mark.parametrize(
    ("suggestions", "first"),
    [
        ((), ("timeout-60",)),
        (("delete",), ()),
        (("warn",), ("warn",)),
        (("delete", "timeout 1d"), ("delete-timeout-1440",)),
        (("warn", "delete", "ban", "kick"), ("delete-ban", "delete-kick")),
        (("timeout 10m", "warn"), ("timeout-10", "warn")),
    ],
)
def test_what_the_rules_suggest_stands_first_the_gravest_in_front(
    suggestions: tuple[str, ...], first: tuple[str, ...]
) -> None:
    deciding, _ = words(about(suggesting(*suggestions)))
    assert deciding == (*first, "delete", "dismiss")


def test_of_two_rules_with_one_action_the_graver_one_says_how() -> None:
    policy = suggesting("timeout 7d", "delete")
    graver = policy.rules[1].model_copy(update={"severity": Severity.CRITICAL, "suggest": ("timeout 1h",)})
    both = policy.model_copy(update={"rules": (policy.rules[0], graver)})
    assert words(about(both, "R1", "R2"))[0][0] == "timeout-60"


def test_where_somebody_may_need_help_it_is_offered_instead_of_a_sanction() -> None:
    support = suggesting("delete", care=Care.SUPPORT)
    assert words(about(support))[0] == ("help", "delete", "dismiss")
    pushing = suggesting("delete", "timeout 7d", care=Care.SUPPORT)
    assert words(about(pushing))[0] == ("delete-timeout-10080", "delete", "dismiss")


def test_what_not_everybody_may_read_is_one_press_away() -> None:
    assert words(about(), Hidden.PRIVATE)[1] == ("claim", "reasoning", "evidence", "more")
    assert words(about(), Hidden.ERASED)[1] == HELPING


def test_a_case_that_was_opened_again_offers_to_lift_what_still_holds() -> None:
    timeout = Decision(case_id=12, action=Action.TIMEOUT, moderator_id=1, decided_at=START)
    assert words(about(answers=(timeout,)))[0] == ("timeout-60", "delete", "dismiss", "undo")
    deleted = timeout.model_copy(update={"action": Action.DELETE})
    assert words(about(answers=(deleted,)))[0] == ("timeout-60", "delete", "dismiss")


@pytest.mark.parametrize(
    ("case", "said"),
    [
        (ended(Action.TIMEOUT), "Undo"),
        (ended(Action.BAN), "Undo"),
        (ended(Action.DISMISS), "Undo"),
        (ended(Action.DELETE), "Reopen"),
        (ended(Action.KICK), "Reopen"),
        (ended(Action.WARN), "Reopen"),
        (ended(Action.BAN, also_delete=True), "Lift + reopen"),
        (
            replace(ended(Action.DELETE), answers=(*ended(Action.TIMEOUT).answers, *ended(Action.DELETE).answers)),
            "Lift + reopen",
        ),
    ],
)
def test_undo_is_only_promised_where_everything_is_taken_back_and_lifting_is_never_a_surprise(
    case: CaseFile, said: str
) -> None:
    assert label(case, Pressed(Press.UNDO)) == said


@given(
    st.integers(min_value=1, max_value=2**63 - 1),
    st.builds(
        Pressed,
        press=st.sampled_from(Press),
        also_delete=st.booleans(),
        amount=st.none() | st.integers(0, 99_999),
        anyway=st.booleans(),
    ),
)
def test_a_button_finds_its_case_again(case_id: int, press: Pressed) -> None:
    written = custom_id(case_id, press)
    assert case_of(written) == case_id
    assert len(written) <= 100
    read = Pressed.read(press.word)
    assert read is not None
    assert (read.press, read.anyway) == (press.press, press.anyway)
    if press.press in (Press.TIMEOUT, Press.BAN):
        assert read.amount == press.amount
        assert read.also_delete == press.also_delete


@given(st.integers(0, 99_999))
def test_no_id_gets_beyond_what_discord_takes(amount: int) -> None:
    length = Pressed(Press.TIMEOUT, amount=amount).timeout
    assert length is None or timedelta(0) < length <= timedelta(minutes=LONGEST_TIMEOUT_MINUTES)
    assert Pressed(Press.BAN, amount=amount).delete_history <= timedelta(hours=LONGEST_HISTORY_HOURS)
    assert Pressed(Press.WARN, amount=amount).timeout is None


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("delete", Pressed(Press.DELETE)),
        ("delete-ban-24", Pressed(Press.BAN, also_delete=True, amount=24)),
        ("anyway-dismiss", Pressed(Press.DISMISS, anyway=True)),
        ("delete-reasoning", Pressed(Press.REASONING)),
        ("warn-7", Pressed(Press.WARN)),
        ("timeout", Pressed(Press.TIMEOUT)),
        ("timeout-", None),
        ("erase", None),
        ("", None),
    ],
)
def test_what_makes_no_sense_in_an_id_is_left_out(word: str, read: Pressed | None) -> None:
    assert Pressed.read(word) == read


@pytest.mark.parametrize(
    "text", ["", "case:0:delete", "case:1:erase", "case:1:delete ", "case:-1:delete", "x", "case:1:act", None]
)
def test_what_is_no_button_of_a_card_is_none(text: str | None) -> None:
    assert case_of(text) is None


def test_buttons_of_cards_that_hang_since_an_earlier_version_are_understood() -> None:
    for word in ("delete", "timeout", "dismiss", "reasoning"):
        assert case_of(f"case:12:{word}") == 12


def test_views_are_not_kept() -> None:
    """discord.py remembers a view that was not stopped for as long as the bot runs."""

    async def finished() -> bool:
        return buttons(case_about()).is_finished()

    assert asyncio.run(finished())


@pytest.mark.parametrize("language", Language)
def test_a_phone_shows_every_row_whole(language: Language) -> None:
    """Five buttons a row, and labels that Discord takes."""
    policy = suggesting("delete", "ban", "timeout 28d")

    async def rows() -> list[Any]:
        return buttons(about(policy), Hidden.PRIVATE).to_components()

    with speaking(language):
        made = asyncio.run(rows())
    assert [len(row["components"]) for row in made] == [4, 4]
    assert all(0 < len(button["label"]) <= 24 for row in made for button in row["components"])


@given(st.integers(min_value=1, max_value=28 * 24 * 60))
def test_the_length_on_a_button_is_the_one_that_is_decided(minutes: int) -> None:
    assert parse_duration(short_length(timedelta(minutes=minutes))) == timedelta(minutes=minutes)


def test_shadow_policies_suggest_nothing() -> None:
    shadow = suggesting("ban").model_copy(update={"mode": Mode.SHADOW})
    case = case_about(
        findings=(flagged(shadow, violation(shadow)), flagged(make_policy(), violation(make_policy())))
    )
    assert words(case)[0] == ("delete", "dismiss")


def test_a_claimed_card_says_that_a_claim_takes_it_over():
    claimed = replace(about(), holder=Holder(7, START))
    assert label(about(), Pressed(Press.CLAIM)) == "Claim"
    assert label(claimed, Pressed(Press.CLAIM)) == "Take over"


def test_a_case_in_which_nothing_was_found_suggests_nothing():
    asked = case_about(findings=(flagged(TIMEOUT, make_verdict(TIMEOUT, violation=False, rule_ids=())),))
    assert words(asked)[0] == ("delete", "dismiss")
