"""The links in a text as people read, click or copy them, and where each of them leads."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inference.prefilter.signals.hosts import (
    DOTS,
    INVISIBLE,
    is_top_level,
    plain_host,
    registrable,
)

MAX_LINKS = 24
"""Different addresses that are looked at in one text."""
_MAX_SEEN = 200
"""Addresses that are looked at in one text, the same ones counted again."""

_LONGEST_PATH = 64
_LONGEST_SHOWN = 300
"""Characters of a link's text, in brackets before the address."""

_NAME = rf"[\w\-%\u0300-\u036f\u24b6-\u24e9\U0001f130-\U0001f189{INVISIBLE}]"
_DOT = rf"(?:[{DOTS}]|\[[{DOTS}]\]|\([{DOTS}]\)|[\[(]dot[\])])"
_HOST = rf"{_NAME}++(?:{_DOT}{_NAME}++)++"
_SCHEME = r"h(?:tt|xx)ps?(?::|\[:\])[/\\]{2,8}"

_DOTTED = re.compile(r"\.[\w%\])\xad]")
_OTHER_DOTS = re.compile(rf"[{DOTS[1:]}]|\.[{INVISIBLE}]")
_BRACKETED_DOTS = ("[dot]", "(dot)", "[DOT]", "(DOT)")
_LINK = re.compile(
    rf"{_SCHEME}(?P<authority>(?:[^\s/?#\\<>()\[\]|\"`,]|,(?!h(?:tt|xx)ps?:)|\[[{DOTS}]\]|\([{DOTS}]\)|[\[(]dot[\])])++)"
    rf"|(?<![\w\-@\\%{DOTS}])(?<!(?<!/)/)(?P<host>{_HOST})(?!@)",
    re.IGNORECASE,
)
"""With a scheme all up to the path, since a name may stand before the host; without one what looks like a host and
is no part of a path."""
_WHOLE_HOST = re.compile(rf"{_HOST}|{_NAME}++", re.IGNORECASE)
_PATH = re.compile(rf"(?::\d{{1,5}})?([/?#\\][^\s<>()\[\]|\"`]{{0,{_LONGEST_PATH}}}+)?")
_SHOWN_ADDRESS = re.compile(rf"(?:{_SCHEME}|(?=www{_DOT}))({_HOST})", re.IGNORECASE)
_SHOWN_END = re.compile(r"\]\(\s?<?$")


@dataclass(frozen=True, slots=True)
class Link:
    """One address in a text."""

    start: int
    end: int
    """The span in the text, path included."""
    host: str
    """As `plain_host` gives it."""
    path: str
    """From the first slash on, as written and cut; empty if there is none."""
    has_scheme: bool
    """Whether a click on it opens it: Discord makes links of those with a scheme only."""
    posed: str | None = None
    """The domain that it shows to the reader where it leads to another one."""


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a text, each address once."""

    found: tuple[Link, ...]
    more: Link | None = None
    """The first one of too many: it and those that follow are not looked at."""


NO_LINKS = Links(())


def links_in(text: str) -> Links:
    """The links of a text. Any text will do; the time grows with its length only."""
    if not _may_hold_link(text):
        return NO_LINKS
    found: dict[tuple[str, str, str | None], Link] = {}
    for seen, (match, host) in enumerate(_hosts(text)):
        authority = match["authority"]
        path = _PATH.match(text, match.end())
        assert path is not None
        posed = _posed_before(authority, host) or _posed_in_text(text, match.start(), host) if authority else None
        key = host, path[1] or "", posed
        if key in found and seen < _MAX_SEEN:
            continue
        link = Link(match.start(), path.end(), host, key[1], authority is not None, posed)
        if len(found) == MAX_LINKS or seen == _MAX_SEEN:
            return Links(tuple(found.values()), link)
        found[key] = link
    return Links(tuple(found.values())) if found else NO_LINKS


def _may_hold_link(text: str) -> bool:
    """Whether there is a dot with something behind it, or a scheme: most messages hold no link."""
    if "." in text and _DOTTED.search(text):
        return True
    if not text.isascii() and _OTHER_DOTS.search(text):
        return True
    return "://" in text or (("(" in text or "[" in text) and any(dot in text for dot in _BRACKETED_DOTS))


def _hosts(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """What looks like a link and leads to a host, and that host."""
    known: dict[str, str | None] = {}
    for match in _LINK.finditer(text):
        written = match["authority"] or match["host"]
        if written not in known:
            known[written] = _host_of(written) if match["authority"] else _bare_host(written)
        host = known[written]
        if host is not None:
            yield match, host


def _host_of(authority: str) -> str | None:
    """The host of what stands between scheme and path: behind the last `@`, up to the port."""
    host = _WHOLE_HOST.match(authority.rpartition("@")[2])
    return plain_host(host[0]) if host else None


def _bare_host(written: str) -> str | None:
    """A host without a scheme must end in a top-level domain: otherwise it is a file, a number, two sentences."""
    last = written.rpartition(".")[2].lower()
    if last.isascii() and last.isalnum() and not is_top_level(last):
        return None
    host = plain_host(written)
    return host if host and is_top_level(host.rpartition(".")[2]) else None


def _posed_before(authority: str, host: str) -> str | None:
    """The domain in the place of a user's name: `https://discord.com@evil.example` leads to evil.example."""
    name, at, _ = authority.rpartition("@")
    shown = _WHOLE_HOST.match(name) if at else None
    return _other_than(host, plain_host(shown[0])) if shown else None


def _posed_in_text(text: str, start: int, host: str) -> str | None:
    """The domain that a link's text shows: `[https://discord.com](https://evil.example)`.

    Only a whole address counts: `[node.js](https://nodejs.org)` shows a name.
    """
    if start < 2 or text[start - 1] not in "(< " or _SHOWN_END.search(text, max(0, start - 4), start) is None:
        return None
    close = text.rfind("](", 0, start)
    opened = text.rfind("[", max(0, close - _LONGEST_SHOWN), close)
    shown = _SHOWN_ADDRESS.search(text, opened + 1, close) if opened >= 0 else None
    return _other_than(host, plain_host(shown[1])) if shown else None


def _other_than(host: str, shown: str | None) -> str | None:
    """The shown domain, if it is one and another than the host's."""
    if shown is None or registrable(shown) is None:
        return None
    return registrable(shown) if registrable(shown) != registrable(host) else None
