import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\u202eevil", "⟨U+202E⟩evil"),
        ("lo\u200bser", "lo⟨U+200B⟩ser"),
        ("lo\u200dser", "lo⟨U+200D⟩ser"),
        ("a\x1b[31mb", "a⟨U+001B⟩[31mb"),
        ("nul\x00", "nul⟨U+0000⟩"),
        ("\U000e0041hidden", "⟨U+E0041⟩hidden"),
        ("line\u2028line\r\nline\rline", "line\nline\nline\nline"),
    ],
)
def test_what_hides_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text", ["👨\u200d👩\u200d👧", "\u0645\u06cc\u200c\u062e\u0648", "שלום", "a\tb\nc", "naïve ❤\ufe0f"]
)
def test_honest_texts_stay_as_they_are(text: str) -> None:
    assert visible(text) == text


@given(st.text())
def test_nothing_that_is_left_turns_the_direction_or_is_a_control(text: str) -> None:
    for character in visible(text):
        assert unicodedata.category(character) != "Cc" or character in "\t\n"
        assert unicodedata.bidirectional(character) not in {
            "LRE",
            "RLE",
            "LRO",
            "RLO",
            "PDF",
            "LRI",
            "RLI",
            "FSI",
            "PDI",
        }
