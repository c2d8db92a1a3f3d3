"""`safeguild evaluate`: from a data set to a result. The command line parses the options and prints errors."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console

from bot.errors import EnvironmentProblem, Interrupted
from bot.evaluation.dataset import Dataset, LabelledText, Plan, read_dataset
from bot.evaluation.errors import EvaluationError
from bot.evaluation.kept import Folder, Kept, Key, Ledger
from bot.evaluation.meter import Snapshot
from bot.evaluation.planning import Wish, plan_for
from bot.evaluation.printing import print_result
from bot.evaluation.report import report_html
from bot.evaluation.result import MadeWith, Result, result_of
from bot.inquiry import ModelIdentity
from bot.progress import Meter, meter
from bot.whole_file import write_whole
from inference.evaluate import Asked, Labelled, Manner, Outcome, judge_all
from inference.judge import Judge, JudgeUnavailable
from inference.patient import Patience
from inference.rendering import PROMPT_VERSION, Content
from policies.policy import Policy

GO_ON = "run the same command with --resume to go on where it stopped"

OpenJudge = Callable[[], AbstractAsyncContextManager[tuple[Judge, ModelIdentity]]]
"""Starts the engine and says which model it runs."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """What is evaluated, with what, and where the results go."""

    dataset: Path
    open_judge: OpenJudge
    wish: Wish = field(default_factory=Wish)
    out: Path | None = None
    """The folder of the verdicts; None makes one in `safeguild-evaluation`, named after the file."""
    html: Path | None = None
    """Where the page goes; None puts it into the folder."""
    limit: int | None = None
    seed: int = 0
    """Draws the sample, and is the judge's."""
    budgets: str = ""
    """How long the model may reason at each effort: verdicts that differ in it do not compare."""
    resume: bool = False
    show_texts: bool = False
    as_json: bool = False
    width: int = 4
    """Verdicts in flight at most."""
    patience: Patience = field(default_factory=Patience)
    clock: Callable[[], datetime] = utc_now
    timer: Callable[[], float] = time.perf_counter

    @property
    def folder(self) -> Path:
        """Where the verdicts are kept."""
        return self.out or Path("safeguild-evaluation") / self.dataset.name.split(".")[0]


async def run_evaluation(options: EvaluationOptions, output: Console, messages: Console) -> Result:
    """Judge what is not judged yet; write `result.json` and the report; print the figures.

    `output` gets the result, `messages` the progress.

    Raises:
        EvaluationError: the data set, an option or the folder is not in order.
        EnvironmentProblem: the judge was away for too long; the same command goes on.
        Interrupted: the task was cancelled (Ctrl-C); the result holds what is done, the same command goes on.
    """
    _check_place(options.html)
    plan = await asyncio.to_thread(plan_for, options.dataset, options.wish)
    dataset = await asyncio.to_thread(read_dataset, options.dataset, plan, limit=options.limit, seed=options.seed)
    messages.print(_told(dataset, plan))
    folder = Folder(options.folder)
    with folder.locked(), Ledger(folder.verdicts, options.timer) as ledger:
        _check_fresh(options, ledger, messages)
        async with options.open_judge() as (judge, model):
            run = _Run(options, dataset, plan, ledger, folder, model)
            result = await run.judged(judge, messages)
    if options.as_json:
        output.print(result.model_dump_json(indent=2))
    else:
        print_result(result, plan.known, run.report, output)
    return result


def _check_place(html: Path | None) -> None:
    """Before hours of judging, not after."""
    if html is None:
        return
    if html.is_dir():
        raise EvaluationError(f"{html} is a folder", "name a file in it with --html")
    if not html.parent.is_dir():
        raise EvaluationError(
            f"{html.parent}: there is no such folder", "make it, or name another file with --html"
        )


def _check_fresh(options: EvaluationOptions, ledger: Ledger, messages: Console) -> None:
    if ledger.damaged:
        messages.print(f"{ledger.damaged} damaged lines in {options.folder} were dropped: they are judged anew")
    if len(ledger) and not options.resume:
        raise EvaluationError(
            f"{options.folder} holds {len(ledger):,} verdicts of an earlier run",
            "use them with --resume (what changed since is judged anew), or name another folder with --out",
        )


def _told(dataset: Dataset, plan: Plan) -> str:
    """What is about to be done, before it takes hours."""
    what = plan.known.title if plan.known else dataset.name
    verdicts = sum(len(text.labels) for text in dataset.texts)
    bad = f"; {dataset.bad_count:,} rows could not be used" if dataset.bad_count else ""
    policies = ", ".join(f"{policy_id} (`{column.column}`)" for policy_id, column in plan.labels.items())
    return f"{what}: {len(dataset.texts):,} texts, {verdicts:,} labels under {policies}{bad}"


