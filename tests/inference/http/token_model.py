"""A model of a few lines: what it wants next follows from the last tokens alone, so that anybody can ask it."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from inference.answer import Answer, Question, walk
from inference.prompt import END, RETURN, Harmony

VOCABULARY = 201_088
CALL = 200_012
_LOOKS_BACK = 3


class TokenModel:
    """Prefers, at each place, some of `words`: markup, marks, commas, escapes, parts of rule ids and of emoji."""

    def __init__(self, harmony: Harmony, seed: int, rule_ids: Sequence[str] = (), *, sure: bool = False) -> None:
        self.harmony = harmony
        self._seed = seed
        self._sure = sure
        """Whether nothing but the labels comes into question at their place."""
        texts = [
            " you",
            " loser",
            '"',
            '"],',
            '","',
            '."',
            '",',
            "\\",
            ' \\"',
            "\\\\",
            "🦀",
            " ᚠ",
            ",",
            *rule_ids,
            "0",
            "1",
        ]
        words = {token for text in texts for token in harmony.ordinary(text)}
        self._words = np.array(sorted(words | {END, RETURN, CALL, 200_006, 200_005}))
        self.row = lru_cache(4096)(self._row)

    def logits(self, context: Sequence[int]) -> NDArray[np.float32]:
        """What it wants behind these tokens, shape (vocabulary,)."""
        return self.row(tuple(context[-_LOOKS_BACK:]), len(context) % 7)

    def _row(self, last: tuple[int, ...], turn: int) -> NDArray[np.float32]:
        chance = np.random.default_rng([self._seed, turn, *last])
        row = np.zeros(VOCABULARY, np.float32)
        row[self._words] = chance.normal(12, 4, len(self._words)).astype(np.float32)
        if self._sure and last[-1:] == self.harmony.scaffold.final_open[-1:]:
            row[[self.harmony.scaffold.no, self.harmony.scaffold.yes]] += 30
        return row


class _Output:
    def __init__(self, logits: NDArray[np.float32]) -> None:
        self.logits = logits

    @property
    def greedy(self) -> int:
        return int(self.logits.argmax())


def walked(model: TokenModel, prefix: Sequence[int], question: Question) -> tuple[Answer, list[int]]:
    """The answer that the engine's walk gets from the model, and all tokens that the model has read."""
    context = list(prefix)
    steps = walk(question, model.harmony)
    feed = next(steps)
    while True:
        context += feed.tokens
        try:
            feed = steps.send(_Output(model.logits(context)))
        except StopIteration as end:
            return end.value, context
