"""What others take for a message."""

import re
from collections.abc import Callable, Sequence
from importlib import import_module

from benchmarks.prefilter.systems import is_installed


def speed_peers(words: Sequence[str]) -> dict[str, Callable[[str], object]]:
    """Others by name, as far as they are installed; `words` for those that know keywords."""
    known: dict[str, Callable[[str], object]] = {}
    if is_installed("profanity_check", "alt-profanity-check"):
        known["alt-profanity-check (its own model)"] = _alt_profanity_check()
    if is_installed("better_profanity", "better-profanity"):
        known["better-profanity (its own words)"] = _better_profanity()
    few = [re.escape(word.strip("*")) for word in words[:1_000]]
    known[f"one regular expression of {len(few):,} keywords (re)"] = re.compile(
        rf"\b(?:{'|'.join(few)})\b", re.IGNORECASE
    ).search
    return known


def _alt_profanity_check() -> Callable[[str], object]:
    predict = import_module("profanity_check").predict_prob
    return lambda text: predict([text])


def _better_profanity() -> Callable[[str], object]:
    profanity = import_module("better_profanity").profanity
    profanity.load_censor_words()
    found: Callable[[str], object] = profanity.contains_profanity
    return found
