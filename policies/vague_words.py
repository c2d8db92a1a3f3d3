"""Words that two people read differently, in kinds: each kind has its own advice.

A rule has to name what is said, not how it feels: the judge knows no server's mood (OpenAI's gpt-oss-safeguard
guide: precise criteria; no "generally", no "usually"). These are no bad words: they say too little.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from types import MappingProxyType


class Vagueness(StrEnum):
    """Why a word says too little."""

    FEELING = "feeling"
    """It tells how something feels: toxic, inappropriate, bad vibes."""
    DEGREE = "degree"
    """It tells that there is too much, without how much: excessive, a lot."""
    HEDGE = "hedge"
    """It makes a rule hold now and then: usually, sometimes."""
    OPEN_END = "open end"
    """It leaves the rest to the reader: etc., and so on."""


_LISTED = MappingProxyType(
    {
        Vagueness.FEELING: (
            "toxic, toxicity, inappropriate, inappropriately, offensive, disrespectful, disrespect, rude, "
            "rudeness, problematic, unacceptable, harmful, negativity, immature, cringe, edgy, unpleasant, "
            "bad vibes, bad behavior, bad behaviour, bad language, bad words, be nice, be kind, be respectful, "
            "common sense, "
            "toxisch, toxisches, unangemessen, unangemessene, unangebracht, respektlos, unhöflich, anstößig, "
            "inakzeptabel, problematisch, schlechte stimmung, gesunder menschenverstand, "
            "tóxico, tóxica, inapropiado, inapropiada, ofensivo, ofensiva, irrespetuoso, irrespetuosa, "
            "inaceptable, malas vibras, sentido común"
        ),
        Vagueness.DEGREE: (
            "excessive, excessively, overly, too much, too many, too often, a lot of, "
            "übermäßig, übermäßiges, übertrieben, zu viel, zu oft, excesivo, excesiva, excesivamente, demasiado"
        ),
        Vagueness.HEDGE: (
            "generally, usually, normally, typically, sometimes, mostly, possibly, perhaps, maybe, in general, "
            "as a rule, most of the time, in most cases, "
            "normalerweise, meistens, manchmal, eventuell, vielleicht, in der regel, "
            "generalmente, normalmente, usualmente, a veces, en general, por lo general"
        ),
        Vagueness.OPEN_END: (
            "etc, and so on, and the like, or similar, and similar, anything else, and more, among others, "
            "usw, und so weiter, oder ähnliches, etcétera, y así, o similares"
        ),
    }
)
_BY_WORD = MappingProxyType(
    {word.casefold(): kind for kind, listed in _LISTED.items() for word in listed.split(", ")}
)
_VAGUE = re.compile(
    rf"(?<!\w)(?:{'|'.join(re.escape(word) for word in sorted(_BY_WORD, key=len, reverse=True))})(?!\w)"
)


def vague_words(text: str) -> Iterator[tuple[str, Vagueness]]:
    """Each vague word or phrase of a text with its kind, in small letters and in the text's order; each once."""
    seen: set[str] = set()
    for found in _VAGUE.finditer(" ".join(text.casefold().split())):
        if found[0] not in seen:
            seen.add(found[0])
            yield found[0], _BY_WORD[found[0]]
