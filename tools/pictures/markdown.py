"""Discord's markup as HTML, as far as cards, replies and chats use it. Whatever is not markup is escaped."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from markupsafe import Markup, escape

_BLOCK = re.compile(
    r"(?P<quote>(?:^>(?: [^\n]*)?(?:\n|\Z))+)"
    r"|(?P<bars>\|\|)?```(?:[a-zA-Z0-9_+-]+\n)?\n?(?P<block>.*?)\n?```(?(bars)\|\|)\n?",
    re.DOTALL | re.MULTILINE,
)
_BODY = r"((?:\\.|[^\\])+?)"
_INLINE = re.compile(
    r"\\(?P<plain>[!-/:-@\[-`{-~])"
    r"|<@!?(?P<user>\d+)>|<@&(?P<role>\d+)>|<#(?P<channel>\d+)>"
    r"|<t:(?P<time>-?\d{1,13})(?::(?P<form>[tTdDfFR]))?>"
    r"|</(?P<command>[^:>\n]+):\d+>"
    r"|\[(?P<label>(?:\\.|[^\]\\\n])+)\]\(https?://[^\s()]+\)"
    r"|<(?P<wrapped>https?://[^\s<>]+)>|(?P<link>https?://[^\s<>]+[^\s<>.,:;\"'\])])"
    r"|(?P<ticks>`+)(?P<code>(?:(?!(?P=ticks)).)+?)(?P=ticks)(?!`)"
    rf"|\*\*(?P<b>{_BODY})\*\*(?!\*)|__(?P<u>{_BODY})__(?!_)|~~(?P<s>{_BODY})~~|\|\|(?P<spoiler>{_BODY})\|\|"
    r"|\*(?=\S)(?P<i>(?:\\.|[^\\*])+?)\*|(?<!\w)_(?=\S)(?P<em>(?:\\.|[^\\_])+?)_(?!\w)",
    re.DOTALL,
)
_LINE = re.compile(r"(#{1,3} |-# |[-*] )?(.*)", re.DOTALL)
_BLOCKS = {"-# ": "small", "- ": "item", "* ": "item"}
_DOTS = {"🟡": "#e0b93f", "🟠": "#e08b3f", "🔴": "#d9474f", "🟣": "#9a5fd1", "🟢": "#3fae6f", "⚪": "#c9ced6"}
_WRAPPED = {
    **{kind: Markup("<{0}>{{}}</{0}>").format(kind) for kind in ("b", "i", "u", "s", "em")},
    **{
        kind: Markup('<span class="{0}">{{}}</span>').format(name)
        for kind, name in (("label", "link"), ("spoiler", "spoiler"))
    },
}
"""What holds more markup."""
_DEEPEST = 8
_STEPS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"))
_FORMS = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%d/%m/%Y", "D": "%-d %B %Y", "F": "%A, %-d %B %Y %H:%M"}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, and when: what a client knows and a payload does not hold."""

    now: datetime
    names: Mapping[int, str]
    """{id of a person, role or channel: "@ada", "#general"}."""


def markdown(text: str, reader: Reader) -> Markup:
    """A text with quotes, blocks, lists and headings. A quote may hold a block."""
    result, end = Markup(""), 0
    for found in _BLOCK.finditer(text):
        result += _lines(text[end : found.start()], reader) + _block(found, reader)
        end = found.end()
    return result + _lines(text[end:], reader)


def _block(found: re.Match[str], reader: Reader) -> Markup:
    if found["quote"] is not None:
        inner = "\n".join(line[2:] for line in found["quote"].removesuffix("\n").split("\n"))
        return Markup('<div class="quoted" dir="auto">{}</div>').format(markdown(inner, reader))
    kind = "spoiler" if found["bars"] else "block"
    return Markup('<pre class="{}" dir="auto">{}</pre>').format(kind, found["block"])


def inline(text: str, reader: Reader, depth: int = 0) -> Markup:
    """The same on one line."""
    result, end = Markup(""), 0
    for found in _INLINE.finditer(text) if depth < _DEEPEST else ():
        result += _plain(text[end : found.start()]) + _span(found, reader, depth + 1)
        end = found.end()
    return result + _plain(text[end:])


def _plain(text: str) -> Markup:
    """Escaped. Coloured dots are drawn: few machines without a screen have a font for them."""
    pieces = re.split(f"([{''.join(_DOTS)}])", text)
    return Markup("").join(
        Markup('<span class="dot" style="background: {}"></span>').format(_DOTS[piece])
        if piece in _DOTS
        else escape(piece)
        for piece in pieces
    )


def _lines(text: str, reader: Reader) -> Markup:
    lines = text.removesuffix("\n").split("\n")
    return Markup("").join(_line(line, reader) for line in lines) if text else Markup("")


def _line(line: str, reader: Reader) -> Markup:
    found = _LINE.fullmatch(line)
    assert found is not None
    sign, rest = found[1] or "", found[2]
    if not sign or not rest:
        return Markup('<div dir="auto">{}</div>').format(inline(line, reader) or Markup("&nbsp;"))
    kind = _BLOCKS.get(sign, "heading")
    return Markup('<div class="{}" dir="auto">{}</div>').format(kind, inline(rest, reader))


def _span(found: re.Match[str], reader: Reader, depth: int) -> Markup:
    kind, value = next(
        (name, text) for name, text in found.groupdict().items() if text is not None and name != "ticks"
    )
    match kind:
        case "plain":
            return escape(value)
        case "user" | "role" | "channel" | "command":
            return Markup('<span class="mention">{}</span>').format(_mentioned(kind, value, reader))
        case "time":
            return Markup('<span class="time">{}</span>').format(moment(int(value), found["form"], reader.now))
        case "code":
            return Markup("<code>{}</code>").format(value)
        case "link" | "wrapped":
            return Markup('<span class="link">{}</span>').format(value)
    return _WRAPPED[kind].format(inline(value, reader, depth))


def _mentioned(kind: str, value: str, reader: Reader) -> str:
    if kind == "command":
        return f"/{value}"
    return reader.names.get(int(value), ("#" if kind == "channel" else "@") + value)


def moment(stamp: int, form: str | None, now: datetime) -> str:
    """A timestamp as a client shows it, in UTC; one that no calendar knows is shown as a number."""
    try:
        when = datetime.fromtimestamp(stamp, UTC)
    except (ValueError, OverflowError, OSError):
        return str(stamp)
    if form == "R":
        return _relative((now - when).total_seconds())
    return f"{when:{_FORMS.get(form or 'f', '%-d %B %Y %H:%M')}}"


def _relative(seconds: float) -> str:
    for length, name in _STEPS:
        count = round(abs(seconds) / length)
        if abs(seconds) >= length:
            told = f"{count} {name}s" if count > 1 else f"a{'n' * (name == 'hour')} {name}"
            return f"{told} ago" if seconds > 0 else f"in {told}"
    return "a few seconds ago" if seconds > -1 else "in a few seconds"
