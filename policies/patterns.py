"""The one way in which a policy's patterns become RE2 expressions, so that checking and matching agree."""

from typing import Any

import re2

PATTERN_MEMORY = 256 * 1024
"""Bytes that RE2 may spend on one pattern (program and matching cache)."""


class PatternError(ValueError):
    """RE2 cannot take a pattern. The message is RE2's own; `hint` says what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


_NO_LOOKING_AROUND = "RE2 cannot look ahead or behind: match the surrounding characters themselves, or use \\b"
_HINTS = (
    ("(?<=", _NO_LOOKING_AROUND),
    ("(?<!", _NO_LOOKING_AROUND),
    ("(?=", _NO_LOOKING_AROUND),
    ("(?!", _NO_LOOKING_AROUND),
    ("named capture", "write (?P<name>...), or (...) without a name"),
    (
        "perl operator",
        "RE2 knows (?:...), (?P<name>...) and flags like (?s), and no other group that begins with (?",
    ),
    ("invalid escape", "RE2 has no back-references; put a backslash only before a sign or a known class like \\d"),
    (
        "character class range",
        "write the range from the lower to the higher sign: [a-z]; put a plain - at the end",
    ),
    ("character class", "close the set with ], or write \\[ if the sign itself is meant"),
    ("repetition size", "repeat at most 1000 times in all, nested repeats multiplied: write {1,20} for instance"),
    ("bad repetition", "two repeat signs stand in a row: keep one of them"),
    ("no argument", "put something before the repeat sign, or a backslash if the sign itself is meant"),
    ("missing ]", "close the set with ], or write \\[ if the sign itself is meant"),
    ("missing )", "close the group with ), or write \\( if the sign itself is meant"),
    ("unexpected )", "delete the ), or write \\) if the sign itself is meant"),
    ("trailing \\", "delete the backslash at the end, or write two if the sign itself is meant"),
    ("too large", "shorten the pattern or lower its repeats"),
)
"""RE2's messages by a part of them; the more special first."""


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
    message = error.args[0] if error.args else ""
    reason = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
    hint = next((hint for sign, hint in _HINTS if sign in reason), "write it in the syntax that RE2 documents")
    return PatternError(f"RE2 cannot take this pattern: {reason}", hint)
