"""What the prefilter knows before any policy: what words mean, what is rude, what harm is, what chat is like."""

import functools
from dataclasses import dataclass, replace
from importlib import resources

from inference.prefilter.embedding import Embedder, StaticEmbedder
from inference.prefilter.scores.background import Background, shipped_lines
from inference.prefilter.scores.features import Featuriser
from inference.prefilter.scores.generic import GenericHead
from inference.prefilter.scores.lesson import Teacher
from inference.prefilter.scores.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Immutable, shared by all guilds; what was computed with it is kept under its identity."""

    embedder: Embedder
    featuriser: Featuriser
    generic: GenericHead
    background: Background

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
        background = Background.of(shipped_lines(without_chat), featuriser, generic)
        return cls(embedder, featuriser, generic, background)

    def with_generic(self, generic: GenericHead) -> "Knowledge":
        """The same with other general models, for a measurement that leaves a data set out."""
        lines = self.background
        return replace(self, generic=generic, background=replace(lines, harms=generic.logits(lines.texts)))

    @property
    def teacher(self) -> Teacher:
        """What fits the policies' heads."""
        return Teacher(self.featuriser, self.generic, self.background)


@functools.cache
def _shipped() -> Knowledge:
    with resources.as_file(resources.files(__package__) / "data" / "generic.safetensors") as path:
        generic = GenericHead.read(path)
    return Knowledge.of(StaticEmbedder.shipped(), Lexicon.shipped(), generic)
