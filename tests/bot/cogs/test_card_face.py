from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import cast

import discord
import pytest

from bot.case import Action, AuthorRecord, CaseState, Holder, JobState
from bot.cogs.card_face import face, version_seen
from bot.cogs.reasoning import reasoning
from bot.cogs.words import suggested, sure
from bot.language import Language, speaking
from bot.review.decisions import DEFECT
from inference.standin.notice import STANDIN_NAME
from policies.policy import Effort, Mode, Severity
from policies.verdict import FirstLook, Timing
from tests.bot.adapters import START, make_policy, make_verdict
from tests.bot.cogs.card_samples import (
    AUTHOR,
    MODERATOR,
    case_about,
    decided,
    embed_texts,
    flagged,
    hostile_case,
    limits_broken,
    said,
    told_by,
    violation,
)


def field(embed: discord.Embed, name: str) -> str:
    return next(str(shown.value) for shown in embed.fields if name in str(shown.name))


def everything(embed: discord.Embed) -> str:
    return "\n".join(text for _, text in embed_texts(embed.to_dict()))


def test_a_card_says_what_was_written_which_rule_it_breaks_and_why() -> None:
    embed = face(case_about())
    assert embed.title == "Medium · Harassment: R1"
    assert embed.description is not None
    assert embed.description.startswith("```\nyou loser\n```")
    assert "**Mallory** in <#70>, <t:1893499200:R>" in embed.description
    assert "[Jump to it](https://discord.com/channels/7/70/100)" in embed.description
    assert embed.url == "https://discord.com/channels/7/70/100"
    assert field(embed, "Harassment: violation, 90% likely").startswith(
        "**R1** (medium) Insults aimed at a member\\.\nSuggested: delete"
    )
    assert field(embed, "Why") == "A listed term\\.\nQuoted: “loser”"
    assert field(embed, "Said before") == "```\nmember 2: hello\nauthor: hi\n```"
    assert field(embed, "Looked at because of") == "- keyword “loser”\\, written “loser”"
    assert embed.footer.text == "Case 12 · version 1"


def test_the_author_is_named_with_the_age_of_the_account_the_joining_and_the_earlier_cases() -> None:
    case = case_about(revisions=(said(joined_at=START - timedelta(days=2)),), author_record=AuthorRecord(6, 3, 1))
    told = field(face(case), "Author")
    assert f"<@{AUTHOR}> · id `{AUTHOR}`" in told
    assert "Account made <t:1682330837:R> · joined <t:1893326400:R>" in told
    assert "6 other cases: 3 acted on, 1 dismissed, 2 not settled" in told
    assert "No other cases" in field(face(case_about()), "Author")


def test_earlier_cases_are_counted_by_how_they_ended() -> None:
    undone = field(face(case_about(author_record=AuthorRecord(2, 0, 1, 1))), "Author")
    assert "2 other cases: 1 dismissed, 1 taken back" in undone
    told = field(face(case_about(author_record=AuthorRecord(3, 0, 0))), "Author")
    assert told.endswith("3 other cases: 3 not settled")


def test_an_account_made_shortly_before_the_message_is_called_new() -> None:
    days_since_2015 = (START - timedelta(days=3)).timestamp() - 1_420_070_400
    young = int(days_since_2015 * 1000) << 22
    case = case_about(revisions=(said().model_copy(update={"author_id": young}),))
    assert "**(new account)**" in field(face(case), "Author")
    assert "new account" not in field(face(case_about()), "Author")


@pytest.mark.parametrize("severity", list(Severity))
def test_severity_is_a_word_and_a_colour(severity: Severity) -> None:
    policy = make_policy(severity=severity)
    embed = face(case_about(findings=(flagged(policy, violation(policy)),)))
    assert (embed.title or "").startswith(severity.capitalize())
    others = {
        face(case_about(findings=(flagged(other, violation(other)),))).colour for other in _policies(severity)
    }
    assert embed.colour not in others


def _policies(but: Severity) -> list[object]:
    return [make_policy(severity=severity) for severity in Severity if severity is not but]


