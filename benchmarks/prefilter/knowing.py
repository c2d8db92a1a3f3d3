"""What the prefilter knows, without the data that it is measured on."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import Embedder, StaticEmbedder, Vectors
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.scores.background import SOURCES as CHATS
from inference.prefilter.scores.background import Background, shipped_lines
from inference.prefilter.scores.features import Featuriser
from inference.prefilter.scores.generic import GenericHead
from inference.prefilter.scores.lexicon import Lexicon

TRAINED_ON = ("openai_moderation", "davidson", "civil_toxic_spans", "hatemojibuild")
"""The labelled sources of the shipped general models; `training/generic` says the same."""


class LeaveOut:
    """Makes what is shipped anew without some sources: the general models are trained again, and the sample of
    ordinary chat is without a chat. Models are kept, since training them takes half a minute."""

    def __init__(
        self,
        data: Path,
        featuriser: Featuriser | None = None,
        *,
        encoder: Embedder | None = None,
        as_shipped: bool = False,
    ) -> None:
        """`featuriser`: another than the shipped one; the general models are trained on it. `encoder`: a sentence
        encoder beside the static vectors. `as_shipped`: nothing is left out, so nothing is trained, and figures on
        sources that are known flatter."""
        self._data = data
        self._featuriser = featuriser or Featuriser(StaticEmbedder.shipped(), Lexicon.shipped())
        self._is_shipped = featuriser is None
        self._encoder = None if encoder is None else _Once(encoder)
        self._as_shipped = as_shipped
        self._generic: dict[tuple[str | None, str | None], GenericHead] = {}
        self._kept = lru_cache(maxsize=2)(self._knowledge)

    def __call__(self, source: str | None, chat: str | None = None) -> Knowledge:
        """What is known without a labelled source and without a chat; names that nothing shipped knows, and None,
        leave nothing out."""
        if self._as_shipped:
            return self._kept(None, None)
        return self._kept(source if source in TRAINED_ON else None, chat if chat in CHATS else None)

    def for_chat(self, source: str | None, chat: str | None) -> Knowledge:
        """The same with general models that were trained on all chats: a quarter of the trainings.

        For figures that are compared with each other only.
        """
        known = self(source)
        if self._as_shipped or chat not in CHATS:
            return known
        background = Background.of_english(shipped_lines(chat), self._featuriser, known.generic)
        return replace(known, background=background)

    def _knowledge(self, source: str | None, chat: str | None) -> Knowledge:
        generic = self._general_models(source, chat)
        background = Background.of_english(shipped_lines(chat), self._featuriser, generic)
        known = Knowledge(self._featuriser.embedder, self._featuriser, generic, background)
        return known if self._encoder is None else known.with_encoder(self._encoder, chat)

    def _general_models(self, source: str | None, chat: str | None) -> GenericHead:
        if self._as_shipped or (self._is_shipped and source is None and chat is None):
            return Knowledge.shipped().generic
        if (source, chat) not in self._generic:
            self._generic[source, chat] = self._trained(source, chat)
        return self._generic[source, chat]

    def _trained(self, source: str | None, chat: str | None) -> GenericHead:
        missing = [name for name in TRAINED_ON if not (self._data / f"{name}.jsonl").exists()]
        if find_spec("sklearn") is None or missing:
            needed = f"{missing[0]}.jsonl in {self._data}" if missing else "`pip install scikit-learn`"
            raise SystemExit(
                f"To train the general models without what is measured, {needed} is needed (or --as-shipped)"
            )
        from training.generic.train import fit_generic

        without, without_chat = ([name] if name else [] for name in (source, chat))
        return fit_generic(self._data, self._featuriser, without, without_chat)


class _Once:
    """An embedder that is asked for each text once: the same lines are held against many policies."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[str, npt.NDArray[np.float32]] = {}

    def embed(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._embedder.embed(new), strict=True))
        return np.stack([self._known[text] for text in texts])
