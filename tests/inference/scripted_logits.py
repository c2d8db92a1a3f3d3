"""A model that wants, at each place, the next token of a script; what drives a walk without a model."""

from dataclasses import dataclass

import numpy as np

from inference.answer import Answer, Phase, Question, walk
from inference.output import Logits
from inference.prompt import Harmony

VOCABULARY = 201_088
PRIVATE = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Row:
    """An `Output` over one row of logits."""

    logits: Logits

    @property
    def greedy(self) -> int:
        return int(self.logits.argmax())


def row(token: int | None, strength: float = 30.0) -> Row:
    """Logits that want one token, or none more than the others."""
    logits = np.zeros(VOCABULARY, np.float32)
    if token is not None:
        logits[token] = strength
    return Row(logits)


def ask(**changes: object) -> Question:
    values = {
        "private": PRIVATE,
        "rule_ids": ("H1", "H2", "H12"),
        "threshold": 0.5,
        "explain": False,
        "reasoning_budget": 20,
    }
    return Question(**(values | changes))  # type: ignore[arg-type]


def drive(harmony: Harmony, question: Question, script: list[int | None]) -> tuple[Answer, list[int]]:
    """Run a walk to its end; returns the answer and every token that was fed. A finished script wants nothing."""
    return drive_rows(harmony, question, [row(wish) for wish in script])


def drive_rows(harmony: Harmony, question: Question, rows: list[Row]) -> tuple[Answer, list[int]]:
    """The same with rows of logits."""
    outputs = iter(rows)
    steps = walk(question, harmony)
    feed = next(steps)
    fed, phase = list(feed.tokens), Phase.PREFILL
    for _ in range(3000):
        assert feed.phase >= phase
        phase = feed.phase
        try:
            feed = steps.send(next(outputs, NOTHING))
        except StopIteration as end:
            return end.value, fed
        fed += feed.tokens
        assert len(fed) <= question.most_tokens
    raise AssertionError("the walk does not end")


NOTHING = row(None)


def script(harmony: Harmony, *parts: str | int) -> list[int | None]:
    """Texts become their tokens, numbers stay."""
    return [token for part in parts for token in ([part] if isinstance(part, int) else harmony.ordinary(part))]
