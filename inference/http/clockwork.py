"""Where the time of one question went, as far as the servers tell."""

from dataclasses import dataclass

from inference.answer import Phase
from inference.http.completion import Completion
from policies.verdict import Timing


@dataclass(slots=True)
class Clockwork:
    """Sums of milliseconds. What a call took longer than reading and writing, it spent in the server's queue."""

    queued: float = 0.0
    prefill: float = 0.0
    reasoning: float = 0.0
    answer: float = 0.0
    known: bool = True
    """Whether every server told so far."""
    _begun: bool = False

    def add(self, phase: Phase, completion: Completion, elapsed: float) -> None:
        """Count a call that took `elapsed` milliseconds. What the first one reads is the question."""
        reading, writing = completion.prompt_milliseconds, completion.writing_milliseconds
        if reading is None or writing is None:
            self.known = False
            return
        self.queued += max(0.0, elapsed - reading - writing)
        if not self._begun:
            self._begun = True
            self.prefill += reading
            reading = 0.0
        if phase is Phase.REASONING:
            self.reasoning += reading + writing
        else:
            self.answer += reading + writing

    def timing(self, waited: float) -> Timing | None:
        """All of it; `waited` is what the question stood in line here, in milliseconds."""
        if not self.known:
            return None
        return Timing(
            queued=self.queued + waited, prefill=self.prefill, reasoning=self.reasoning, answer=self.answer
        )
