"""The prefilter as one of the systems that are compared."""

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.prefilter.metrics import Ranks
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from policies.policy import Policy

NAME = "Safeguild"

_GUILD = 1
_FORCED = 1_000.0
"""Added to the rank of what is flagged whatever its score is: more than any surprise."""


class Ours:
    """The whole prefilter."""

    learns = True
    at_most: int | None = None

    def __init__(self, knowledge: Knowledge, name: str = NAME) -> None:
        self._knowledge = knowledge
        self._name = name

    def ranks(self, policies: Sequence[Policy], texts: Sequence[str]) -> Mapping[str, Ranks]:
        """The surprise, with what is forced above everything; and the surprise alone."""
        prefilter = Prefilter.build({_GUILD: policies}, self._knowledge)
        surprises, forced = np.zeros((2, len(texts), len(policies)))
        for number, text in enumerate(texts):
            looks = prefilter.look(_GUILD, text)
            surprises[number] = [look.surprise for look in looks]
            forced[number] = [bool(look.forced) for look in looks]
        return {self._name: surprises + _FORCED * forced, f"{self._name}, learned score alone": surprises}
