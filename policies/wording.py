"""pydantic's errors in the plain words of a policy's author."""

from collections.abc import Callable
from typing import Any

from pydantic_core import ErrorDetails

from policies import hints
from policies.constraints import Unfit
from policies.phrases import Phrase, phrase
from policies.problems import shown
from policies.shape import Path, Shaper, name_of

Wording = tuple[Phrase, Phrase]
"""Message and hint."""


def note_errors(errors: list[ErrorDetails], shaper: Shaper) -> None:
    """Note each error where the value stands in the file, unless something more exact was said there already."""
    for error in errors:
        if shaper.findings.full:
            return
        path = _path(error["loc"])
        if not _is_known(path, shaper.wrong):
            shaper.note(path, *worded(error, path))


def _path(location: tuple[int | str, ...]) -> Path:
    """Where the value is: an error of a definition's word is placed at its meaning."""
    return location[:-1] if location and location[-1] == "[key]" else location


def _is_known(path: Path, wrong: set[Path]) -> bool:
    """Whether something at, around or inside this place was noted before."""
    inside = any(noted[: len(path)] == path for noted in wrong)
    return inside or any(path[:length] in wrong for length in range(len(path)))


def worded(error: ErrorDetails, path: Path) -> Wording:
    """What is wrong with the value at this path, and what to write instead."""
    message, hint = _said_of(error, path)
    return message.about(name=name_of(path)), hint


def _said_of(error: ErrorDetails, path: Path) -> Wording:
    """The message still lacks the value's `{name}`."""
    context: dict[str, Any] = error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, Unfit):
        return _UNUSABLE.about(reason=cause.message), cause.hint
    say = _WORDINGS.get(error["type"])
    if say:
        return say(context, error["input"], path)
    return _UNUSABLE.about(reason=str(cause or shown(str(error["input"])))), hints.for_path(path)


def _too_short(_context: dict[str, Any], _value: Any, path: Path) -> Wording:
    return phrase("{name} is empty"), hints.for_path(path)


def _too_long(context: dict[str, Any], value: Any, _path: Path) -> Wording:
    message = phrase("{name} has {count} characters, at most {most} are allowed")
    return message.about(count=len(value), most=context["max_length"]), phrase("say it shorter")


def _misshapen(_context: dict[str, Any], value: str, path: Path) -> Wording:
    keys = [part for part in path if isinstance(part, str)]
    if "suggest" in keys:
        return _IMPOSSIBLE.about(value=shown(value)), hints.instead_of_suggestion(value)
    if not value.strip():
        return phrase("{name} is blank"), hints.for_path(path)
    if keys[-1] in {"id", "verdict"}:
        hint = phrase("a rule id is a letter, then up to 15 letters, digits, - or _: H1")
        return _IMPOSSIBLE.about(value=shown(value)), hint
    if "\n" in value or "\r" in value:
        hint = phrase("join the lines, or split them into several entries")
        return phrase("{name} must be a single line"), hint
    return phrase("{name} may not hold a comma"), phrase("write two entries, each in quotes if it needs them")


def _out_of_range(context: dict[str, Any], value: Any, _path: Path) -> Wording:
    bound, limit = next((words, context[name]) for name, words in _BOUNDS.items() if name in context)
    return _IMPOSSIBLE.about(value=f"{value:g}"), bound.about(limit=f"{limit:g}")


_UNUSABLE = phrase("{name} cannot be used: {reason}")
_IMPOSSIBLE = phrase("{name} cannot be {value}")
_BOUNDS = {
    "ge": phrase("it must be at least {limit}"),
    "gt": phrase("it must be above {limit}"),
    "le": phrase("it must be at most {limit}"),
    "lt": phrase("it must be below {limit}"),
}
_WORDINGS: dict[str, Callable[[dict[str, Any], Any, Path], Wording]] = {
    "string_too_short": _too_short,
    "string_too_long": _too_long,
    "string_pattern_mismatch": _misshapen,
    "too_short": _too_short,
    "greater_than": _out_of_range,
    "greater_than_equal": _out_of_range,
    "less_than": _out_of_range,
    "less_than_equal": _out_of_range,
}
