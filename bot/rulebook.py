"""Every guild's policies, together with the prefilter that was built from them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.case import Earlier, Message, Suspected
from inference.prefilter.look import Look
from inference.prefilter.suspicion import Evidence, Suspicion
from policies.policy import Mode, Policy, Scope

Looks = tuple[Look, ...]
"""What the policies that were asked find in a text."""


_EVERYWHERE = Scope()


def _everywhere(_: int) -> Scope:
    """A guild that says nothing means all of it."""
    return _EVERYWHERE


class Inspector(Protocol):
    """The prefilter, as the core sees it. Pure and safe to call from any thread."""

    def inspect(
        self, guild_id: int, text: str, policy_ids: Collection[str] | None = None
    ) -> tuple[Suspicion, ...]:
        """Which of these policies suspect the text, and why; None asks all of the guild's policies."""
        ...


class Doorkeeper(ABC):
    """An inspector that remembers what came in: it has to be told which messages were just written, and by whom.

    Its methods are called in one thread, but for `look`. Who has looked already hands that over as `looks`.
    """

    @property
    @abstractmethod
    def takes_long(self) -> bool:
        """Whether a look takes milliseconds: then it is taken in a thread, before the inspection."""

    @abstractmethod
    def look(self, guild_id: int, text: str, policy_ids: Collection[str] | None = None) -> Looks:
        """The part of an inspection that takes time. Pure and safe to call from any thread."""

    @abstractmethod
    def inspect(
        self, guild_id: int, text: str, policy_ids: Collection[str] | None = None, looks: Looks | None = None
    ) -> tuple[Suspicion, ...]:
        """See `Inspector`. Nothing is counted."""

    @abstractmethod
    def inspect_new(
        self, message: Message, policy_ids: Collection[str], looks: Looks | None = None
    ) -> tuple[Suspicion, ...]:
        """As `inspect`, for a message that was just written: it is counted, and may be drawn for a random check.

        Asked again about the same message (the store was away), it says the same and counts nothing.
        """


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A consistent pair: swap the whole book when a policy changes, never one half of it."""

    policies: Mapping[int, Mapping[str, Policy]]
    """{guild id: {policy id: policy}}."""
    inspector: Inspector
    scope: Callable[[int], Scope] = _everywhere
    """{guild id: where its policies hold at all}. Asked for each message: settings change while the book stays."""

    @property
    def takes_long(self) -> bool:
        """Whether `look` is worth a thread."""
        return isinstance(self.inspector, Doorkeeper) and self.inspector.takes_long

    def look(self, message: Message) -> Looks | None:
        """What takes time in `suspect`, which then takes it over. Pure and safe to call from any thread."""
        asked = tuple(self.policies_for(message))
        if not asked or not isinstance(self.inspector, Doorkeeper):
            return None
        return self.inspector.look(message.guild_id, message.text, asked)

    def suspect(
        self,
        message: Message,
        earlier: Sequence[Earlier] = (),
        *,
        just_written: bool = False,
        looks: Looks | None = None,
    ) -> Suspected | None:
        """Ask the prefilter about a message under every policy that holds where it was written.

        Args:
            message: what was written.
            earlier: what came before it in its channel, oldest first; cut to what the suspecting policies read.
            just_written: it is new, and counts. Edits, previews and what is read from history do not.
            looks: what `look` said of this message, if it was asked.
        """
        asked = self.policies_for(message)
        if not asked or not message.text:
            return None
        suspicions = self._inspected(message, tuple(asked), looks, just_written=just_written)
        if not suspicions:
            return None
        kept = max(asked[suspicion.policy_id].judge.context for suspicion in suspicions)
        before = tuple(earlier[-kept:]) if kept else ()
        return Suspected(message=message, earlier=before, suspicions=suspicions, just_written=just_written)

    def pointed_at(self, message: Message, earlier: Sequence[Earlier], evidence: Evidence) -> Suspected:
        """A message that somebody points at, with one suspicion for each live policy that holds there.

        There may be none: then people look at it without a verdict.
        """
        asked = [policy for policy in self.policies_for(message).values() if policy.mode is Mode.LIVE]
        kept = max((policy.judge.context for policy in asked), default=0) if message.text else 0
        return Suspected(
            message=message,
            earlier=tuple(earlier[-kept:]) if kept else (),
            suspicions=tuple(
                Suspicion(policy_id=policy.id, evidence=(evidence,)) for policy in asked if message.text
            ),
        )

    def _inspected(
        self, message: Message, asked: tuple[str, ...], looks: Looks | None, *, just_written: bool
    ) -> tuple[Suspicion, ...]:
        if not isinstance(self.inspector, Doorkeeper):
            return self.inspector.inspect(message.guild_id, message.text, asked)
        if just_written:
            return self.inspector.inspect_new(message, asked, looks)
        return self.inspector.inspect(message.guild_id, message.text, asked, looks)

    def policies_for(self, message: Message) -> dict[str, Policy]:
        """The policies that are on and hold for this channel and these roles."""
        roles = frozenset(message.role_ids)
        channels = frozenset(filter(None, (message.channel_id, message.parent_id)))
        if not self.scope(message.guild_id).covers(channels, roles):
            return {}
        return {
            policy.id: policy
            for policy in self.policies.get(message.guild_id, {}).values()
            if policy.mode is not Mode.OFF and policy.scope.covers(channels, roles)
        }

    def policy(self, guild_id: int, policy_id: str) -> Policy:
        """A guild's policy by its id; KeyError if there is none."""
        return self.policies[guild_id][policy_id]


def rulebook_for(guild_ids: Iterable[int], policies: Mapping[str, Policy], inspector: Inspector) -> Rulebook:
    """One set of policies that holds in several guilds."""
    return Rulebook(dict.fromkeys(guild_ids, policies), inspector)
