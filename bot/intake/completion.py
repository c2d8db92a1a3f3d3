"""What a suspected message lacks, asked of Discord: what was said before it, and who its author is."""

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog

from bot.case import Earlier, Message, Suspected
from bot.intake.recent import RecentMessages, shortened
from bot.ports import DiscordError, History
from bot.rulebook import Rulebook

_log = structlog.get_logger(__name__)
_Answer = TypeVar("_Answer")

PATIENCE_SECONDS = 5.0
"""For one question. A message is judged without the answer rather than late."""


class Completion(Protocol):
    """Adds to a suspected message what it came without. Never raises: what cannot be had is left out."""

    async def author(self, message: Message) -> Message:
        """The message with its author's roles and time of joining."""
        ...

    async def earlier(self, message: Message, known: Sequence[Earlier], wanted: int) -> Sequence[Earlier]:
        """At least the `wanted` messages that came before it, oldest first, of which some are known."""
        ...


async def completed(suspected: Suspected, rulebook: Rulebook, completion: Completion) -> Suspected | None:
    """A suspicion with what its message came without; None if the author turns out to be exempt."""
    message = await completion.author(suspected.message)
    holding = rulebook.policies_for(message)
    suspicions = tuple(suspicion for suspicion in suspected.suspicions if suspicion.policy_id in holding)
    if not suspicions:
        return None
    wanted = max(holding[suspicion.policy_id].judge.context for suspicion in suspicions)
    earlier = await completion.earlier(message, suspected.earlier, wanted)
    before = tuple(earlier[-wanted:]) if wanted else ()
    return suspected.model_copy(update={"message": message, "earlier": before, "suspicions": suspicions})


@dataclass(frozen=True, slots=True)
class HistoryCompletion:
    """Completes suspected messages from history. What cannot be had is left out."""

    history: History
    recent: RecentMessages
    patience: float = PATIENCE_SECONDS
    """Seconds."""
    knows_author: bool = True
    """Whether messages come with their author's roles; those that were read from history do not."""

    async def author(self, message: Message) -> Message:
        """The message with its author's roles and time of joining."""
        if self.knows_author:
            return message
        return await self._ask(message, "author", self.history.completed(message)) or message

    async def earlier(self, message: Message, known: Sequence[Earlier], wanted: int) -> Sequence[Earlier]:
        """At least the `wanted` messages that came before, if there are as many; `known` are some of them."""
        if len(known) >= wanted:
            return known
        known = _merged(self.recent.before(message), known)  # others may have asked since this one arrived
        if len(known) >= wanted or self.recent.is_whole(message):
            return known
        found = await self._ask(message, "context", self.history.before(message, wanted))
        if found is None:
            return known
        lines = [shortened(line) for line in found if line.message_id < message.id]
        self.recent.fill(message, lines)
        return _merged(lines, known)

    async def _ask(self, message: Message, what: str, answer: Awaitable[_Answer]) -> _Answer | None:
        try:
            async with asyncio.timeout(self.patience):
                return await answer
        except (DiscordError, TimeoutError) as error:  # the message matters more than what would complete it
            kind = type(error).__name__
            _log.warning("judged without", what=what, message=message.id, guild=message.guild_id, error=kind)
            return None


def _merged(some: Sequence[Earlier], others: Sequence[Earlier]) -> tuple[Earlier, ...]:
    """Both, each message once, oldest first."""
    by_id = {line.message_id: line for line in (*some, *others)}
    return tuple(by_id[message_id] for message_id in sorted(by_id))
