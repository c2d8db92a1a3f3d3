"""Files that were made to hurt: each is refused, or read, at once."""

import time
from itertools import pairwise

import pytest

from policies.document import PolicyError, parse_policy
from policies.yaml_tree import MAX_BYTES
from tests.policies.fuzz_documents import LONGEST_MILLISECONDS, fuzz

HEAD = "format: 1\ntitle: x\ngoal: x\n"
RULES = "rules: [{id: H1, text: x}]\n"
FULL = MAX_BYTES
FUZZED = 2_000
"""`python -m tests.policies.fuzz_documents 100000` is the long run."""


def filled(unit: str, head: str = "", tail: str = "") -> str:
    return head + unit * ((FULL - len((head + tail).encode())) // len(unit.encode())) + tail


def numbered(line: str, count: int) -> str:
    return "".join(line.replace("%", str(number)) for number in range(count))


def patterns(pattern: str) -> str:
    return HEAD + RULES + "prefilter:\n  patterns:\n" + numbered(f"  - '%{pattern}'\n", 50)


HOSTILE = {
    "brackets": "[" * FULL,
    "braces": "{" * FULL,
    "dashes": "- " * (FULL // 2),
    "question marks": "? " * (FULL // 2),
    "newlines": "\n" * FULL,
    "alias bomb": "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in pairwise("abcdefghijkl")),
    "anchors": filled("&a 1,", "[", "]"),
    "tags": filled("!a 1,", "[", "]"),
    "documents": filled("---\n"),
    "directives": filled("%TAG ! tag:x\n"),
    "repeated keys": filled("a: 1\n"),
    "unknown keys": numbered("goa%: 1\n", 5000),
    "shallow lists": filled("[" * 17 + "]" * 17 + ",", "a: [", "]"),
    "values": filled("a,", "[", "]"),
    "rules": HEAD + "rules:\n" + numbered("- {id: H%, text: x}\n", 1900),
    "empty rules": HEAD + "rules:\n" + "- {}\n" * 3900,
    "unknown verdicts": HEAD + RULES + "examples:\n" + numbered("- {text: x, verdict: Z%}\n", 1300),
    "rules and verdicts": (
        HEAD + "rules:\n" + numbered("- {id: H%, text: x}\n", 700)
        + "examples:\n" + numbered("- {text: x, verdict: Z%}\n", 700)
    ),
    "shown examples": HEAD + RULES + "examples:\n" + "- {text: x, verdict: H1, show: true}\n" * 1000,
    "keywords": HEAD + RULES + "prefilter:\n  keywords:\n" + numbered("  - w%\n", 15_500),
    "repeated keywords": HEAD + RULES + filled("a,", "prefilter:\n  keywords: [", "]")[: FULL - 100],
    "bad suggestions": HEAD + "rules: [{id: H1, text: x, suggest: [" + "timeout 9 years," * 3700 + "]}]\n",
    "definitions": HEAD + RULES + "definitions:\n" + numbered("  d%: x\n", 5000),
    "letter classes": patterns("\\pL\\PN" * 60),
    "as many letter classes as allowed": patterns("[^a-z\\pL]"),
    "wide classes": patterns("[é-🙂]" * 15),
    "repeated classes": patterns("(?:\\pL\\PN){200}"),
    "nested repeats": patterns("(((((.{10}){10}){10})?)*)+"),
    "nested groups": patterns("(" * 38 + ")" * 38),
    "look-around": patterns("(?=a)" * 12),
    "long title": "title: " + "x" * (FULL - 10),
    "open quote": 'title: "' + "x" * (FULL - 10),
    "long key": "x" * (FULL - 10) + ": 1",
    "combining marks": "title: a" + "\u0301" * 190_000,
    "hidden characters": "\x01\n" * (FULL // 2),
    "one long block": "a: |\n" + "    x\n" * 65_000,
    "a huge number": HEAD + RULES + "scope: {channels: [" + "9" * 390_000 + "]}\n",
    "a long number": HEAD + RULES + "judge: {threshold: 0." + "1" * 390_000 + "}\n",
    "digits that are no digits": HEAD + RULES + "judge: {context: '²'}\n",
}  # fmt: skip


def refused(source: str) -> bool:
    try:
        parse_policy(source, policy_id="house", filename="house.yaml")
    except PolicyError:
        return True
    return False


def fastest_of(tries: int, source: str) -> float:
    """Processor milliseconds of the fastest try."""
    spans = []
    for _ in range(tries):
        started = time.thread_time()
        refused(source)
        spans.append((time.thread_time() - started) * 1000)
    return min(spans)


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_file_is_done_with_at_once(source: str) -> None:
    assert len(source.encode()) <= FULL
    assert fastest_of(2, source) < LONGEST_MILLISECONDS


@pytest.mark.parametrize(
    "name",
    sorted(
        HOSTILE.keys() - {"nested repeats", "nested groups", "wide classes", "as many letter classes as allowed"}
    ),
)
def test_a_hostile_file_is_refused(name: str) -> None:
    assert refused(HOSTILE[name])


def test_damaged_policies_give_a_policy_or_an_error_and_never_anything_else() -> None:
    outcome = fuzz(FUZZED)
    assert outcome.policies > FUZZED / 20, "the damage is so heavy that nothing past the parser is tried"
    assert outcome.refused > FUZZED / 2
