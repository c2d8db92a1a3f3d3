"""Whose packages `bot`, `inference` and `policies` are. Imports nothing of theirs: they may be somebody else's."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path

from bot.doctor.check import Check, fail, ok, warn

PACKAGES = ("bot", "inference", "policies")
DISTRIBUTION = "safeguild"
HOME = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Names:
    """Where our package names lead."""

    home: Path
    """Where our own packages lie."""
    places: Mapping[str, Path | None]
    """Where Python finds each name; None if nowhere."""
    rivals: Mapping[str, tuple[str, ...]]
    """Other installed distributions that own the name."""


def find_names() -> Names:
    """Look where the names lead on this machine."""
    owners = packages_distributions()
    others = {
        name: {owner for owner in owners.get(name, ()) if owner.lower() != DISTRIBUTION} for name in PACKAGES
    }
    return Names(
        home=HOME,
        places={name: place_of(name) for name in PACKAGES},
        rivals={name: tuple(sorted(found)) for name, found in others.items()},
    )


def place_of(name: str) -> Path | None:
    """Where Python finds a package."""
    found = find_spec(name)
    return Path(found.origin) if found and found.origin else None


def is_ours(name: str) -> bool:
    """Whether a package's name leads to where our own packages lie."""
    place = place_of(name)
    return place is not None and HOME in place.parents


def check_names(names: Names) -> Check:
    """The names are common: another package of an environment, or a folder, may own one of them."""
    for name, place in names.places.items():
        if place is None or names.home not in place.parents:
            advice = "run `safeguild` out of an environment of its own (`make install`), without PYTHONPATH"
            found = f"found at {place}, not" if place else "not found"
            return fail("module names", f"`{name}` is {found} in {names.home}", advice)
    for name, owners in names.rivals.items():
        if owners:
            advice = f"give Safeguild an environment of its own, or remove the other: pip uninstall {owners[0]}"
            return warn("module names", f"another package ({', '.join(owners)}) owns `{name}` too", advice)
    return ok("module names", f"{', '.join(names.places)} are our own")
