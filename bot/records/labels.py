"""People's opinions: what decisions say of verdicts, and blind samples."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.case import Earlier, Message, Suspected
from inference.prefilter.suspicion import Suspicion
from policies.verdict import Verdict


class LabelSource(StrEnum):
    """How a person came to say what a message is."""

    DECISION = "decision"
    """A moderator decided on a card. They saw the verdict before they said it."""
    SAMPLE = "sample"
    """A moderator was asked about a message that was drawn at random, and did not see the verdict."""
    APPEAL = "appeal"
    """Another moderator answered an appeal. Of this and a decision, the later one counts."""


class Stratum(StrEnum):
    """How a message was sorted before a person saw it. Every message is in exactly one, under each policy."""

    OPENED = "opened"
    """Suspected, and the judge found a violation or could not be read: people saw it."""
    CLEARED = "cleared"
    """Suspected, and the judge found it to be allowed."""
    UNFLAGGED = "unflagged"
    """Nothing suspected it, so the judge was not asked."""


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said of one message under one policy, beside what the judge had said of it.

    There is no word of anybody in it: it outlives the message's text, and its case.
    """

    guild_id: int
    policy_id: str
    message_id: int
    source: LabelSource
    stratum: Stratum
    digest: str
    """Of the policy's version that judged; of a sample without a verdict: of the version in force."""
    violates: bool
    """The person's word."""
    labelled_at: datetime
    labeller_id: int
    rule_id: str | None = None
    """The rule that the person named. A decision names none."""
    verdict: bool | None = None
    """The judge's word; None where it was not asked, or could not be read."""
    probability: float | None = None
    rule_ids: tuple[str, ...] = ()
    """What the judge cited."""
    case_id: int | None = None
    """The case may be gone."""
    revision: int | None = None
    """Which of the case's revisions was meant."""


@dataclass(frozen=True, slots=True)
class KnownText:
    """A text that was judged or labelled, as far as it is still kept."""

    message: Message
    earlier: tuple[Earlier, ...]
    case_id: int
    suspicion: Suspicion | None = None
    """Why this policy looked at it; None where it did not."""
    verdict: Verdict | None = None
    """The newest one of this policy; None where the judge was not asked."""
    label: Label | None = None
    """None: nobody has said what it is."""
    shared: bool = False
    """Another policy was found to be violated in the same text: a sanction does not say which of them is."""


class SampleAnswer(StrEnum):
    """What became of a message that was drawn for a moderator."""

    VIOLATES = "violates"
    ALLOWED = "allowed"
    SKIPPED = "skipped"
    GONE = "gone"
    """It was deleted, erased or edited before it could be shown."""


@dataclass(frozen=True, slots=True)
class Draw:
    """A message that was drawn for a moderator to label: ids, and nothing of what it says."""

    guild_id: int
    policy_id: str
    digest: str
    """Of the policy's version that was in force."""
    moderator_id: int
    stratum: Stratum
    channel_id: int
    message_id: int
    drawn_at: datetime
    case_id: int | None = None
    """Where its text is; None: Discord is asked for it."""
    id: int = 0
    """Given by the store."""
    answer: SampleAnswer | None = None


@dataclass(frozen=True, slots=True)
class Cleared:
    """A case that nobody has looked at, since the judge found nothing in it."""

    case_id: int
    message_id: int
    channel_id: int
    parent_id: int | None


class Labels(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable.

    `settle` writes a label for every finding that a decision speaks about, in its own transaction, and takes the
    labels back when the decision is undone; so does `reopen`. See `bot.store.label_rows`.
    """

    async def labels(
        self, guild_id: int, policy_id: str | None = None, *, since: datetime | None = None
    ) -> list[Label]:
        """What people said, newest first; of one policy or of all."""
        ...

    async def labelled_texts(self, guild_id: int, policy_id: str, limit: int) -> list[KnownText]:
        """Up to `limit` labelled messages whose text is still kept, newest labels first.

        A message that has labels of a decision and of an appeal is told once, with the later one.
        """
        ...

    async def unlabelled_texts(self, guild_id: int, policy_id: str, limit: int) -> list[KnownText]:
        """Up to `limit` messages that this policy's judge saw lately and nobody has labelled, newest first."""
        ...

    async def cleared_cases(self, guild_id: int, policy_id: str, limit: int) -> list[Cleared]:
        """Up to `limit` cleared cases that this policy was asked about, drawn at random from the newest ones.

        Those with a label of this policy, or in somebody's open draw, are left out.
        """
        ...

    async def sampled(self, guild_id: int, policy_id: str) -> frozenset[int]:
        """The messages that have a label under this policy, or stand in somebody's open draw."""
        ...

    async def add_draws(self, draws: Sequence[Draw]) -> None:
        """Hand messages out. The same moderator's earlier ones for the policy are over by it, and all old ones."""
        ...

    async def draws(self, guild_id: int, policy_id: str, moderator_id: int) -> list[Draw]:
        """What was handed out last to a moderator for a policy, in its order, answered ones included."""
        ...

    async def draw(self, draw_id: int) -> Draw | None:
        """One of them; None when it is over."""
        ...

    async def answer_draw(
        self, draw_id: int, answer: SampleAnswer, *, rule_id: str | None = None, shown: Suspected | None = None
    ) -> bool:
        """Note what a moderator says, once; whether this call did it.

        VIOLATES and ALLOWED make a label. `shown`: the message as it was shown, without suspicions, where the
        store does not have it: it is kept as a cleared case, and goes as other cases do.
        """
        ...

    async def unjudged_samples(self, limit: int) -> list[KnownText]:
        """Labels of samples without a verdict, of all guilds, whose text is still kept; oldest first."""
        ...

    async def note_verdict(self, label: Label, verdict: Verdict | None) -> None:
        """Put the judge's word beside a sample's label, unless the label is gone. None: it could not be read."""
        ...
