"""From bytes to a YAML node tree with places, refusing what makes YAML dangerous or surprising.

The events are scanned before any node is built: size, depth, aliases and tags cost nothing to refuse there.
YAML is read by libyaml; its pure Python twin needs seconds where this needs milliseconds, so there is no falling
back to it.
"""

import unicodedata

import yaml
from yaml import CSafeLoader

from policies.constraints import HIDDEN_CHARACTER, TAKE_IT_OUT, code_of
from policies.phrases import Phrase, phrase
from policies.problems import Findings, PolicyError, Problem, shown
from policies.yaml_syntax import explained

MAX_BYTES = 393_216
"""The largest policy file: 10,000 keywords of ten letters need 170 KB, in Hindi 370."""
MAX_DEPTH = 20
"""How deep lists and keys may nest."""
MAX_EVENTS = 16_000
"""Keys, values and brackets in one file: more than the largest policy needs (about 15,000)."""

SHORTEN_OR_SPLIT = phrase("shorten the lists or split the policy in two")

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
        message = phrase("the file has to be a list of keys and values")
        findings.add(0, 0, message, phrase("begin with `format: 1`, then `title: …`"))
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
        message = phrase("the file is larger than {most} KB", most=MAX_BYTES // 1024)
        raise PolicyError([Problem(file, 1, 1, message, SHORTEN_OR_SPLIT)])
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        message = phrase("this is not UTF-8 text (byte {byte})", byte=f"0x{data[error.start]:02X}")
        hint = phrase("save the file as UTF-8 in your editor")
        raise PolicyError([Problem(file, line, column, message, hint)]) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_characters(text: str, findings: Findings) -> None:
    """Refuse what cannot be seen, comments included: it may turn around what the reader sees."""
    for found in HIDDEN_CHARACTER.finditer(text):
        if findings.full:
            return
        line_start = text.rfind("\n", 0, found.start()) + 1
        findings.add(
            text.count("\n", 0, found.start()),
            found.start() - line_start,
            phrase("the invisible character {code} ({kind})", code=code_of(found[0]), kind=_kind_of(found[0])),
            TAKE_IT_OUT,
        )


def _kind_of(character: str) -> str | Phrase:
    """Unicode's name of a character, which is the same in every language."""
    return unicodedata.name(character, "").lower() or phrase("a control character")


def _check_events(text: str, findings: Findings) -> None:
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=CSafeLoader)):
        documents += isinstance(event, yaml.DocumentStartEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1:
            message = phrase("a second document begins here")
            findings.add(*place_of(event), message, phrase("write one policy per file"))
        if depth > MAX_DEPTH:
            message = phrase("keys and lists are nested more than {most} deep", most=MAX_DEPTH)
            findings.add(*place_of(event), message, phrase("put quotes around a text in brackets"))
        if count == MAX_EVENTS:
            message = phrase("the file holds too many values")
            findings.add(*place_of(event), message, phrase("shorten the lists"))
        _check_extras(event, findings)
        if documents > 1 or depth > MAX_DEPTH or count == MAX_EVENTS or findings.full:
            return
    if not documents:
        hint = phrase("begin with `format: 1`, or copy a starter policy")
        findings.add(0, 0, phrase("the file is empty"), hint)


def _check_extras(event: yaml.Event, findings: Findings) -> None:
    """Aliases, anchors and tags: YAML's ways to repeat, expand and convert."""
    if isinstance(event, yaml.AliasEvent):
        _refuse_extra(
            event, f"*{event.anchor}", phrase("{written} is a YAML alias, which is not allowed"), findings
        )
    elif isinstance(event, yaml.NodeEvent) and event.anchor:
        _refuse_extra(
            event, f"&{event.anchor}", phrase("{written} is a YAML anchor, which is not allowed"), findings
        )
    if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag:
        _refuse_extra(event, event.tag, phrase("{written} is a YAML tag, which is not allowed"), findings)


def _refuse_extra(event: yaml.Event, written: str, message: Phrase, findings: Findings) -> None:
    hint = phrase("put quotes around the text if it begins with that sign, else write the value out")
    findings.add(*place_of(event), message.about(written=shown(written)), hint)


def _note_syntax(error: yaml.MarkedYAMLError, findings: Findings) -> None:
    """Say in plain words what the YAML parser stumbled over."""
    mark = error.problem_mark or error.context_mark
    is_left_open = "end of stream" in (error.problem or "")
    opened = error.context_mark if is_left_open and error.context_mark else mark
    line, column = (opened.line, opened.column) if opened else (0, 0)
    findings.add(line, column, *explained(error.problem))
