"""Discord's markup in pictures."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.pictures.markdown import Reader, inline, markdown, moment

NOW = datetime(2026, 3, 14, 14, 3, tzinfo=UTC)
READER = Reader(NOW, {7: "@ada", 8: "@moderators", 9: "#general"})
STAMP = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**b** *i* __u__ ~~s~~", "<b>b</b> <i>i</i> <u>u</u> <s>s</s>"),
        (r"\*\*plain\*\*", "**plain**"),
        ("<@7> <@&8> <#9> <@404>", None),
        ("`<b>`", "<code>&lt;b&gt;</code>"),
        ("[Jump \\[to\\] it](https://discord.com/x)", '<span class="link">Jump [to] it</span>'),
        ("||no **no**||", '<span class="spoiler">no <b>no</b></span>'),
        ("</policy new:12>", '<span class="mention">/policy new</span>'),
    ],
)
def test_markup_is_shown_as_what_it_means(text: str, shown: str | None) -> None:
    made = str(inline(text, READER))
    if shown is None:
        assert [name for name in ("@ada", "@moderators", "#general", "@404") if name not in made] == []
    else:
        assert made == shown


def test_a_quote_may_hold_a_block() -> None:
    made = str(markdown("told:\n> **x**\n> ```\n> you\n> ```", READER))
    block = '<pre class="block" dir="auto">you</pre>'
    assert f'<div class="quoted" dir="auto"><div dir="auto"><b>x</b></div>{block}</div>' in made
    assert "&gt;" not in made


def test_a_block_keeps_lines_that_look_like_quotes_and_lists() -> None:
    made = str(markdown("```\n> x\n- y\n```\n> z", READER))
    assert '<pre class="block" dir="auto">&gt; x\n- y</pre>' in made
    assert made.count("quoted") == 1


def test_a_block_behind_bars_is_a_spoiler() -> None:
    assert str(markdown("||```\nyou\n```||", READER)) == '<pre class="spoiler" dir="auto">you</pre>'
    assert "spoiler" not in str(markdown("```\n||you||\n```", READER))


def test_lists_headings_and_small_print_are_lines_of_their_own() -> None:
    made = str(markdown("# Title\n- one\n-# small", READER))
    assert [kind for kind in ("heading", "item", "small") if f'class="{kind}"' not in made] == []


@pytest.mark.parametrize(
    ("seconds", "form", "shown"),
    [
        (-30, "R", "a few seconds ago"),
        (-180, "R", "3 minutes ago"),
        (-3600, "R", "an hour ago"),
        (3600, "R", "in an hour"),
        (-400 * 86_400, "R", "a year ago"),
        (0, "f", "14 March 2026 14:03"),
        (0, None, "14 March 2026 14:03"),
        (0, "t", "14:03"),
    ],
)
def test_moments_are_told_as_a_client_tells_them(seconds: int, form: str | None, shown: str) -> None:
    assert moment(STAMP + seconds, form, NOW) == shown


def test_a_moment_that_no_calendar_has_is_a_number() -> None:
    assert moment(10**13, "R", NOW) == "1" + "0" * 13


@given(st.text(max_size=60))
def test_no_text_becomes_markup_of_the_page(text: str) -> None:
    made = str(markdown(f"<script>{text}</pre>", READER))
    assert "<script>" not in made
    assert made.count("</pre>") == made.count("<pre")


@given(st.text(alphabet="*_`|~<>\\[]()@#:t1-> \n", max_size=60))
def test_every_mixture_of_signs_is_shown(text: str) -> None:
    assert isinstance(str(markdown(text, READER)), str)


def test_relative_moments_of_the_far_past_are_years() -> None:
    assert moment(STAMP - round(timedelta(days=800).total_seconds()), "R", NOW) == "2 years ago"
