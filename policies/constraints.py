"""Rules for single values that a type alone cannot state, each with a hint that says what to write instead."""

import re
from collections.abc import Iterable, Iterator

from policies.patterns import PatternError, compile_pattern

LONGEST_TIMEOUT_MINUTES = 28 * 24 * 60
"""Discord's limit: 28 days (`communication_disabled_until` in the API reference of guild members)."""

MAX_KEYWORDS = 10_000
"""Of one policy."""
MAX_PATTERN_CHARACTERS = 4_000
"""All patterns of a policy together."""
MAX_LETTER_CLASSES = 50
r"""Classes like \pL in all patterns of a policy together: RE2 needs up to a millisecond for each."""

HIDDEN_CHARACTER = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""What a person cannot see or YAML cannot hold: controls but newline and tab, direction and line separators,
the byte order mark, surrogates. Joiners stay: emoji and several scripts are written with them."""

_MINUTES = {"m": 1, "h": 60, "d": 24 * 60}


class Unfit(ValueError):
    """A value that may not stand in a policy. `hint` says what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def without_hidden_characters(text: str) -> str:
    """The text itself; Unfit if it holds a character that its reader cannot see."""
    found = HIDDEN_CHARACTER.search(text)
    if found:
        raise Unfit(
            f"the text holds the invisible character U+{ord(found[0]):04X}",
            "take it out: what a moderator reads must be what the judge reads",
        )
    return text


def not_blank(text: str) -> str:
    """The text itself; Unfit if it is only spaces and line breaks."""
    if not text.strip():
        raise Unfit("the text is blank", "write what a member would say")
    return text


def more_than_wildcards(keyword: str) -> str:
    """The keyword itself; Unfit if nothing is left of it without its wildcards: it would flag everything."""
    if not keyword.strip("* "):
        raise Unfit(f'the keyword "{keyword}" would match every message', "write letters beside the `*`: `scam*`")
    return keyword


def valid_pattern(pattern: str) -> str:
    """The pattern itself; Unfit with RE2's own message if RE2 cannot take it."""
    try:
        compile_pattern(pattern)
    except PatternError as error:
        raise Unfit(str(error), error.hint) from error
    return pattern


def limited_in_all(patterns: object) -> object:
    """The patterns themselves; Unfit if they are so many signs together that checking them would take too long.

    A list, as JSON has it, comes back as a tuple: behind a validator pydantic takes nothing else for one.
    """
    patterns = tuple(patterns) if isinstance(patterns, list) else patterns
    joined = "".join(text for text in patterns if isinstance(text, str)) if isinstance(patterns, tuple) else ""
    hint = f"use keywords where no pattern is needed: they are faster, and there may be {MAX_KEYWORDS:,} of them"
    if len(joined) > MAX_PATTERN_CHARACTERS:
        raise Unfit(f"the patterns have {len(joined)} characters together, over {MAX_PATTERN_CHARACTERS}", hint)
    classes = joined.lower().count("\\p")
    if classes > MAX_LETTER_CLASSES:
        raise Unfit(f"the patterns have {classes} classes like \\pL together, over {MAX_LETTER_CLASSES}", hint)
    return patterns


def a_pair(numbers: object) -> object:
    """The numbers themselves; Unfit if they are not two. A list, as JSON has it, comes back as a tuple."""
    numbers = tuple(numbers) if isinstance(numbers, list) else numbers
    if isinstance(numbers, tuple) and len(numbers) != 2:
        raise Unfit("it takes two numbers", "write the lower and the higher: [0.2, 0.8]")
    return numbers


def rising(pair: tuple[float, float]) -> tuple[float, float]:
    """The pair itself; Unfit if its second number is not the higher one."""
    if pair[0] >= pair[1]:
        raise Unfit(f"{pair[0]:g} is not below {pair[1]:g}", "write the lower number first: [0.2, 0.8]")
    return pair


def within_longest_timeout(suggestion: str) -> str:
    """The suggestion itself; Unfit if Discord does not allow a timeout as long."""
    if timeout_minutes(suggestion) > LONGEST_TIMEOUT_MINUTES:
        raise Unfit(f"`{suggestion}` is longer than Discord allows", "write at most `timeout 28d`")
    return suggestion


def timeout_minutes(suggestion: str) -> int:
    """The minutes of `timeout 1h` and its like; 0 for every other suggestion."""
    found = re.fullmatch(r"timeout ([0-9]+)([mhd])", suggestion)
    return int(found[1]) * _MINUTES[found[2]] if found else 0


def repeated(words: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Pairs (position, position of the first such word), capitals aside, for each word that was there before."""
    first: dict[str, int] = {}
    for position, word in enumerate(words):
        earlier = first.setdefault(word.casefold(), position)
        if earlier != position:
            yield position, earlier


def without_repeats(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words themselves; Unfit if one stands there twice, capitals aside."""
    for position, _ in repeated(words):
        raise Unfit(f'"{words[position]}" is listed twice', "delete one of the two")
    return words
