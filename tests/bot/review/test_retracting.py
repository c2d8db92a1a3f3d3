"""What came of a granted appeal is said in one language: the guild's."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.case import Action
from bot.language import Language, speaking, tr
from bot.missing_words import UNREADABLE, told
from bot.ports import Store
from bot.records.appeals import Answer, NewAppeal
from bot.review.appeals import Appealed
from bot.review.decisions import DEFECT, Review
from bot.review.retracting import Retracting
from tests.bot.adapters import GUILD
from tests.bot.review.review_adapters import Arm, a_decision, open_case, utc_now

BOB, MALLORY = 901, 55


async def granted_in_vain(
    store: Store, review: Review, arm: Arm, words: str = ""
) -> tuple[Retracting, Appealed, Answer]:
    """An appeal against a timeout, whose undo meets a defect."""
    case_id = await open_case(store)
    await review.decide(a_decision(case_id, Action.TIMEOUT))
    appeal, _ = await store.add_appeal(NewAppeal(GUILD, case_id, 1, MALLORY, "please", made_at=utc_now()))
    answer = Answer(BOB, utc_now(), granted=True, text=words)
    arm.broken = True
    retracting = Retracting(store, review.decide, clock=utc_now)
    assert await retracting.outcome(Appealed(appeal, await store.case(case_id)), answer) is None
    return retracting, Appealed(appeal, await store.case(case_id)), answer


async def test_why_an_undo_failed_is_told_in_the_language_of_the_sentence(
    store: Store, review: Review, arm: Arm
) -> None:
    retracting, appealed, answer = await granted_in_vain(store, review, arm)
    with speaking(Language.GERMAN):
        outcome = await retracting.outcome(appealed, answer)
        assert outcome is not None
        assert tr(DEFECT) != DEFECT
        assert tr(DEFECT) in outcome
    assert DEFECT not in outcome


async def test_a_reason_that_is_damaged_is_told_to_be_so(
    store: Store, review: Review, arm: Arm, tmp_path: Path
) -> None:
    retracting, appealed, answer = await granted_in_vain(store, review, arm)
    with closing(sqlite3.connect(tmp_path / "memory.sqlite3")) as db, db:
        assert db.execute("UPDATE decision SET outcome = 'no seal' WHERE number = 2").rowcount == 1
    outcome = await retracting.outcome(appealed, answer)
    assert outcome is not None
    assert "\0" not in outcome
    assert told(UNREADABLE) in outcome


async def test_an_answer_that_is_damaged_is_told_to_be_so(store: Store, review: Review, arm: Arm) -> None:
    _, appealed, _ = await granted_in_vain(store, review, arm, UNREADABLE)
    undo = (await store.case(appealed.case.id)).decision
    assert undo is not None
    assert undo.reason == f"Appeal {appealed.appeal.id} was granted: {told(UNREADABLE)}"
