"""Which channels may lack messages, and from where on they have to be read from history.

A channel is *current* (everything arrives live), or it has a debt. A debt waits for its guild to be seen, then it
is due, then it is read page by page. Meanwhile live messages are looked at as ever; only the mark is held.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bot.case import Earlier, Message
from bot.intake.window import IntakeWindow
from bot.ports import Page

Key = tuple[int, int]
"""Guild id and channel id."""

REMEMBERED = 200
"""Ids per debt of what came live and need not be looked at again. Forgetting one only costs a second look."""
ANYWHERE = 2**63
"""Stands for a lost message above everything that was read: one more page is needed."""


@dataclass(slots=True)
class Debt:
    """A channel that may lack messages above `after`."""

    key: Key
    after: int | None = None
    """Everything at or below has begun. None: the channel's mark is not known yet."""
    until: int = 0
    """What Discord said is the newest message: when history is read to its end, this is reached."""
    due: bool = False
    asked: bool = False
    """Whether a page is on its way."""
    lost: int | None = None
    """The lowest id that was lost since the page was asked for, or since the debt began."""
    first: int | None = None
    """The lowest new message since the debt began."""
    gone: set[int] = field(default_factory=set)
    """What was deleted while the page was on its way."""
    context: tuple[Earlier, ...] = ()
    """The end of the page before."""
    _live: dict[int, None] = field(default_factory=dict)

    def came_live(self, message_id: int) -> None:
        """This message, as it is now, is in a lane or through it."""
        self._live.pop(message_id, None)
        self._live[message_id] = None
        if len(self._live) > REMEMBERED:
            del self._live[next(iter(self._live))]

    def has(self, message_id: int) -> bool:
        """Whether a message came live and has not changed unseen since."""
        return message_id in self._live

    def lose(self, message_id: int) -> None:
        """This message, as it is now, was not taken in."""
        self._live.pop(message_id, None)
        self.lost = message_id if self.lost is None else min(self.lost, message_id)

    def trust_nothing(self) -> None:
        """Events may be missing: a page on its way is not the last one, and what came live may have changed."""
        self._live.clear()
        if self.asked:
            self.lose(ANYWHERE)

    def ask(self) -> int:
        """A page is about to be asked for: the id that it follows."""
        self.after = self.after_lost(self.after or 0)
        self.lost, self.asked = None, True
        self.gone.clear()
        return self.after

    def after_lost(self, after: int) -> int:
        """Where to read on if nothing below `after` but what was lost is missing."""
        return after if self.lost is None else min(after, self.lost - 1)


