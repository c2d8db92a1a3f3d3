"""The one canonical way in which a policy is written: same policy, same bytes."""

import os
import secrets
from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from policies.phrases import phrase
from policies.policy import Example, Policy
from policies.problems import PolicyError, Problem
from policies.yaml_tree import MAX_BYTES, SHORTEN_OR_SPLIT

_LONGEST_FLOW_LINE = 100
_UNBROKEN = 1_000_000
"""Lines are never folded: a text stays on the line where it began."""
_NEVER_ON_ONE_LINE = frozenset({"rules", "allowed", "examples", "patterns", "prefilter"})
_MAPPING, _SEQUENCE, _TEXT = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:str"
_resolver = yaml.resolver.Resolver()
_ALWAYS_WRITTEN = {"format", "mode"}
"""What a reader looks for first is written even where it is the default."""


class _PolicyDumper(yaml.SafeDumper):
    """Indents lists below their key and prefers double quotes for texts with an apostrophe."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 yaml's signature
        super().increase_indent(flow, indentless=False)

    def choose_scalar_style(self) -> str:
        style = super().choose_scalar_style()
        value = self.event.value if isinstance(self.event, yaml.ScalarEvent) else ""
        return '"' if style == "'" and "'" in value and not set('"\\') & set(value) else style


def dump_policy(policy: Policy) -> str:
    """The policy's canonical YAML, without its id. What is at its default is left out.

    Raises PolicyError if the text would be too large to be read again.
    """
    text: str = yaml.serialize(
        _mapping(policy, without=frozenset({"id"})), Dumper=_PolicyDumper, allow_unicode=True, width=_UNBROKEN
    )
    if len(text.encode()) > MAX_BYTES:
        message = phrase("the file would be larger than {most} KB", most=MAX_BYTES // 1024)
        raise PolicyError([Problem(f"{policy.id}.yaml", 1, 1, message, SHORTEN_OR_SPLIT)])
    return text


def write_policy(policy: Policy, folder: Path) -> Path:
    """Write the policy's file, whole or not at all, also through a power cut, and make its folder.

    Raises PolicyError as `dump_policy` does, and OSError if the disk refuses.
    """
    text = dump_policy(policy)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{policy.id}.yaml"
    draft = folder / f".{policy.id}.{secrets.token_hex(8)}.tmp"
    try:
        with draft.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    _sync_folder(folder)
    return path


def _sync_folder(folder: Path) -> None:
    """Make the new name outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mapping(value: BaseModel, without: frozenset[str] = frozenset()) -> yaml.MappingNode:
    """The keys of a value in the order of its class, those at their default left out."""
    entries = [
        (_text(name), _field(name, getattr(value, name)))
        for name, field in type(value).model_fields.items()
        if name not in without and (name in _ALWAYS_WRITTEN or getattr(value, name) != _default(field))
    ]
    return yaml.MappingNode(_MAPPING, entries, flow_style=False)


def _default(field: FieldInfo) -> Any:
    return field.get_default(call_default_factory=True, validated_data={})


def _field(name: str, value: Any) -> yaml.Node:
    """A field's node: on one line if it is short and not one of those that read better below each other."""
    node = _node(value)
    if isinstance(node, yaml.CollectionNode):
        node.flow_style = name not in _NEVER_ON_ONE_LINE and _fits_one_line(node)
    return node


def _node(value: Any) -> yaml.Node:
    if isinstance(value, Example):
        node = _mapping(value)
        node.flow_style = _fits_one_line(node)
        return node
    if isinstance(value, BaseModel):
        return _mapping(value)
    if isinstance(value, dict):
        return yaml.MappingNode(_MAPPING, [(_text(key), _text(meaning)) for key, meaning in value.items()])
    if isinstance(value, tuple):
        return yaml.SequenceNode(_SEQUENCE, [_node(item) for item in value])
    return _text(value) if type(value) is str else _plain(value)


def _text(value: str) -> yaml.ScalarNode:
    """A text, in quotes where YAML would read it as something else; several lines as a block where possible."""
    return yaml.ScalarNode(_TEXT, value, style="|" if "\n" in value else None)


def _plain(value: bool | float | Enum) -> yaml.ScalarNode:
    """A number, truth value or word of a fixed list: never quoted, since the reader knows which is wanted."""
    if isinstance(value, Enum):
        written = str(value.value)
    elif isinstance(value, float):
        written = format(Decimal(repr(value)), "f")
    else:
        written = str(value).lower()
    tag = _resolver.resolve(yaml.ScalarNode, written, (True, False))  # type: ignore[no-untyped-call]  # stubs lack it
    return yaml.ScalarNode(tag, written)


def _fits_one_line(node: yaml.Node) -> bool:
    return "\n" not in "".join(_words(node)) and sum(len(word) + 2 for word in _words(node)) <= _LONGEST_FLOW_LINE


def _words(node: yaml.Node) -> Iterator[str]:
    """Every key and value in the node."""
    if isinstance(node, yaml.ScalarNode):
        yield node.value
        return
    for child in node.value:
        for part in child if isinstance(child, tuple) else (child,):
            yield from _words(part)
