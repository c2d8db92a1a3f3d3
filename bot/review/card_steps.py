"""One step after the other on the way of a card: begun, posted, looked for, brought up to date."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.attention import is_for_people
from bot.case import CardPlace, CaseFile, CaseState
from bot.ports import Board, Gone, Refused, Store
from bot.review.troubles import GuildTroubles, Moment

_log = structlog.get_logger(__name__)

LOOK_BACK: Final = timedelta(minutes=10)
"""How long before the begun posting a card is looked for: Discord's clock, which dates messages, is not ours."""


class CardSteps:
    """Knows from the store alone where a card is, so that any process can go on with it."""

    def __init__(
        self,
        store: Store,
        board: Board,
        review_channel: Callable[[int], int | None],
        clock: Callable[[], datetime],
        look_delay: timedelta,
    ) -> None:
        """`look_delay`: how long after a try that nobody confirmed its card is looked for."""
        self._store = store
        self._board = board
        self._review_channel = review_channel
        self._clock = clock
        self._look_delay = look_delay
        self._began_at: datetime | None = None

    def begin(self) -> None:
        """This process begins: what an earlier one was about to post may still be on its way."""
        self._began_at = self._clock()

    async def go_on(self, case: CaseFile, troubles: GuildTroubles) -> bool:
        """Take the next step; whether there was one. Raises StoreError, DiscordAway or Refused."""
        if case.shown_version >= case.version:  # shown meanwhile, by answering a click
            return True
        if case.card is None:
            return await self._post(case, troubles)
        if case.card.message_id is None:
            return await self._look_for(case, case.card, troubles)
        return await self._update(case, case.card.channel_id, case.card.message_id, troubles)

    async def _post(self, case: CaseFile, troubles: GuildTroubles) -> bool:
        if case.state is not CaseState.OPEN or not is_for_people(case):
            await self._store.card_shown(case.id, case.version, None)
            return True
        channel_id = self._review_channel(case.guild_id)
        if channel_id is None:
            return False
        await self._store.begin_card(case.id, channel_id)
        try:
            message_id = await self._board.post(case, channel_id)
        except Refused:
            await self._store.forget_card(case.id)  # it is certain that nothing hangs there
            raise
        await self._store.card_shown(case.id, case.version, message_id)
        self._note_success(case, troubles)
        return True

    async def _look_for(self, case: CaseFile, card: CardPlace, troubles: GuildTroubles) -> bool:
        """Find out what became of a posting that nobody confirmed."""
        if wait := self._too_early_to_look(card):
            troubles.too_early(case.id, wait, now_on_both_clocks(self._clock))
            return False
        try:
            message_id = await self._board.find(case.id, card.channel_id, card.begun_at - LOOK_BACK)
        except Gone:
            message_id = None
        if message_id is None:
            await self._store.forget_card(case.id)
            return True
        return await self._update(case, card.channel_id, message_id, troubles)

    async def _update(self, case: CaseFile, channel_id: int, message_id: int, troubles: GuildTroubles) -> bool:
        try:
            await self._board.update(case, channel_id, message_id)
        except Gone:
            await self._store.forget_card(case.id)
            return True
        except Refused as no:
            if channel_id == self._review_channel(case.guild_id):
                raise
            # Nobody looks after a channel that cards no longer go to. Its buttons still tell the truth.
            _log.warning("an old card stays as it is", guild=case.guild_id, case=case.id, reason=str(no))
        else:
            self._note_success(case, troubles)
        await self._store.card_shown(case.id, case.version, message_id)
        return True

    def _too_early_to_look(self, card: CardPlace) -> timedelta | None:
        """How long to wait before Discord can be trusted to tell whether a card has arrived."""
        last_try = max(card.begun_at, self._began_at or card.begun_at)
        wait = last_try + self._look_delay - self._clock()
        # A longer wait means that the clock was put back since: the last try is over, however long ago.
        return wait if timedelta(0) < wait <= self._look_delay else None

    def _note_success(self, case: CaseFile, troubles: GuildTroubles) -> None:
        if troubles.went_well(case.id):
            _log.info("cards are shown again", guild=case.guild_id)


def now_on_both_clocks(clock: Callable[[], datetime]) -> Moment:
    """The wall clock's time, and that of the loop's timer."""
    return Moment(clock(), asyncio.get_running_loop().time())
