import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.case import Action, CaseFile, Decision
from bot.cogs.actions_form import preview
from bot.cogs.notices_text import LONGEST, PLACEHOLDERS, is_told, notice, usual_reason
from bot.cogs.safe_text import units
from bot.guilds.settings import GuildSettings
from policies.policy import Care
from tests.bot.adapters import START
from tests.bot.cogs.card_samples import (
    case_about,
    flagged,
    hostile_case,
    outside_code_blocks,
    unescaped,
    violation,
)
from tests.bot.cogs.hostile_card import HOSTILE
from tests.bot.cogs.review_scene import suggesting

NOTICES = GuildSettings(notices=True)
END = f"<t:{int(START.timestamp()) + 3600}:f>"


def word(action: Action = Action.DELETE, **fields: object) -> Decision:
    values = {"case_id": 12, "action": action, "moderator_id": 900, "decided_at": START}
    length = timedelta(hours=1) if action is Action.TIMEOUT else None
    return Decision.model_validate({**values, "timeout": length, **fields})


def said(decision: Decision, settings_: GuildSettings = NOTICES, case: CaseFile | None = None) -> str:
    return notice(case or case_about(), decision, settings_, "The Workshop").text.replace("\\", "")


def test_the_words_that_come_with_safeguild_say_all_there_is_to_say() -> None:
    assert said(word(Action.TIMEOUT, also_delete=True, reason="Please calm down.")).splitlines() == [
        "**The Workshop**",
        f"You cannot write or talk for 1 hour, until {END}. Your message in <#70> was deleted.",
        "The rule: “Insults aimed at a member.”",
        "From the moderators: Please calm down.",
        "You wrote:",
        "```",
        "you loser",
        "```",
        "",
        "If you think that this is wrong, press “Appeal”: another moderator looks at it.",
    ]


def test_what_the_rule_says_is_not_said_twice() -> None:
    case = case_about()
    usual = usual_reason(case, 400)
    assert usual == "R1: Insults aimed at a member."
    assert "From the moderators" not in said(word(Action.KICK, reason=usual))
    assert "From the moderators: " + usual in said(word(Action.KICK, reason=usual + " Again!"))


@pytest.mark.parametrize(
    ("action", "always", "with_notices"),
    [
        (Action.WARN, True, True),
        (Action.HELP, True, True),
        (Action.DELETE, False, True),
        (Action.TIMEOUT, False, True),
        (Action.KICK, False, True),
        (Action.BAN, False, True),
        (Action.DISMISS, False, False),
        (Action.UNDO, False, False),
    ],
)
def test_who_is_told_of_what(action: Action, always: bool, with_notices: bool) -> None:
    assert is_told(word(action), case_about(), GuildSettings()) is always
    assert is_told(word(action), case_about(), NOTICES) is with_notices


def test_what_was_taken_back_is_told_to_whom_it_was_done() -> None:
    case = case_about(answers=(word(Action.BAN),))
    assert is_told(word(Action.UNDO), case, NOTICES)
    told = said(word(Action.UNDO), case=case)
    assert "was taken back. You may join the server again." in told
    assert "you loser" not in told
    assert not is_told(word(Action.UNDO), case_about(answers=(word(Action.DISMISS),)), NOTICES)


@pytest.mark.parametrize(("appeals", "action", "can"), [
    (True, Action.BAN, True), (False, Action.BAN, False), (True, Action.UNDO, False), (True, Action.HELP, False),
])  # fmt: skip
def test_an_appeal_is_offered_where_it_is_taken(appeals: bool, action: Action, can: bool) -> None:
    made = notice(case_about(), word(action), GuildSettings(notices=True, appeals=appeals), "W")
    assert made.can_appeal is can
    assert ("Appeal" in made.text) is can


def test_a_servers_own_words_take_the_place_of_ours() -> None:
    own = GuildSettings(notices=True, notice="{server}, {decision}\n{unknown} {rule}\n{reason}\nBye {channel}")
    assert said(word(Action.KICK), own) == (
        "The Workshop, You were removed from the server.\n"
        "{unknown} The rule: “Insults aimed at a member.”\nBye <#70>"
    )


def test_a_placeholder_is_filled_in_once_so_that_a_notice_stays_short() -> None:
    own = GuildSettings(notices=True, notice="{message}" * 160)
    assert said(word(), own).count("you loser") == 1


def test_what_a_member_writes_is_not_taken_for_a_placeholder() -> None:
    case = case_about("my {server} and {reason} {appeal}")
    assert "my {server} and {reason} {appeal}" in said(word(reason="because"), case=case)


def test_help_is_kind_and_names_no_rule() -> None:
    told = said(word(Action.HELP, reason="Write to me."))
    assert "You are not in trouble" in told
    assert "From the moderators: Write to me." in told
    assert "Insults" not in told
    assert "you loser" not in told
    assert said(word(Action.HELP), GuildSettings(help_text="{server} cares.\n{reason}")) == "The Workshop cares."


def test_what_must_not_be_repeated_is_not_in_the_notice() -> None:
    policy = suggesting("delete", care=Care.WITHHOLD)
    case = case_about("unspeakable", findings=(flagged(policy, violation(policy)),))
    assert "unspeakable" not in said(word(), case=case)


@given(HOSTILE, st.sampled_from([action for action in Action if action is not Action.DISMISS]))
@settings(max_examples=150, deadline=None)
def test_no_text_breaks_a_limit_or_becomes_markup_in_a_notice(text: str, action: Action) -> None:
    check_hostile_notice(text, action)


def check_hostile_notice(text: str, action: Action) -> None:
    """For the suite, and for the long run."""
    decision = word(action, reason=text[:400])
    made = notice(hostile_case(text), decision, NOTICES, text)
    assert 0 < units(made.text) <= LONGEST
    made.text.encode()
    rest = unescaped(outside_code_blocks(made.text))
    rest = re.sub(r"<t:\\d+:f>|<#\\d+>|<t:\d+:f>|<#\d+>|\*\*|<https://findahelpline.com>", "", rest)
    assert not re.search(r"[<>@#\[\]~|_]|://|```", rest), rest
    assert units(preview(hostile_case(text), decision, NOTICES, text)) <= 2000


def test_every_placeholder_is_explained() -> None:
    from bot.cogs import notices_text

    assert notices_text.__doc__ is not None
    assert set(re.findall(r"\{(\w+)\}", notices_text.__doc__)) == set(PLACEHOLDERS)


def test_a_preview_says_what_is_still_to_be_chosen_and_not_what_stands_in_the_form_as_it_opens() -> None:
    told = preview(case_about(), word(Action.TIMEOUT), NOTICES, "The Workshop", chosen=False)
    assert "You cannot write or talk for *(the length that you choose)*." in told
    assert "*(If you choose to delete it:)* Your message in <#70> was deleted." in told
    assert "1 hour" not in told
    gone = case_about(deleted_at=START)
    assert "If you choose to delete" not in preview(gone, word(Action.WARN), NOTICES, "W", chosen=False)
