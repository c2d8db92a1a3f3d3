"""Takes the prefilter's steps once more, slowly, and writes down what each contributes."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice

import numpy as np
import numpy.typing as npt

from inference.prefilter.embedding import MAX_CHARACTERS
from inference.prefilter.explanation import (
    Nearest,
    PolicyExplanation,
    Readings,
    ScoreExplanation,
    Weight,
)
from inference.prefilter.look import Look
from inference.prefilter.normalise import Normaliser, Reading
from inference.prefilter.prepared import GuildFilter
from inference.prefilter.scores.features import Features, Featuriser
from inference.prefilter.scores.generic import HARMS
from inference.prefilter.scores.panel import Parts

MOST_WORDS = 5
"""Words named as those that matter most."""
WORDS_TRIED = 60
"""Words of a text that are left out, one after the other, to see what the score loses."""
_CHARACTERS_TRIED = 20_000
"""... and fewer of a long text: so many characters are read in all."""
_LEAST = 0.05
"""Logits below which a part or a word says nothing."""
_WORD = re.compile(r"\S+")

Logits = npt.NDArray[np.float32]


class Explainer:
    """Explains one text to one guild."""

    def __init__(self, guild: GuildFilter, featuriser: Featuriser, reading: Reading, features: Features) -> None:
        """`features`: those of the reading."""
        self._guild = guild
        self._features = features
        self._scored = guild.panel.score(features)
        cut_short = guild.patterns_reach < len(reading.written)
        self._patterns_reach = guild.patterns_reach if cut_short else None
        self._lost = _lost_by_word(reading.written[:MAX_CHARACTERS], guild, featuriser)

    def policies(self, looks: Sequence[Look], thresholds: Mapping[str, float]) -> tuple[PolicyExplanation, ...]:
        """Each look, explained. `thresholds`: by policy id."""
        return tuple(self._policy(look, thresholds[look.policy_id]) for look in looks)

    def _policy(self, look: Look, threshold: float) -> PolicyExplanation:
        number = self._guild.policy_ids.index(look.policy_id)
        score = ScoreExplanation(
            surprise=look.surprise,
            threshold=threshold,
            parts=tuple(_parts(self._guild.panel.parts(number, self._features))),
            words=self._words(number),
            forbidden=self._nearest(number, violating=True),
            allowed=self._nearest(number, violating=False),
        )
        flagged = look.suspicion(threshold) is not None
        reach = self._patterns_reach if self._guild.policies[number].prefilter.patterns else None
        return PolicyExplanation(look.policy_id, look.forced, score, flagged, look.copied, reach)

    def _words(self, number: int) -> tuple[Weight, ...]:
        """The words without which the score changes most."""
        weights = [Weight(word, float(logits[number])) for word, logits in self._lost]
        telling = [weight for weight in weights if abs(weight.logit) >= _LEAST]
        return tuple(sorted(telling, key=lambda weight: -abs(weight.logit))[:MOST_WORDS])

    def _nearest(self, number: int, *, violating: bool) -> Nearest | None:
        found = self._guild.nearest(number, self._scored, violating=violating)
        return Nearest(found[0].name, found[1]) if found else None


def _lost_by_word(text: str, guild: GuildFilter, featuriser: Featuriser) -> list[tuple[str, Logits]]:
    """Each word, and what the score of each policy (policies,) loses without it."""

    def logits(kept: str) -> Logits:
        return guild.panel.logits(featuriser.of(Normaliser.shipped().read(kept)))

    tried = min(WORDS_TRIED, _CHARACTERS_TRIED // max(len(text), 1))
    whole = logits(text)
    words = islice(_WORD.finditer(text), tried)
    return [(word[0], whole - logits(text[: word.start()] + text[word.end() :])) for word in words]


def readings_of(reading: Reading) -> Readings:
    """How a text was read."""
    coarse = dict.fromkeys(view.readable.text for view in reading.coarse)
    return Readings(reading.written, reading.light.text, tuple(coarse))


def _parts(parts: Parts) -> list[Weight]:
    weights = [
        Weight("words and meaning", parts.meaning),
        Weight("letter patterns", parts.patterns),
        Weight("rude words", parts.rude),
        Weight("nearness to the rules", parts.nearness),
        *(Weight(f"general: {harm}", float(logit)) for harm, logit in zip(HARMS, parts.harms, strict=True)),
    ]
    telling = [weight for weight in weights if abs(weight.logit) >= _LEAST]
    return sorted(telling, key=lambda weight: -abs(weight.logit))
