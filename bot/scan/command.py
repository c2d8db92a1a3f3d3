"""`safeguild scan`: from file names to a report. The command line only parses the options and prints errors."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from bot.case import CaseFile
from bot.errors import EnvironmentProblem, InputError, Interrupted
from bot.inquiry import ModelIdentity
from bot.moderation import Moderation
from bot.ports import Store, StoreError
from bot.progress import meter
from bot.rulebook import Inspector, rulebook_for
from bot.scan.errors import ScanError
from bot.scan.folder import Manifest, ScanFolder, manifest_of
from bot.scan.printing import print_summary
from bot.scan.results import Run, write_results
from bot.scan.source import Source, open_source
from bot.scan.summary import ScanSummary
from bot.scan.walk import Walk
from bot.store import open_store
from bot.worker import WorkerSettings
from inference.judge import Judge, JudgeUnavailable
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.prefilter import Prefilter
from inference.ticket import Priority
from policies.document import load_folder
from policies.policy import Mode, Policy
from policies.starter import starter_policies

GO_ON = "run the same command again to go on where it stopped"

OpenJudge = Callable[[], AbstractAsyncContextManager[tuple[Judge, ModelIdentity]]]
"""Starts the engine and says which model it runs."""
BuildInspector = Callable[[Mapping[int, Sequence[Policy]]], Inspector]


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


def build_prefilter(policies: Mapping[int, Sequence[Policy]]) -> Inspector:
    """The prefilter that ships with Safeguild."""
    return Prefilter.build(policies, Knowledge.shipped())


@dataclass(frozen=True, slots=True)
class ScanOptions:
    """What is scanned, with what, and where the results go."""

    files: tuple[Path, ...]
    open_judge: OpenJudge
    policies: Path | None = None
    """A folder of policy files; None takes the starter policies."""
    out: Path | None = None
    """The scan's folder; None makes one in `safeguild-scan`, named after the first file."""
    fresh: bool = False
    """Start over, and delete what an earlier scan left in the folder."""
    width: int = 4
    """Verdicts in flight at most."""
    cards: int = 20
    """Cards printed at most; the report has the rest."""
    patience: timedelta = timedelta(minutes=10)
    """How long the judge may be away before the scan stops."""
    lease: timedelta = timedelta(seconds=15)
    """Of a job at the judge. After a kill -9, the next run waits this long for the jobs that were in flight."""
    build_inspector: BuildInspector = build_prefilter
    encoder: str = ""
    """The digest of the sentence encoder that the inspector is built with, if it is."""
    clock: Callable[[], datetime] = utc_now
    timer: Callable[[], float] = time.perf_counter

    @property
    def folder(self) -> Path:
        """Where the scan works."""
        if self.out is not None:
            return self.out
        more = f"-and-{len(self.files) - 1}-more" if len(self.files) > 1 else ""
        return Path("safeguild-scan") / f"{self.files[0].stem}{more}"


async def run_scan(options: ScanOptions, output: Console, messages: Console) -> ScanSummary:
    """Scan, or go on with a scan; write the report and cases.jsonl; print cards and figures.

    `output` gets the result, `messages` the progress.

    Raises:
        ScanError: a file or the scan's folder is not in order.
        InputError: a policy is not in order.
        EnvironmentProblem: the disk or the model is not in order; the same command goes on.
        Interrupted: the task was cancelled (Ctrl-C); the report holds what is done, the same command goes on.
    """
    sources = open_sources(options.files)
    policies = load_policies(options.policies)
    folder = ScanFolder(options.folder)
    with folder.locked():
        try:
            async with options.open_judge() as (judge, model):
                scan = _Scan(options, sources, policies, folder, judge, model)
                summary = await scan.run(messages)
        except StoreError as error:
            raise EnvironmentProblem(f"{folder.database}: {error}", GO_ON) from error
        except JudgeUnavailable as error:
            raise EnvironmentProblem(f"the judge is away: {error}", GO_ON) from error
    print_summary(summary, output, options.cards)
    return summary