class Debts:
    """Every channel's standing. Keeps the window's holds true."""

    def __init__(self, window: IntakeWindow) -> None:
        self._window = window
        self._debts: dict[Key, Debt] = {}
        self._current: set[Key] = set()
        self._due: deque[Debt] = deque()
        self._to_make_sure: deque[Debt] = deque()
        self._stirred = asyncio.Event()

    @property
    def due(self) -> Collection[Key]:
        """Channels that have to be read, or are being read."""
        return [key for key, debt in self._debts.items() if debt.due]

    def of(self, key: Key) -> Debt | None:
        """A channel's debt; None if it is current or was never heard of."""
        return self._debts.get(key)

    def is_known(self, key: Key) -> bool:
        """Whether it is known from where on the channel may lack messages."""
        debt = self._debts.get(key)
        return key in self._current or (debt is not None and debt.after is not None)

    def is_due(self, debt: Debt) -> bool:
        """Whether a debt still stands."""
        return debt.due and self._debts.get(debt.key) is debt

    def created(self, key: Key, message_id: int, *, taken: bool) -> bool:
        """A new message came live and was taken into a lane, or lost. Whether the channel fell behind by that."""
        self._window.hear(key[0], message_id)
        was_current = key in self._current
        debt = self._debt_unless_current(key) if taken else self._debt_from(key, message_id - 1)
        if debt is None:
            return False
        debt.first = message_id if debt.first is None else min(debt.first, message_id)
        if taken:
            debt.came_live(message_id)
        else:
            self._lose(debt, message_id)
        return was_current

    def edited(self, key: Key, message_id: int, *, taken: bool) -> bool:
        """An edit came live; whether nothing more has to be remembered of it."""
        debt = self._debt_unless_current(key)
        if debt is None or taken:
            if debt is not None:
                debt.came_live(message_id)
            return taken
        if debt.due and not debt.asked and debt.after is not None and debt.after < message_id:
            self._lose(debt, message_id)
            return True
        return False

    def deleted(self, key: Key, message_ids: Collection[int]) -> None:
        """Messages are gone; some of them may be on a page that is on its way."""
        debt = self._debts.get(key)
        if debt is not None and debt.asked:
            debt.gone.update(message_ids)

    def doubt_all(self) -> None:
        """Events may be missing everywhere: every channel waits for its guild to be seen again."""
        for key in tuple(self._current):
            self._doubt(key)
        for debt in self._debts.values():
            debt.trust_nothing()

    def seen(self, guild_id: int, channels: Mapping[int, int | None], *, stale: bool = False) -> None:
        """A guild's newest messages: where one is above what came live, the channel is held at once.

        The same where that is not told, or `stale`.
        """
        self._window.hear(guild_id, max((last_id or 0 for last_id in channels.values()), default=0))
        for channel_id, last_id in channels.items():
            key = (guild_id, channel_id)
            if last_id is not None and not stale and last_id <= self._window.newest(*key):
                continue
            if key in self._current:
                self._doubt(key)
            elif key in self._debts:
                self._debts[key].trust_nothing()

    def settle(self, key: Key, mark: int, last_id: int | None, *, unsure: bool = False) -> None:
        """Compare what we have of a channel with its newest message: it is current, or it has to be read.

        Args:
            key: the channel.
            mark: everything at or below it has passed; only asked for where nothing better is known.
            last_id: the newest message of the channel, as Discord says.
            unsure: there may be newer ones all the same. The channel is read when no other one has to be.
        """
        if key in self._current:
            return
        debt = self._debts.get(key) or self._open(key)
        debt.until = max(debt.until, last_id or 0)
        if debt.due:
            return
        known = mark if debt.after is None else debt.after
        debt.after = debt.after_lost(known)
        is_missing = debt.lost is not None or debt.until > debt.after
        if not is_missing and not unsure:
            self._make_current(debt)
            return
        self._window.hold(*key, debt.after)
        self._make_due(debt, self._due if is_missing else self._to_make_sure)

    def first_of(self, key: Key) -> int | None:
        """The lowest new message that came while it was not known how far the channel is."""
        debt = self._debts.get(key)
        return debt.first if debt else None

    async def next_due(self) -> Debt:
        """The debt that has waited longest; waits for one."""
        while True:
            while waiting := self._due or self._to_make_sure:
                if self.is_due(debt := waiting.popleft()):
                    return debt
            self._stirred.clear()
            await self._stirred.wait()

    def put_last(self, debt: Debt) -> None:
        """Others first: a long history must not keep short ones waiting."""
        if self.is_due(debt):
            self._make_due(debt)

    def missing(self, debt: Debt, page: Page) -> tuple[Message, ...]:
        """What of a page did not come live; nothing of a channel that was forgotten meanwhile."""
        if not self.is_due(debt):
            return ()
        return tuple(message for message in page.messages if not debt.has(message.id))

    def turn(self, debt: Debt, page: Page) -> bool:
        """A page has begun: go on after it. Whether the channel is current now."""
        if not self.is_due(debt):
            return True
        debt.asked = False
        if debt.lost is None and not page.more:
            debt.after = max(page.last_id, debt.until)
            self._make_current(debt)
            return True
        debt.after = debt.after_lost(page.last_id)
        self._window.hold(*debt.key, debt.after)
        return False

    def failed(self, debt: Debt) -> None:
        """The page did not come. What was lost meanwhile is read from the same place on."""
        debt.asked = False

    def shelve(self, debt: Debt) -> None:
        """Reading broke: the channel stays held until its guild is seen again."""
        debt.asked = debt.due = False
        debt.lose(ANYWHERE)

    def give_up(self, debt: Debt) -> None:
        """History cannot be had: go on with what comes live."""
        if self._debts.get(debt.key) is debt:
            del self._debts[debt.key]
            self._current.add(debt.key)
            self._window.release(*debt.key)

    def set_aside(self, key: Key) -> None:
        """A channel cannot be read any more. If it is seen again, it goes on from where it is."""
        if key in self._current:
            self._doubt(key)
        elif debt := self._debts.get(key):
            self.shelve(debt)
        if not self._window.is_busy(*key):
            self._debts.pop(key, None)
            self._window.forget(*key)

    def forget(self, guild_id: int) -> None:
        """Drop all of a guild."""
        for key in [key for key in (*self._debts, *self._current) if key[0] == guild_id]:
            self._debts.pop(key, None)
            self._current.discard(key)

    def _debt_unless_current(self, key: Key) -> Debt | None:
        if key in self._current:
            return None
        return self._debts.get(key) or self._open(key)

    def _debt_from(self, key: Key, after: int) -> Debt:
        """The channel's debt; a current channel falls behind here."""
        if key in self._current:
            self._current.discard(key)
            debt = self._debts[key] = Debt(key, after=after)
            self._window.hold(*key, after)
            self._make_due(debt)
        return self._debts.get(key) or self._open(key)

    def _open(self, key: Key) -> Debt:
        """A channel of which nothing is known yet: its mark stays where it is."""
        debt = self._debts[key] = Debt(key)
        self._window.hold(*key, self._window.mark(*key))
        return debt

    def _doubt(self, key: Key) -> None:
        """Everything up to the newest message came live; above it some may be missing."""
        after = self._window.newest(*key)
        self._current.discard(key)
        self._debts[key] = Debt(key, after=after)
        self._window.hold(*key, after)

    def _lose(self, debt: Debt, message_id: int) -> None:
        debt.lose(message_id)
        if debt.after is not None and message_id <= debt.after:
            self._window.hold(*debt.key, message_id - 1)

    def _make_due(self, debt: Debt, waiting: deque[Debt] | None = None) -> None:
        debt.due = True
        (self._due if waiting is None else waiting).append(debt)
        self._stirred.set()

    def _make_current(self, debt: Debt) -> None:
        self._window.hold(*debt.key, debt.after or 0)
        self._window.release(*debt.key)
        self._debts.pop(debt.key)
        self._current.add(debt.key)
