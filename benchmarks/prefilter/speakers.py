"""How often harmless messages are flagged, by the language and the dialect they are written in.

A filter must not flag people for how they write. Each group's lines are held against the starter policies at their
cold thresholds, and a group's flag rate is compared with the mean of the groups of its table.
"""

import math
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.prefilter.catalogues import by_language
from benchmarks.prefilter.knowing import LeaveOut
from benchmarks.prefilter.labelled import CHATS, rows
from benchmarks.prefilter.metrics import mean
from benchmarks.prefilter.tables import section, table
from inference.prefilter.prefilter import Prefilter
from inference.prefilter.suspicion import EvidenceKind, Suspicion
from policies.starter import starter_policies

_SEED = 17
_GUILD = 1
LEARNED = {EvidenceKind.EXAMPLE, EvidenceKind.RULE, EvidenceKind.SCORE}
"""What the learned score found; all else is an exact match."""
_FEWEST_LINES = 25
"""Fewer say nothing about a language."""
_DEVIATIONS = 1.96
_SHOWN = 12
"""Languages in the table: those flagged most. The others are summed up."""

_AFRICAN_AMERICAN = re.compile(
    r"\b(?:aint|ain't|dat|dis|dem|dey|da|wit|nuttin|somethin|finna|fina|tryna|gon|imma|ima|ion|iont|bouta|yall"
    r"|y'all|bruh|fam|talmbout|talkin|doin|nothin|lil|cuz|turnt|she be|he be|they be|we be|i be|u be)\b",
    re.IGNORECASE,
)
"""Spellings and forms of African American English on Twitter, after Blodgett, Green and O'Connor (2016),
Demographic Dialectal Variation in Social Media, section 4: a rough sign of the dialect, not of the person."""


@dataclass(frozen=True, slots=True)
class Speakers:
    """Harmless lines of people who write alike."""

    name: str
    lines: tuple[str, ...]
    source: str | None = None
    """The labelled set that they are from, if what is shipped may know it."""


@dataclass(frozen=True, slots=True)
class FlagRate:
    """Shares of a group's lines."""

    name: str
    lines: int
    any: float
    learned: float
    """Flagged by the score alone."""

    @property
    def interval(self) -> tuple[float, float]:
        """Where the rate of flagged lines lies with 95% confidence (Wilson 1927)."""
        square = _DEVIATIONS**2 / max(1, self.lines)
        middle = (self.any + square / 2) / (1 + square)
        reach = math.sqrt(square * (self.any * (1 - self.any) + square / 4)) / (1 + square)
        return max(0.0, middle - reach), min(1.0, middle + reach)


def print_flag_rates(data: Path, translations: Path | None, leave_out: LeaveOut, most: int) -> None:
    """Both tables."""
    section(
        "Harmless lines flagged by any starter policy, by dialect and register",
        dialect_table(data, leave_out, most),
    )
    folder = translations or installed_catalogues()
    if folder is None:
        print("No catalogues: give a folder with --translations, or install Django. No language is measured.\n")
        return
    found = by_language(folder, most, _SEED)
    languages = [Speakers(name, lines) for name, lines in found.items() if len(lines) >= _FEWEST_LINES]
    section("The same by language", language_table(languages, leave_out))


def dialect_table(data: Path, leave_out: LeaveOut, most: int) -> str:
    """A row for each dialect or register."""
    rates = flag_rates(dialects(data, most), leave_out)
    return _table(rates, rates)


def language_table(languages: Sequence[Speakers], leave_out: LeaveOut) -> str:
    """The languages that are flagged most, English, and a line about all of them."""
    rates = sorted(flag_rates(languages, leave_out), key=lambda rate: -rate.any)
    shown = [rate for place, rate in enumerate(rates) if place < _SHOWN or rate.name.startswith("en")]
    above = sum(rate.any > 1.25 * mean([it.any for it in rates]) for rate in rates)
    summary = (
        "The lines are software's, mostly about accounts and forms. The English originals say the same: a "
        f"language that is flagged more than they are is flagged for how it is written. {len(rates)} languages, "
        f"{above} of them above 1.25 times the mean; the {_SHOWN} highest, and English:"
    )
    return f"{summary}\n\n{_table(shown, rates)}"


def flag_rates(groups: Sequence[Speakers], leave_out: LeaveOut) -> list[FlagRate]:
    """What the starter policies flag of each group's lines, without the source that the lines are from."""
    starters = list(starter_policies().values())
    prefilters: dict[str | None, Prefilter] = {}
    last = None
    for source in {it.source for it in groups}:
        last = prefilters[source] = Prefilter.build({_GUILD: starters}, leave_out(source), last)
    return [_flag_rate(group, prefilters[group.source]) for group in groups]


def _flag_rate(group: Speakers, prefilter: Prefilter) -> FlagRate:
    found = [prefilter.inspect(_GUILD, line) for line in group.lines]
    learned = sum(bool(each) and all(map(_only_learned, each)) for each in found)
    total = max(1, len(found))
    return FlagRate(group.name, len(found), sum(map(bool, found)) / total, learned / total)


def dialects(data: Path, most: int) -> list[Speakers]:
    """American tweets in two dialects, technical chat, Reddit, textbook English: those that the folder has."""
    chance = random.Random(_SEED)
    groups = []
    davidson = data / "davidson.jsonl"
    if davidson.exists():
        tweets = [row["text"] for row in rows(davidson) if row["category"] == "neither"]
        marked = [text for text in tweets if _AFRICAN_AMERICAN.search(text)]
        plain = [text for text in tweets if not _AFRICAN_AMERICAN.search(text)]
        groups += [
            Speakers("tweets with forms of African American English", _drawn(marked, most, chance), davidson.stem),
            Speakers("tweets without them", _drawn(plain, most, chance), davidson.stem),
        ]
    for name in CHATS:
        file = data / f"{name}.jsonl"
        if file.exists():
            lines = [row["text"] for row in rows(file)]
            groups.append(Speakers(_REGISTERS[name], _drawn(lines, most, chance)))
    return groups


_REGISTERS = {
    "bg_goemotions_reddit": "Reddit comments (not filtered for harm)",
    "bg_dailydialog": "textbook dialogues",
    "bg_ubuntu_irc": "technical chat (IRC)",
}


def _drawn(lines: Sequence[str], most: int, chance: random.Random) -> tuple[str, ...]:
    return tuple(chance.sample(lines, min(most, len(lines))))


def _only_learned(suspicion: Suspicion) -> bool:
    return all(item.kind in LEARNED for item in suspicion.evidence)


def _table(shown: Sequence[FlagRate], all_rates: Sequence[FlagRate]) -> str:
    average = mean([rate.any for rate in all_rates])
    last = ["mean", "", f"{average:.1%}", "", f"{mean([it.learned for it in all_rates]):.1%}", "1"]
    heads = ["who", "lines", "flagged", "95% interval", "by the score alone", "times the mean"]
    return table(heads, [*(_cells(rate, average) for rate in shown), last])


def _cells(rate: FlagRate, average: float) -> list[str]:
    low, high = rate.interval
    times = f"{rate.any / average:.2f}" if average else "-"
    return [
        rate.name,
        f"{rate.lines}",
        f"{rate.any:.1%}",
        f"{low:.1%} to {high:.1%}",
        f"{rate.learned:.1%}",
        times,
    ]


def installed_catalogues() -> Path | None:
    """Django's folder, if it is installed."""
    found = find_spec("django")
    return Path(found.origin).parent if found is not None and found.origin else None
