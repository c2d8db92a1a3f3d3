"""What is compared: our own readings, the whole prefilter, and what others do. All know the same keywords."""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from inference.prefilter.keywords import KeywordHit, KeywordIndex
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.normalise import Normaliser
from inference.prefilter.prefilter import Prefilter
from policies.policy import Policy

GUILD = 1

Detector = Callable[[str], bool]


class Ours:
    """The keyword index with all readings of a text."""

    def __init__(self, keywords: Sequence[tuple[str, str]]) -> None:
        self._normaliser = Normaliser.shipped()
        self.index = KeywordIndex.build({GUILD: keywords}, self._normaliser)

    def __call__(self, text: str) -> bool:
        """Whether a keyword is found."""
        return bool(self.index.find(GUILD, self._normaliser.read(text)))

    def without_new(self, text: str) -> bool:
        """The same without masked and swapped letters, and without phrases run together."""
        reading = replace(self._normaliser.read(text), words=())
        return any(not _run_together(hit) for hit in self.index.find(GUILD, reading))


def _run_together(hit: KeywordHit) -> bool:
    return " " in hit.keyword.name and " " not in hit.keyword.plain


def whole(policies: Sequence[Policy]) -> Detector:
    """The prefilter with all that it has, at the policies' own flag rates."""
    prefilter = Prefilter.build({GUILD: policies}, Knowledge.shipped())
    return lambda text: bool(prefilter.inspect(GUILD, text))


def peers(words: Sequence[str]) -> Iterator[tuple[str, Detector | None]]:
    """What others do with the same words; None for what is not installed."""
    lowered = [word.strip("*").lower() for word in words]
    yield "substring", lambda text: any(word in text.lower() for word in lowered)
    yield (
        "NFKC, substring",
        lambda text: any(word in unicodedata.normalize("NFKC", text).lower() for word in lowered),
    )
    yield "better-profanity", _better_profanity(lowered) if find_spec("better_profanity") else None
    yield "alt-profanity-check", _alt_profanity_check() if find_spec("profanity_check") else None


def _better_profanity(words: Sequence[str]) -> Detector:
    """With our words in the place of its own; it makes their leet variants itself."""
    from better_profanity import profanity

    profanity.load_censor_words(list(words))
    found: Detector = profanity.contains_profanity
    return found


def _alt_profanity_check() -> Detector:
    """A classifier: it has no keywords."""
    import profanity_check

    module: Any = profanity_check
    return lambda text: bool(module.predict([text])[0])
