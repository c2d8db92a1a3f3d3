"""What a person sees after a press or a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.discord_server.changes import DEFAULT_TIMEOUT
from tests.discord_server.interactions import CallbackKind, Interaction

if TYPE_CHECKING:
    from tests.discord_server.messages import Message
    from tests.discord_server.world import World


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of an autocomplete list."""

    name: str
    value: str | int | float


@dataclass(frozen=True, slots=True)
class Reply:
    """The bot's answer, as far as it has come; it grows with edits and follow-ups."""

    world: World
    interaction: Interaction

    @property
    def failed(self) -> bool:
        """The person sees "This interaction failed": no acknowledgement within three seconds."""
        return self.interaction.acknowledged is None and self.interaction.expired

    @property
    def latency(self) -> float | None:
        """Seconds to the acknowledgement."""
        return self.interaction.latency

    @property
    def acknowledged(self) -> CallbackKind | None:
        return self.interaction.acknowledged

    @property
    def thinking(self) -> bool:
        """Deferred, and nothing to read yet."""
        return not self.interaction.is_settled

    @property
    def messages(self) -> list[Message]:
        """The messages of the answer, oldest first; not the message whose button was pressed."""
        original = self.interaction.original
        first = [] if original is None or original is self.interaction.source else [original]
        return [each for each in (*first, *self.interaction.followups) if not each.deleted]

    @property
    def message(self) -> Message:
        """The newest message of the answer."""
        if not self.messages:
            raise LookupError(f"there is no answer to read (failed: {self.failed})")
        return self.messages[-1]

    @property
    def text(self) -> str:
        """All that can be read in the answer."""
        return "\n".join(each.all_text for each in self.messages)

    @property
    def ephemeral_text(self) -> str:
        """All that only this person can read."""
        return "\n".join(each.all_text for each in self.messages if each.is_ephemeral)

    @property
    def public_text(self) -> str:
        """All that everyone in the channel can read."""
        return "\n".join(each.all_text for each in self.messages if not each.is_ephemeral)

    @property
    def modal(self) -> dict[str, Any] | None:
        """The modal that opened."""
        return self.interaction.modal

    @property
    def choices(self) -> list[Choice]:
        """The autocomplete list."""
        return [Choice(each["name"], each["value"]) for each in self.interaction.choices]

    async def settled(self, within: float = DEFAULT_TIMEOUT) -> Reply:
        """Wait until it failed or nothing more is promised."""
        await self.world.changes.until(
            lambda: self.interaction.is_settled, within, "the end of the bot's thinking"
        )
        return self

    async def wait_for_text(self, within: float = DEFAULT_TIMEOUT) -> str:
        """Wait for something to read, also after a silent acknowledgement."""
        return await self.world.changes.until(lambda: self.text.strip(), within, "an answer with text")

    async def submit(self, values: Mapping[str, str | Sequence[str]], *, wait: bool = True) -> Reply:
        """Fill in the modal that opened: {custom id: text, or what is chosen from a menu}."""
        return await self.world.people.submit(self.interaction, values, wait=wait)
