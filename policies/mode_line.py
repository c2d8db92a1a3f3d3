"""Changes the mode in a policy's YAML text, and nothing else: comments, order and spelling are its authors'."""

import re
from typing import NoReturn

import yaml

from policies.document import parse_policy
from policies.phrases import phrase
from policies.policy import Mode
from policies.problems import PolicyError, Problem
from policies.yaml_tree import place_of, read_tree

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
_MARK = "\ufeff"
_KEY_AFTER = "goal"
"""Where a text names no mode, the mode is written above this key, which every policy has."""


def with_mode(source: bytes, mode: Mode, *, policy_id: str, filename: str) -> bytes:
    """A policy file's bytes with this mode, all others as they were; `filename` is what errors name.

    Raises PolicyError if the file has errors, or writes its mode in a way that cannot be changed by itself.
    """
    before = parse_policy(source, policy_id=policy_id, filename=filename)
    if before.mode is mode:
        return source
    text = source.decode()
    byte_order_mark = _MARK if text.startswith(_MARK) else ""
    lines = _lines(text.removeprefix(byte_order_mark))
    _write_mode(lines, _root(source, filename), mode, filename)
    changed = (byte_order_mark + "".join(lines)).encode()
    if _policy(changed, policy_id, filename) != before.model_copy(update={"mode": mode}):
        _refuse(filename, 1)
    return changed


def _write_mode(lines: list[str], root: yaml.MappingNode, mode: Mode, filename: str) -> None:
    entries = {key.value: (key, value) for key, value in root.value}
    if "mode" in entries:
        _replace(lines, entries["mode"][1], mode, filename)
    else:
        _insert(lines, entries[_KEY_AFTER][0], mode, in_braces=bool(root.flow_style))


def _replace(lines: list[str], value: yaml.ScalarNode, mode: Mode, filename: str) -> None:
    line, start = place_of(value)
    end = value.end_mark.column
    if value.end_mark.line != line:
        _refuse(filename, line + 1)
    lines[line] = lines[line][:start] + mode.value + lines[line][end:]


def _insert(lines: list[str], key: yaml.ScalarNode, mode: Mode, *, in_braces: bool) -> None:
    line, column = place_of(key)
    before, after = lines[line][:column], lines[line][column:]
    ending = after[len(after.rstrip("\r\n")) :] or "\n"
    separator = ", " if in_braces else ending + before
    lines[line] = f"{before}mode: {mode.value}{separator}{after}"


def _lines(text: str) -> list[str]:
    """The lines with their endings, counted as YAML's marks count them."""
    return _LINE.findall(text)


def _root(source: bytes, filename: str) -> yaml.MappingNode:
    return read_tree(source, filename)[0]


def _policy(source: bytes, policy_id: str, filename: str) -> object:
    """The policy in a changed text; None if it is none any more."""
    try:
        return parse_policy(source, policy_id=policy_id, filename=filename)
    except PolicyError:
        return None


def _refuse(filename: str, line: int) -> NoReturn:
    message = phrase("the mode is written in a way that cannot be changed by itself")
    hint = phrase("write the mode on a line of its own: `mode: live`")
    raise PolicyError([Problem(filename, line, 1, message, hint)])