@dataclass(frozen=True, slots=True)
class _Run:
    """Everything that one run needs, checked and open."""

    options: EvaluationOptions
    dataset: Dataset
    plan: Plan
    ledger: Ledger
    folder: Folder
    model: ModelIdentity

    @property
    def report(self) -> Path:
        return self.options.html or self.folder.report

    async def judged(self, judge: Judge, messages: Console) -> Result:
        """Judge what is missing; the result holds what there is, however it ends."""
        missing = tuple(self._missing())
        try:
            with meter(messages) as shown:
                await self._judge(judge, missing, _Watch(self, shown, len(missing)))
        except asyncio.CancelledError as cancelled:
            self._write()
            raise Interrupted(
                f"stopped: {len(self.ledger):,} verdicts are kept; see {self.report}", GO_ON
            ) from cancelled
        except JudgeUnavailable as away:
            self._write()
            raise EnvironmentProblem(f"the judge is away: {away}", GO_ON) from away
        return await asyncio.to_thread(self._write)

    def _missing(self) -> Iterator[Asked]:
        """Each text and policy without a verdict, once. `Labelled` carries the label that is shown meanwhile."""
        asked: set[Key] = set()
        for text in self.dataset.texts:
            for policy_id, label in text.labels.items():
                policy = self.plan.policies[policy_id]
                key = self.key(text.digest, policy)
                if key not in asked and self.ledger.get(key) is None:
                    asked.add(key)
                    yield Asked(policy, Labelled(Content(text.text), label.violates, label.rule_id, text.group))

    def key(self, digest: str, policy: Policy) -> Key:
        """What a verdict on this text depends on."""
        options = self.options
        return Key(digest, policy.digest, self.model.digest, PROMPT_VERSION, options.seed, options.budgets)

    async def _judge(self, judge: Judge, missing: Sequence[Asked], watch: "_Watch") -> None:
        options = self.options
        manner = Manner(
            at_once=options.width,
            explain=options.show_texts,
            seed=options.seed,
            patience=options.patience,
            on_trouble=watch.trouble,
        )
        await judge_all(judge, missing, manner=manner, on_verdict=watch.verdict)

    def _kept(self, text: LabelledText, policy: Policy) -> Kept | None:
        return self.ledger.get(self.key(text.digest, policy))

    def _write(self) -> Result:
        """Result and page, each at one stroke."""
        options, made = self.options, self._made_with()
        result = result_of(
            self.dataset, self.plan, self._kept, made, show_texts=options.show_texts, notes=self._notes()
        )
        write_whole(self.folder.result, result.model_dump_json(indent=2))
        write_whole(self.report, report_html(result, self.plan.known))
        return result

    def _notes(self) -> tuple[str, ...]:
        """What every verdict says of its model."""
        pairs = ((text, self.plan.policies[name]) for text in self.dataset.texts for name in text.labels)
        verdicts = [kept for text, policy in pairs if (kept := self._kept(text, policy)) and not kept.problems]
        if not verdicts:
            return ()
        common = set(verdicts[0].notes).intersection(*(kept.notes for kept in verdicts))
        return tuple(note for note in verdicts[0].notes if note in common)

    def _made_with(self) -> MadeWith:
        options, plan = self.options, self.plan
        return MadeWith(
            dataset=self.dataset.name,
            dataset_digest=self.dataset.digest,
            known_set=plan.known.id if plan.known else None,
            text_column=plan.text_column,
            group_column=plan.group_column,
            limit=options.limit,
            model_name=self.model.name,
            model_digest=self.model.digest,
            prompt_version=PROMPT_VERSION,
            seed=options.seed,
            budgets=options.budgets,
            version=version("safeguild"),
            written_at=options.clock(),
        )


class _Watch:
    """Keeps each verdict as it comes, and shows how far it is."""

    def __init__(self, run: _Run, shown: Meter, missing: int) -> None:
        self._run = run
        self._shown = shown
        self._started = run.options.timer()
        total = len({self._key(text, name) for text in run.dataset.texts for name in text.labels})
        self._now = Snapshot(0.0, 0, total - missing, total)

    def _key(self, text: LabelledText, policy_id: str) -> Key:
        return self._run.key(text.digest, self._run.plan.policies[policy_id])

    def trouble(self, away: str | None) -> None:
        """The judge went away, or came back."""
        self._show(replace(self._now, away=away))

    def verdict(self, outcome: Outcome) -> None:
        """Keep it before it is counted."""
        digest = LabelledText(0, outcome.labelled.content.text, {}).digest
        self._run.ledger.add(_kept(self._run.key(digest, outcome.policy), outcome))
        said, now = outcome.judged, self._now
        self._show(
            replace(
                now,
                judged=now.judged + 1,
                undecided=now.undecided + (said.verdict is None),
                agreed=now.agreed + (said.verdict == said.violates),
            )
        )

    def _show(self, now: Snapshot) -> None:
        self._now = replace(now, seconds=self._run.options.timer() - self._started)
        self._shown.show(self._now)


def _kept(key: Key, outcome: Outcome) -> Kept:
    verdict, made = outcome.verdict, {**key._asdict(), "policy_id": outcome.policy.id}
    if verdict is None:
        return Kept(
            **made, violation=None, problems=tuple(map(str, outcome.problems)), milliseconds=outcome.seconds * 1000
        )
    return Kept(
        **made,
        violation=verdict.violation,
        probability=verdict.probability,
        rule_ids=verdict.rule_ids,
        rationale=verdict.rationale,
        notes=tuple(map(str, verdict.notes)),
        effort=verdict.effort,
        tokens=verdict.tokens,
        milliseconds=verdict.milliseconds,
    )
