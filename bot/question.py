"""What the judge is shown of a claimed job: texts with speaker labels, never a name or an id."""

from collections.abc import Sequence

from bot.case import Claim, Earlier, Message
from inference.prefilter.suspicion import Suspicion
from inference.rendering import Content, ContextLine
from policies.policy import Policy

AUTHOR = "author"


def question(claim: Claim) -> Content:
    """The message to judge with as much of what came before as the policy wants to see."""
    return asked(claim.policy, claim.message, claim.earlier, claim.suspicion)


def asked(policy: Policy, message: Message, earlier: Sequence[Earlier], suspicion: Suspicion | None) -> Content:
    """What is shown of any message; without a suspicion nobody has read anything into it."""
    context = policy.judge.context
    earlier = earlier[-context:] if context else ()
    return Content(
        text=judged_text(message),
        context=context_lines(message.author_id, earlier),
        readings=suspicion.readings if suspicion else (),
        written=suspicion.written if suspicion else (),
        about=_about(message, earlier),
    )


def judged_text(message: Message) -> str:
    """What members can read of the message. Attachments are told apart, as facts about it."""
    return "\n".join(part for part in (message.content, *message.embeds) if part)


def context_lines(author_id: int, earlier: Sequence[Earlier]) -> tuple[ContextLine, ...]:
    """Earlier messages with their speakers as labels: "author" wrote the judged message."""
    labels = speaker_labels(author_id, earlier)
    return tuple(ContextLine(speaker=labels[line.author_id], text=line.text) for line in earlier)


def speaker_labels(author_id: int, earlier: Sequence[Earlier]) -> dict[int, str]:
    """{author id: label}: "author" for the judged message's own, then "member 2", "member 3" as they speak."""
    labels = {author_id: AUTHOR}
    for line in earlier:
        labels.setdefault(line.author_id, f"member {len(labels) + 1}")
    return labels


def _about(message: Message, earlier: Sequence[Earlier]) -> tuple[str, ...]:
    facts = [f"attachment: {name}" for name in message.attachments]
    answered = next((line for line in earlier if line.message_id == message.reply_to), None)
    if answered is not None:
        label = speaker_labels(message.author_id, earlier)[answered.author_id]
        facts.append(f"reply to: {'themselves' if label == AUTHOR else label}")
    return tuple(facts)
