"""Shows a message as Discord's dark theme does on a phone: JSON in, an HTML page out. For pictures only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

_PAGE = Path(__file__).with_name("phone.html")
_BLOCK = re.compile(r"```\n(.*?)\n```\n?", re.DOTALL)
_INLINE = re.compile(
    r"\\(?P<plain>[^0-9A-Za-z\s])"
    r"|<@(?P<user>\d+)>|<#(?P<channel>\d+)>|<t:(?P<time>\d+):(?P<form>[Rf])>"
    r"|\[(?P<label>[^\]]+)\]\((?P<link>[^)]+)\)"
    r"|\*\*(?P<bold>.+?)\*\*|\*(?P<italic>.+?)\*|`(?P<code>[^`]+)`"
)
_STEPS = ((86_400 * 365, "year"), (86_400 * 30, "month"), (86_400, "day"), (3600, "hour"), (60, "minute"))


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and when: what a client knows and a payload does not hold."""

    now: datetime
    names: Mapping[int, str]
    """{user or channel id: name}."""
    app: str
    channel: str


def page(payload: Mapping[str, Any], viewer: Viewer) -> str:
    """The HTML of a message, as POST /channels/{id}/messages would get it."""
    environment = Environment(
        loader=FileSystemLoader(_PAGE.parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["markdown"] = lambda text: _markdown(text, viewer)
    environment.filters["colour"] = lambda number: f"#{number:06x}"
    environment.filters["clock"] = lambda text: f"{datetime.fromisoformat(text):%H:%M}"
    return environment.get_template(_PAGE.name).render(message=payload, viewer=viewer)


def _markdown(text: str, viewer: Viewer) -> Markup:
    """The part of Discord's markup that cards use."""
    pieces = _BLOCK.split(text)  # what stands between blocks, and every second one is a block
    return Markup("").join(
        Markup("<pre>{}</pre>").format(piece) if number % 2 else _lines(piece, viewer)
        for number, piece in enumerate(pieces)
    )


def _lines(text: str, viewer: Viewer) -> Markup:
    shown = [
        _inline(line.replace("- ", "• ", 1) if line.startswith("- ") else line, viewer)
        for line in text.split("\n")
    ]
    return Markup("<br>").join(shown)


def _inline(text: str, viewer: Viewer) -> Markup:
    result, end = Markup(""), 0
    for found in _INLINE.finditer(text):
        result += escape(text[end : found.start()]) + _span(found, viewer)
        end = found.end()
    return result + escape(text[end:])


def _span(found: re.Match[str], viewer: Viewer) -> Markup:
    kind, value = next((name, text) for name, text in found.groupdict().items() if text is not None)
    match kind:
        case "plain":
            return escape(value)
        case "user" | "channel":
            sign = "@" if kind == "user" else "#"
            return Markup('<span class="mention">{}{}</span>').format(sign, viewer.names.get(int(value), value))
        case "time":
            return Markup('<span class="time">{}</span>').format(_time(int(value), viewer))
        case "label":
            return Markup('<span class="link">{}</span>').format(value)
        case "bold" | "italic":
            return Markup("<{0}>{1}</{0}>").format("b" if kind == "bold" else "i", _inline(value, viewer))
    return Markup("<code>{}</code>").format(value)


def _time(stamp: int, viewer: Viewer) -> str:
    seconds = (viewer.now - datetime.fromtimestamp(stamp, UTC)).total_seconds()
    for length, name in _STEPS:
        if seconds >= length:
            count = round(seconds // length)
            return (
                f"{count} {name}{'s' if count > 1 else ''} ago"
                if count > 1
                else f"a{'n' * (name == 'hour')} {name} ago"
            )
    return "a few seconds ago"
