"""What not everybody may read, what was erased and what is blurred is on no card."""

from dataclasses import replace

import pytest

from bot.case import CaseFile, Message, Report, ReportKind
from bot.cogs.card_face import Sight, face
from bot.missing_words import ERASED, UNREADABLE
from bot.review.care import Hidden
from tests.bot.adapters import START, make_earlier, make_policy
from tests.bot.cogs.card_samples import (
    case_about,
    flagged,
    hostile_case,
    said,
    told_by,
    violation,
)
from tests.bot.cogs.hostile_card import outside_spoilers

CANARY = "zephyrine"


@pytest.mark.parametrize("case", [hostile_case(CANARY), case_about(CANARY, CANARY + " again")])
def test_what_not_everybody_may_read_is_on_no_part_of_the_card(case: CaseFile) -> None:
    bare = replace(case, revisions=tuple(said_by_nobody(revision) for revision in case.revisions))
    shown = told_by(face(bare, Sight(Hidden.PRIVATE, "<@&5>")))
    assert CANARY not in shown.replace("Zephyrine", "").replace(policy_words(bare), "")
    assert "**Not everybody here may read where this was written** (<@&5>)" in shown


def said_by_nobody(message: Message) -> Message:
    return message.model_copy(update={"author_name": "nobody", "channel_name": "somewhere"})


def policy_words(case: CaseFile) -> str:
    """What the policy's own authors wrote may be read by all."""
    return case.findings[0].policy.title


def test_erased_words_leave_a_card_with_the_facts() -> None:
    case = case_about("", erased_at=START, findings=case_about().findings)
    shown = told_by(face(case))
    assert "**What was written was erased**" in shown
    assert "Insults aimed at a member" in shown
    assert "A listed term" not in shown


def test_a_case_whose_text_is_damaged_says_so_and_what_is_known_of_it() -> None:
    case = case_about("", unreadable=True, findings=case_about().findings)
    shown = told_by(face(case))
    assert "**What was written cannot be read:** it is damaged" in shown
    assert "Insults aimed at a member" in shown


@pytest.mark.parametrize(
    ("mark", "note"), [(ERASED, "(erased: it may"), (UNREADABLE, "(this text cannot be read")]
)
def test_reasons_that_are_gone_are_told_as_that(mark: str, note: str) -> None:
    policy = make_policy()
    case = case_about(findings=(flagged(policy, violation(policy, rationale=mark)),))
    shown = told_by(face(case)).replace("\\", "")
    assert note in shown
    assert "U+0000" not in shown


def test_a_blurred_card_hides_every_word_of_members_behind_a_click() -> None:
    policy = make_policy()
    verdict = violation(policy, quotes=(CANARY,), rationale="An insult.")
    case = case_about(
        f"old {CANARY}", f"{CANARY} || new", findings=(flagged(policy, verdict, revision=2, quote=CANARY),),
        earlier=(make_earlier(1, 5, CANARY),), current=said(f"now {CANARY}"),
    )  # fmt: skip
    shown = told_by(face(case, Sight(blurred=True)))
    assert shown.count(CANARY) >= 5
    assert CANARY not in outside_spoilers(shown)
    assert shown.index("An insult") < shown.index(CANARY)


def test_reports_name_no_member_and_say_what_they_say() -> None:
    reports = tuple(
        Report(kind, 4_000 + number, f"because {number}", START) for number, kind in enumerate(ReportKind, start=1)
    )
    shown = told_by(face(case_about(reports=reports, findings=())))
    assert "**Reported** by 1 member." in shown
    assert "<@4001>" not in shown
    assert "<@4002> asked to have it judged" in shown
    assert "AutoMod raised an alert" in shown
    assert (face(case_about(reports=reports, findings=())).title or "").endswith("reported")
