"""What the prefilter knows before any policy: what words mean, what is rude, what harm is, what chat is like."""

import functools
from dataclasses import dataclass, replace
from importlib import resources

from inference.prefilter.embedding import Embedder, StaticEmbedder
from inference.prefilter.joined import STATIC_SCALE, Evening, Joined, Remembered
from inference.prefilter.normalise import Normaliser
from inference.prefilter.prose import prose
from inference.prefilter.scores.background import (
    ENGLISH,
    ENGLISH_SPLIT,
    OTHER_SPLIT,
    Background,
    Lines,
    shipped_lines,
    shipped_lines_in,
)
from inference.prefilter.scores.features import Featuriser
from inference.prefilter.scores.generic import GenericHead
from inference.prefilter.scores.lexicon import Lexicon

_KEPT_BACKGROUNDS = 4
"""Sets of languages whose backgrounds stay in memory: some 20 MiB each."""
_KEPT_LANGUAGES = 32
"""Languages whose lines do: half a megabyte each."""


@dataclass(frozen=True, eq=False, slots=True)
class Knowledge:
    """Immutable, shared by all guilds; what was computed with it is kept under its identity."""

    embedder: Embedder
    featuriser: Featuriser
    generic: GenericHead
    background: Background
    """In English."""

    @classmethod
    def shipped(cls) -> "Knowledge":
        """What comes with the package, read once: about half a second."""
        return _shipped()

    @classmethod
    def of(
        cls, embedder: Embedder, lexicon: Lexicon, generic: GenericHead, without_chat: str | None = None
    ) -> "Knowledge":
        """Put parts together; the shipped background is read anew, all of it or without one source of it."""
        featuriser = Featuriser(embedder, lexicon)
        background = Background.of_english(shipped_lines(without_chat), featuriser, generic)
        return cls(embedder, featuriser, generic, background)

    def background_in(self, languages: frozenset[str]) -> Background:
        """English and these of the other languages. Read once: some tenths of a second for each."""
        others = languages - {ENGLISH}
        return _background_in(self, others) if others else self.background

    def with_generic(self, generic: GenericHead) -> "Knowledge":
        """The same with other general models, for a measurement that leaves a data set out."""
        texts = self.background.texts
        english = Lines(texts, generic.logits(texts), ENGLISH_SPLIT)
        return replace(self, generic=generic, background=Background.of([english], generic))

    def with_encoder(self, encoder: Embedder, without_chat: str | None = None) -> "Knowledge":
        """The same with a sentence encoder behind its embedder, which must be the general models', and with the
        shipped lexicon. The encoder reads the background once: some seconds, all lines or without one source's.
        """
        lines, read = shipped_lines(without_chat), Normaliser.shipped().read
        known = Remembered.of([prose(read(line).light.text) for line in lines], encoder)
        evening = Evening(known.vectors)
        generic = replace(self.generic, meaning=self.generic.meaning / STATIC_SCALE)
        lexicon, joined = Lexicon.shipped(), Joined(self.embedder, encoder, evening)
        of_background = Featuriser(Joined(self.embedder, known, evening), lexicon)
        background = Background.of_english(lines, of_background, generic)
        return Knowledge(joined, Featuriser(joined, lexicon), generic, background)


@functools.lru_cache(maxsize=_KEPT_BACKGROUNDS)
def _background_in(knowledge: Knowledge, others: frozenset[str]) -> Background:
    lines = [_lines_in(knowledge, each) for each in sorted(others)]
    return Background.of([knowledge.background.english, *lines], knowledge.generic)


@functools.lru_cache(maxsize=_KEPT_LANGUAGES)
def _lines_in(knowledge: Knowledge, language: str) -> Lines:
    return Lines.read(shipped_lines_in(language), knowledge.featuriser, knowledge.generic, OTHER_SPLIT)


@functools.cache
def _shipped() -> Knowledge:
    with resources.as_file(resources.files(__package__) / "data" / "generic.safetensors") as path:
        generic = GenericHead.read(path)
    return Knowledge.of(StaticEmbedder.shipped(), Lexicon.shipped(), generic)
