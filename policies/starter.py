"""The starter policies that ship with Safeguild. A guild copies them and makes them its own.

Each is there in every one of `STARTER_LANGUAGES`, not translated but written anew: with the same id, rule ids,
severities and suggestions, so that labels and figures compare.
"""

import functools
from importlib.resources import files
from importlib.resources.abc import Traversable

from policies.document import parse_policy
from policies.policy import Policy

ENGLISH = "en"
STARTER_LANGUAGES = (ENGLISH, "de", "es")
"""ISO 639-1 codes. English stands in for every other."""


def starter_policies(language: str = ENGLISH) -> dict[str, Policy]:
    """All starter policies of a language by id, sorted; the English ones where that language has none."""
    return dict(_parsed(_spoken(language)))


def starter_text(policy_id: str, language: str = ENGLISH) -> str:
    """A starter policy's YAML as its authors wrote it, comments included; KeyError if there is none of that id."""
    folder = _library(_spoken(language))
    if policy_id not in _ids(folder):
        raise KeyError(policy_id)
    return folder.joinpath(f"{policy_id}.yaml").read_text(encoding="utf-8")


@functools.lru_cache(maxsize=len(STARTER_LANGUAGES))
def _parsed(language: str) -> dict[str, Policy]:
    return {
        name: parse_policy(starter_text(name, language), policy_id=name, filename=f"{name}.yaml")
        for name in _ids(_library(language))
    }


def _spoken(language: str) -> str:
    return language if language in STARTER_LANGUAGES else ENGLISH


def _ids(folder: Traversable) -> list[str]:
    return sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml"))


def _library(language: str) -> Traversable:
    """The English ones stand in the library itself: they were there first, and their paths are known."""
    library = files("policies") / "library"
    return library if language == ENGLISH else library / language
