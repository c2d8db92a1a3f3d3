"""The texts that a policy is tried on, and where each comes from. Pure values."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.question import asked
from bot.records.labels import KnownText, LabelSource, Stratum
from inference.rendering import Content
from policies.policy import Example, Policy


class Group(StrEnum):
    """What a text is counted with. Figures of different groups are never added up."""

    EXAMPLE = "example"
    """The policy's own, and the model does not see it."""
    SHOWN = "shown"
    """It stands in the prompt: that the model gets it right says little."""
    DECIDED = "decided"
    """A moderator decided on its card, which came up because of this policy."""
    BESIDE = "beside"
    """A moderator decided on its card, which came up for another reason: another policy, or a random check."""
    CLEARED = "cleared"
    """A blind sample of what the judge found to be allowed."""
    UNFLAGGED = "unflagged"
    """A blind sample of what nothing suspected."""
    OPEN = "open"
    """The policy was asked about it, and nobody has said what it is."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message of a guild is."""

    guild_id: int
    channel_id: int
    message_id: int
    case_id: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One text."""

    text: str
    """What members can read of it."""
    group: Group
    violates: bool | None
    """What a person says; None: nobody has."""
    rule_id: str | None = None
    """The rule that a person named."""
    known: KnownText | None = None
    """The message; None for an example."""

    @property
    def place(self) -> Place | None:
        """Where the message is; None for an example."""
        if self.known is None:
            return None
        message = self.known.message
        return Place(message.guild_id, message.channel_id, message.id, self.known.case_id)

    def content(self, policy: Policy) -> Content:
        """What the judge is shown of it: policies differ in how much context they read."""
        if self.known is None:
            return Content(text=self.text)
        return asked(policy, self.known.message, self.known.earlier, self.known.suspicion)


_SAMPLES = {Stratum.CLEARED: Group.CLEARED, Stratum.UNFLAGGED: Group.UNFLAGGED}


def examples_of(policy: Policy, *others: Policy) -> Iterator[Item]:
    """The policy's own examples. `others`: policies whose prompts count, too."""
    seen = _shown_texts((policy, *others))
    return (_example(example, seen) for example in policy.examples)


def known_items(texts: Iterable[KnownText], policies: Sequence[Policy]) -> Iterator[Item]:
    """Messages. One whose text stands in a policy's prompt, as a decided case may that was made an example, is
    counted with those."""
    seen = _shown_texts(policies)
    return (_known(text, seen) for text in texts)


def _example(example: Example, seen: frozenset[str]) -> Item:
    group = Group.SHOWN if _plain(example.text) in seen else Group.EXAMPLE
    return Item(example.text, group, example.violates, example.verdict if example.violates else None)


def _known(text: KnownText, seen: frozenset[str]) -> Item:
    written = text.message.text
    group = Group.SHOWN if _plain(written) in seen else _group(text)
    label = text.label
    return Item(written, group, label.violates if label else None, label.rule_id if label else None, text)


def _group(text: KnownText) -> Group:
    if text.label is None:
        return Group.OPEN
    if text.label.stratum is Stratum.OPENED:
        return Group.DECIDED
    return _SAMPLES[text.label.stratum] if text.label.source is LabelSource.SAMPLE else Group.BESIDE


def _shown_texts(policies: Iterable[Policy]) -> frozenset[str]:
    return frozenset(_plain(example.text) for policy in policies for example in policy.shown_examples)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