def test_an_answer_that_could_not_be_read_is_said_to_be_no_verdict() -> None:
    policy = make_policy()
    for verdict, state in ((make_verdict(policy, violation=None), JobState.JUDGED), (None, JobState.UNDECIDED)):
        embed = face(case_about(findings=(flagged(policy, verdict, state=state),)))
        assert embed.title == "Undecided · Harassment: undecided"
        assert "could not be read" in field(embed, "Harassment: undecided")


def test_the_standin_is_called_one() -> None:
    policy = make_policy()
    embed = face(case_about(findings=(flagged(policy, violation(policy, model_name=STANDIN_NAME)),)))
    assert "stand-in" in field(embed, "Judged by")
    assert field(face(case_about()), "Judged by") == "term matcher"


def test_other_policies_say_what_they_think_in_a_line_each() -> None:
    policy, calm, shadow = make_policy(), make_policy("calm"), make_policy("quiet", mode=Mode.SHADOW)
    findings = (
        flagged(policy, violation(policy)),
        flagged(calm, make_verdict(calm, violation=False)),
        flagged(shadow, None, state=JobState.QUEUED),
    )
    told = field(face(case_about(findings=findings)), "Other policies")
    assert told == "- Calm: allowed (10% likely a violation)\n- Quiet: waiting (shadow: counted only)"


def test_two_violated_policies_both_show_their_rules_and_reasons() -> None:
    policy, other = make_policy(), make_policy("spam")
    embed = face(case_about(findings=(flagged(policy, violation(policy)), flagged(other, violation(other)))))
    assert embed.title == "Medium · Harassment: R1; Spam: R1"
    assert [shown.name for shown in embed.fields if shown.name == "Why"] == ["Why", "Why"]


def test_an_edited_message_shows_its_older_versions_and_what_it_says_now() -> None:
    case = case_about("you loser", "you absolute loser", current=said("sorry, I was angry"))
    embed = face(case)
    assert "you absolute loser" in (embed.description or "")
    assert field(embed, "version 1 of 2") == "```\nyou loser\n```"
    assert field(embed, "Edited since") == "```\nsorry, I was angry\n```"


def test_a_version_that_waits_for_its_verdict_is_announced() -> None:
    case = case_about("you loser", "you l0ser")
    policy = case.findings[0].policy
    old, new = replace(case.findings[0], revision=1), flagged(policy, None, revision=2, state=JobState.JUDGING)
    embed = face(replace(case, findings=(old, new)))
    assert "newest version is being judged" in (embed.description or "")
    assert field(embed, "violation, 90% likely (before the edit)")
    assert embed.footer.text == "Case 12 · version 1"


def test_a_deleted_message_says_so_and_has_no_link() -> None:
    embed = face(case_about(deleted_at=START))
    assert "**The message is gone:** it was deleted <t:1893499200:R>." in (embed.description or "")
    assert embed.url is None
    assert "discord.com/channels" not in everything(embed)


@pytest.mark.parametrize(
    ("language", "told"), [(Language.ENGLISH, "Look for yourself"), (Language.GERMAN, "Sieh selbst nach")]
)
def test_a_defect_is_told_in_the_language_of_the_card(language: Language, told: str) -> None:
    case = decided(case_about(), Action.DELETE, CaseState.FAILED, DEFECT)
    with speaking(language):
        assert told in (face(case).description or "")


def test_what_stays_and_how_to_go_on_is_said_once() -> None:
    case = decided(case_about(), Action.WARN, CaseState.ENFORCED, "It is done.")
    decision = case.decision.model_copy(update={"also_delete": True}) if case.decision else None
    told = face(replace(case, decision=decision)).description or ""
    assert "A warning cannot be unsaid. A deleted message cannot be brought back. “Reopen” lets" in told
    assert told.count("“Reopen”") == 1


@pytest.mark.parametrize(
    ("suggestion", "told"),
    [("delete", "löschen"), ("timeout 1h", "Timeout für 1 h"), ("ban", "bannen")],
)
def test_what_a_rule_suggests_is_said_in_the_language_of_the_card(suggestion: str, told: str) -> None:
    with speaking(Language.GERMAN):
        assert suggested(suggestion) == told
    assert suggested("something new") == "something new"


