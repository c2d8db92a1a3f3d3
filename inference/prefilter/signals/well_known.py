"""The names that phishing borrows, and the domains that really are theirs: data/well_known.txt."""

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources

_FILE = "well_known.txt"


@dataclass(frozen=True, slots=True)
class Name:
    """A name that people trust."""

    text: str
    domain: str
    """Where it is at home: what a look-alike is said to look like."""
    in_countries: bool
    """Whether its owner has a domain in many countries (`amazon.de`)."""
    guarded: bool
    """Whether an honest domain of anybody else seldom holds it."""
    guarded_as_word: bool
    """Whether an honest domain of anybody else seldom holds it between hyphens."""
    needs_bait: bool
    """Whether it is a word of its own, and counts beside a bait only."""
    no_slips: bool
    """Whether slips of the finger in it lead to honest names."""


@dataclass(frozen=True, slots=True)
class WellKnown:
    """The names, their owners' domains, the words that baits are made of, and honest words that look alike."""

    names: tuple[Name, ...]
    owners: Mapping[str, str]
    """{domain: name}."""
    baits: frozenset[str]
    """What stands beside a name in a domain that is made to be clicked: gift, login."""
    honest: frozenset[str]
    """Labels that look like a name and are words, or names, of their own."""

    @classmethod
    def shipped(cls) -> "WellKnown":
        """The names that come with the package, read once."""
        return _shipped()

    @classmethod
    def parse(cls, lines: Iterable[str]) -> "WellKnown":
        """Read the lines of the file; its head says how they are written."""
        names: list[Name] = []
        owners: dict[str, str] = {}
        words: dict[str, set[str]] = {"bait": set(), "honest": set()}
        for line in lines:
            key, _, rest = line.partition(":")
            if not rest or line.startswith("#"):
                continue
            if key in words:
                words[key].update(rest.split())
                continue
            name = _name(key, rest.split())
            names.append(name)
            owners |= {} if name.needs_bait else dict.fromkeys(rest.split(), name.text)
        return cls(tuple(names), owners, frozenset(words["bait"]), frozenset(words["honest"]))

    def owner(self, host: str) -> str | None:
        """The name whose owner a plain host belongs to; None if it is none of them."""
        while host:
            if host in self.owners:
                return self.owners[host]
            host = host.partition(".")[2]
        return None


def _name(key: str, domains: list[str]) -> Name:
    text = key.rstrip("*!-?=")
    signs = key[len(text) :]
    return Name(
        text,
        domains[0],
        in_countries="*" in signs,
        guarded="!" in signs,
        guarded_as_word="-" in signs or "!" in signs,
        needs_bait="?" in signs,
        no_slips="=" in signs,
    )


@functools.cache
def _shipped() -> WellKnown:
    text = (resources.files("inference.prefilter") / "data" / _FILE).read_text("utf-8")
    return WellKnown.parse(text.splitlines())
