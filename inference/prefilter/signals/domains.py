"""Lists of domains that are known for phishing: reading, checking and asking them."""

import functools
import gzip
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import resources

from inference.prefilter.signals.hosts import plain_host, public_suffix, registrable
from inference.prefilter.signals.well_known import WellKnown

MAX_DOMAINS = 500_000
"""Entries of one list. Each takes about 150 bytes of memory."""
MAX_UNREADABLE = 0.01
"""The share of lines that may be no domains: more of them, and the text is no such list."""
_LONGEST_LINE = 2_000
_SHIPPED = "phishing_domains.txt.gz"

_DECORATION = re.compile(r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)\s+|\|\||\^$|https?://", re.IGNORECASE)
"""What hosts files and filter lists write around a domain."""
_ENTRY = re.compile(r"([^\s/?#]+)(/[^\s?#]*)?[^\s]*")


class UnreadableList(ValueError):
    """A text is no list of domains. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line of a list that was left out."""

    line: int
    """Counted from 1."""
    reason: str


@dataclass(frozen=True, slots=True)
class DomainList:
    """Domains, and single addresses at places that many share (`bit.ly/abc`). Immutable."""

    entries: frozenset[str]
    skipped: tuple[Skipped, ...] = ()
    """Lines that were left out when the list was read."""

    @classmethod
    def shipped(cls) -> "DomainList":
        """The list that comes with the package, read once (see data/NOTICE.md)."""
        return _shipped()

    @classmethod
    def parse(cls, text: str) -> "DomainList":
        """Read a list: a domain or an address on each line, also as in hosts files and filter lists.

        Empty lines and those that begin with `#` or `!` say nothing. A line that would catch everybody (a suffix
        like `co.uk`, a well-known domain) is left out, and so are a few that cannot be read.

        Raises:
            UnreadableList: no domain, too many of them, or more than `MAX_UNREADABLE` of the lines are no domains.
        """
        entries, skipped, unreadable = _read(text.splitlines())
        if not entries:
            raise UnreadableList(_with_first("there is no domain in it", skipped))
        if unreadable > MAX_UNREADABLE * (len(entries) + unreadable):
            raise UnreadableList(_with_first(f"{unreadable} of its lines are no domains", skipped))
        return cls(frozenset(entries), tuple(skipped))

    def listed(self, host: str, path: str = "") -> str | None:
        """The entry that a plain host falls under, its own or that of a domain above it; None if there is none."""
        entries = self.entries
        if host in entries:
            return host
        rest = host
        while "." in (rest := rest.partition(".")[2]):
            if rest in entries:
                return rest
        return self._listed_address(host, path) if len(path) > 1 else None

    def _listed_address(self, host: str, path: str) -> str | None:
        address = (host.removeprefix("www.") + re.split(r"[?#]", path, maxsplit=1)[0].rstrip("/")).lower()
        return address if address in self.entries else None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the entries: two lists with one digest say the same."""
        return hashlib.sha256("\n".join(sorted(self.entries)).encode()).hexdigest()


def _read(lines: Iterable[str]) -> tuple[set[str], list[Skipped], int]:
    entries: set[str] = set()
    skipped: list[Skipped] = []
    unreadable = 0
    for number, line in _numbered(lines):
        entry = _entry(line)
        reason = "it is no domain" if entry is None else _too_much(entry)
        unreadable += entry is None
        if entry is None or reason:
            skipped.append(Skipped(number, reason))
            continue
        entries.add(entry)
        if len(entries) > MAX_DOMAINS:
            raise UnreadableList(f"it has more than {MAX_DOMAINS} domains")
    return entries, skipped, unreadable


def _numbered(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines that say something, without what stands around the domain."""
    for number, line in enumerate(lines, start=1):
        said = line[:_LONGEST_LINE].partition("#")[0].strip()
        if said and not said.startswith("!"):
            yield number, _DECORATION.sub("", said)


def _entry(line: str) -> str | None:
    """The plain domain of a line, and its path if it names a single address."""
    match = _ENTRY.fullmatch(line)
    host = plain_host(match[1].partition(":")[0]) if match else None
    if match is None or host is None or public_suffix(host) is None:
        return None
    path = (match[2] or "").rstrip("/").lower()
    return host.removeprefix("www.") + path if registrable(host.removeprefix("www.")) else host + path


def _too_much(entry: str) -> str:
    """Why an entry would catch what it must not; empty if it would not."""
    if "/" in entry:
        return ""
    if registrable(entry) is None:
        return "everybody's domains end in it"
    return "it is a well-known domain" if WellKnown.shipped().owner(entry) else ""


def _with_first(message: str, skipped: list[Skipped]) -> str:
    return f"{message} (the first is line {skipped[0].line})" if skipped else message


@functools.cache
def _shipped() -> DomainList:
    """The shipped list was checked when it was made: its lines are its entries."""
    data = (resources.files("inference.prefilter") / "data" / _SHIPPED).read_bytes()
    return DomainList(frozenset(gzip.decompress(data).decode("utf-8").splitlines()))
