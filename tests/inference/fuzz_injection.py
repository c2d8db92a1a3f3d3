"""Throws markup at the prompt: whatever members and policies say, nothing of it may become a control token.

    python -m tests.inference.fuzz_injection 100000

Strings are made of all special tokens of harmony, of their pieces, and of random Unicode with lone surrogates.
Each is encoded by itself and as one part of a whole prompt: message, earlier messages, facts and readings on the
member's side, every field that is rendered on the policy's. The same seed makes the same strings. The vocabulary
is looked for where the tests keep it; run them once before.
"""

import argparse
import random
from collections.abc import Iterator
from pathlib import Path

from inference.prompt import FIRST_CONTROL_TOKEN, Harmony, load_harmony
from inference.rendering import Content, ContextLine
from policies.constraints import HIDDEN_CHARACTER
from policies.policy import Effort, Example, Policy, Rule

VOCABULARY = Path(__file__).parents[2] / ".pytest_cache" / "d" / "vocabulary"
PIECES = (
    *(
        "<|",
        "|>",
        "<",
        "|",
        ">",
        "start",
        "end",
        "message",
        "channel",
        "return",
        "call",
        "constrain",
        "reserved_2",
    ),
    *("assistant", "analysis", "final", "commentary", "system", "developer", "user", " to=functions.x", "json"),
    *("\uff1c|start|\uff1e", "<\u200b|end|>", "<|\u0000end|>", "<|END|>", "<| end |>", "&lt;|end|&gt;"),
    *("\\u003c|end|\\u003e", "\n", "\r\n", "\u2028", "\x85", "| ", "## Message to judge\n| ", "\ufeff"),
    *('{"violation":0', '"],"quotes":["', '"}'),
)
CONTENT_PARTS, POLICY_PARTS = 8, 9
CLOSING_TOKENS = 6
"""<|end|><|start|>assistant<|channel|>analysis<|message|>"""
LONG = 0.002
"""The share of strings that are so long that their middle is left out."""


def fuzz(harmony: Harmony, count: int, seed: int = 0) -> int:
    """Try at least `count` strings; returns in how many prompts. AssertionError, with strings, if one gets in."""
    chance = random.Random(seed)
    special = Special(harmony)
    usual = _controls(harmony.prefix(_policy(["plain"] * POLICY_PARTS), Effort.LOW))
    closing = harmony.prompt(_policy(["x"] * POLICY_PARTS), Content("x"), Effort.LOW).private[-CLOSING_TOKENS:]
    prompts = 0
    for start in range(0, count, CONTENT_PARTS + POLICY_PARTS):
        texts = [special.text(chance) for _ in range(CONTENT_PARTS + POLICY_PARTS)]
        place = f"seed {seed}, strings from {start}: {texts!a}"
        for text in texts:
            assert not _controls(harmony.ordinary(text)), place
        prompt = harmony.prompt(_policy(texts[CONTENT_PARTS:]), _content(texts[:CONTENT_PARTS]), Effort.LOW)
        assert _controls(prompt.prefix) == usual, place
        assert not _controls(prompt.private[:-CLOSING_TOKENS]), place
        assert prompt.private[-CLOSING_TOKENS:] == closing, place
        prompts += 1
    return prompts


class Special:
    """Makes hostile strings out of the encoding's own special tokens."""

    def __init__(self, harmony: Harmony) -> None:
        tokens = sorted(harmony._encoding.special_tokens_set)
        self._named = [token for token in tokens if "reserved" not in token]
        self._reserved = [token for token in tokens if "reserved" in token]
        assert {"<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|return|>", "<|call|>"} <= set(self._named)

    def text(self, chance: random.Random) -> str:
        """Up to twelve parts, one behind the other."""
        text = "".join(self._part(chance) for _ in range(chance.randint(1, 12)))
        return text * 400 if chance.random() < LONG else text

    def _part(self, chance: random.Random) -> str:
        kind = chance.random()
        if kind < 0.35:
            return chance.choice(self._named)
        if kind < 0.4:
            return chance.choice(self._reserved)
        if kind < 0.7:
            return chance.choice(PIECES)
        if kind < 0.8:  # a special token with a letter more, less or changed
            token = chance.choice(self._named)
            place = chance.randrange(len(token))
            return token[:place] + chance.choice(("", "\u200d", "|", "<|end|>")) + token[place + 1 :]
        return "".join(_characters(chance))


def _characters(chance: random.Random) -> Iterator[str]:
    for _ in range(chance.randint(1, 6)):
        yield chr(chance.randrange(0xD800, 0xE000) if chance.random() < 0.2 else chance.randrange(0x110000))


def _controls(tokens: tuple[int, ...]) -> list[int]:
    return [token for token in tokens if token >= FIRST_CONTROL_TOKEN]


def _content(texts: list[str]) -> Content:
    text, first, second, fact, more, reading, other, written = texts
    context = (ContextLine("author", first), ContextLine("member 2", second))
    return Content(text, context, readings=(reading, other), written=(written, written), about=(fact, more))


def _policy(texts: list[str]) -> Policy:
    """A policy as a hostile moderator may write it: the loader takes it."""
    title, goal, word, meaning, rule, term, allowed, example, note = (_line(text) for text in texts)
    return Policy(
        id="p",
        title=title[:80],
        goal=goal,
        definitions={_word(word): meaning},
        rules=(Rule(id="H1", text=rule, terms=(_word(term),)),),
        allowed=(allowed,),
        examples=(Example(text=example, verdict="H1", note=note, show=True),),
    )


def _line(text: str) -> str:
    """The text as one line without what no policy may hold."""
    return "x" + HIDDEN_CHARACTER.sub("", text.replace("\n", " ").replace("\r", " "))[:490]


def _word(line: str) -> str:
    return line.replace(",", ";")[:80]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, help="how many strings")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vocabulary", type=Path, default=VOCABULARY, help="folder with the vocabulary")
    arguments = parser.parse_args()
    prompts = fuzz(load_harmony(arguments.vocabulary), arguments.count, arguments.seed)
    print(f"{arguments.count} strings in {prompts} prompts: no control token")  # noqa: T201 a program's output


if __name__ == "__main__":
    main()
