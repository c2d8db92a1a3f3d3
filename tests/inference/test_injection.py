"""The short version of fuzz_injection, and proof that it would notice."""

import pytest

from inference import rendering
from inference.prompt import Harmony
from tests.inference.fuzz_injection import fuzz


def test_three_thousand_strings_of_markup_give_no_control_token(harmony: Harmony) -> None:
    assert fuzz(harmony, 3000) == 177


def with_markup(harmony: Harmony, text: str) -> tuple[int, ...]:
    return harmony._markup(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def test_the_fuzz_sees_a_message_that_is_encoded_with_its_markup(
    harmony: Harmony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Harmony, "ordinary", with_markup)
    with pytest.raises(AssertionError, match="seed 0, strings from 0"):
        fuzz(harmony, 100)


def test_the_fuzz_sees_a_policy_that_is_encoded_with_its_markup(
    harmony: Harmony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Harmony, "prefix", lambda self, policy, _effort: with_markup(self, rendering.policy_text(policy))
    )
    with pytest.raises(AssertionError, match="seed 0, strings from 0"):
        fuzz(harmony, 100)
