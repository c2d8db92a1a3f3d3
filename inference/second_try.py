"""Asks once more when an answer could not be read, and then leaves the text to a person."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from inference.judge import Unanswerable, UnreadableAnswer
from policies.phrases import Phrase
from policies.verdict import Verdict

SEEDS = (0, 1)
"""One seed gives one answer, so the second try has a seed of its own."""


@dataclass(frozen=True, slots=True)
class Unread:
    """The model answered and no answer could be read: a person has to look."""

    problems: tuple[Phrase, ...]
    """Why, each different reason once."""
    seed: int
    """Of the last try."""
    never: bool = False
    """Whether this text can never be judged, so that it was asked only once."""


async def asked_twice(ask: Callable[[int], Awaitable[Verdict]]) -> Verdict | Unread:
    """The verdict of the first or of the second try; `ask` gets each try's seed.

    Every other error of the judge than an answer that cannot be read is passed on.
    """
    problems: list[Phrase] = []
    for seed in SEEDS:
        try:
            return await ask(seed)
        except Unanswerable as never:
            return Unread((never.why,), seed, never=True)
        except UnreadableAnswer as unreadable:
            problems.append(unreadable.why)
    return Unread(tuple(dict.fromkeys(problems)), SEEDS[-1])
