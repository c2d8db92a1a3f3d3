"""The port to whatever judges a text: a local model, a server, a test's own."""

from typing import Protocol

from inference.rendering import Content
from policies.policy import Policy
from policies.verdict import Verdict


class JudgeError(Exception):
    """A judge could not give a verdict.

    JudgeError
    ├── JudgeUnavailable    the engine is away: put the job back and try again later
    └── UnreadableAnswer    the model answered, but not in a readable form: try once more, then ask a person
    """


class JudgeUnavailable(JudgeError):
    """The engine is not there at the moment. The text is fine; retry later."""


class UnreadableAnswer(JudgeError):
    """The model's answer cannot be read as a verdict. Retry once, then show the case to a person."""


class Judge(Protocol):
    """Judges one text under one policy. Safe to call many times at once; cancelling the task withdraws the job."""

    async def judge(self, policy: Policy, content: Content, *, explain: bool = False, seed: int = 0) -> Verdict:
        """Return the verdict.

        `explain` asks for a rationale even when nothing is violated. One `seed` gives one verdict.

        Raises:
            JudgeUnavailable: the engine is away; nothing was judged.
            UnreadableAnswer: the model's answer made no sense.
        """
        ...
