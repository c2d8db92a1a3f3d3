"""discord.py's picture of Discord, kept through events that cannot be read.

discord.py 2.7.1 lets one event that it cannot read end the connection, and the program with it; nor does it read
messages that leave out what other servers than Discord may leave out.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import discord
import structlog
from discord.state import ConnectionState
from discord.ui.view import ViewStore

from bot.language import language_of, speaking

_log = structlog.get_logger(__name__)
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
"""What discord.py raises for an event that is not as it should be."""
_ESSENTIAL = ("id", "channel_id", "guild_id", "author", "member", "content", "type", "flags", "timestamp")
_NEEDED = frozenset({"id", "channel_id", "author", "content", "type"})


LeftToHistory = Callable[[int, int, int], bool]
"""Asked with the ids of a member's new message, its guild, channel and own: whether it is not to be read now."""


_UNHEARD = {3: "stale_interaction", 5: "form_sent"}
"""{type of interaction: event}: a press that nobody waits for, as pages that are private to a person live as
long as the process and a quarter of an hour at most; and a form, which nothing waits for: see `bot.cogs.forms`."""


class SteadyState(ConnectionState[Any]):
    """discord.py's picture of Discord, which outlives an event that cannot be read, and a flood of them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.left_to_history: LeftToHistory = _nothing
        self.parsers = {
            event: parse if event in ("READY", "RESUMED") else _unless_unreadable(event, parse)
            for event, parse in self.parsers.items()
        }

    def create_message(self, *, channel: Any, data: Any) -> discord.Message:
        """A message out of an answer to a request; the words alone if the rest cannot be read."""
        _end_poll(data)
        try:
            return super().create_message(channel=channel, data=data)
        except UNREADABLE:
            return super().create_message(channel=channel, data=_words_of(data))

    def parse_message_create(self, data: Any) -> None:
        """A new message; the words alone if the rest cannot be read."""
        if _by_member(data) and self.left_to_history(
            int(data["guild_id"]), int(data["channel_id"]), int(data["id"])
        ):
            return
        _end_poll(data)
        try:
            super().parse_message_create(data)
        except UNREADABLE:
            super().parse_message_create(_words_of(data))

    def clear(self, *, views: bool = True) -> None:
        """Begin anew, as for a new session."""
        super().clear(views=views)
        if views:
            self._view_store = self._views = _AttentiveViews(self)

    def parse_interaction_create(self, data: Any) -> None:
        """A command, a press or a modal. Whatever it starts speaks the language of the person whose it is."""
        with speaking(language_of(data.get("locale"))):
            self._views.took_one = False
            super().parse_interaction_create(data)
            if data["type"] in _UNHEARD and not self._views.took_one:
                self.dispatch(_UNHEARD[data["type"]], discord.Interaction(data=data, state=self))

    def parse_message_update(self, data: Any) -> None:
        """An edited message.

        Discord sends the whole message. Servers that follow an older description send only what changed: then
        `partial_message_edit` is dispatched with the ids of the guild, the channel and the message.
        """
        if not data.keys() >= _NEEDED:
            self.dispatch(
                "partial_message_edit", int(data.get("guild_id", 0)), int(data["channel_id"]), int(data["id"])
            )
            return
        _end_poll(data)
        try:
            super().parse_message_update(data)
        except UNREADABLE:
            super().parse_message_update(_words_of(data))


class _AttentiveViews(ViewStore):
    """Notices whether anything was there for a press."""

    took_one = False

    def add_task(self, task: asyncio.Task[None]) -> None:
        """Something works on the press."""
        self.took_one = True
        super().add_task(task)


def _end_poll(data: Any) -> None:
    """A poll may be without an end (Discord's reference, "Poll Object"); discord.py reads only those with one."""
    poll = data.get("poll")
    if poll and poll.get("expiry") is None:
        poll["expiry"] = data["timestamp"]


def _nothing(*_: int) -> bool:
    return False


def _by_member(data: Any) -> bool:
    return "guild_id" in data and "webhook_id" not in data and not data["author"].get("bot")


def _words_of(data: Any) -> Any:
    words = {key: data[key] for key in _ESSENTIAL if data.get(key) is not None}
    return {"content": "", "type": discord.MessageType.default.value, **words}


def _unless_unreadable(event: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
    def parse_or_drop(data: Any) -> None:
        try:
            parse(data)
        except UNREADABLE as error:
            _log.error("an event could not be read and was dropped", gateway_event=event, exc_info=error)

    return parse_or_drop
