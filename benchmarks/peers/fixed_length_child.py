"""The engine's child with another walk: it writes as many tokens as the question's budget says, greedily."""

import sys

from inference import worker
from inference.answer import Answer, Feed, Phase, Question, Text, Walk


def fixed_length(question: Question, _: Text) -> Walk:
    """Write `reasoning_budget` tokens; the answer's `analysis` holds their ids."""
    output = yield Feed(question.private, Phase.PREFILL)
    tokens = [output.greedy]
    while len(tokens) < question.reasoning_budget:
        output = yield Feed((tokens[-1],), Phase.REASONING)
        tokens.append(output.greedy)
    return Answer(
        violation=False,
        probability=0.5,
        label_mass=1.0,
        rule_ids=(),
        quotes=(),
        rationale="",
        analysis=" ".join(map(str, tokens)),
        tokens=len(tokens),
        cut=True,
        malformed=False,
    )


if __name__ == "__main__":
    sys.exit(worker.main(walk=fixed_length))
