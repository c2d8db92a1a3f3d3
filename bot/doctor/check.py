"""The result of one check."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """How a check went."""

    OK = "ok"
    WARN = "warn"
    """It works, but not as well as it could."""
    FAIL = "FAIL"
    """It does not work, or would do much worse than it should."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, and what to do about it."""

    name: str
    outcome: Outcome
    message: str
    advice: str = ""


def ok(name: str, message: str) -> Check:
    """All is well."""
    return Check(name, Outcome.OK, message)


def warn(name: str, message: str, advice: str) -> Check:
    """It works, but not as well as it could."""
    return Check(name, Outcome.WARN, message, advice)


def fail(name: str, message: str, advice: str) -> Check:
    """It does not work, or would do much worse than it should."""
    return Check(name, Outcome.FAIL, message, advice)
