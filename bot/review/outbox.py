"""Cards on their way to the review channels. What is owed stands in the store; nothing of it lives only here.

One message gives at most one card, wherever the process dies. Before a card is posted, the store notes that this
was begun; a card that was begun and not confirmed is looked for before another one is posted. Discord's history
may lag behind a moment, so the look comes a few seconds after the try; up to then, and for minutes after, Discord
itself takes a second message with the same nonce for the first one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from bot.attention import is_for_people
from bot.case import CaseFile, CaseState
from bot.language import marked, tr
from bot.outage import BackOff
from bot.ports import (
    Board,
    DiscordAway,
    DiscordError,
    Refused,
    Store,
    StoreError,
    StoreUnavailable,
    UnknownCase,
)
from bot.review.card_steps import CardSteps, now_on_both_clocks
from bot.review.held_cards import HeldCards
from bot.review.locks import KeyedLocks
from bot.review.troubles import GuildTroubles, Moment
from bot.review.turns import Turns
from bot.tasks import task_group

_log = structlog.get_logger(__name__)

NO_CHANNEL: Final = marked("No review channel is set, so cases wait. Set one with /safeguild setup.")
DEFECT: Final = marked(
    "Safeguild has a bug and could not make the card. The operator of the bot finds it in the log."
)


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """How cards are shown."""

    width: int = 16
    """Guilds served at once."""
    batch: int = 5
    """Cards shown in a guild before the next guild has its turn. Discord lets five pass in five seconds."""
    poll: timedelta = timedelta(seconds=30)
    """How often the store is asked for what nobody announced."""
    refused_rest: timedelta = timedelta(minutes=10)
    """How long a guild or a card is left alone after Discord refused."""
    look_delay: timedelta = timedelta(seconds=5)
    """How long after a try that nobody confirmed its card is looked for."""
    back_off: BackOff = field(default_factory=BackOff)


class CardOutbox:
    """A `Desk`: shows every case that owes a card, and keeps cards up to date. One per store."""

    def __init__(
        self,
        store: Store,
        board: Board,
        review_channel: Callable[[int], int | None],
        *,
        clock: Callable[[], datetime],
        settings: OutboxSettings | None = None,
        held: HeldCards | None = None,
    ) -> None:
        """`review_channel` gives a guild's channel as it is set now; None: not set, cases wait.

        `held` says which cards have to wait for room; without it there is room for all of them.
        """
        self._store = store
        self._review_channel = review_channel
        self._clock = clock
        self._settings = settings or OutboxSettings()
        self._turns = Turns(self._serve, width=self._settings.width)
        self._locks = KeyedLocks()
        self._troubles: dict[int, GuildTroubles] = {}
        self._poll_now = asyncio.Event()
        self._steps = CardSteps(store, board, review_channel, clock, self._settings.look_delay)
        self._held = held
        self._wanted: dict[int, dict[int, None]] = {}
        """{guild id: case ids in their order}: cards that somebody asked for, room or not."""

    async def show(self, case: CaseFile) -> None:
        """Something changed about a case: see soon what its guild owes. Does not end a rest; see `stir`."""
        self.look(case.guild_id)

    def look(self, guild_id: int) -> None:
        """Something changed about cases of this guild. Nothing was put right, so no rest ends."""
        self._turns.call(guild_id)

    async def want(self, case: CaseFile) -> None:
        """Somebody works on the case: its card goes up next, whether there is room for it or not.

        That holds until it hangs, however long Discord is away; not over a restart, after which it waits for room.
        """
        self._wanted.setdefault(case.guild_id, {})[case.id] = None
        self._turns.call(case.guild_id)

    def stir(self, guild_id: int | None = None) -> None:
        """Try again now: a review channel was set, a permission changed. None: in every guild."""
        for stirred in tuple(self._troubles) if guild_id is None else (guild_id,):
            if troubles := self._troubles.get(stirred):
                troubles.end_rests(self._now())
            self._turns.call(stirred)
        if guild_id is None:
            self._poll_now.set()

    async def refresh(self, case_id: int, through: Callable[[CaseFile], Awaitable[None]]) -> None:
        """Show a case's newest version by answering an interaction, in place of an edit in the channel.

        `through` edits the card at `case.card`. If it raises DiscordError, the card is edited in the ordinary way.

        Raises:
            UnknownCase: there is no such case.
            StoreUnavailable: the case was not read, or not noted as shown; in that case it is shown again.
        """
        async with self._locks.hold(case_id):
            case = await self._store.case(case_id)
            try:
                await through(case)
            except DiscordError as error:
                _log.info("a card could not be shown through its interaction", case=case_id, error=str(error))
            else:
                await self._note_refreshed(case)
        self._turns.call(case.guild_id)

    async def channel_gone(self, guild_id: int, channel_id: int) -> None:
        """A channel with cards was deleted: open cases get new cards in the channel that is set now.

        Raises:
            StoreUnavailable: not all of them were found; call it again.
        """
        async for case in self._store.cases(CaseState.OPEN):
            if case.guild_id == guild_id and case.card is not None and case.card.channel_id == channel_id:
                async with self._locks.hold(case.id):
                    await self._store.forget_card(case.id)
        self.stir(guild_id)

    def problem(self, guild_id: int) -> str | None:
        """Why cards cannot be posted in this guild, in plain words; None if nothing is in the way."""
        if self._review_channel(guild_id) is None:
            return tr(NO_CHANNEL)
        troubles = self._troubles.get(guild_id)
        return troubles.problem if troubles else None

    async def run(self) -> None:
        """Show cards until cancelled. Outages of Discord and of the store are waited out."""
        self._steps.begin()
        async with task_group() as tasks:
            tasks.create_task(self._turns.run())
            tasks.create_task(self._keep_polling())

    async def _note_refreshed(self, case: CaseFile) -> None:
        if case.card is not None and case.card.message_id is not None:
            await self._store.card_shown(case.id, case.version, case.card.message_id)

    async def _keep_polling(self) -> None:
        while True:
            self._poll_now.clear()
            try:
                for guild_id in await self._guilds_to_serve():
                    self._turns.call(guild_id)
            except StoreUnavailable as error:
                _log.warning("the memory cannot be asked for cards", error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.poll.total_seconds()):
                    await self._poll_now.wait()

    async def _guilds_to_serve(self) -> set[int]:
        lines = await self._store.guilds_with_queue_line() if self._held else []
        return {*lines, *await self._store.guilds_owing_cards()}

    async def _serve(self, guild_id: int) -> bool:
        """Show a batch of a guild's cards; whether there may be more to show now."""
        troubles = self._troubles.setdefault(guild_id, self._no_troubles())
        began = self._now()
        try:
            shown = 0 if troubles.is_resting(began) else await self._show_batch(guild_id, troubles)
        except StoreUnavailable as error:
            shown = 0
            if troubles.away(None, str(error), self._now()):
                _log.warning("cards wait for the memory", guild=guild_id, error=str(error))
        return self._plan(guild_id, troubles, began) and shown > 0

    def _plan(self, guild_id: int, troubles: GuildTroubles, began: Moment) -> bool:
        """See to it that the guild is served after its rest; whether it is awake now.

        What rested when serving `began` was passed over, although its rest may have ended since.
        """
        wait = troubles.next_end(began)
        if wait is not None:
            self._turns.call_later(guild_id, wait)
        elif troubles == self._no_troubles():
            self._troubles.pop(guild_id, None)
        return not troubles.is_resting(self._now())

    async def _show_batch(self, guild_id: int, troubles: GuildTroubles) -> int:
        """How many cases owe nothing any more, or less."""
        resting = troubles.resting_cards(self._now())
        limit = self._settings.batch + len(resting)
        owed = await self._store.cards_owed(guild_id, limit)
        if len(owed) < limit:
            troubles.keep_only(frozenset(case.id for case in owed))
        in_turn = sorted(
            (case for case in owed if case.id not in resting), key=lambda c: troubles.has_failed(c.id)
        )
        shown, held_back = await self._show_wanted(guild_id, troubles), False
        for case in in_turn[: self._settings.batch]:
            if troubles.is_resting(self._now()):
                break
            if await self._has_to_wait(case):
                held_back = True
            else:
                shown += await self._try(case, troubles)
        await self._tell_of_held(guild_id, troubles, holding=held_back)
        return shown

    async def _show_wanted(self, guild_id: int, troubles: GuildTroubles) -> int:
        """Cards that somebody waits for. One that Discord does not let through stays wanted until it hangs."""
        shown, wanted = 0, self._wanted.get(guild_id, {})
        resting = troubles.resting_cards(self._now())
        for case_id in [case_id for case_id in wanted if case_id not in resting]:
            if troubles.is_resting(self._now()):
                break
            with suppress(UnknownCase):
                shown += await self._try(await self._store.case(case_id), troubles)
            if not await self._is_owed(case_id):
                wanted.pop(case_id, None)
        if not self._wanted.get(guild_id):
            self._wanted.pop(guild_id, None)
        return shown

    async def _is_owed(self, case_id: int) -> bool:
        """Whether the case is shown as it was, or not at all."""
        try:
            case = await self._store.case(case_id)
        except UnknownCase:
            return False
        return case.shown_version < case.version

    async def _has_to_wait(self, case: CaseFile) -> bool:
        """Whether there is no room for the case's card yet. The guild is served again when there is."""
        if self._held is None or case.card is not None or not is_for_people(case):
            return False
        wait = await self._held.room_for(case)
        if wait:
            self._turns.call_later(case.guild_id, wait.total_seconds())
        return wait is None or wait > timedelta(0)

    async def _tell_of_held(self, guild_id: int, troubles: GuildTroubles, *, holding: bool) -> None:
        if self._held is None or troubles.is_resting(self._now()):
            return
        again = await self._held.tell(guild_id, self._review_channel(guild_id), holding=holding)
        if again is not None:
            self._turns.call_later(guild_id, again)

    async def _try(self, case: CaseFile, troubles: GuildTroubles) -> bool:
        """Go one step on with a card, and sort out what goes wrong; whether there was a step."""
        stirs = troubles.stirs
        try:
            async with self._locks.hold(case.id):
                return await self._steps.go_on(await self._store.case(case.id), troubles)
        except UnknownCase:  # its guild was purged meanwhile
            return True
        except DiscordAway as away:
            news = troubles.away(case.id, str(away), self._now(), at_least=self._settings.look_delay)
            self._report(case, str(away), news=news)
        except Refused as no:
            if troubles.stirs != stirs:  # refused as things were; meanwhile somebody has put something right
                return True
            self._note_refusal(case, str(no), troubles)
        except StoreError:
            raise
        except Exception as defect:  # noqa: BLE001 - a card that cannot be drawn must not keep all others from people
            _log.error("a card could not be made", case=case.id, error=type(defect).__name__)
            self._note_refusal(case, DEFECT, troubles)
        return False

    def _note_refusal(self, case: CaseFile, reason: str, troubles: GuildTroubles) -> None:
        review_channel = self._review_channel(case.guild_id)
        in_review_channel = case.card is None or case.card.channel_id == review_channel
        news = troubles.refused(case.id, reason, self._now(), in_review_channel=in_review_channel)
        self._report(case, reason, news=news)

    def _report(self, case: CaseFile, reason: str, *, news: bool) -> None:
        if news:
            _log.warning("a card cannot be shown", guild=case.guild_id, case=case.id, reason=reason)

    def _no_troubles(self) -> GuildTroubles:
        return GuildTroubles(self._settings.back_off, self._settings.refused_rest)

    def _now(self) -> Moment:
        return now_on_both_clocks(self._clock)
