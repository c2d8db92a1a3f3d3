"""From a YAML node tree to plain values in the shape of a pydantic model, by the types that the model asks for.

YAML guesses types (`no` is False, `12:30` is 750); here the model says what is wanted and the written text is
read as that or refused. Whatever is wrong is noted with its place, and reading goes on.
"""

import types
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from annotated_types import MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from policies import hints, scalars
from policies.phrases import Phrase, Value, phrase
from policies.problems import Findings, shown
from policies.yaml_tree import Place, place_of

Path = tuple[str | int, ...]
"""Keys and positions from the root to a value, as pydantic's errors give them."""

_A_LIST = phrase("a list")
_NO_KEYS = phrase("{name} must hold keys, here is {found}")
_NO_MEANINGS = phrase("{name} must hold words and their meanings, here is {found}")
_MERGE_TAG = "tag:yaml.org,2002:merge"


class Shaper:
    """Reads one node tree. `values` go to pydantic; `places` and `wrong` say where its errors belong.

    A value that could not be read is None and its path is in `wrong`: what pydantic says of it is noise.
    """

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.places: dict[Path, Place] = {}
        self.wrong: set[Path] = set()

    def model(self, node: yaml.Node, model: type[BaseModel], path: Path = ()) -> dict[str, Any] | None:
        """The values of a mapping with the model's keys; unknown, repeated and missing keys are noted."""
        known = hints.keys_of(model)
        hint = phrase("write its keys below it: {keys}", keys=", ".join(known))
        entries = self._entries(node, path, _NO_KEYS, hint)
        if entries is None:
            return None
        values: dict[str, Any] = {}
        for key, value in entries:
            if key.value in known:
                values[key.value] = self._field(value, model.model_fields[key.value], (*path, key.value))
            elif not self.findings.full:
                message = phrase("there is no key {key} here", key=shown(key.value))
                self.findings.add(*place_of(key), message, hints.instead_of(key.value, model))
        self._note_missing(node, [name for name in known if name not in values], model, path)
        return values

    def note(self, path: Path, message: Phrase, hint: Phrase) -> None:
        """Note a problem of the value at this path, or of the nearest one around it that has a place."""
        if self.findings.full:
            return
        self.wrong.add(path)
        while path not in self.places and path:
            path = path[:-1]
        self.findings.add(*self.places.get(path, (0, 0)), message, hint)

    def _field(self, node: yaml.Node, field: FieldInfo, path: Path) -> Any:
        """The value of a model's key. A list that is too long is not read at all, so that it costs nothing."""
        limit = next((rule.max_length for rule in field.metadata if isinstance(rule, MaxLen)), None)
        if limit is None or not isinstance(node, yaml.CollectionNode) or len(node.value) <= limit:
            return self._value(node, field.annotation, path)
        self.places[path] = place_of(node)
        message = phrase(
            "{name} has {count} entries, at most {most} are allowed", count=len(node.value), most=limit
        )
        self.note(path, message.about(name=name_of(path)), phrase("delete some, or split the policy in two"))
        return None

    def _value(self, node: yaml.Node, annotation: Any, path: Path) -> Any:
        self.places[path] = place_of(node)
        annotation = _bare(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            return self.model(node, annotation, path)
        if get_origin(annotation) is tuple:
            return self._list(node, get_args(annotation)[0], path)
        if get_origin(annotation) is dict:
            return self._dictionary(node, get_args(annotation)[1], path)
        return self._scalar(node, _reader(annotation), path)

    def _list(self, node: yaml.Node, item: Any, path: Path) -> tuple[Any, ...] | None:
        if isinstance(node, yaml.SequenceNode):
            return tuple(self._value(child, item, (*path, index)) for index, child in enumerate(node.value))
        self.note(path, _mistaken(path, _A_LIST, node), hints.for_path(path))
        return None

    def _dictionary(self, node: yaml.Node, item: Any, path: Path) -> dict[str, Any] | None:
        entries = self._entries(node, path, _NO_MEANINGS, hints.for_path(path))
        if entries is None:
            return None
        return {key.value: self._value(value, item, (*path, key.value)) for key, value in entries}

    def _scalar(self, node: yaml.Node, reader: scalars.Reader, path: Path) -> Any:
        if not isinstance(node, yaml.ScalarNode):
            self.note(path, _mistaken(path, reader.wanted, node), reader.hint)
            return None
        try:
            return reader.read(node)
        except scalars.Misread as misread:
            self.note(path, misread.message.about(name=name_of(path)), misread.hint)
            return None

    def _entries(
        self, node: yaml.Node, path: Path, otherwise: Phrase, hint: Phrase
    ) -> list[tuple[yaml.ScalarNode, yaml.Node]] | None:
        """A mapping's entries with plain, single keys; None if the node is no mapping (`otherwise` is noted)."""
        if not isinstance(node, yaml.MappingNode):
            self.note(path, otherwise.about(name=name_of(path), found=_kind(node)), hint)
            return None
        entries: dict[str, tuple[yaml.ScalarNode, yaml.Node]] = {}
        for key, value in node.value:
            if self._usable_key(key, entries):
                entries[key.value] = (key, value)
        return list(entries.values())

    def _usable_key(self, key: yaml.Node, entries: dict[str, tuple[yaml.ScalarNode, yaml.Node]]) -> bool:
        complaint = _key_complaint(key)
        if complaint:
            self.findings.add(*place_of(key), *complaint)
        elif key.value in entries:
            first = entries[key.value][0].start_mark.line + 1
            message = phrase(
                "the key {key} stands here twice (first in line {line})", key=shown(key.value), line=first
            )
            self.findings.add(*place_of(key), message, phrase("delete one of the two, or merge what they say"))
            return False
        return not complaint

    def _note_missing(self, node: yaml.Node, absent: list[str], model: type[BaseModel], path: Path) -> None:
        for name in absent:
            if model.model_fields[name].is_required():
                self.places[*path, name] = place_of(node)
                message = phrase("{key} is missing", key=f"`{name}`")
                self.note((*path, name), message, hints.for_path((*path, name)))


def _reader(annotation: Any) -> scalars.Reader:
    """How a single value of this type is read."""
    if get_origin(annotation) is Literal:
        return scalars.choice([str(choice) for choice in get_args(annotation)], type(get_args(annotation)[0]))
    if issubclass(annotation, Enum):
        return scalars.choice([member.value for member in annotation], annotation)
    return scalars.READERS[annotation]


def _bare(annotation: Any) -> Any:
    """The type without its constraints and without `| None`."""
    while get_origin(annotation) in (Annotated, Union, types.UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    return annotation


def _mistaken(path: Path, wanted: Phrase, node: yaml.Node) -> Phrase:
    return scalars.MISTAKEN.about(name=name_of(path), wanted=wanted, found=_kind(node))


def _kind(node: yaml.Node) -> Phrase:
    if isinstance(node, yaml.SequenceNode):
        return _A_LIST
    if isinstance(node, yaml.MappingNode):
        return phrase("a set of keys")
    return phrase("the single value {value}", value=shown(node.value)) if node.value else scalars.NOTHING


def _key_complaint(key: yaml.Node) -> tuple[Phrase, Phrase] | None:
    if not isinstance(key, yaml.ScalarNode):
        return phrase("a key must be a word, here is {found}", found=_kind(key)), phrase("write `key: value`")
    if key.tag == _MERGE_TAG and not key.style:
        return phrase("`<<` is a YAML merge key, which is not allowed"), phrase("write the keys out")
    return None


def name_of(path: Path) -> Value:
    """How a message names a value: by its key; an entry of a list by the list's key."""
    if not path:
        return phrase("the policy")
    if isinstance(path[-1], int):
        return phrase("an entry of {list}", list=name_of(path[:-1]))
    return f"`{path[-1]}`"
