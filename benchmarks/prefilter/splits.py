"""Which rows of a set are written into its policy as examples, and which ones are measured."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.prefilter.labelled import LabelledSet
from policies.constraints import HIDDEN_CHARACTER
from policies.policy import ALLOWED, Example, Policy

Rows = npt.NDArray[np.int_]

_LONGEST_EXAMPLE = 2_000


@dataclass(frozen=True, slots=True)
class Split:
    """One draw. Fewer examples are the first of more; the measured rows are the same for all numbers of them."""

    seed: int
    taught_violating: Rows
    taught_allowed: Rows
    violating: Rows
    """Measured; indices of the set's violating texts."""
    allowed: Rows
    """Measured; indices of the set's allowed texts."""

    @classmethod
    def draw(cls, labelled: LabelledSet, examples: int, seed: int) -> "Split":
        """Room for `examples`, half of them violating: at most half of the set's violating texts, and half of its
        allowed ones."""
        chance = np.random.default_rng(seed)
        violating, allowed = (chance.permutation(len(texts)) for texts in (labelled.violating, labelled.allowed))
        half = min(examples // 2, len(violating) // 2, len(allowed) // 2)
        return cls(seed, violating[:half], allowed[:half], violating[half:], allowed[half:])

    def taught(self, labelled: LabelledSet, examples: int) -> Policy:
        """The set's policy with up to that many examples, half violating, half look-alike allowed."""
        half = examples // 2
        rule = labelled.policy.rules[0].id
        texts = [(labelled.violating[row], rule) for row in self.taught_violating[:half]]
        texts += [(labelled.allowed[row], ALLOWED) for row in self.taught_allowed[:half]]
        written = [Example(text=shown, verdict=verdict) for text, verdict in texts if (shown := writable(text))]
        policy_id = f"{labelled.policy.id[:24]}-n{examples}-s{self.seed}"
        return labelled.policy.model_copy(update={"id": policy_id, "examples": tuple(written)})


def writable(text: str) -> str:
    """The text as an example may hold it: without hidden characters, and not too long."""
    return HIDDEN_CHARACTER.sub("", text)[:_LONGEST_EXAMPLE].strip()
