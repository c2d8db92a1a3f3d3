"""Where a policy's keys and list entries stand in its text, line by line, for patching it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import yaml

from policies.yaml_tree import read_tree

_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Entries:
    """The lines of a list whose entries stand below each other."""

    head: Sequence[str]
    """The key's own line, and what stands between it and the first entry's comments."""
    blocks: Sequence[Sequence[str]]
    """Each entry's lines and the comments above it."""
    column: int
    """Where the dashes stand, from 0."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A text cut at its keys. Every line ends with a newline."""

    head: Sequence[str]
    """What stands above the first key's comments."""
    above: Mapping[str, Sequence[str]]
    """{key: the comments and blank lines right above it}."""
    keys: Mapping[str, Sequence[str]]
    """{key: its line and those below that belong to it}, in the order of the text."""
    tail: Sequence[str]
    """Comments and blank lines at the end."""
    _nodes: Mapping[str, yaml.Node]
    _starts: Mapping[str, int]

    def entries(self, key: str) -> Entries | None:
        """A list's entries; None if they do not stand on lines of their own with a dash before each."""
        node, lines = self._nodes[key], self.keys[key]
        if not isinstance(node, yaml.SequenceNode) or node.flow_style or not node.value:
            return None
        starts = [item.start_mark.line - self._starts[key] for item in node.value]
        columns = {_dash(lines[start]) for start in starts}
        if len(set(starts)) < len(starts) or len(columns) > 1 or starts[0] == 0 or None in columns:
            return None
        cuts = [1, *(_with_comments(lines, start) for start in starts[1:])]
        blocks = [lines[cut:end] for cut, end in zip(cuts, [*cuts[1:], len(lines)], strict=True)]
        return Entries(lines[:1], blocks, columns.pop() or 0)


def laid_out(source: bytes) -> Laid | None:
    """The text cut at its keys; None if they do not stand on lines of their own. Raises PolicyError."""
    root, _ = read_tree(source, "")
    marks = [key.start_mark for key, _ in root.value]
    starts = [mark.line for mark in marks]
    if root.flow_style or len(set(starts)) < len(starts) or any(mark.column for mark in marks):
        return None
    text = source.decode().removeprefix(_MARK).replace("\r\n", "\n").replace("\r", "\n")
    lines = [f"{line}\n" for line in text.removesuffix("\n").split("\n")]
    cuts = [*(_with_comments(lines, start) for start in starts), _with_comments(lines, len(lines))]
    names = [key.value for key, _ in root.value]
    return Laid(
        head=lines[: cuts[0]],
        above={name: lines[cut:start] for name, cut, start in zip(names, cuts, starts, strict=False)},
        keys={name: lines[start:cut] for name, start, cut in zip(names, starts, cuts[1:], strict=True)},
        tail=lines[cuts[-1] :],
        _nodes={key.value: value for key, value in root.value},
        _starts=dict(zip(names, starts, strict=True)),
    )


def _with_comments(lines: Sequence[str], start: int) -> int:
    """The first of the comments and blank lines right above a line."""
    while start > 0 and (not lines[start - 1].strip() or lines[start - 1].lstrip().startswith("#")):
        start -= 1
    return start


def _dash(line: str) -> int | None:
    """Where a list entry's dash stands; None if the line begins with something else."""
    return len(line) - len(line.lstrip()) if line.lstrip().startswith("- ") else None
