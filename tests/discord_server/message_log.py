"""The messages of one channel, in the order of their ids."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.discord_server.messages import Message


class MessageLog:
    """Keeps what exists; `last_id` is the newest that ever was, deleted or not, as in a channel's object."""

    def __init__(self) -> None:
        self.last_id: int | None = None
        self._ids: list[int] = []
        self._by_id: dict[int, Message] = {}

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def all(self) -> list[Message]:
        """Oldest first."""
        return [self._by_id[each] for each in self._ids]

    def get(self, message_id: int) -> Message | None:
        return self._by_id.get(message_id)

    def add(self, message: Message) -> None:
        """Keep a message; one with an id of the past finds its place."""
        if self._ids and message.id < self._ids[-1]:
            insort(self._ids, message.id)
        else:
            self._ids.append(message.id)
        self._by_id[message.id] = message
        self.last_id = max(self.last_id or 0, message.id)

    def remove(self, message_ids: Iterable[int]) -> list[Message]:
        """Delete what exists of these, and say what it was."""
        gone = [self._by_id.pop(each) for each in dict.fromkeys(message_ids) if each in self._by_id]
        for message in gone:
            del self._ids[bisect_left(self._ids, message.id)]
            message.deleted = True
        return gone

    def page(
        self, limit: int, *, before: int | None = None, after: int | None = None, around: int | None = None
    ) -> list[Message]:
        """A page of history, newest first: the oldest ones after `after`, the newest ones before `before`."""
        if around is not None:
            middle = bisect_left(self._ids, around)
            chosen = self._ids[max(0, middle - limit // 2) : middle + limit // 2 + 1]
        elif after is not None:
            start = bisect_right(self._ids, after)
            chosen = self._ids[start : start + limit]
        else:
            end = len(self._ids) if before is None else bisect_left(self._ids, before)
            chosen = self._ids[max(0, end - limit) : end]
        return [self._by_id[each] for each in reversed(chosen)]
