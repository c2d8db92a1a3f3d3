"""Finds every text that people are told in Discord, in the code itself.

Four kinds: what is said with `tr`, `tr_in`, `tr_n` and `marked`; the phrases of `policies`, which are said with
`said`; descriptions of slash commands, of their options and their choices; the names of commands in the menu of a
message.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_SAID: Final = {"tr": 1, "tr_in": 2, "tr_n": 2, "marked": 1, "phrase": 1}
"""{function: how many of its first arguments are literal}."""
LONGEST_DESCRIPTION, LONGEST_NAME = 100, 32
"""Characters that Discord takes of a description or a choice, and of a command's name."""
_DESCRIBED: Final = {"command": ("description",), "GroupCog": ("group_description",), "Group": ("description",)}


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A key of the catalogue."""

    place: str
    """File and line, for translators."""
    one: str
    many: str | None = None
    """The form for many, of a text with a number."""
    longest: int | None = None
    """Characters that Discord takes of it."""
    context: str | None = None
    """Which of its meanings is meant, of a word that has several."""


class NotATextError(ValueError):
    """`tr` is called with something that is put together while the bot runs: nobody can translate that."""


def collect(folder: Path, root: Path) -> list[Text]:
    """All texts of the Python files below a folder, by place. `root`: what places are relative to."""
    files = sorted(folder.rglob("*.py"))
    return [text for file in files for text in _texts_in(file, str(file.relative_to(root)))]


def _texts_in(file: Path, name: str) -> Iterator[Text]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            yield from _said(node, name)
            yield from _of_commands(node, name)
        elif isinstance(node, ast.ClassDef):
            yield from _named(node.keywords, _DESCRIBED["GroupCog"], name)


def _said(call: ast.Call, name: str) -> Iterator[Text]:
    function = _called(call)
    texts = [_literal(argument) for argument in call.args[: _SAID.get(function, 0)]]
    if not texts:
        return
    if any(isinstance(argument, ast.JoinedStr | ast.BinOp) for argument in call.args[: len(texts)]):
        raise NotATextError(f"{name}:{call.lineno}: {function} takes a literal text with {{placeholders}}")
    if None in texts:  # a name: what it stands for is marked elsewhere
        return
    place, said = f"{name}:{call.lineno}", [text for text in texts if text is not None]
    if function == "tr_in":
        yield Text(place, said[1], context=said[0])
    else:
        yield Text(place, *said, context=_context(call) if function == "marked" else None)


def _context(call: ast.Call) -> str | None:
    return next((_literal(keyword.value) for keyword in call.keywords if keyword.arg == "context"), None)


def _of_commands(call: ast.Call, name: str) -> Iterator[Text]:
    function = _called(call)
    yield from _named(call.keywords, _DESCRIBED.get(function, ()), name)
    if function == "describe":
        yield from _named(call.keywords, tuple(each.arg for each in call.keywords if each.arg), name)
    if function in ("Choice", "ContextMenu"):
        longest = LONGEST_NAME if function == "ContextMenu" else LONGEST_DESCRIPTION
        yield from _named(call.keywords, ("name",), name, longest)


def _named(
    keywords: list[ast.keyword], wanted: tuple[str, ...], name: str, longest: int = LONGEST_DESCRIPTION
) -> Iterator[Text]:
    for keyword in keywords:
        text = _literal(keyword.value) if keyword.arg in wanted else None
        if text:
            yield Text(f"{name}:{keyword.value.lineno}", text, longest=longest)


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Subscript):  # Choice[str](...)
        function = function.value
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
