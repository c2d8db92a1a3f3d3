"""What differs between two versions of a policy, as data: `bot.guilds.change_words` says it in words."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from policies.policy import Example, Policy, Rule

_SPECIAL = frozenset({"id", "format", "rules", "allowed", "examples", "definitions", "prefilter"})
"""Keys with a way of their own to be compared, and what is no content."""
_LISTS = ("keywords", "patterns", "signals")
_LISTED_BY_NAME = 12
"""So many entries of a list of words are named one by one."""


class Kind(StrEnum):
    """What happened to a part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Change:
    """One part that differs."""

    kind: Kind
    part: str
    """`rule`, `allowed`, `example`, `definition`, `keywords`, the path of a setting (`judge.threshold`), or
    `order`, where nothing but the order differs."""
    name: str = ""
    """The rule's id, the defined word, the example's verdict; of a list of words how many they are."""
    before: str = ""
    after: str = ""
    aspects: tuple[str, ...] = ()
    """Of a changed rule or example: which of its keys."""


def changes(before: Policy, after: Policy) -> tuple[Change, ...]:
    """Everything that differs, in the order of a policy's file. Nothing if both say the same."""
    found = (
        *_settings(before, after),
        *_rules(before, after),
        *_entries("allowed", before.allowed, after.allowed),
        *_examples(before, after),
        *_definitions(before, after),
        *_prefilter(before, after),
    )
    only_order = not found and before.model_copy(update={"id": after.id}) != after
    return (Change(Kind.CHANGED, "order"),) if only_order else found


def _settings(before: Policy, after: Policy) -> Iterator[Change]:
    for name in type(after).model_fields:
        if name not in _SPECIAL:
            yield from _setting(name, getattr(before, name), getattr(after, name))


def _setting(path: str, before: Any, after: Any) -> Iterator[Change]:
    if before == after:
        return
    if isinstance(before, BaseModel) and isinstance(after, BaseModel):
        for name in type(after).model_fields:
            yield from _setting(f"{path}.{name}", getattr(before, name), getattr(after, name))
    else:
        yield Change(Kind.CHANGED, path, before=_written(before), after=_written(after))


def _rules(before: Policy, after: Policy) -> Iterator[Change]:
    old, new = ({rule.id: rule for rule in policy.rules} for policy in (before, after))
    for rule_id, rule in new.items():
        if rule_id not in old:
            yield Change(Kind.ADDED, "rule", rule_id, after=rule.text)
        elif aspects := _aspects(old[rule_id], rule):
            yield Change(Kind.CHANGED, "rule", rule_id, old[rule_id].text, rule.text, aspects)
    for rule_id in old.keys() - new.keys():
        yield Change(Kind.REMOVED, "rule", rule_id, before=old[rule_id].text)


def _examples(before: Policy, after: Policy) -> Iterator[Change]:
    """Examples are known by their text."""
    old, new = ({example.text: example for example in policy.examples} for policy in (before, after))
    for text, example in new.items():
        if text not in old:
            yield Change(Kind.ADDED, "example", example.verdict, after=text)
        elif aspects := _aspects(old[text], example):
            verdicts = (old[text].verdict, example.verdict)
            yield Change(Kind.CHANGED, "example", " -> ".join(dict.fromkeys(verdicts)), text, text, aspects)
    for text, example in old.items():
        if text not in new:
            yield Change(Kind.REMOVED, "example", example.verdict, before=text)


def _definitions(before: Policy, after: Policy) -> Iterator[Change]:
    yield from _mapping("definition", before.definitions, after.definitions)


def _prefilter(before: Policy, after: Policy) -> Iterator[Change]:
    for name in _LISTS:
        old, new = (getattr(policy.prefilter, name) for policy in (before, after))
        for kind, words in ((Kind.ADDED, _missing(new, old)), (Kind.REMOVED, _missing(old, new))):
            if words:
                listed = ", ".join(words[:_LISTED_BY_NAME]) + (" …" if len(words) > _LISTED_BY_NAME else "")
                yield Change(kind, name, str(len(words)), after=listed)
    yield from _setting("prefilter.flag_rate", before.prefilter.flag_rate, after.prefilter.flag_rate)


def _mapping(part: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*new, *old)):
        if old.get(name) != new.get(name):
            kind = Kind.ADDED if name not in old else Kind.REMOVED if name not in new else Kind.CHANGED
            yield Change(kind, part, name, old.get(name, ""), new.get(name, ""))


def _entries(part: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Change]:
    for line in _missing(new, old):
        yield Change(Kind.ADDED, part, after=line)
    for line in _missing(old, new):
        yield Change(Kind.REMOVED, part, before=line)


def _missing(wanted: Sequence[str], among: Sequence[str]) -> list[str]:
    there = set(among)
    return [each for each in wanted if each not in there]


def _aspects(before: Rule | Example, after: Rule | Example) -> tuple[str, ...]:
    return tuple(name for name in type(after).model_fields if getattr(before, name) != getattr(after, name))


_WRITERS: tuple[tuple[type, Callable[[Any], str]], ...] = (
    (tuple, lambda value: ", ".join(_written(each) for each in value) or "-"),
    (bool, lambda value: "yes" if value else "no"),
    (float, lambda value: f"{value:g}"),
    (dict, lambda value: ", ".join(f"{key}: {_written(each)}" for key, each in value.items()) or "-"),
)


def _written(value: Any) -> str:
    """A setting's value as its file would have it, on one line."""
    return next((write(value) for kind, write in _WRITERS if isinstance(value, kind)), str(value))
