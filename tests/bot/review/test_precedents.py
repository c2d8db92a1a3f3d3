from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.case import Action, CaseFile, CaseState
from bot.review.precedents import LEAST, MOST, precedents
from inference.prefilter.embedding import StaticEmbedder
from inference.prefilter.normalise import Normaliser
from policies.policy import Care
from tests.bot.adapters import START
from tests.bot.cogs.card_samples import case_about, decided, flagged, violation
from tests.bot.review.test_care import under


def past(
    number: int, text: str, action: Action = Action.DELETE, state: CaseState = CaseState.ENFORCED
) -> CaseFile:
    return replace(decided(case_about(text), action, state), id=number)


def asked(text: str) -> CaseFile:
    return replace(case_about(text), id=99)


def knows_nothing(texts: Sequence[str]) -> NDArray[np.float32]:
    return np.zeros((len(texts), 4), np.float32)


def plain(text: str) -> str:
    return text.lower()


def found(text: str, *others: CaseFile) -> list[int]:
    return [each.case.id for each in precedents(asked(text), others, knows_nothing, plain)]


def test_the_most_alike_come_first_and_the_rest_is_left_out() -> None:
    others = (
        past(1, "what a nice day"),
        past(2, "you are a loser, leave"),
        past(3, "you are such a loser, please leave us"),
    )
    assert found("you are a loser, leave", *others) == [2, 3]


def test_only_what_was_decided_and_done_is_a_precedent() -> None:
    text = "you are a loser"
    others = (
        case_about(text),
        past(2, text, state=CaseState.FAILED),
        past(3, text, state=CaseState.DECIDED),
        past(4, text, Action.UNDO),
        past(5, text, Action.DISMISS),
        replace(past(6, text), erased_at=START),
        past(99, text),
    )
    assert found(text, *others) == [5]


def test_what_must_not_be_repeated_is_no_precedent_and_has_none() -> None:
    policy = under(Care.WITHHOLD)
    secret = replace(past(1, "the same"), findings=(flagged(policy, violation(policy)),))
    assert found("the same", secret) == []
    about_it = replace(asked("the same"), findings=secret.findings)
    assert precedents(about_it, [past(2, "the same")], knows_nothing, plain) == ()


def test_there_are_never_more_than_a_few() -> None:
    assert len(found("you loser", *(past(number, "you loser") for number in range(1, 30)))) == MOST


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_a_message_without_text_is_like_nothing(text: str) -> None:
    assert found(text, past(1, text), past(2, "you loser")) == []


def test_likeness_is_a_share() -> None:
    for each in precedents(asked("a loser, you"), [past(1, "you loser")], knows_nothing, plain):
        assert LEAST <= each.likeness <= 1


def test_the_shipped_vectors_find_what_means_the_same_in_other_words() -> None:
    others = [past(1, "go and kill yourself"), past(2, "cheap shoes, buy now"), past(3, "my homework is due")]
    fold = Normaliser.shipped().folded
    nearest = precedents(asked("you should end your life and die"), others, StaticEmbedder.shipped().embed, fold)
    assert nearest
    assert nearest[0].case.id == 1


def test_disguises_do_not_make_another_text_of_one() -> None:
    fold = Normaliser.shipped().folded
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter != " " else letter for letter in "you are a loser")
    others = [past(1, wide)]
    assert [each.case.id for each in precedents(asked("you are a loser"), others, knows_nothing, fold)] == [1]
