"""The labelled sets and the chats that detection is measured on.

Files are JSON Lines, one object with `text`, `label` (1: violating) and `category` a line. A set is about one
policy; the allowed rows of the same source are its look-alike negatives.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from policies.document import load_policy
from policies.policy import Policy
from policies.starter import starter_policies

POLICIES = Path(__file__).parent / "policies"
"""Policies for sets that no starter policy is about."""

_ARGUMENT = re.compile(r"(?P<name>[^=]+)=(?P<file>.+?\.jsonl)(?::(?P<category>[^=]+))?=(?P<policy>.+)")


class Row(TypedDict):
    text: str
    label: int
    category: str


@dataclass(frozen=True, slots=True)
class SetSpec:
    """Where a set is, and which policy it is about."""

    name: str
    file: Path
    policy: str
    """The id of a starter policy, or the path of a policy file."""
    category: str | None = None
    """Which rows labelled 1 are violating; None: all of them."""
    look_alikes: tuple[str, ...] | None = None
    """The categories of the allowed rows, whatever their label says; None: all rows labelled 0, of the same
    category if there are such rows."""


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Texts that break a policy, and texts of the same source that do not. No text is there twice."""

    name: str
    source: str
    """The name of the file, without its ending."""
    policy: Policy
    """Without examples."""
    violating: tuple[str, ...]
    allowed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chat:
    """Ordinary lines, each once."""

    source: str
    lines: tuple[str, ...]

    @property
    def name(self) -> str:
        """What tables call it."""
        return self.source.removeprefix("bg_")


def built_in_sets(data: Path) -> list[SetSpec]:
    """The sets that we know of, as far as their files are in the folder."""
    moderation = data / "openai_moderation.jsonl"
    davidson = data / "davidson.jsonl"
    specs = [
        *(SetSpec(f"OpenAI {category}", moderation, policy, category) for category, policy in _MODERATION.items()),
        SetSpec("Davidson hate", davidson, "hate", "hate", ("offensive", "neither")),
        SetSpec("Davidson offensive", davidson, str(POLICIES / "crude-language.yaml"), "offensive", ("neither",)),
        SetSpec("Civil Comments", data / "civil_toxic_spans.jsonl", "harassment"),
        SetSpec("HatemojiBuild", data / "hatemojibuild.jsonl", "hate"),
        SetSpec("Stormfront", data / "stormfront.jsonl", "hate"),
    ]
    return [spec for spec in specs if spec.file.exists()]


_MODERATION = {
    "S": "sexual-content", "S3": "sexual-minors", "H": "hate", "H2": "hate", "V": "threats",
    "V2": str(POLICIES / "graphic-violence.yaml"), "HR": "harassment", "SH": "self-harm",
}  # fmt: skip

CHATS = ("bg_goemotions_reddit", "bg_dailydialog", "bg_ubuntu_irc")


def spec_of(argument: str) -> SetSpec:
    """What `NAME=FILE.jsonl[:category]=POLICY` stands for; ValueError if it is not of that form."""
    match = _ARGUMENT.fullmatch(argument)
    if match is None:
        raise ValueError(f"{argument!r} is not NAME=FILE.jsonl[:category]=POLICY (a .yaml file or a starter's id)")
    return SetSpec(match["name"], Path(match["file"]), match["policy"], match["category"])


def load_set(spec: SetSpec, most: int, seed: int) -> LabelledSet:
    """The set, of either kind `most` texts at most, drawn at random."""
    kept = list(rows(spec.file))
    violating = _unique(row["text"] for row in kept if _violates(row, spec))
    look_alikes = _unique(row["text"] for row in _allowed(kept, spec))
    allowed = {key: text for key, text in look_alikes.items() if key not in violating}
    if not violating or not allowed:
        raise ValueError(f"{spec.name}: {len(violating)} violating and {len(allowed)} allowed rows in {spec.file}")
    chance = random.Random(seed)
    return LabelledSet(
        spec.name,
        spec.file.stem,
        policy_of(spec.policy),
        _drawn(violating, most, chance),
        _drawn(allowed, most, chance),
    )


def load_chat(file: Path, most: int, seed: int) -> Chat:
    """A chat, `most` lines of it at most, drawn at random."""
    return Chat(file.stem, _drawn(_unique(row["text"] for row in rows(file)), most, random.Random(seed)))


def policy_of(name: str) -> Policy:
    """A starter policy by its id or a policy by its file, without its examples."""
    starters = starter_policies()
    policy = starters[name] if name in starters else load_policy(Path(name))
    return policy.model_copy(update={"examples": ()})


def rows(file: Path) -> Iterator[Row]:
    """The rows of a file."""
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _violates(row: Row, spec: SetSpec) -> bool:
    return bool(row["label"]) and spec.category in (None, row["category"])


def _allowed(kept: Sequence[Row], spec: SetSpec) -> list[Row]:
    if spec.look_alikes is not None:
        return [row for row in kept if row["category"] in spec.look_alikes]
    allowed = [row for row in kept if not row["label"]]
    return [row for row in allowed if row["category"] == spec.category] or allowed


def _unique(texts: Iterator[str]) -> dict[str, str]:
    """Each text once, without blank ones: texts that differ in spaces and capitals only have one key."""
    return {" ".join(text.lower().split()): text for text in texts if text.strip()}


def _drawn(texts: Mapping[str, str], most: int, chance: random.Random) -> tuple[str, ...]:
    return tuple(chance.sample(list(texts.values()), min(most, len(texts))))
