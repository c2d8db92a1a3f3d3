"""What to write instead: an example for each key of a policy file, the nearest known word for a wrong one."""

import difflib
import math
import re
from collections.abc import Sequence

from pydantic import BaseModel

from policies.constraints import LONGEST_TIMEOUT_MINUTES
from policies.policy import Policy

_EXAMPLES = {
    "format": "format: 1",
    "title": "title: Harassment",
    "mode": "mode: live",
    "care": "care: support",
    "goal": "goal: Keep members free from attacks on their person.",
    "definitions": "definitions: {member: anyone in this server}",
    "rules": "rules:` and below it `- {id: H1, text: Insults aimed at a member.}",
    "id": "id: H1",
    "text": "text: …",
    "terms": "terms: [idiot, loser]",
    "severity": "severity: medium",
    "suggest": "suggest: [delete, timeout 1h]",
    "allowed": "allowed:` and below it `- Blunt criticism of an idea.",
    "examples": 'examples:` and below it `- {text: "you are trash", verdict: H1}',
    "verdict": "verdict: H1` or `verdict: allowed",
    "note": "note: no person is meant",
    "show": "show: true",
    "scope": "scope: {channels: [], except_channels: [], except_roles: []}",
    "channels": "channels: [123456789012345678]",
    "except_channels": "except_channels: [123456789012345678]",
    "except_roles": "except_roles: [123456789012345678]",
    "prefilter": "prefilter: {keywords: [idiot, loser], flag_rate: 0.05}",
    "keywords": "keywords: [idiot, loser]",
    "patterns": "patterns:` and below it `- 'discord\\.gg/\\w+'",
    "signals": "signals: [phishing-link, mass-mention 5, repeat 3 in 2m]",
    "flag_rate": "flag_rate: 0.05",
    "judge": "judge: {effort: low, context: 4, threshold: 0.5}",
    "effort": "effort: low",
    "context": "context: 4",
    "threshold": "threshold: 0.5",
    "unsure": "unsure: [0.2, 0.8]",
    "second_effort": "second_effort: medium",
}
_LONGEST_GUESS = 40
"""Words longer than this are not compared with the known ones: that would take too long."""
_WORDY_TIMEOUT = re.compile(r"(?:timeout|time out|mute)[ :]*(?:for +)?([0-9]{1,6}) *(mo|[smhdw])[a-z]*")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_592_000}


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that a file may hold where this model stands. A policy's id is the file's name, not a key."""
    return tuple(name for name in model.model_fields if not (model is Policy and name == "id"))


def for_path(path: tuple[str | int, ...]) -> str:
    """How the value at this path is written."""
    keys = [part for part in path if isinstance(part, str)]
    example = _EXAMPLES.get(keys[-1]) if keys else None
    return f"write `{example}`" if example else "see the starter policies for how it is written"


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that was probably meant."""
    if len(word) > _LONGEST_GUESS:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(word.casefold(), list(by_folded), n=1)
    return by_folded[found[0]] if found else None


def instead_of(key: str, model: type[BaseModel]) -> str:
    """What to write instead of an unknown key."""
    if model is Policy and key == "id":
        return "delete it: a policy's id is its file's name"
    known = keys_of(model)
    meant = nearest(key, known)
    guess = f"did you mean `{meant}`? " if meant else ""
    return f"{guess}the keys here are: {', '.join(known)}"


def instead_of_suggestion(text: str) -> str:
    """What to write instead of something that cannot be suggested: `timeout 90m` for `timeout 90 minutes`."""
    written = text.strip().lower()
    found = _WORDY_TIMEOUT.fullmatch(written)
    if found:
        return f"write `{_timeout(int(found[1]), found[2])}`"
    if written in {"timeout", "mute"}:
        return "write how long: `timeout 1h`"
    meant = nearest(written, ("delete", "warn", "kick", "ban"))
    return f"write `{meant}`" if meant else "write delete, warn, kick, ban, or timeout with a length: `timeout 1h`"


def _timeout(amount: int, unit: str) -> str:
    """A timeout of this length, kept in its unit where that can be written, at most as long as Discord allows."""
    wanted = amount * _SECONDS[unit] / 60
    minutes = max(1, min(math.ceil(wanted), LONGEST_TIMEOUT_MINUTES))
    if unit in "mhd" and minutes == wanted and amount < 1000:
        return f"timeout {amount}{unit}"
    if minutes % 1440 == 0:
        return f"timeout {minutes // 1440}d"
    return f"timeout {minutes}m" if minutes < 1000 else f"timeout {math.ceil(minutes / 60)}h"