def test_a_message_that_we_deleted_does_not_say_twice_that_it_is_gone() -> None:
    case = decided(case_about(deleted_at=START), Action.DELETE, CaseState.ENFORCED, "The message is deleted.")
    told = face(case).description or ""
    assert told.startswith(f"**Deleted** by <@{MODERATOR}> <t:1893499200:R>. The message is deleted")
    assert "is gone" not in told


@pytest.mark.parametrize(
    ("action", "state", "outcome", "told"),
    [
        (Action.DISMISS, CaseState.ENFORCED, "Dismissed.", f"**Dismissed** by <@{MODERATOR}> <t:1893499200:R>.\n"),
        (Action.TIMEOUT, CaseState.ENFORCED, "It ends soon.", "**Timed out for 1 h** by"),
        (Action.TIMEOUT, CaseState.DECIDED, None, "**Decided: timeout of 1 h**, by"),
        (Action.DELETE, CaseState.FAILED, "I may not.", "**Not done: delete**, decided by"),
    ],
)
def test_a_decided_case_says_who_decided_what_and_what_came_of_it(
    action: Action, state: CaseState, outcome: str | None, told: str
) -> None:
    embed = face(decided(case_about(), action, state, outcome))
    assert (embed.description or "").startswith(told)
    if state is CaseState.FAILED:
        assert "I may not\\." in (embed.description or "")
        assert "try again" in (embed.description or "")


def test_a_case_that_came_up_again_tells_what_was_decided_before() -> None:
    before = decided(case_about(), Action.DISMISS, CaseState.ENFORCED).decision
    assert before is not None
    told = face(case_about(earlier_decisions=(before,))).description or ""
    assert told.startswith(f"Decided before: dismiss, by <@{MODERATOR}>")
    assert "The case was opened again after that" in told
    edited = said("you loser", edited_at=START + timedelta(minutes=1))
    told = face(case_about(earlier_decisions=(before,), revisions=(said(), edited))).description or ""
    assert "The message was edited after that" in told


def test_nothing_is_called_certain() -> None:
    assert [sure(probability) for probability in (1.0, 0.994, 0.5, 0.006, 0.0)] == [
        "over 99%", "99%", "50%", "1%", "under 1%",
    ]  # fmt: skip


def test_what_is_settled_is_grey_and_what_failed_is_not() -> None:
    grey = face(decided(case_about(), Action.DISMISS, CaseState.ENFORCED)).colour
    assert face(decided(case_about(), Action.DELETE, CaseState.FAILED)).colour == face(case_about()).colour != grey


def test_what_the_probability_is_of_is_said_where_the_word_does_not_say_it() -> None:
    policy, calm = make_policy(), make_policy("calm")
    found = (flagged(policy, violation(policy)), flagged(calm, make_verdict(calm, violation=False)))
    titles = [(each.title or "").replace("\\", "") for each in reasoning(case_about(findings=found)).embeds]
    assert titles == ["Harassment: violation, 90% likely", "Calm: allowed, 10% likely a violation"]


def test_a_second_look_is_told_on_the_card_and_its_times_behind_the_button() -> None:
    policy = make_policy()
    verdict = violation(policy).model_copy(
        update={
            "effort": Effort.MEDIUM,
            "first_look": FirstLook(effort=Effort.LOW, probability=0.45, tokens=80),
            "tokens": 231,
            "milliseconds": 6140.0,
            "timing": Timing(queued=400, prefill=800, reasoning=4100, answer=840),
        }
    )
    case = case_about(findings=(flagged(policy, verdict),))
    second = "second look at medium effort; the first, at low, was unsure (45% likely)"
    assert field(face(case), "Judged by").replace("\\", "") == f"term matcher\nHarassment: {second}"
    (page,) = reasoning(case).embeds
    made_with = next(each.value or "" for each in page.fields if each.name == "Made with").replace("\\", "")
    assert made_with.splitlines()[:2] == [
        f"- {second}; 231 tokens",
        "- 6.1 s: 0.4 s waiting, 0.8 s reading, 4.1 s reasoning, 0.8 s answering",
    ]


