"""The port to whatever judges a text: a local model, a server, a test's own."""

from typing import Protocol

from inference.rendering import Content
from inference.ticket import ORDINARY, Ticket
from policies.phrases import Phrase
from policies.policy import Policy
from policies.verdict import Verdict


class JudgeError(Exception):
    """A judge could not give a verdict.

    JudgeError
    ├── JudgeUnavailable    the engine is away: put the job back and try again later
    ├── JudgeBusy           the engine is well and its queue is full: put the job back and try again soon
    ├── DeadlinePassed      the ticket's time is over: nobody needs the answer any more
    └── UnreadableAnswer    the model answered, but not in a readable form: try once more, then ask a person
        └── Unanswerable    and trying once more is of no use
    """


class JudgeUnavailable(JudgeError):
    """The engine is not there at the moment. The text is fine; retry later."""


class JudgeBusy(JudgeError):
    """More is asked than the judge can take in. It is well; nothing was judged; try again in a moment."""


class DeadlinePassed(JudgeError):
    """The answer did not come within the ticket's deadline, and is not coming."""


class UnreadableAnswer(JudgeError):
    """The model's answer cannot be read as a verdict. Retry once, then show the case to a person."""

    def __init__(self, why: Phrase) -> None:
        """`why` becomes a note of the case, which is said in the language of whoever looks at it."""
        super().__init__(str(why))
        self.why = why


class Unanswerable(UnreadableAnswer):
    """This text can never be judged: it is too long, or kills the engine. Show the case to a person at once."""


class Judge(Protocol):
    """Judges one text under one policy. Safe to call many times at once; cancelling the task withdraws the job."""

    async def judge(
        self,
        policy: Policy,
        content: Content,
        *,
        explain: bool = False,
        seed: int = 0,
        ticket: Ticket = ORDINARY,
    ) -> Verdict:
        """Return the verdict.

        `explain` asks for a rationale even when nothing is violated. One `seed` gives one verdict. The `ticket`
        says how urgent it is and for whom.

        Raises:
            JudgeUnavailable: the engine is away; nothing was judged.
            JudgeBusy: the engine's queue is full; nothing was judged.
            DeadlinePassed: the ticket's deadline passed before there was a verdict.
            UnreadableAnswer: the model's answer made no sense.
        """
        ...
