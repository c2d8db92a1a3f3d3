"""Cards of appeals on their way to the review channels, with the promises of `bot.review.outbox`.

One appeal gives at most one card, wherever the process dies: the store notes that posting was begun, and a card
that was begun and never confirmed is looked for before another one is posted. Appeals are rare, so one task shows
them in turn; a guild in which Discord is away or refuses rests, and the others go on.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.case import CardPlace
from bot.outage import BackOff, Outage
from bot.ports import DiscordAway, Gone, Refused, Store, UnknownCase
from bot.records.appeals import Appeal
from bot.review.appeals import Appealed

_log = structlog.get_logger(__name__)

LOOK_BACK: Final = timedelta(minutes=10)
"""How long before the begun posting a card is looked for: Discord's clock, which dates messages, is not ours."""
BATCH: Final = 5
"""Cards of a guild in one round."""


class AppealBoard(Protocol):
    """Where appeals are shown to moderators. Every call raises DiscordAway, Refused or Gone."""

    async def post(self, appealed: Appealed, channel_id: int) -> int:
        """Hang up a new card and return its message id. Carries the appeal's nonce, which is enforced."""
        ...

    async def update(self, appealed: Appealed, channel_id: int, message_id: int) -> None:
        """Let a card show the appeal as it is now."""
        ...

    async def find(self, appeal_id: int, channel_id: int, since: datetime) -> int | None:
        """Look through our own messages since a moment for the card of an appeal; its message id."""
        ...


async def with_case(store: Store, appeal: Appeal) -> Appealed:
    """An appeal with all that is shown and decided by.

    Raises:
        UnknownCase, StoreUnavailable.
    """
    alone = Appealed(appeal, await store.case(appeal.case_id))
    if alone.decision is None:
        return alone
    others = await store.has_other_deciders(appeal.guild_id, alone.decision.moderator_id)
    return replace(alone, others_decide=others)


@dataclass(frozen=True, slots=True)
class CardPace:
    """How cards of appeals are shown."""

    poll: timedelta = timedelta(seconds=30)
    """How often the store is asked for what nobody announced."""
    refused_rest: timedelta = timedelta(minutes=10)
    look_delay: timedelta = timedelta(seconds=5)
    """How long after a try that nobody confirmed its card is looked for."""
    back_off: BackOff = field(default_factory=BackOff)


@dataclass(frozen=True, slots=True)
class _Rest:
    until: float
    """On the loop's clock."""
    outage: Outage | None = None


class AppealCards:
    """Shows every appeal that owes a card, and keeps cards up to date. One per store."""

    def __init__(
        self,
        store: Store,
        board: AppealBoard,
        review_channel: Callable[[int], int | None],
        *,
        clock: Callable[[], datetime],
        pace: CardPace,
    ) -> None:
        """`review_channel` gives a guild's channel as it is set now; None: not set, appeals wait."""
        self._store = store
        self._board = board
        self._review_channel = review_channel
        self._clock = clock
        self._pace = pace
        self._rests: dict[int, _Rest] = {}
        self._started_at = clock()

    def wake(self, guild_id: int | None) -> None:
        """Something was put right, perhaps, or there is something new: end the rests. None: of every guild."""
        if guild_id is None:
            self._rests.clear()
        else:
            self._rests.pop(guild_id, None)

    async def show_owed(self) -> bool:
        """Go one step on with every card that is owed; whether there may be more to do at once.

        Raises:
            StoreUnavailable: try again later.
        """
        owed = await self._store.appeal_cards_owed(BATCH)
        steps = [await self._try(appeal) for appeal in owed if not self._is_resting(appeal.guild_id)]
        return any(steps)

    async def _try(self, appeal: Appeal) -> bool:
        """Take a step, and sort out what goes wrong; whether there was one."""
        if self._is_resting(appeal.guild_id):
            return False
        try:
            moved = await self._step(await with_case(self._store, appeal))
        except UnknownCase:  # its guild was purged meanwhile
            return False
        except DiscordAway as away:
            self._rest(appeal, str(away))
        except Refused as no:
            until = asyncio.get_running_loop().time() + self._pace.refused_rest.total_seconds()
            self._rests[appeal.guild_id] = _Rest(until)
            _log.warning(
                "the card of an appeal is refused", guild=appeal.guild_id, appeal=appeal.id, reason=str(no)
            )
        else:
            return moved
        return False

    async def _step(self, appealed: Appealed) -> bool:
        card = appealed.appeal.card
        if card is None:
            return await self._post(appealed)
        if card.message_id is None:
            return await self._look_for(appealed, card)
        return await self._update(appealed, card.channel_id, card.message_id)

    async def _post(self, appealed: Appealed) -> bool:
        appeal, channel_id = appealed.appeal, self._review_channel(appealed.appeal.guild_id)
        if channel_id is None or not await self._store.begin_appeal_card(appeal.id, channel_id):
            return False
        try:
            message_id = await self._board.post(appealed, channel_id)
        except Refused:
            await self._store.forget_appeal_card(appeal.id)  # it is certain that nothing hangs there
            raise
        await self._store.appeal_card_shown(appeal.id, appeal.version, message_id)
        self._rests.pop(appeal.guild_id, None)
        return True

    async def _look_for(self, appealed: Appealed, card: CardPlace) -> bool:
        """Find out what became of a posting that nobody confirmed."""
        last_try = max(card.begun_at, self._started_at)
        # A longer wait means that the clock was put back since: the last try is over, however long ago.
        if timedelta(0) < last_try + self._pace.look_delay - self._clock() <= self._pace.look_delay:
            return False
        try:
            found = await self._board.find(appealed.appeal.id, card.channel_id, card.begun_at - LOOK_BACK)
        except Gone:
            found = None
        if found is None:
            await self._store.forget_appeal_card(appealed.appeal.id)
            return True
        return await self._update(appealed, card.channel_id, found)

    async def _update(self, appealed: Appealed, channel_id: int, message_id: int) -> bool:
        appeal = appealed.appeal
        try:
            await self._board.update(appealed, channel_id, message_id)
        except Gone:
            await self._store.forget_appeal_card(appeal.id)
            return True
        except Refused as no:
            if channel_id == self._review_channel(appeal.guild_id):
                raise
            # Nobody looks after a channel that cards no longer go to.
            _log.warning("an old card stays as it is", guild=appeal.guild_id, appeal=appeal.id, reason=str(no))
        await self._store.appeal_card_shown(appeal.id, appeal.version, message_id)
        self._rests.pop(appeal.guild_id, None)
        return True

    def _is_resting(self, guild_id: int) -> bool:
        rest = self._rests.get(guild_id)
        return rest is not None and rest.until > asyncio.get_running_loop().time()

    def _rest(self, appeal: Appeal, reason: str) -> None:
        """Discord is away. A card that may be on its way has arrived before it is looked for."""
        known = self._rests.get(appeal.guild_id)
        outage = self._pace.back_off.after(known.outage if known else None, reason, self._clock())
        rest = max(outage.retry_after, self._pace.look_delay)
        self._rests[appeal.guild_id] = _Rest(asyncio.get_running_loop().time() + rest.total_seconds(), outage)
        if outage.tries == 1:
            _log.warning("the card of an appeal waits", guild=appeal.guild_id, appeal=appeal.id, reason=reason)
