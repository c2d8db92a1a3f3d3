"""What is left of values when the words of people in them are erased. Pure."""

from bot.case import Earlier, Message
from bot.missing_words import ERASED
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.verdict import Verdict


def erased_message(message: Message) -> Message:
    """Who wrote when and where; not what, and not under which name."""
    return Message(
        id=message.id,
        guild_id=message.guild_id,
        channel_id=message.channel_id,
        parent_id=message.parent_id,
        author_id=message.author_id,
        created_at=message.created_at,
        edited_at=message.edited_at,
    )


def erased_suspicion(suspicion: Suspicion) -> Suspicion:
    """Its kinds of evidence and its scores. A rule's id stays; a keyword that was found is what was written."""
    return suspicion.model_copy(update={"evidence": tuple(map(_erased_evidence, suspicion.evidence))})


def erased_verdict(verdict: Verdict) -> Verdict:
    """Label, probability, cited rules and figures."""
    return verdict.model_copy(update={"quotes": (), "rationale": "", "reasoning": "", "notes": ()})


def without_own_words(verdict: Verdict) -> Verdict:
    """The verdict with its quotes, which are of the message, but without what the model wrote itself."""
    return verdict.model_copy(update={"rationale": ERASED if verdict.rationale else "", "reasoning": ""})


def without_author(earlier: tuple[Earlier, ...], author_id: int) -> tuple[Earlier, ...]:
    """The context without what one person said in it."""
    return tuple(item for item in earlier if item.author_id != author_id)


def _erased_evidence(evidence: Evidence) -> Evidence:
    name = evidence.name if evidence.kind is EvidenceKind.RULE else ""
    return Evidence(kind=evidence.kind, name=name, start=0, end=0, quote="", score=evidence.score)
