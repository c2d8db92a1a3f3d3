"""Writes a changed policy into the text that its author wrote, and leaves alone what has not changed.

Comments, quotes and line breaks of untouched keys and list entries stay as they are. What changed is written in
the canonical way. Where the text is laid out in a way that cannot be patched, all of it is written anew.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from policies.document import parse_policy
from policies.layout import Laid, laid_out
from policies.policy import Policy
from policies.problems import PolicyError
from policies.writer import dump_policy

_PATCHED_BY_ENTRY = frozenset({"rules", "allowed", "examples"})
_COMMENT = re.compile(r"""^[^'"#]*(?:(?:'[^']*'|"[^"]*")[^'"#]*)*?(?<!\S)(#.*)$""")
"""A comment behind a value, as far as a line alone can tell."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A policy's new text."""

    source: bytes
    lost_comments: tuple[str, ...]
    """Comments of the old text that the new one does not have, in their order."""


def rewritten(source: bytes, policy: Policy) -> Rewritten:
    """A text that says what `policy` says and is otherwise the text `source`. Any text will do, even a bad one.

    Raises PolicyError if the policy would be too large for a file.
    """
    canonical = dump_policy(policy)
    text = _patched(source, canonical, policy) or canonical
    ended = (text.replace("\n", "\r\n") if b"\r\n" in source else text).encode()
    return Rewritten(ended, lost_comments(source, ended))


def lost_comments(before: bytes, after: bytes) -> tuple[str, ...]:
    """Comments of one text that another one does not have, in their order."""
    old, new = (Counter(_comments(source.decode("utf-8", "replace"))) for source in (before, after))
    return tuple((old - new).elements())


def _patched(source: bytes, canonical: str, policy: Policy) -> str | None:
    """None if the text cannot be patched: then the patched one would not say what the policy says."""
    try:
        before = parse_policy(source, policy_id=policy.id, filename="")
        old, new = laid_out(source), laid_out(canonical.encode())
        if old is None or new is None:
            return None
        text = "".join(_Patch(old, new, before, policy).lines())
        return text if parse_policy(text, policy_id=policy.id, filename="") == policy else None
    except PolicyError:
        return None


@dataclass(frozen=True, slots=True)
class _Patch:
    """What the old text says of what stayed, and the canonical one of what changed."""

    old: Laid
    new: Laid
    before: Policy
    after: Policy

    def lines(self) -> list[str]:
        """The old text's keys in their order, then those that are new."""
        kept = [key for key in self.old.keys if key in self.new.keys or self._is_same(key)]
        added = [key for key in self.new.keys if key not in self.old.keys]
        parts = [line for key in (*kept, *added) for line in self._key(key)]
        return [*self.old.head, *parts, *self.old.tail]

    def _key(self, key: str) -> Sequence[str]:
        if key not in self.old.keys:
            return self.new.keys[key]
        if self._is_same(key):
            return (*self.old.above[key], *self.old.keys[key])
        return (*self.old.above[key], *self._changed(key))

    def _is_same(self, key: str) -> bool:
        return bool(getattr(self.before, key) == getattr(self.after, key))

    def _changed(self, key: str) -> Sequence[str]:
        kept, fresh = self.old.entries(key), self.new.entries(key)
        if key not in _PATCHED_BY_ENTRY or kept is None or fresh is None:
            return self.new.keys[key]
        known: list[tuple[Any, Sequence[str]]] = list(zip(getattr(self.before, key), kept.blocks, strict=True))
        lines = [*kept.head]
        for value, block in zip(getattr(self.after, key), fresh.blocks, strict=True):
            place = next((index for index, (earlier, _) in enumerate(known) if earlier == value), None)
            lines += _moved(block, kept.column - fresh.column) if place is None else known.pop(place)[1]
        return lines


def _moved(block: Sequence[str], shift: int) -> list[str]:
    """Lines that begin so many columns further right, or left; blank ones stay blank."""
    if shift >= 0:
        return [" " * shift + line if line.strip() else line for line in block]
    return [line[-shift:] if line[:-shift].isspace() else line for line in block]


def _comments(text: str) -> list[str]:
    found = (_COMMENT.match(line) for line in text.splitlines())
    return [comment[1].strip() for comment in found if comment]
