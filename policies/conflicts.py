"""What is wrong between the parts of a policy: ids used twice, unknown rules, repeated words, too much shown, a
second look that never comes."""

from collections.abc import Iterator
from typing import Any

from policies import hints
from policies.constraints import DELETE_ONE, repeated
from policies.phrases import phrase
from policies.policy import ALLOWED, MAX_SHOWN_EXAMPLES, Effort, Judging
from policies.problems import Findings, shown
from policies.shape import Path, Shaper
from policies.signals import kind_of, repeated_kinds

Values = dict[str, Any]
"""What the shaper read. A part that could not be read is None or absent."""

_LISTED_IDS = 21
"""How many ids a hint lists: all that a policy can have, and `allowed`."""


def note_conflicts(values: Values, shaper: Shaper) -> None:
    """Note every conflict at the exact place. The policy's own validators refuse the same, without places."""
    _note_rule_ids(values, shaper)
    _note_unknown_verdicts(values, shaper)
    _note_too_many_shown(values, shaper)
    _note_second_look(values.get("judge") or {}, shaper)
    for path, words in _word_lists(values):
        _note_repeated_words(path, words, shaper)
    _note_repeated_signals((values.get("prefilter") or {}).get("signals") or (), shaper)


def _entries(values: Values, key: str) -> list[tuple[int, Values]]:
    """The readable entries of a list, with their positions."""
    return [(index, entry) for index, entry in enumerate(values.get(key) or ()) if entry is not None]


def _note_rule_ids(values: Values, shaper: Shaper) -> None:
    first: dict[str, int] = {}
    for index, rule in _entries(values, "rules"):
        path, rule_id = ("rules", index, "id"), rule.get("id")
        if rule_id is None:
            continue
        if rule_id == ALLOWED:
            message = phrase("a rule cannot be called {id}", id=f"`{ALLOWED}`")
            shaper.note(path, message, phrase("choose a short id, H1 for instance"))
        elif first.setdefault(rule_id, index) != index:
            line = shaper.places["rules", first[rule_id], "id"][0] + 1
            message = phrase("the rule id {id} is used twice (first in line {line})", id=shown(rule_id), line=line)
            shaper.note(path, message, phrase("give each rule an id of its own"))


def _note_unknown_verdicts(values: Values, shaper: Shaper) -> None:
    known = {ALLOWED: None} | {rule["id"]: None for _, rule in _entries(values, "rules") if rule.get("id")}
    readable = list(known)[:_LISTED_IDS]
    cited = [(index, example.get("verdict")) for index, example in _entries(values, "examples")]
    unknown = [(index, verdict) for index, verdict in cited if verdict is not None and verdict not in known]
    for index, verdict in unknown[: Findings.LIMIT]:
        meant = hints.nearest(verdict, readable)
        hint = phrase("write one of: {choices}")
        if meant:
            hint = phrase("did you mean {guess}? write one of: {choices}", guess=f"`{meant}`")
        message = phrase("no rule has the id {id}", id=shown(verdict))
        shaper.note(("examples", index, "verdict"), message, hint.about(choices=", ".join(readable)))


def _note_too_many_shown(values: Values, shaper: Shaper) -> None:
    marked = [index for index, example in _entries(values, "examples") if example.get("show")]
    for count, index in enumerate(marked[MAX_SHOWN_EXAMPLES:], start=MAX_SHOWN_EXAMPLES + 1):
        message = phrase("this is example number {count} with `show: true`; at most {most} can be shown")
        hint = phrase("take `show: true` away from the least telling ones")
        shaper.note(("examples", index, "show"), message.about(count=count, most=MAX_SHOWN_EXAMPLES), hint)


def _note_second_look(judge: Values, shaper: Shaper) -> None:
    """`unsure` and `second_effort` need `effort: auto`, and `unsure` has to hold the threshold."""
    effort = judge.get("effort", Judging.model_fields["effort"].default)
    if effort is Effort.AUTO:
        _note_threshold_outside_unsure(judge, shaper)
    elif effort is not None:
        for key in ("unsure", "second_effort"):
            if judge.get(key) is not None:
                message = phrase("{key} does nothing without `effort: auto`", key=f"`{key}`")
                hint = phrase("write `effort: auto` too, or delete {key}", key=f"`{key}`")
                shaper.note(("judge", key), message, hint)


def _note_threshold_outside_unsure(judge: Values, shaper: Shaper) -> None:
    fields = Judging.model_fields
    threshold, unsure = (judge.get(key, fields[key].default) for key in ("threshold", "unsure"))
    if threshold is None or unsure is None or None in unsure or len(unsure) != 2:
        return
    lower, upper = unsure
    if lower < upper and not lower <= threshold <= upper:
        message = phrase("the threshold {threshold} lies outside `unsure`, {lower} to {higher}")
        message = message.about(threshold=f"{threshold:g}", lower=f"{lower:g}", higher=f"{upper:g}")
        hint = phrase("write `unsure: [0.2, 0.8]`, the lower number first, with the threshold between the two")
        shaper.note(("judge", "unsure" if "unsure" in judge else "threshold"), message, hint)


def _word_lists(values: Values) -> Iterator[tuple[Path, tuple[str | None, ...]]]:
    for index, rule in _entries(values, "rules"):
        yield ("rules", index, "terms"), rule.get("terms") or ()
    yield ("prefilter", "keywords"), (values.get("prefilter") or {}).get("keywords") or ()


def _note_repeated_words(path: Path, words: tuple[str | None, ...], shaper: Shaper) -> None:
    readable = [(index, word) for index, word in enumerate(words) if word is not None]
    for position, earlier in repeated(word for _, word in readable):
        (index, word), (first, _) = readable[position], readable[earlier]
        line = shaper.places[*path, first][0] + 1
        message = phrase("{word} is listed twice (first in line {line})", word=shown(word), line=line)
        shaper.note((*path, index), message, DELETE_ONE)


def _note_repeated_signals(lines: tuple[str | None, ...], shaper: Shaper) -> None:
    path = ("prefilter", "signals")
    readable = [(index, line) for index, line in enumerate(lines) if line is not None]
    for position, earlier in repeated_kinds(line for _, line in readable):
        (index, line), (first, _) = readable[position], readable[earlier]
        at = shaper.places[*path, first][0] + 1
        message = phrase(
            "there are two lines of {kind} (the first in line {line})", kind=shown(kind_of(line)), line=at
        )
        shaper.note((*path, index), message, DELETE_ONE)
