"""pydantic's errors in the plain words of a policy's author."""

from collections.abc import Callable
from typing import Any

from pydantic_core import ErrorDetails

from policies import hints
from policies.constraints import Unfit
from policies.problems import shown
from policies.shape import Path, Shaper, name_of

Wording = tuple[str, str]
"""Message (to go on after the value's name) and hint."""


def note_errors(errors: list[ErrorDetails], shaper: Shaper) -> None:
    """Note each error where the value stands in the file, unless something more exact was said there already."""
    for error in errors:
        if shaper.findings.full:
            return
        path = _path(error["loc"])
        if not _is_known(path, shaper.wrong):
            message, hint = worded(error, path)
            shaper.note(path, f"{name_of(path)} {message}", hint)


def _path(location: tuple[int | str, ...]) -> Path:
    """Where the value is: an error of a definition's word is placed at its meaning."""
    return location[:-1] if location and location[-1] == "[key]" else location


def _is_known(path: Path, wrong: set[Path]) -> bool:
    """Whether something at, around or inside this place was noted before."""
    inside = any(noted[: len(path)] == path for noted in wrong)
    return inside or any(path[:length] in wrong for length in range(len(path)))


def worded(error: ErrorDetails, path: Path) -> Wording:
    """What is wrong with the value at this path, to go on after its name, and what to write instead."""
    context: dict[str, Any] = error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, Unfit):
        return f"cannot be used: {cause}", cause.hint
    say = _WORDINGS.get(error["type"])
    if say:
        return say(context, error["input"], path)
    return f"cannot be used: {cause or shown(str(error['input']))}", hints.for_path(path)


def _too_short(_context: dict[str, Any], _value: Any, path: Path) -> Wording:
    return "is empty", hints.for_path(path)


def _too_long(context: dict[str, Any], value: Any, _path: Path) -> Wording:
    return f"has {len(value)} characters, at most {context['max_length']} are allowed", "say it shorter"


def _misshapen(_context: dict[str, Any], value: str, path: Path) -> Wording:
    keys = [part for part in path if isinstance(part, str)]
    if "suggest" in keys:
        return f"cannot be {shown(value)}", hints.instead_of_suggestion(value)
    if not value.strip():
        return "is blank", hints.for_path(path)
    if keys[-1] in {"id", "verdict"}:
        return f"cannot be {shown(value)}", "a rule id is a letter, then up to 15 letters, digits, - or _: H1"
    if "\n" in value or "\r" in value:
        return "must be a single line", "join the lines, or split them into several entries"
    return "may not hold a comma", "write two entries, each in quotes if it needs them"


def _out_of_range(context: dict[str, Any], value: Any, _path: Path) -> Wording:
    bounds = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    bound, limit = next((words, context[name]) for name, words in bounds.items() if name in context)
    return f"cannot be {value:g}", f"it must be {bound} {limit:g}"


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