def test_one_look_is_told_behind_the_button_alone() -> None:
    (page,) = reasoning(case_about()).embeds
    made_with = next(each.value or "" for each in page.fields if each.name == "Made with")
    assert made_with.splitlines()[0].replace("\\", "") == "- low effort; 3 tokens"
    assert "effort" not in field(face(case_about()), "Judged by")


def test_a_long_message_is_cut_with_a_note_and_the_file_has_all_of_it() -> None:
    case = case_about("loser " * 600)
    embed, behind = face(case), reasoning(case)
    assert "*Cut: the message has 3,600 characters. All of it is behind “Reasoning”.*" in (embed.description or "")
    assert behind.file_text is not None
    assert "loser " * 599 in behind.file_text


def test_a_thousand_line_breaks_do_not_push_the_buttons_off_the_screen() -> None:
    for filler in ("\n" * 1000, " \n" * 1000, "\u3164" * 1000, " " * 1000, "\n.\n" * 300):
        embed = face(case_about(filler + "loser"))
        assert (embed.description or "").count("\n") < 40
    assert "loser" in (face(case_about("\n" * 500 + " " * 500 + "loser")).description or "")


def test_the_least_important_is_shortened_first() -> None:
    policy = make_policy()
    verdict = violation(policy, rationale="! " * 500)
    full = case_about(
        *["x" * 3000] * 3,
        findings=tuple(
            flagged(policy.model_copy(update={"id": f"p{number}"}), verdict, revision=3) for number in range(6)
        ),
        earlier=hostile_case("y " * 200).earlier,
        current=said("z" * 1000),
    )
    embed = face(full)
    assert limits_broken(embed) == []
    names = [str(shown.name) for shown in embed.fields]
    assert "Author" in names
    assert "Other policies" not in names
    assert (embed.description or "").count("x") > 1500


def test_who_has_it_in_hand_is_on_the_card_until_it_is_decided() -> None:
    in_hand = {"holder": Holder(MODERATOR, START), "escalated": Holder(MODERATOR + 1, START)}
    shown = told_by(face(case_about(**in_hand)))
    assert f"**Claimed** by <@{MODERATOR}>" in shown
    assert f"**Escalated** by <@{MODERATOR + 1}>" in shown
    settled = told_by(face(replace(decided(case_about(), Action.DISMISS, CaseState.ENFORCED), **in_hand)))
    assert "Claimed" not in settled


@pytest.mark.parametrize("language", Language)
def test_every_card_says_which_version_it_shows_in_every_language(language: Language) -> None:
    with speaking(language):
        embed = face(case_about("one", "two"))
    assert embed.footer.text is not None
    message = SimpleNamespace(embeds=[embed])
    assert version_seen(cast("discord.Message", message)) == 2


@pytest.mark.parametrize("language", Language)
def test_a_card_of_a_case_without_a_finding_is_about_no_version(language: Language) -> None:
    with speaking(language):
        embed = face(case_about(findings=()))
    assert "0" not in (embed.footer.text or "0")
    message = SimpleNamespace(embeds=[embed])
    assert version_seen(cast("discord.Message", message)) == 0, "a decision about a later finding waits for a look"


@pytest.mark.parametrize("language", Language)
def test_what_was_quoted_stands_in_the_marks_of_the_language(language: Language) -> None:
    with speaking(language):
        shown = everything(face(case_about()))
    marks = {Language.GERMAN: "„loser“"}.get(language, "“loser”")
    assert marks in shown
    assert shown.count("”") == (0 if language is Language.GERMAN else shown.count("“"))


def test_a_name_that_is_read_from_right_to_left_does_not_turn_the_line_round():
    card_text = (
        face(case_about(revisions=(said("you loser", author_name="\u05d3\u05d5\u05d3"),))).description or ""
    )
    assert "**\u2068\u05d3\u05d5\u05d3\u2069** in <#70>" in card_text


def test_one_model_is_named_once_with_all_policies_that_it_judged():
    policies = (make_policy(), make_policy("spam"))
    case = case_about(findings=tuple(flagged(policy, violation(policy)) for policy in policies))
    first, second = reasoning(case).embeds
    assert field(first, "Made with").count("model ") == 1
    assert field(first, "Made with").count("policy ") == 2
    assert "model " not in field(second, "Made with")
