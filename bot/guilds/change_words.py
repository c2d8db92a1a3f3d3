"""What differs between two versions of a policy, in words."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.language import marked, tr
from policies.changes import Change, Kind

Quote = Callable[[str], str]
"""Makes an author's words ready for the place where they are shown."""

_ADDED: Mapping[str, str] = MappingProxyType(
    {
        "rule": marked("Rule {name} is new: {after}"),
        "allowed": marked("Allowed now: {after}"),
        "example": marked("Example of {name} is new: {after}"),
        "definition": marked("{name} is defined now: {after}"),
        "keywords": marked("Keywords that are new ({name}): {after}"),
        "patterns": marked("Patterns that are new ({name}): {after}"),
        "signals": marked("Signals that are new ({name}): {after}"),
    }
)
_REMOVED: Mapping[str, str] = MappingProxyType(
    {
        "rule": marked("Rule {name} is gone: {before}"),
        "allowed": marked("Not allowed any more: {before}"),
        "example": marked("Example of {name} is gone: {before}"),
        "definition": marked("{name} is not defined any more."),
        "keywords": marked("Keywords that are gone ({name}): {after}"),
        "patterns": marked("Patterns that are gone ({name}): {after}"),
        "signals": marked("Signals that are gone ({name}): {after}"),
    }
)
_CHANGED: Mapping[str, str] = MappingProxyType(
    {
        "rule": marked("Rule {name} said: {before} It says now: {after}"),
        "example": marked("Example of {name} is changed ({aspects}): {after}"),
        "definition": marked("{name} meant: {before} It means now: {after}"),
        "order": marked("The order is another one, and nothing else."),
    }
)
_RULE_ASPECTS = marked("Rule {name} is changed: {aspects}.")
_SETTING = marked("{part}: {before}, now {after}")
_ASPECTS: Mapping[str, str] = MappingProxyType(
    {
        "id": marked("its id"),
        "text": marked("its text"),
        "terms": marked("its terms"),
        "severity": marked("how bad it is"),
        "suggest": marked("what is suggested"),
        "verdict": marked("its verdict"),
        "note": marked("its note"),
        "show": marked("whether the model reads it"),
    }
)
_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "title": marked("Title"),
        "mode": marked("Mode"),
        "goal": marked("Goal"),
        "judge.threshold": marked("Threshold"),
        "judge.effort": marked("Effort"),
        "judge.context": marked("Earlier messages that are read along"),
        "prefilter.flag_rate": marked("Share of messages that likeness may flag"),
        "scope.channels": marked("Channels"),
        "scope.except_channels": marked("Channels left out"),
        "scope.except_roles": marked("Roles left out"),
    }
)


def change_line(change: Change, quote: Quote) -> str:
    """One change as a line, in the language that is spoken now. `quote` gets the authors' words."""
    template = {Kind.ADDED: _ADDED, Kind.REMOVED: _REMOVED, Kind.CHANGED: _CHANGED}[change.kind].get(change.part)
    aspects = ", ".join(tr(_ASPECTS[name]) if name in _ASPECTS else name for name in change.aspects)
    before, after, name = quote(change.before), quote(change.after), quote(change.name)
    if change.part == "rule" and change.kind is Kind.CHANGED and "text" not in change.aspects:
        return tr(_RULE_ASPECTS, name=name, aspects=aspects)
    if template is None:
        part = tr(_PARTS[change.part]) if change.part in _PARTS else quote(change.part)
        return tr(_SETTING, part=part, before=before, after=after)
    return tr(template, name=name, before=before, after=after, aspects=aspects)
