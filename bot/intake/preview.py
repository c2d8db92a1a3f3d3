"""Edits that leave the words alone: Discord adds link previews to a message after it was written."""

from collections.abc import Sequence
from typing import Protocol

from bot.case import Earlier, Message, Suspected
from inference.prefilter.suspicion import Evidence, Suspicion


class Suspect(Protocol):
    """Asks the prefilter about a message under every policy that holds where it was written."""

    async def __call__(self, message: Message, earlier: Sequence[Earlier], /) -> Suspected | None:
        """What is suspected of the message, if anything."""
        ...


def has_same_words(message: Message, known: Message) -> bool:
    """Whether its author changed nothing: only what Discord shows below the words may differ."""
    return (message.content, message.attachments) == (known.content, known.attachments)


async def suspect_additions(
    message: Message, known: Message, earlier: Sequence[Earlier], suspect: Suspect
) -> Suspected | None:
    """Suspicions of what a message shows more than before; the rest of it was looked at already.

    Evidence points into the whole text, as it does everywhere.
    """
    found: dict[str, tuple[Evidence, ...]] = {}
    kept: tuple[Earlier, ...] = ()
    for start, part in _additions(message, known):
        alone = message.model_copy(update={"content": part, "embeds": (), "attachments": ()})
        if suspected := await suspect(alone, earlier):
            kept = max(kept, suspected.earlier, key=len)
            for suspicion in suspected.suspicions:
                found[suspicion.policy_id] = found.get(suspicion.policy_id, ()) + _moved(suspicion, start)
    suspicions = tuple(Suspicion(policy_id=policy_id, evidence=evidence) for policy_id, evidence in found.items())
    return Suspected(message=message, earlier=kept, suspicions=suspicions) if suspicions else None


def _additions(message: Message, known: Message) -> list[tuple[int, str]]:
    """The new parts, each with where it starts in the whole text."""
    additions, start = [], len(message.content) + 1 if message.content else 0
    for part in filter(None, message.embeds):
        if part not in known.embeds:
            additions.append((start, part))
        start += len(part) + 1
    return additions


def _moved(suspicion: Suspicion, start: int) -> tuple[Evidence, ...]:
    return tuple(
        evidence.model_copy(update={"start": evidence.start + start, "end": evidence.end + start})
        for evidence in suspicion.evidence
    )
