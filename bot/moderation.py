"""The core: from a message to a stored verdict. It knows no Discord, no file and no screen.

`receive` is called for every new message, `revise` for every edit, `removed` for deletions; `work` runs beside
them for as long as the bot lives.
"""

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from bot.attention import is_for_people
from bot.case import CaseFile, Earlier, Message, Report, Suspected
from bot.inquiry import Inquiry, KnownModel
from bot.intake.completion import Completion, completed
from bot.intake.preview import has_same_words, suspect_additions
from bot.intake.window import IntakeWindow
from bot.pointing import evidence_of
from bot.ports import Desk, Store, StoreUnavailable, UnknownCase
from bot.records.reports import Reported
from bot.rulebook import Rulebook
from bot.tasks import task_group
from bot.versions import KeptVersions
from bot.worker import Worker, WorkerSettings, Workload
from inference.judge import Judge
from policies.policy import Policy

_log = structlog.get_logger(__name__)

FLUSH_EVERY = 256
"""Messages between two writes of the watermarks, when nothing is suspected in between."""
FLUSH_SECONDS = 30.0
"""Seconds between two writes of the watermarks in quiet times."""


class Moderation:
    """Messages in, cases out. One per data folder; its methods may be called many times at once."""

    def __init__(
        self,
        rulebook: Rulebook,
        store: Store,
        judge: Judge,
        desk: Desk,
        *,
        model: KnownModel,
        clock: Callable[[], datetime],
        timer: Callable[[], float],
        settings: WorkerSettings | None = None,
    ) -> None:
        self._rulebook = rulebook
        self._store = store
        self._desk = desk
        self._clock = clock
        self._window = IntakeWindow()
        self._since_flush = 0
        self._flushing = asyncio.Lock()
        self._prefilter_turn = asyncio.Lock()
        self._versions = KeptVersions(store)
        settings = settings or WorkerSettings()
        inquiry = Inquiry(judge, model, timer, settings.priority)
        self._worker = Worker(store, inquiry, self._show, clock=clock, settings=settings)

    @property
    def workload(self) -> Workload:
        """What the worker is doing, and whether the judge is away."""
        return self._worker.workload

    @property
    def verdicts_per_second(self) -> float | None:
        """How many the judge can give, as measured lately; None as long as too little is known."""
        return self._worker.verdicts_per_second

    def adopt(self, rulebook: Rulebook) -> None:
        """Use other policies from the next message on. Jobs that wait keep the version that flagged them."""
        self._rulebook = rulebook

    @property
    def window(self) -> IntakeWindow:
        """How far every channel is. Whoever knows that messages may be missing holds the channel there."""
        return self._window

    def begin(self, message: Message) -> None:
        """A message has arrived and waits for `receive` or `revise`: its channel's mark stays below it until then.

        One that begins twice has to be received or revised twice.
        """
        self._window.begin(*_place(message))

    async def receive(
        self,
        message: Message,
        earlier: Sequence[Earlier] = (),
        completion: Completion | None = None,
        *,
        just_written: bool = False,
    ) -> int | None:
        """Take a new message in; the case's id if it became one.

        `just_written`: it comes from the gateway, and is counted; what is read from history is not.

        When this returns, the suspicion is safe. When it raises, the channel's watermark stays below the
        message: call it again, or it is fetched again after a restart.

        Raises:
            StoreUnavailable: nothing was written.
        """
        self._begin_unless_begun(message)
        rulebook = self._rulebook
        suspected = await self._inspect(rulebook, message, earlier, just_written=just_written)
        case_id = await self._complete_and_keep(suspected, rulebook, completion) if suspected else None
        await self._pass(message, suspected)
        return case_id

    async def revise(
        self, message: Message, earlier: Sequence[Earlier] = (), completion: Completion | None = None
    ) -> int | None:
        """Take an edited message in; the case's id if it has a new revision to be judged.

        A link preview under words that a case knows already is looked at alone. What is not suspected any more is
        noted on the case, if there is one.

        Raises:
            StoreUnavailable: as `receive`.
        """
        self._begin_unless_begun(message)
        rulebook = self._rulebook
        known = await self._known(message)
        same_words = known is not None and has_same_words(message, known)
        if known is not None and same_words:
            suspected = await suspect_additions(message, known, earlier, partial(self._inspect, rulebook))
        else:
            suspected = await self._inspect(rulebook, message, earlier)
        case_id = None
        if suspected:
            case_id = await self._complete_and_keep(suspected, rulebook, completion)
            await self._show_about(message)
        elif not same_words:
            await self._note_edit(message)
        await self._pass(message, suspected)
        return case_id

    async def removed(self, guild_id: int, message_ids: Collection[int]) -> None:
        """Messages are gone: cases about them say so. What was flagged is judged all the same.

        Raises:
            StoreUnavailable: nothing was written; call it again.
        """
        for case_id in await self._store.note_deletion(guild_id, message_ids, self._clock()):
            await self._show(case_id)

    async def forget(self, guild_id: int) -> None:
        """Drop what is known of a guild. When this returns, no mark of it is being written any more."""
        self._window.forget(guild_id)
        self._versions.forget(guild_id)
        async with self._flushing:
            pass

    def policies_for(self, message: Message) -> Collection[Policy]:
        """The policies that are on and hold for this message."""
        return self._rulebook.policies_for(message).values()

    async def report(self, message: Message, earlier: Sequence[Earlier], report: Report) -> Reported:
        """Somebody points at a message: people look at it whatever the judge says, who is asked about it.

        `earlier`: what came before it, as much as live policies want to read.

        Raises:
            StoreUnavailable: nothing was written.
        """
        rulebook, known = self._rulebook, await self._store.find(message.guild_id, message.id)
        if known is not None and has_same_words(message, known.message):
            message = known.message  # a link preview more or less is no other text
        suspected = rulebook.pointed_at(message, earlier, evidence_of(report))
        reported = await self._versions.recorded(
            suspected, rulebook, lambda: self._store.report(suspected, report)
        )
        self._worker.stir()
        await self._show(reported.case_id)
        return reported

    def suspect(self, message: Message, earlier: Sequence[Earlier] = ()) -> Suspected | None:
        """Ask the prefilter only. Pure: whoever reads many messages may call it from another thread."""
        return self._rulebook.suspect(message, earlier)

    async def keep(self, suspected: Suspected) -> int | None:
        """Store a suspicion and the policies it names, and wake the worker; None if it was known already.

        Raises:
            StoreUnavailable: nothing was written.
        """
        return await self._keep(suspected, self._rulebook)

    async def flush(self) -> None:
        """Store the watermarks that have risen. `work` does it now and then, and at its end.

        Raises:
            StoreUnavailable: nothing was written; the next flush tries again.
        """
        async with self._flushing:
            self._since_flush = 0
            raised = self._window.take_raised()
            try:
                async with task_group() as tasks:  # together: the store commits them with one fsync
                    for guild_id, marks in raised.items():
                        tasks.create_task(self._store.advance(guild_id, marks))
            except BaseException:
                self._window.put_back(raised)
                raise

    def finish_up(self) -> None:
        """Nothing more will be received: let `work` end when everything is judged."""
        self._worker.finish_up()

    async def work(self) -> None:
        """Judge until cancelled, or until nothing is left after `finish_up`.

        A case that was opened and not shown because the process died in between is the desk's to find.

        Raises:
            StoreUnavailable: a verdict could not be stored. Nothing is lost: its job is judged again.
            JudgeUnavailable: the judge was away for longer than the settings' patience.
        """
        async with task_group() as tasks:
            flushing = tasks.create_task(self._keep_flushing())
            await self._worker.run()
            flushing.cancel()
        await self.flush()

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self._flush_now_or_later()

    async def _flush_now_or_later(self) -> None:
        try:
            await self.flush()
        except StoreUnavailable as error:  # nothing is lost: older marks only mean that more is read again
            _log.warning("the watermarks could not be stored, trying again later", reason=str(error))

    def _begin_unless_begun(self, message: Message) -> None:
        if not self._window.is_under_way(*_place(message)):
            self.begin(message)

    async def _pass(self, message: Message, suspected: Suspected | None) -> None:
        self._window.passed(*_place(message))
        self._since_flush += 1
        if suspected or self._since_flush >= FLUSH_EVERY:
            await self._flush_now_or_later()

    async def _inspect(
        self, rulebook: Rulebook, message: Message, earlier: Sequence[Earlier], *, just_written: bool = False
    ) -> Suspected | None:
        """One message per turn of the event loop, however many are received at once: the loop stays responsive.

        Where a look takes long, the loop goes on meanwhile. Messages come out in the order in which they came in.
        """
        async with self._prefilter_turn:
            await asyncio.sleep(0)
            looks = await asyncio.to_thread(rulebook.look, message) if rulebook.takes_long else None
            return rulebook.suspect(message, earlier, just_written=just_written, looks=looks)

    async def _complete_and_keep(
        self, suspected: Suspected, rulebook: Rulebook, completion: Completion | None
    ) -> int | None:
        complete = await completed(suspected, rulebook, completion) if completion else suspected
        return await self._keep(complete, rulebook) if complete else None

    async def _known(self, message: Message) -> Message | None:
        """What a case knows of a message; only asked for what may have got a preview since."""
        case = await self._store.find(message.guild_id, message.id) if message.embeds else None
        return (case.current or case.message) if case else None

    async def _note_edit(self, message: Message) -> None:
        case_id = await self._store.note_edit(message)
        if case_id is not None:
            await self._show(case_id)

    async def _keep(self, suspected: Suspected, rulebook: Rulebook) -> int | None:
        case_id = await self._versions.recorded(suspected, rulebook, lambda: self._store.record(suspected))
        if case_id is not None:
            self._worker.stir()
        return case_id

    async def _show_about(self, message: Message) -> None:
        """The case of a message has a new revision, or the message went back to an older one."""
        if case := await self._store.find(message.guild_id, message.id):
            await self._show_if_meant_for_people(case)

    async def _show(self, case_id: int) -> None:
        with suppress(UnknownCase):  # its guild was purged meanwhile: there is nothing to show
            await self._show_if_meant_for_people(await self._store.case(case_id))

    async def _show_if_meant_for_people(self, case: CaseFile) -> None:
        if is_for_people(case):
            await self._desk.show(case)


def _place(message: Message) -> tuple[int, int, int]:
    return message.guild_id, message.channel_id, message.id
