"""Writes what a scan found: the report and cases.jsonl, each at one stroke, in one pass over the cases."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TextIO

from bot.case import CaseState
from bot.inquiry import ModelIdentity
from bot.ports import Store
from bot.scan.cases_file import case_line
from bot.scan.folder import ScanFolder, Tally
from bot.scan.report import report_html
from bot.scan.source import Source
from bot.scan.summary import Findings, ScanSummary, Timing
from bot.whole_file import replacing, write_whole
from policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Run:
    """What the walk says of itself."""

    sources: Sequence[Source]
    tally: Tally
    timing: Timing
    model: ModelIdentity
    finished: bool


async def write_results(
    store: Store, policies: Mapping[str, Policy], folder: ScanFolder, run: Run, now: datetime
) -> ScanSummary:
    """Go over all cases, write both files, and return the summary.

    Raises:
        StoreUnavailable: the database cannot be read.
        OSError: the folder cannot be written. The files of an earlier run are as they were.
    """
    findings = Findings(policies)
    with replacing(folder.cases) as partial, partial.open("w", encoding="utf-8") as stream:
        await _go_over(store, findings, stream)
    summary = _summary(findings, folder, run)
    await asyncio.to_thread(lambda: write_whole(folder.report, report_html(summary, now)))
    return summary


async def _go_over(store: Store, findings: Findings, stream: TextIO) -> None:
    async for case in store.cases(*CaseState):
        findings.add(case)
        stream.write(case_line(case) + "\n")


def _summary(findings: Findings, folder: ScanFolder, run: Run) -> ScanSummary:
    return ScanSummary(
        folder=folder.path,
        report=folder.report,
        cases_file=folder.cases,
        finished=run.finished,
        files=tuple(source.path.name for source in run.sources),
        tally=run.tally,
        flagged=findings.flagged,
        open=findings.open,
        cleared=findings.cleared,
        waiting=findings.waiting,
        shadow=findings.shadow,
        policies=findings.counts(),
        cards=findings.cards,
        notes=findings.notes,
        model_name=run.model.name,
        model_digest=run.model.digest,
        timing=run.timing,
    )
