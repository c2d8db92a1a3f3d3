"""No text breaks a card, pings anybody, or passes for the bot's own words."""

import pytest
from hypothesis import given, settings

from tests.bot.cogs.hostile_card import HOSTILE, check_hostile_reasoning, check_hostile_text


@pytest.mark.parametrize(
    "text",
    ["😀" * 4000, "*" * 4000, "`" * 4000, "\u202e" * 4000, "x" * 4000, "\ud83d" * 4000, "*😀\u200b\n" * 900],
)
def test_four_thousand_of_any_character_break_no_limit(text: str) -> None:
    check_hostile_text(text)
    check_hostile_reasoning(text)


@given(HOSTILE)
@settings(max_examples=80, deadline=None)
def test_no_text_breaks_a_limit_pings_anyone_or_gets_out_of_its_code_block(text: str) -> None:
    check_hostile_text(text)


@given(HOSTILE)
@settings(max_examples=60, deadline=None)
def test_what_stands_behind_a_card_is_as_safe(text: str) -> None:
    check_hostile_reasoning(text)
