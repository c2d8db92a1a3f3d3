"""What is known of harm in general: six small linear models that were trained on licensed public data.

They are features of every policy's own score, and its only source of knowledge besides its rules as long as it
has no examples. `training/generic` makes them; `data/GENERIC.md` is their data card.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file, save_file

from inference.prefilter.embedding import Vectors
from inference.prefilter.scores.features import Corpus
from inference.prefilter.scores.packing import packed, unpacked

HARMS = ("any harm", "hate", "insult", "self-harm", "sexual", "violence")
"""What each model tells, in the order of their columns. The first was trained on all of the others' texts."""
ANY = 0

Row = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class GenericHead:
    """Their weights. Logits are standardised: mean 0 and deviation 1 over ordinary chat."""

    meaning: Vectors
    """(dimensions of the shipped embedder, harms)"""
    rude: Vectors
    """(lists, harms)"""
    patterns: Vectors
    """(BUCKETS, harms)"""
    constant: Row
    """(harms,)"""
    rarity: Row
    """How rare each letter pattern is: log of the inverse share of ordinary texts that hold it -> (BUCKETS,)."""

    @classmethod
    def read(cls, path: Path) -> "GenericHead":
        """Read what `write` wrote."""
        arrays = load_file(path)
        patterns = unpacked(arrays["patterns"], arrays["pattern_scales"])
        names = ("meaning", "rude", "constant", "rarity")
        meaning, rude, constant, rarity = (arrays[name].astype(np.float32) for name in names)
        return cls(meaning, rude, patterns, constant, rarity)

    def write(self, path: Path) -> None:
        """Write the weights, letter patterns as int8 with a scale for each model."""
        patterns, scales = packed(self.patterns)
        arrays: dict[str, npt.NDArray[np.generic]] = {
            "meaning": self.meaning.astype(np.float16),
            "rude": self.rude.astype(np.float32),
            "patterns": patterns,
            "pattern_scales": scales,
            "constant": self.constant.astype(np.float32),
            "rarity": self.rarity.astype(np.float16),
        }
        save_file(arrays, path)
        path.chmod(0o644)

    def logits(self, texts: Corpus) -> Vectors:
        """(texts, harms). Raises ValueError if the texts' embedder has fewer dimensions than the models know."""
        _check_dimensions(texts.meaning.shape[1], len(self.meaning))
        meaning = texts.meaning[:, : len(self.meaning)] @ self.meaning
        patterns = texts.pattern_logits(self.patterns, self.rarity)
        return np.asarray(meaning + texts.rude @ self.rude + patterns + self.constant, np.float32)


def _check_dimensions(own: int, known: int) -> None:
    if own < known:
        raise ValueError(
            f"an embedder of {own} dimensions cannot be used: the general models read its first {known}, which "
            "must be those of the shipped embedder; put further ones behind them"
        )
