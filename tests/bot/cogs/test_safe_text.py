import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cogs.budget import Part, fit, joined
from bot.cogs.safe_text import code_block, escaped, one_line, shortened, units
from bot.language import Language, speaking
from bot.missing_words import ERASED, UNREADABLE

ROOM = st.integers(min_value=0, max_value=200)
PUNCTUATION = "".join(map(chr, [*range(0x21, 0x30), *range(0x3A, 0x41), *range(0x5B, 0x61), *range(0x7B, 0x7F)]))


@pytest.mark.parametrize("gone", [ERASED, UNREADABLE])
def test_words_that_are_gone_are_told_in_the_reader_s_language(gone: str) -> None:
    said = set()
    for language in (Language.ENGLISH, Language.GERMAN, Language.SPANISH):
        with speaking(language):
            assert escaped(gone, 300).replace("\\", "") in code_block(gone, 300)[0]
            said.add(one_line(gone))
    assert len(said) == 3
    assert not any("U+0000" in each or gone in each for each in said)


def test_what_a_member_writes_is_never_taken_for_a_mark() -> None:
    """Intake replaces NUL, and a mark in the midst of a text is none."""
    assert "U+0000" in one_line(f"{ERASED}!")


def test_every_punctuation_mark_of_ascii_is_behind_a_backslash() -> None:
    assert escaped(PUNCTUATION, 1000) == "".join(f"\\{mark}" for mark in PUNCTUATION)


@given(st.text(), ROOM)
def test_escaped_text_is_one_line_within_its_room_and_ends_in_no_half_escape(text: str, room: int) -> None:
    shown = escaped(text, room)
    assert units(shown) <= room
    assert "\n" not in shown
    assert re.fullmatch(r"(?:\\[!-/:-@\[-`{-~]|[^!-/:-@\[-`{-~])*", shown)


@given(st.text())
def test_what_was_escaped_reads_as_it_was_written(text: str) -> None:
    assert re.sub(r"\\(.)", r"\1", escaped(text, 10**6)) == one_line(text)


@given(st.text(alphabet=st.one_of(st.sampled_from("`\n "), st.characters())), ROOM)
def test_nothing_in_a_text_ends_its_code_block(text: str, room: int) -> None:
    block, cut = code_block(text, room)
    assert units(block) <= room
    if block:
        assert block.startswith("```\n")
        assert block.endswith("\n```")
        assert "`" not in block[3:-3]
        assert block[4:-4].strip()
    else:
        assert cut


def test_a_language_cannot_be_smuggled_into_a_code_block() -> None:
    assert code_block("ansi\n\x1b[2;31mred", 100)[0] == "```\nansi\n⟨U+001B⟩[2;31mred\n```"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\n" * 50 + "x", "x"),
        ("a" + "\n" * 10 + "b", "a\n⟨9 empty lines⟩\nb"),
        ("a" + " " * 30 + "b", "a ⟨30 blanks⟩ b"),
        ("a" + "\u3164" * 9 + "b", "a ⟨9 blanks⟩ b"),
        ("   ", "(nothing that can be read)"),
        ("\ud83d", "⟨U+D83D⟩"),
        ("a\u202eb", "a⟨U+202E⟩b"),
    ],
)
def test_what_cannot_be_seen_is_said(text: str, shown: str) -> None:
    assert code_block(text, 1000)[0] == f"```\n{shown}\n```"


def test_a_long_text_is_cut_between_characters() -> None:
    assert units("a😀") == 3
    assert shortened("😀" * 10, 8) == "😀😀😀…"
    assert code_block("x\n" * 100, 1000)[1]
    assert not code_block("x", 1000)[1]


@given(
    st.lists(st.tuples(st.text(max_size=5), st.integers(0, 400), st.integers(0, 9)), max_size=8),
    st.integers(min_value=0, max_value=2000),
)
def test_parts_fit_and_only_lose_to_what_is_at_least_as_important(
    wanted: list[tuple[str, int, int]], room: int
) -> None:
    parts = [Part(name, lambda most, size=size: ("x" * size)[:most], rank) for name, size, rank in wanted]
    fitted = fit(parts, room)
    assert sum(part.size for part in fitted) <= room
    lost = [rank for (_, size, rank) in wanted if size and size not in {len(part.text) for part in fitted}]
    whole = [rank for (_, size, rank) in wanted if size and size in {len(part.text) for part in fitted}]
    if lost and whole and sorted(size for _, size, _ in wanted) == sorted({size for _, size, _ in wanted}):
        assert min(whole) >= min(lost)


def test_lines_that_do_not_fit_are_counted() -> None:
    assert joined(["one", "two", "three"], 100) == "one\ntwo\nthree"
    assert joined(["one", "x" * 90, "three"], 30) == "one\n… and 2 more"
    assert joined(["x" * 90], 30) == ""
