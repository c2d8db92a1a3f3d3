"""The page's markdown, run by node where there is one. The page itself needs none."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cogs.safe_text import code_block, escaped, one_line
from tools.live.web import PAGE

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")
HOSTILE = st.text("*_~|`\\[]()<>@#&:/!-. \nabc1⟨\u202e\N{GRINNING FACE}", max_size=40)


def shown(texts: list[str]) -> list[dict[str, Any]]:
    program = Path(__file__).with_name("markdown_in_node.mjs")
    done = subprocess.run(
        [str(NODE), str(program), (PAGE / "markdown.js").as_uri()],
        input=json.dumps(texts), capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


CASES: dict[str, list[Any]] = {
    "**bold** and *it* and __under__": [["strong", "bold"], " and ", ["em", "it"], " and ", ["u", "under"]],
    r"\*\*plain\*\*": ["**plain**"],
    r"**a \*\* b**": [["strong", "a ** b"]],
    r"||a\|||": [["span", "a|"]],
    "```\nline **one**\n\nline two\n```\nafter": [["pre", "line **one**\n\nline two"], "after"],
    "`**`": [["code", "**"]],
    "see <@7> in <#8> or <@&9>": [
        "see ", ["span", "@user7"], " in ", ["button", "#channel8"], " or ", ["span", "role9"],
    ],
    "[Jump \\[it\\]](https://discord.com/channels/1/2/3)": [["a https://discord.com/channels/1/2/3", "Jump [it]"]],
    "[x](javascript:alert)": ["[x](javascript:alert)"],
    "go to https://a.example/b_c_d.": ["go to ", ["a https://a.example/b_c_d", "https://a.example/b_c_d"], "."],
    "- one\n- two\nrest": [["div", "one"], ["div", "two"], "rest"],
    "> said\n# Title": [["blockquote", "said"], ["div", "Title"]],
    "snake_case_name 2*3*4": ["snake_case_name 2", ["em", "3"], "4"],
    "<img src=x onerror=alert()>": ["<img src=x onerror=alert()>"],
    "<t:99999999999999999:R>": ["<t:99999999999999999:R>"],
}  # fmt: skip


def joined(tree: list[Any]) -> list[Any]:
    """Texts that stand side by side as one, without empty ones."""
    result: list[Any] = []
    for each in tree:
        part = [each[0], *joined(each[1:])] if isinstance(each, list) else each
        if isinstance(part, str) and result and isinstance(result[-1], str):
            result[-1] += part
        elif part != "":
            result.append(part)
    return result


def test_markup_becomes_what_discord_makes_of_it():
    found = {text: joined(each["tree"]) for text, each in zip(CASES, shown(list(CASES)), strict=True)}
    assert found == CASES


@given(st.lists(HOSTILE, min_size=30, max_size=60))
@settings(max_examples=6, deadline=None)
def test_what_the_bot_escapes_is_read_as_it_was_written(texts: list[str]):
    for text, each in zip(texts, shown([f"x {escaped(text, 4000)}" for text in texts]), strict=True):
        assert each["text"] == f"x {one_line(text)}"
        assert not [part for part in each["tree"] if isinstance(part, list)], text


@given(st.lists(HOSTILE, min_size=30, max_size=60))
@settings(max_examples=6, deadline=None)
def test_nothing_gets_out_of_the_bots_code_blocks(texts: list[str]):
    blocks = [code_block(text, 4000)[0] for text in texts]
    for block, each in zip(blocks, shown(blocks), strict=True):
        assert each["tree"] == [["pre", block.removeprefix("```\n").removesuffix("\n```")]]
