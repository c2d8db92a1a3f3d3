"""The one way in which a policy's patterns become RE2 expressions, so that checking and matching agree."""

from typing import Any

import re2

from policies.phrases import Phrase, phrase

PATTERN_MEMORY = 256 * 1024
"""Bytes that RE2 may spend on one pattern (program and matching cache)."""


class PatternError(ValueError):
    """RE2 cannot take a pattern. `hint` says what to write instead."""

    def __init__(self, message: Phrase, hint: Phrase) -> None:
        super().__init__(str(message))
        self.message = message
        self.hint = hint


_LOOKING_AROUND = ("(?<=", "(?<!", "(?=", "(?!")
_NO_LOOKING_AROUND = phrase(
    "RE2 cannot look ahead or behind: match the surrounding characters themselves, or use \\b"
)
_CLOSE_SET = phrase("close the set with ], or write \\[ if the sign itself is meant")
_LONGEST_PART = 60
"""Characters of a pattern that a message quotes."""
_ERRORS = (
    (
        "invalid named capture group",
        phrase("invalid named capture group: {part}"),
        phrase("write (?P<name>...), or (...) without a name"),
    ),
    (
        "invalid perl operator",
        phrase("invalid perl operator: {part}"),
        phrase("RE2 knows (?:...), (?P<name>...) and flags like (?s), and no other group that begins with (?"),
    ),
    (
        "invalid escape sequence",
        phrase("invalid escape sequence: {part}"),
        phrase("RE2 has no back-references; put a backslash only before a sign or a known class like \\d"),
    ),
    (
        "invalid character class range",
        phrase("invalid character class range: {part}"),
        phrase("write the range from the lower to the higher sign: [a-z]; put a plain - at the end"),
    ),
    ("invalid character class", phrase("invalid character class: {part}"), _CLOSE_SET),
    (
        "invalid repetition size",
        phrase("invalid repetition size: {part}"),
        phrase(
            "repeat at most 1000 times in all, nested repeats multiplied: write {example} for instance",
            example="{1,20}",
        ),
    ),
    (
        "bad repetition operator",
        phrase("bad repetition operator: {part}"),
        phrase("two repeat signs stand in a row: keep one of them"),
    ),
    (
        "no argument for repetition operator",
        phrase("no argument for repetition operator: {part}"),
        phrase("put something before the repeat sign, or a backslash if the sign itself is meant"),
    ),
    ("missing ]", phrase("missing ]: {part}"), _CLOSE_SET),
    (
        "missing )",
        phrase("missing ): {part}"),
        phrase("close the group with ), or write \\( if the sign itself is meant"),
    ),
    (
        "unexpected )",
        phrase("unexpected ): {part}"),
        phrase("delete the ), or write \\) if the sign itself is meant"),
    ),
    (
        "trailing \\",
        phrase("trailing \\"),
        phrase("delete the backslash at the end, or write two if the sign itself is meant"),
    ),
    (
        "pattern too large",
        phrase("pattern too large"),
        phrase("shorten the pattern or lower its repeats"),
    ),
)
"""The codes with which RE2's messages begin (`kErrorStrings` in its `re2/regexp.cc`), the more special first; what
is said of each, and what to write instead."""
_OTHER = phrase("write it in the syntax that RE2 documents")


def compile_pattern(pattern: str) -> Any:  # re2 ships no types
    """The pattern as an RE2 expression, capitals aside, whose matching time is linear in the text.

    Raises PatternError.
    """
    try:
        return re2.compile(pattern, _options())
    except re2.error as error:
        raise _readable(error) from error


def _options() -> Any:  # re2 ships no types
    options = re2.Options()
    options.max_mem = PATTERN_MEMORY
    options.case_sensitive = False
    options.never_capture = True  # nobody asks for groups, and without them a match costs a sixtieth
    options.log_errors = False
    return options


def _readable(error: Exception) -> PatternError:
    said = error.args[0] if error.args else ""
    message = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    reason, hint = _explained(message)
    return PatternError(phrase("RE2 cannot take this pattern: {reason}", reason=reason), hint)


def _explained(message: str) -> tuple[Phrase | str, Phrase]:
    """RE2's `code: part of the pattern`, and what to write instead."""
    for code, reason, hint in _ERRORS:
        if message.startswith(code):
            part = message.removeprefix(code).removeprefix(": ")
            clipped = part if len(part) <= _LONGEST_PART else f"{part[: _LONGEST_PART - 1]}…"
            looks_around = part.startswith(_LOOKING_AROUND)
            return reason.about(part=clipped), _NO_LOOKING_AROUND if looks_around else hint
    return message, _OTHER
