"""What the worker has in its hands: each ask with its walk, its sequence, and where its time goes."""

import traceback
from dataclasses import dataclass, field
from pathlib import Path

from inference.answer import Answer, Phase, Walk
from inference.output import Output
from inference.scheduling.scheduler import Sequence
from policies.verdict import Timing

FRAMES = 3
"""How much of a defect's call stack is told."""


@dataclass(slots=True, eq=False)
class Job:
    """An ask that is being answered."""

    sequence: Sequence
    walk: Walk
    since: float
    """When the phase under way began, in monotonic seconds; at first, when the ask came."""
    phase: Phase = Phase.PREFILL
    seconds: dict[Phase, float] = field(default_factory=lambda: dict.fromkeys(Phase, 0.0))

    def advance(self, output: Output, now: float) -> tuple[int, ...] | Answer:
        """Send the walk what the model said; returns what to feed next, or the answer.

        Raises:
            UnreadableAnswer: the model's answer makes no sense.
        """
        self.seconds[self.phase] += now - self.since
        self.since = now
        try:
            feed = self.walk.send(output)
        except StopIteration as finished:
            answer: Answer = finished.value
            return answer
        if not feed.tokens:
            raise ValueError("the walk feeds nothing, and would never be sent an output again")
        self.phase = feed.phase
        return feed.tokens

    @property
    def timing(self) -> Timing:
        """Where its time went."""
        asked, admitted = self.sequence.asked, self.sequence.admitted
        queued = admitted - asked if admitted is not None else 0.0
        return Timing(
            queued=queued * 1000,
            prefill=max(0.0, self.seconds[Phase.PREFILL] - queued) * 1000,
            reasoning=self.seconds[Phase.REASONING] * 1000,
            answer=self.seconds[Phase.ANSWER] * 1000,
        )


def where(defect: BaseException) -> str:
    """An exception's kind and the places it came from, without its message: that may quote a member."""
    frames = traceback.extract_tb(defect.__traceback__)[-FRAMES:]
    places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    return " < ".join([type(defect).__name__, *places])
