"""Throws damaged policy files at the loader: each must give a policy or a PolicyError, and quickly.

    python -m tests.policies.fuzz_documents 100000

The same seed makes the same documents. The time of a document is the thread's own processor time, so that a busy
machine does not count.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from policies.document import PolicyError, dump_policy, parse_policy
from policies.policy import Policy
from policies.starter import starter_policies, starter_text
from policies.yaml_tree import MAX_BYTES
from tests.policies.strategies import NASTY_TEXTS

LONGEST_MILLISECONDS = 250.0
"""What one document may take: the figure that the reliability notes ask for."""
TARGET_BYTES = MAX_BYTES

SMALL = """\
format: 1
title: House
goal: Keep the house.
rules:
  - {id: H1, text: No balls., terms: [ball, dice], suggest: [delete, timeout 1h]}
  - id: H2
    text: No fires.
    severity: high
allowed:
  - Chess.
examples:
  - {text: "a ball: red", verdict: H1, show: true}
  - {text: a rook, verdict: allowed, note: chess}
prefilter: {keywords: [ball, 'fire*'], patterns: ['\\d{3}-\\w+'], flag_rate: 0.01}
judge: {effort: low, context: 4, threshold: 0.5}
"""
SNIPPETS = (
    *NASTY_TEXTS,
    *(
        "\n",
        "\n  ",
        "\n- ",
        "\t",
        " ",
        ": ",
        ", ",
        "[",
        "{",
        "]",
        "}",
        "&a ",
        "*a",
        "<<: *a",
        "!!set ",
        "---\n",
        "...\n",
    ),
    *(
        "? ",
        "| \n",
        ">\n",
        "%YAML 1.3\n",
        "\x00",
        "\x1b[2J",
        "\u202e",
        "\u2028",
        "\ufeff",
        "\x85",
        "\r",
        "\U0001f642",
    ),
    *(
        "id: H1",
        "verdict: H9",
        "show: true",
        "mode: off",
        "goal: x",
        "timeout 90 minutes",
        "(?<=a)b",
        "(a+)+$",
        "\\pL" * 60,
    ),
    *("!!python/object/apply:os.system [id]", "a: &a [*a]", "-" * 200, "9" * 400, "0x", "1_0", "5%", "😀" * 300),
)
Mutation = Callable[[random.Random, str], str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run."""

    policies: int
    refused: int
    slowest_milliseconds: float
    slowest: bytes


def fuzz(count: int, seed: int = 0) -> Outcome:
    """Load `count` damaged documents. AssertionError, naming the document, if one breaks the loader's promise."""
    policies = 0
    slowest, slowest_document = 0.0, b""
    for number, document in enumerate(documents(count, seed)):
        try:
            milliseconds, is_policy = _load(document)
        except Exception as error:
            begin = document[:300]
            raise AssertionError(f"document {number} of seed {seed}, {len(document)} bytes: {begin!r}") from error
        policies += is_policy
        if milliseconds > slowest:
            slowest, slowest_document = milliseconds, document
    return Outcome(policies, count - policies, slowest, slowest_document)


def documents(count: int, seed: int = 0) -> Iterator[bytes]:
    """Policies with one to six kinds of damage each, most of them small, as bytes."""
    chance = random.Random(seed)
    starters = [starter_text(policy_id) for policy_id in starter_policies()]
    for _ in range(count):
        text = SMALL if chance.random() < 0.8 else chance.choice(starters)
        for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 5))):
            text = chance.choice(_MUTATIONS)(chance, text)[: 2 * TARGET_BYTES]
        data = text.encode("utf-8", "surrogatepass")
        yield _flip_bits(chance, data) if chance.random() < 0.05 else data