def open_sources(files: Sequence[Path]) -> tuple[Source, ...]:
    """Look into every file before anything is done.

    Raises:
        ScanError: one of them is missing, given twice, or no export.
    """
    known: dict[Path, Path] = {}
    for path in files:
        if (real := path.resolve()) in known:
            raise ScanError(f"{path} is given twice", "name every file once")
        known[real] = path
    return tuple(open_source(path, number) for number, path in enumerate(files, start=1))


def load_policies(folder: Path | None) -> dict[str, Policy]:
    """The policies to scan with, by id; those that are off are left out.

    Raises:
        InputError: a file is not in order, or there is no policy that is on.
    """
    if folder is None:
        return starter_policies()
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder", "name a folder with policy files (*.yaml)")
    policies, errors = load_folder(folder)
    if errors:
        raise InputError("\n".join(map(str, errors)), "put this right, or move the file out of the folder")
    active = {policy.id: policy for policy in policies if policy.mode is not Mode.OFF}
    if not active:
        raise InputError(f"{folder}: no policy is on", "put a policy file (*.yaml) with `mode: live` there")
    return active


class _LaterDesk:
    """The desk of a scan: cards are made at the end, out of the store."""

    async def show(self, case: CaseFile) -> None:
        """Nobody waits for a single card."""


@dataclass(frozen=True, slots=True)
class _Scan:
    """Everything that one scan needs, checked and open."""

    options: ScanOptions
    sources: tuple[Source, ...]
    policies: Mapping[str, Policy]
    folder: ScanFolder
    judge: Judge
    model: ModelIdentity

    async def run(self, messages: Console) -> ScanSummary:
        manifest = await asyncio.to_thread(self._manifest)
        progress = self.folder.begin(manifest, fresh=self.options.fresh)
        async with open_store(self.folder.database, clock=self.options.clock) as store:
            moderation = await asyncio.to_thread(self._moderation, store)
            options = self.options
            walk = Walk(
                moderation, store, self.sources, self.folder, progress, width=options.width, timer=options.timer
            )
            return await self._walk(walk, store, messages)

    def _manifest(self) -> Manifest:
        """What the scan is begun with. Reads every file once: called in a thread."""
        return manifest_of(self.sources, self.policies, self.model, self.options.encoder)

    async def _walk(self, walk: Walk, store: Store, messages: Console) -> ScanSummary:
        try:
            with meter(messages) as shown:
                await walk.run(shown)
        except asyncio.CancelledError as cancelled:
            done = await self._write(walk, store, finished=False)
            judged = f"{done.flagged - done.waiting} of {done.flagged} flagged ones judged"
            message = f"stopped: {done.tally.messages} messages read, {judged}; see {done.report}"
            raise Interrupted(message, GO_ON) from cancelled
        except JudgeUnavailable:
            await self._write(walk, store, finished=False)
            raise
        return await self._write(walk, store, finished=True)

    def _moderation(self, store: Store) -> Moderation:
        """Builds the prefilter, which takes a moment: called in a thread."""
        guilds = {source.guild_id for source in self.sources}
        inspector = self.options.build_inspector(dict.fromkeys(guilds, tuple(self.policies.values())))
        options = self.options
        return Moderation(
            rulebook_for(guilds, self.policies, inspector),
            store,
            self.judge,
            _LaterDesk(),
            model=self.model,
            clock=options.clock,
            timer=options.timer,
            settings=WorkerSettings(
                width=options.width, priority=Priority.BACKFILL, lease=options.lease, patience=options.patience
            ),
        )

    async def _write(self, walk: Walk, store: Store, *, finished: bool) -> ScanSummary:
        run = Run(self.sources, walk.progress.tally, walk.timing, self.model, finished)
        return await write_results(store, self.policies, self.folder, run, self.options.clock())
