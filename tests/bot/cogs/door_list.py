"""What the source and the running bot know of ways in, so that no table of them can leave one out unseen."""

import ast
import re
from collections.abc import Collection, Iterator
from pathlib import Path

import bot.cogs

_CHOICES = re.compile(r"\(\?P<(\w+)>([a-z][a-z:_-]*(?:\|[a-z][a-z:_-]*)*)\)")
"""A named group of a pattern that lists words, and nothing else."""
_PRESSABLE = frozenset({"DynamicItem", "Item", "Button", "Select", "View", "LayoutView", "Modal", "StandingForm"})
"""What discord.py, or our own forms, call back when somebody presses or sends something."""


def untried(patterns: Collection[re.Pattern[str]], ids: Collection[str]) -> list[str]:
    """The words that a custom id may have by one of these patterns, and that stand in none of these ids."""
    return sorted(each for pattern in patterns for each in _untried(pattern, ids))


def _untried(pattern: re.Pattern[str], ids: Collection[str]) -> Iterator[str]:
    tried = [found for found in map(pattern.fullmatch, ids) if found]
    if not tried:
        yield pattern.pattern
    for group, listed in _CHOICES.findall(pattern.pattern):
        seen = {found[group] for found in tried}
        yield from (f"{pattern.pattern}: {word}" for word in listed.split("|") if word not in seen)


def pressable_classes() -> set[str]:
    """The classes of the source that are called back, also those that are made inside of functions."""
    files = Path(bot.cogs.__file__).parent.rglob("*.py")
    return {each.name for file in files for each in ast.walk(ast.parse(file.read_text("utf-8"))) if _is_one(each)}


def _is_one(node: ast.AST) -> bool:
    return isinstance(node, ast.ClassDef) and any(_name(base) in _PRESSABLE for base in node.bases)


def _name(base: ast.expr) -> str:
    whole = base.value if isinstance(base, ast.Subscript) else base
    return whole.attr if isinstance(whole, ast.Attribute) else getattr(whole, "id", "")
