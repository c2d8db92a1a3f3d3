"""From bytes to a YAML node tree with places, refusing what makes YAML dangerous or surprising.

The events are scanned before any node is built: size, depth, aliases and tags cost nothing to refuse there.
YAML is read by libyaml; its pure Python twin needs seconds where this needs milliseconds, so there is no falling
back to it.
"""

import unicodedata

import yaml
from yaml import CSafeLoader

from policies.constraints import HIDDEN_CHARACTER
from policies.problems import Findings, PolicyError, Problem, shown

MAX_BYTES = 393_216
"""The largest policy file: 10,000 keywords of ten letters need 170 KB, in Hindi 370."""
MAX_DEPTH = 20
"""How deep lists and keys may nest."""
MAX_EVENTS = 16_000
"""Keys, values and brackets in one file: more than the largest policy needs (about 15,000)."""

_SYNTAX_HINTS = (
    ("mapping values are not allowed", 'put quotes around a text with ": " in it, or fix the indentation'),
    (
        "could not find expected ':'",
        "every key needs a colon and a space after it; indent long texts under their key",
    ),
    (
        "cannot start any token",
        "indent with spaces, never tabs, and put quotes around a text that begins with @, ` or %",
    ),
    ("found unknown escape", "put the text in 'single quotes': a backslash stands for itself there"),
    ("unexpected end of stream", "close the quote"),
    ("expected ',' or ']'", "close the list with ], put commas between entries and quotes around odd ones"),
    ("expected ',' or '}'", "close the entry with }, put commas between its keys and quotes around odd texts"),
    ("expected key", "indent all keys of one entry alike; put quotes around the whole text if it holds any"),
    ("'-' indicator", "indent all entries of one list alike"),
    ("alphabetic or numeric", "put quotes around a text that begins with * or &"),
)
_PLAIN_HINT = "check the indentation, and put quotes around a text that holds signs like : # { [ * & !"

Place = tuple[int, int]
"""Line and column, both from 0."""


def read_tree(source: str | bytes, file: str) -> tuple[yaml.MappingNode, Findings]:
    """The document's root and the findings to go on with. Raises PolicyError."""
    text = _decoded(source, file)
    findings = Findings(file, text)
    _check_characters(text, findings)
    findings.raise_if_any()
    try:
        _check_events(text, findings)
        findings.raise_if_any()
        root = yaml.compose(text, Loader=CSafeLoader)
    except yaml.MarkedYAMLError as error:
        _note_syntax(error, findings)
        raise PolicyError(findings.problems) from error
    if not isinstance(root, yaml.MappingNode):
        findings.add(0, 0, "a policy is a list of keys and values", "begin with `format: 1`, then `title: …`")
        raise PolicyError(findings.problems)
    return root, findings


def place_of(item: yaml.Node | yaml.Event) -> Place:
    """Where a node or an event begins."""
    mark = item.start_mark
    return (mark.line, mark.column) if mark else (0, 0)


def _decoded(source: str | bytes, file: str) -> str:
    """The text without a byte order mark, lines ended by newlines. Its size is checked before anything else."""
    data = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(data) > MAX_BYTES:
        hint = "shorten the lists or split the policy in two"
        raise PolicyError([Problem(file, 1, 1, f"the file is larger than {MAX_BYTES // 1024} KB", hint)])
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        message = f"this is not UTF-8 text (byte 0x{data[error.start]:02X})"
        hint = "save the file as UTF-8 in your editor"
        raise PolicyError([Problem(file, line, column, message, hint)]) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_characters(text: str, findings: Findings) -> None:
    """Refuse what cannot be seen, comments included: it may turn around what the reader sees."""
    for found in HIDDEN_CHARACTER.finditer(text):
        if findings.full:
            return
        line_start = text.rfind("\n", 0, found.start()) + 1
        name = unicodedata.name(found[0], "a control character").lower()
        findings.add(
            text.count("\n", 0, found.start()),
            found.start() - line_start,
            f"the invisible character U+{ord(found[0]):04X} ({name})",
            "take it out: what a moderator reads must be what the judge reads",
        )


def _check_events(text: str, findings: Findings) -> None:
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=CSafeLoader)):
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1:
            findings.add(*place_of(event), "a second document begins here", "write one policy per file")
        if depth > MAX_DEPTH:
            message = f"keys and lists are nested more than {MAX_DEPTH} deep"
            findings.add(*place_of(event), message, "put quotes around a text in brackets")
        if count == MAX_EVENTS:
            findings.add(*place_of(event), "the file holds too many values", "shorten the lists")
        _check_extras(event, findings)
        if documents > 1 or depth > MAX_DEPTH or count == MAX_EVENTS or findings.full:
            return
    if not documents:
        findings.add(0, 0, "the file is empty", "begin with `format: 1`, or copy a starter policy")


def _check_extras(event: yaml.Event, findings: Findings) -> None:
    """Aliases, anchors and tags: YAML's ways to repeat, expand and convert."""
    if isinstance(event, yaml.AliasEvent):
        _refuse_extra(event, f"*{event.anchor}", "alias", findings)
    elif isinstance(event, yaml.NodeEvent) and event.anchor:
        _refuse_extra(event, f"&{event.anchor}", "anchor", findings)
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
        _refuse_extra(event, event.tag, "tag", findings)


def _refuse_extra(event: yaml.Event, written: str, kind: str, findings: Findings) -> None:
    hint = "put quotes around the text if it begins with that sign, else write the value out"
    findings.add(*place_of(event), f"{shown(written)} is a YAML {kind}, which is not allowed", hint)


def _note_syntax(error: yaml.MarkedYAMLError, findings: Findings) -> None:
    """Say in plain words what the YAML parser stumbled over."""
    problem = error.problem or "this is not YAML"
    mark = error.problem_mark or error.context_mark
    opened = error.context_mark if "end of stream" in problem and error.context_mark else mark
    hint = next((hint for sign, hint in _SYNTAX_HINTS if sign in problem), _PLAIN_HINT)
    line, column = (opened.line, opened.column) if opened else (0, 0)
    findings.add(line, column, f"YAML cannot be read here: {problem}", hint)
