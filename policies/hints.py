"""What to write instead: an example for each key of a policy file, the nearest known word for a wrong one."""

import difflib
import math
import re
from collections.abc import Sequence

from pydantic import BaseModel

from policies.constraints import LONGEST_TIMEOUT_MINUTES
from policies.phrases import Phrase, code, phrase
from policies.policy import Policy


def _write(text: str, said: Phrase | None = None) -> Phrase:
    """A line of a file; `said` stands at its `{said}`."""
    sample = f"`{text}`" if said is None else code(f"`{text}`", said=said)
    return phrase("write {sample}", sample=sample)


def _write_below(key: str, entry: Phrase | str) -> Phrase:
    return phrase("write {key} and below it {entry}", key=f"`{key}:`", entry=entry)


_MEMBERS_WORDS = phrase("idiot, loser")
_HINTS = {
    "format": _write("format: 1"),
    "title": _write("title: {said}", phrase("Harassment")),
    "mode": _write("mode: live"),
    "care": _write("care: support"),
    "goal": _write("goal: {said}", phrase("Keep members free from attacks on their person.")),
    "definitions": _write("definitions: {{member: {said}}}", phrase("anyone in this server")),
    "rules": _write_below(
        "rules", code("`- {{id: H1, text: {said}}}`", said=phrase("Insults aimed at a member."))
    ),
    "id": _write("id: H1"),
    "text": _write("text: …"),
    "terms": _write("terms: [{said}]", _MEMBERS_WORDS),
    "severity": _write("severity: medium"),
    "suggest": _write("suggest: [delete, timeout 1h]"),
    "allowed": _write_below("allowed", code("`- {said}`", said=phrase("Blunt criticism of an idea."))),
    "examples": _write_below(
        "examples", code('`- {{text: "{said}", verdict: H1}}`', said=phrase("you are trash"))
    ),
    "verdict": phrase("write {one} or {other}", one="`verdict: H1`", other="`verdict: allowed`"),
    "note": _write("note: {said}", phrase("no person is meant")),
    "show": _write("show: true"),
    "scope": _write("scope: {channels: [], except_channels: [], except_roles: []}"),
    "channels": _write("channels: [123456789012345678]"),
    "except_channels": _write("except_channels: [123456789012345678]"),
    "except_roles": _write("except_roles: [123456789012345678]"),
    "prefilter": _write("prefilter: {{keywords: [{said}], flag_rate: 0.05}}", _MEMBERS_WORDS),
    "keywords": _write("keywords: [{said}]", _MEMBERS_WORDS),
    "patterns": _write_below("patterns", "`- 'discord\\.gg/\\w+'`"),
    "signals": _write("signals: [phishing-link, mass-mention 5, repeat 3 in 2m]"),
    "flag_rate": _write("flag_rate: 0.05"),
    "judge": _write("judge: {effort: low, context: 4, threshold: 0.5}"),
    "effort": _write("effort: low"),
    "context": _write("context: 4"),
    "threshold": _write("threshold: 0.5"),
    "unsure": _write("unsure: [0.2, 0.8]"),
    "second_effort": _write("second_effort: medium"),
}
_ELSEWHERE = phrase("see the starter policies for how it is written")
_LONGEST_GUESS = 40
"""Words longer than this are not compared with the known ones: that would take too long."""
_WORDY_TIMEOUT = re.compile(r"(?:timeout|time out|mute)[ :]*(?:for +)?([0-9]{1,6}) *(mo|[smhdw])[a-z]*")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_592_000}


def keys_of(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that a file may hold where this model stands. A policy's id is the file's name, not a key."""
    return tuple(name for name in model.model_fields if not (model is Policy and name == "id"))


def for_path(path: tuple[str | int, ...]) -> Phrase:
    """How the value at this path is written."""
    keys = [part for part in path if isinstance(part, str)]
    return _HINTS.get(keys[-1], _ELSEWHERE) if keys else _ELSEWHERE


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The known word that was probably meant."""
    if len(word) > _LONGEST_GUESS:
        return None
    by_folded = {candidate.casefold(): candidate for candidate in known}
    found = difflib.get_close_matches(word.casefold(), list(by_folded), n=1)
    return by_folded[found[0]] if found else None


def instead_of(key: str, model: type[BaseModel]) -> Phrase:
    """What to write instead of an unknown key."""
    if model is Policy and key == "id":
        return phrase("delete it: a policy's id is its file's name")
    known = keys_of(model)
    keys, meant = ", ".join(known), nearest(key, known)
    if meant:
        return phrase("did you mean {guess}? the keys here are: {keys}", guess=f"`{meant}`", keys=keys)
    return phrase("the keys here are: {keys}", keys=keys)


def instead_of_suggestion(text: str) -> Phrase:
    """What to write instead of something that cannot be suggested: `timeout 90m` for `timeout 90 minutes`."""
    written = text.strip().lower()
    found = _WORDY_TIMEOUT.fullmatch(written)
    if found:
        return _write(_timeout(int(found[1]), found[2]))
    if written in {"timeout", "mute"}:
        return phrase("write how long: `timeout 1h`")
    meant = nearest(written, ("delete", "warn", "kick", "ban"))
    if meant:
        return _write(meant)
    return phrase("write delete, warn, kick, ban, or timeout with a length: `timeout 1h`")


def _timeout(amount: int, unit: str) -> str:
    """A timeout of this length, kept in its unit where that can be written, at most as long as Discord allows."""
    wanted = amount * _SECONDS[unit] / 60
    minutes = max(1, min(math.ceil(wanted), LONGEST_TIMEOUT_MINUTES))
    if unit in "mhd" and minutes == wanted and amount < 1000:
        return f"timeout {amount}{unit}"
    if minutes % 1440 == 0:
        return f"timeout {minutes // 1440}d"
    return f"timeout {minutes}m" if minutes < 1000 else f"timeout {math.ceil(minutes / 60)}h"
