"""Appeals from the press of a button to the end: handed in, shown, answered, carried out, and told to the member.

Everything is stored before it is done, so that the next process goes on where this one ended. A message to the
member is begun once: whether it arrived when the process died right then, nobody knows, and the card says so.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog

from bot.case import CaseState
from bot.guilds.settings import GuildSettings
from bot.language import Language, speaking
from bot.ports import DiscordAway, DiscordError, Store, StoreUnavailable, UnknownCase
from bot.records.appeals import Answer, Appeal, NewAppeal, Told
from bot.records.events import EventKind
from bot.review.appeal_cards import AppealBoard, AppealCards, CardPace
from bot.review.appeals import Appealed, decision_to_appeal, objection_to_appeal
from bot.review.retracting import Retracting

_log = structlog.get_logger(__name__)

A_DAY: Final = timedelta(days=1)
BATCH: Final = 20
"""Answered appeals of a guild that are carried on in one round."""


class MemberPost(Protocol):
    """Tells members what became of their appeals."""

    async def tell(self, appealed: Appealed) -> None:
        """Send the answer to the member.

        Raises:
            DiscordAway: it may or may not have arrived. Within minutes, a second call sends nothing twice.
            Refused: the member cannot be told.
        """
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """Where appeals are shown and told."""

    board: AppealBoard
    post: MemberPost


@dataclass(frozen=True, slots=True)
class Guilds:
    """What appeals need to know of guilds."""

    settings: Callable[[int], GuildSettings]
    language: Callable[[int], Language]


class NotTaken(Exception):
    """An appeal is not taken. The message says why, to the member, in their language."""


class AppealCourt:
    """Takes appeals and answers, and carries them to their end. One per store."""

    def __init__(
        self,
        store: Store,
        retracting: Retracting,
        outside: Outside,
        guilds: Guilds,
        *,
        clock: Callable[[], datetime],
        pace: CardPace | None = None,
    ) -> None:
        self._store = store
        self._retracting = retracting
        self._post = outside.post
        self._guilds = guilds
        self._clock = clock
        self._pace = pace or CardPace()
        self._cards = AppealCards(
            store,
            outside.board,
            lambda guild_id: guilds.settings(guild_id).review_channel,
            clock=clock,
            pace=self._pace,
        )
        self._something_new = asyncio.Event()
        self._not_before: dict[int, float] = {}
        """{appeal id: when it is tried again, on the loop's clock}."""

    def stir(self, guild_id: int | None = None) -> None:
        """Look at once: there is something new, or something was put right. None: in every guild."""
        self._cards.wake(guild_id)
        self._something_new.set()

    async def may_hand_in(self, case_id: int, member_id: int) -> Appealed | None:
        """See whether this account may appeal now; the appeal that was made before, if there is one.

        Raises:
            NotTaken: it may not.
            UnknownCase: there is no such case (any more).
            StoreUnavailable: nobody knows.
        """
        case = await self._store.case(case_id)
        number = decision_to_appeal(case)
        if member_id == case.message.author_id:
            before = [made for made in await self._store.appeals_of_case(case_id) if made.decision == number]
            if before:
                return Appealed(before[0], case)
        now = self._clock()
        today = await self._store.appeals_since(case.guild_id, member_id, now - A_DAY)
        settings = self._guilds.settings(case.guild_id)
        if objection := objection_to_appeal(case, member_id, settings, now, made_today=today):
            raise NotTaken(objection)
        return None

    async def hand_in(self, case_id: int, member_id: int, text: str) -> tuple[Appealed, bool]:
        """Store an appeal and show it; the one that stands, and whether it is this one.

        Raises:
            NotTaken, UnknownCase, StoreUnavailable: see `may_hand_in`.
        """
        if before := await self.may_hand_in(case_id, member_id):
            return before, False
        case = await self._store.case(case_id)
        number = decision_to_appeal(case)
        if number is None:  # taken back between two reads
            raise UnknownCase(f"Case {case_id} has no decision to appeal.")
        appeal = NewAppeal(case.guild_id, case_id, number, member_id, text, made_at=self._clock())
        made, mine = await self._store.add_appeal(appeal)
        if mine:
            self.stir(case.guild_id)
        return Appealed(made, case), mine

    async def answer(self, appeal_id: int, answer: Answer) -> tuple[Appeal, bool] | None:
        """Store an answer and carry it out soon. The appeal as it stands, and whether this answer does.

        None: there is no such appeal (any more). Who may answer is the caller's to check.

        Raises:
            StoreUnavailable: nothing was stored.
        """
        answered = await self._store.answer_appeal(appeal_id, answer)
        if answered:
            self.stir(answered[0].guild_id)
        return answered

    async def run(self) -> None:
        """Show appeals and carry answers out until cancelled. Outages are waited out."""
        unsure_of_some = True
        while True:
            self._something_new.clear()
            try:
                if unsure_of_some:
                    await self._store.give_up_telling()
                    unsure_of_some = False
                more = await self._round()
            except StoreUnavailable as error:
                _log.warning("appeals wait for the memory", error=str(error))
                more, unsure_of_some = False, True  # whom we were just telling, perhaps
            if not more:
                await self._wait()

    async def _round(self) -> bool:
        """A step with everything that is to be done; whether there may be more at once.

        What was answered goes on first: its card is edited once, when that is over or has to wait.
        """
        carried = [await self._carry_on(appeal) for appeal in await self._store.unfinished_appeals(BATCH)]
        return any(carried) or await self._cards.show_owed()

    async def _wait(self) -> None:
        now = asyncio.get_running_loop().time()
        due = [at - now for at in self._not_before.values() if at > now]
        seconds = min([self._pace.poll.total_seconds(), *due])
        with suppress(TimeoutError):
            async with asyncio.timeout(max(seconds, self._pace.look_delay.total_seconds() / 2)):
                await self._something_new.wait()

    async def _carry_on(self, appeal: Appeal) -> bool:
        """One step further with an answered appeal; whether there was one."""
        if self._not_before.get(appeal.id, 0.0) > asyncio.get_running_loop().time() or appeal.answer is None:
            return False
        try:
            appealed = Appealed(appeal, await self._store.case(appeal.case_id))
            with speaking(self._guilds.language(appeal.guild_id)):
                return await self._step(appealed, appeal.answer)
        except UnknownCase:  # its guild was purged meanwhile
            return False
        except DiscordAway as away:
            self._put_off(appeal, str(away))
            return False

    async def _step(self, appealed: Appealed, answer: Answer) -> bool:
        appeal = appealed.appeal
        if appeal.outcome is not None:
            return await self._tell(appealed)
        outcome = await self._retracting.outcome(appealed, answer)
        if outcome is None:
            now = await self._store.case(appeal.case_id)
            if now.version != appealed.case.version and now.state is not CaseState.DECIDED:
                return True  # a step is done: go on at once
            self._put_off(appeal, "the decision is being taken back")
            return False
        return await self._store.settle_appeal(appeal.id, outcome)

    async def _tell(self, appealed: Appealed) -> bool:
        """Tell the member, once. What goes wrong is not tried again later: the card says so, and a person can."""
        appeal = appealed.appeal
        if appeal.told is not Told.NO or not await self._store.begin_telling(appeal.id):
            return False
        try:
            if not await self._was_told_of_undoing(appeal):
                await self._insist(appealed)
        except DiscordError as error:
            await self._store.end_telling(appeal.id, str(error))
        else:
            await self._store.end_telling(appeal.id, None)
        self._not_before.pop(appeal.id, None)
        return True

    async def _was_told_of_undoing(self, appeal: Appeal) -> bool:
        """Whether the member was told already: guilds that tell of decisions tell of undoing them, too."""
        answer = appeal.answer
        if answer is None or not answer.granted:
            return False
        events = await self._store.events(appeal.case_id)
        return any(event.kind is EventKind.NOTICE_SENT and event.at >= answer.given_at for event in events)

    async def _insist(self, appealed: Appealed) -> None:
        """A second try within seconds cannot send the message twice."""
        try:
            await self._post.tell(appealed)
        except DiscordAway:
            await asyncio.sleep(self._pace.look_delay.total_seconds())
            await self._post.tell(appealed)

    def _put_off(self, appeal: Appeal, reason: str) -> None:
        later = asyncio.get_running_loop().time() + self._pace.look_delay.total_seconds()
        if appeal.id not in self._not_before:
            _log.info("an appeal waits to be carried out", guild=appeal.guild_id, appeal=appeal.id, reason=reason)
        self._not_before[appeal.id] = later