def _load(document: bytes) -> tuple[float, bool]:
    """How many milliseconds it took, and whether it was a policy."""
    milliseconds, result = _timed(document)
    for _ in range(2):  # a hiccup of the machine does not come three times
        if milliseconds >= LONGEST_MILLISECONDS:
            milliseconds = min(milliseconds, _timed(document)[0])
    assert milliseconds < LONGEST_MILLISECONDS, f"it took {milliseconds:.0f} ms"
    if isinstance(result, PolicyError):
        assert result.problems
        assert all(str(problem.message) and str(problem.hint) for problem in result.problems)
        return milliseconds, False
    written = dump_policy(result)
    assert parse_policy(written, policy_id="fuzzed", filename="written.yaml") == result
    return milliseconds, True


def _timed(document: bytes) -> tuple[float, Policy | PolicyError]:
    started = time.thread_time()
    result = _policy_or_error(document)
    return (time.thread_time() - started) * 1000, result


def _policy_or_error(document: bytes) -> Policy | PolicyError:
    try:
        return parse_policy(document, policy_id="fuzzed", filename="fuzzed.yaml")
    except PolicyError as error:
        return error


def _slice(chance: random.Random, text: str) -> tuple[int, int]:
    start = chance.randint(0, len(text))
    return start, min(len(text), start + int(chance.expovariate(1 / 12)) + 1)


def _insert(chance: random.Random, text: str) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(SNIPPETS) + text[at:]


def _replace(chance: random.Random, text: str) -> str:
    start, end = _slice(chance, text)
    return text[:start] + chance.choice(SNIPPETS) + text[end:]


def _replace_value(chance: random.Random, text: str) -> str:
    """Put a snippet where a value stood: reaches further into the loader than blind damage."""
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    key, colon, _ = lines[at].partition(": ")
    lines[at] = f"{key}{colon}{chance.choice(SNIPPETS)}"
    return "\n".join(lines)


def _delete(chance: random.Random, text: str) -> str:
    start, end = _slice(chance, text)
    return text[:start] + text[end:]


def _repeat(chance: random.Random, text: str) -> str:
    """A part of the text over and over, now and then until the file is as large as files may be."""
    start, end = _slice(chance, text)
    room = max(0, TARGET_BYTES - len(text.encode("utf-8", "surrogatepass")))
    most = room // max(1, len(text[start:end].encode("utf-8", "surrogatepass")))
    times = most if chance.random() < 0.1 else min(most, chance.randint(2, 40))
    return text[:start] + text[start:end] * times + text[end:]


def _repeat_line(chance: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    room = max(0, TARGET_BYTES - len(text))
    most = room // (len(lines[at]) + 1)
    times = most if chance.random() < 0.1 else min(most, chance.randint(2, 40))
    return "\n".join(lines[:at] + [lines[at]] * times + lines[at:])


def _swap_lines(chance: random.Random, text: str) -> str:
    lines = text.split("\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return "\n".join(lines)


def _indent(chance: random.Random, text: str) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at] = " " * chance.randint(0, 12) + lines[at].lstrip()
    return "\n".join(lines)


def _nest(chance: random.Random, text: str) -> str:
    start, end = _slice(chance, text)
    opening, closing = chance.choice((("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")))
    depth = chance.choice((2, 15, 19, 40, 3000))
    return text[:start] + opening * depth + text[start:end] + closing * depth + text[end:]


def _flip_bits(chance: random.Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        if damaged:
            damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


_MUTATIONS: tuple[Mutation, ...] = (
    _insert,
    _replace,
    _replace_value,
    _replace_value,
    _delete,
    _repeat,
    _repeat_line,
    _swap_lines,
    _indent,
    _nest,
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, help="how many documents")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    outcome = fuzz(arguments.count, arguments.seed)
    print(  # noqa: T201 a program's output
        f"{arguments.count} documents: {outcome.policies} policies, {outcome.refused} refused, "
        f"slowest {outcome.slowest_milliseconds:.0f} ms ({len(outcome.slowest)} bytes)"
    )


if __name__ == "__main__":
    main()
