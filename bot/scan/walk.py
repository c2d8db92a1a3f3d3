"""The walk of all files: read a slice, store what is suspected, note how far it is. A worker judges beside it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from bot.case import JobState, Suspected
from bot.moderation import Moderation
from bot.ports import Store
from bot.progress import Meter
from bot.scan.folder import MAX_LISTED_PROBLEMS, Progress, ScanFolder, Tally
from bot.scan.meter import Snapshot
from bot.scan.reader import Reader, Slice
from bot.scan.source import Source
from bot.scan.summary import Timing
from bot.tasks import task_group

MAX_WAITING = 1000
"""Jobs that wait for the judge before the reader pauses."""
SAVE_EVERY = 1.0
"""Seconds between two notes of how far the scan is."""
SHOW_EVERY = 0.2
"""Seconds between two looks at the progress."""


class Walk:
    """One run of a scan over its files, from where the last run stopped."""

    def __init__(
        self,
        moderation: Moderation,
        store: Store,
        sources: Sequence[Source],
        folder: ScanFolder,
        progress: Progress,
        *,
        width: int,
        timer: Callable[[], float],
    ) -> None:
        self._moderation = moderation
        self._store = store
        self._sources = sources
        self._folder = folder
        self.progress = progress
        self._width = width
        self._timer = timer
        self._started = self._saved = timer()
        self._messages = 0
        self._prefilter_seconds = 0.0
        self._positions = [source.size if progress.complete else 0 for source in sources]
        self._resumed: int | None = None
        self._jobs = self._judged_before = self._flagged = 0

    async def run(self, meter: Meter) -> None:
        """Read and judge everything that is left. Cancelling it loses nothing; another run goes on.

        Raises:
            ScanError: a file cannot be read any more.
            StoreUnavailable: the database cannot be written.
            JudgeUnavailable: the judge was away for too long.
        """
        await self._count_what_is_there()
        self._started = self._timer()
        try:
            async with task_group() as tasks:
                showing = tasks.create_task(self._keep_showing(meter))
                tasks.create_task(self._read_all())
                await self._moderation.work()
                showing.cancel()
        finally:
            self._folder.save(self.progress)

    @property
    def timing(self) -> Timing:
        """What was measured since this run began."""
        workload = self._moderation.workload
        return Timing(
            seconds=self._timer() - self._started,
            messages=self._messages,
            prefilter_seconds=self._prefilter_seconds,
            verdicts=workload.judged,
            judge_milliseconds=workload.judge_milliseconds,
            width=self._width,
        )

    async def _count_what_is_there(self) -> None:
        jobs = await self._store.job_counts()
        self._jobs = sum(jobs.values())
        self._judged_before = self._jobs - _waiting(jobs)
        self._flagged = sum((await self._store.case_counts()).values())

    async def _read_all(self) -> None:
        if not self.progress.complete:
            for index, source in enumerate(self._sources):
                await self._read(index, source)
            self.progress = self.progress.model_copy(update={"complete": True})
        self._moderation.finish_up()

    async def _read(self, index: int, source: Source) -> None:
        reader = Reader(source, self._moderation.suspect, self._timer, self.progress.passed[index])
        while (found := await asyncio.to_thread(reader.next_slice)) is not None:
            await asyncio.gather(*(self._keep(suspected) for suspected in found.suspected))
            self._note(index, found)
            await self._save_sometimes()
            await self._until_the_judge_keeps_up()
        self._positions[index] = source.size

    async def _keep(self, suspected: Suspected) -> None:
        if await self._moderation.keep(suspected) is not None:
            self._jobs += len(suspected.suspicions)
            self._flagged += 1

    def _note(self, index: int, found: Slice) -> None:
        """Only now, with all of the slice stored, has it passed."""
        if self._resumed is None and found.first is not None:
            self._resumed = sum(self._positions[:index]) + found.first
        self._messages += found.messages
        self._prefilter_seconds += found.seconds
        self._positions[index] = found.position
        passed = list(self.progress.passed)
        passed[index] += found.records
        self.progress = Progress(passed=tuple(passed), tally=_added(self.progress.tally, found))

    async def _save_sometimes(self) -> None:
        if self._timer() - self._saved >= SAVE_EVERY:
            await asyncio.to_thread(self._folder.save, self.progress)
            self._saved = self._timer()

    async def _until_the_judge_keeps_up(self) -> None:
        while self._jobs - self._judged_before - self._moderation.workload.judged > MAX_WAITING:
            await asyncio.sleep(SHOW_EVERY)
            jobs = await self._store.job_counts()
            if _waiting(jobs) <= MAX_WAITING:
                return

    async def _keep_showing(self, meter: Meter) -> None:
        while True:
            meter.show(self._snapshot())
            await asyncio.sleep(SHOW_EVERY)

    def _snapshot(self) -> Snapshot:
        workload = self._moderation.workload
        return Snapshot(
            seconds=self._timer() - self._started,
            bytes_passed=sum(self._positions),
            bytes_resumed=self._resumed or 0,
            bytes_total=sum(source.size for source in self._sources),
            messages=self.progress.tally.messages,
            flagged=self._flagged,
            jobs=self._jobs,
            judged=self._judged_before + workload.judged,
            judged_this_run=workload.judged,
            away=workload.outage.reason if workload.outage else None,
        )


def _waiting(jobs: Mapping[JobState, int]) -> int:
    return jobs.get(JobState.QUEUED, 0) + jobs.get(JobState.JUDGING, 0)


def _added(tally: Tally, found: Slice) -> Tally:
    room = MAX_LISTED_PROBLEMS - len(tally.problems)
    return Tally(
        messages=tally.messages + found.messages,
        bots=tally.bots + found.bots,
        notices=tally.notices + found.notices,
        unread=tally.unread + found.unread,
        problem_count=tally.problem_count + len(found.problems),
        problems=(*tally.problems, *map(str, found.problems[:room])),
    )
