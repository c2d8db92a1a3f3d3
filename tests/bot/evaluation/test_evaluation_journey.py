"""From a file to a result, with a judge that looks for terms."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.errors import EnvironmentProblem, Interrupted
from bot.evaluation.command import EvaluationOptions, run_evaluation
from bot.evaluation.errors import EvaluationError
from bot.evaluation.labels import LabelColumn
from bot.evaluation.planning import Wish
from bot.evaluation.result import Result
from bot.inquiry import ModelIdentity
from inference.judge import Judge
from inference.patient import Patience
from inference.rendering import Content
from inference.ticket import ORDINARY, Priority, Ticket
from policies.policy import Policy
from policies.verdict import Verdict
from tests.bot.adapters import MODEL, NOTE, START, TermJudge, make_policy

ROWS = (
    {"text": "you loser", "label": 1, "site": "a"},
    {"text": "you trash", "label": "R1", "site": "a"},
    {"text": "pile on him", "label": "R2", "site": "b"},
    {"text": "losers' bracket, loser plays trash", "label": 0, "site": "b"},
    {"text": "hello there", "label": 0, "site": "b"},
    {"text": "good game", "label": 0, "site": "a"},
)


class Stuck(TermJudge):
    """Answers so many questions, then none; `stuck` says when."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after
        self.stuck = asyncio.Event()

    async def judge(
        self,
        policy: Policy,
        content: Content,
        *,
        explain: bool = False,
        seed: int = 0,
        ticket: Ticket = ORDINARY,
    ) -> Verdict:
        if len(self.asked) >= self.after:
            self.stuck.set()
            await asyncio.Event().wait()
        return await super().judge(policy, content, explain=explain, seed=seed, ticket=ticket)


def data_set(folder: Path, rows: Sequence[dict[str, object]] = ROWS) -> Path:
    path = folder / "set.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def options_for(
    folder: Path,
    judge: Judge,
    *,
    wish: Wish | None = None,
    model: ModelIdentity = MODEL,
    rows: Sequence[dict[str, object]] = ROWS,
) -> EvaluationOptions:
    @asynccontextmanager
    async def opened() -> AsyncIterator[tuple[Judge, ModelIdentity]]:
        yield judge, model

    return EvaluationOptions(
        data_set(folder, rows),
        opened,
        wish or Wish({"harassment": make_policy()}),
        out=folder / "out",
        budgets="512/1024/2048",
        clock=lambda: START,
        patience=Patience(first=0.001, limit=0.01),
    )


async def evaluate(options: EvaluationOptions) -> Result:
    return await run_evaluation(options, Console(quiet=True), Console(quiet=True))


def kept(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "out" / "verdicts.jsonl").read_text().splitlines()]


async def test_labelled_texts_go_in_and_figures_a_report_and_json_come_out(tmp_path: Path) -> None:
    judge, console = TermJudge(), Console(record=True, width=120)
    options = options_for(tmp_path, judge, wish=Wish({"harassment": make_policy()}, group_column="site"))
    result = await run_evaluation(options, console, Console(quiet=True))
    (policy,) = result.policies
    figures = policy.figures
    assert (figures.tp, figures.fn, figures.fp, figures.tn) == (2, 1, 1, 2)
    assert {name: group.texts for name, group in policy.groups.items()} == {"a": 3, "b": 3}
    assert set(policy.rules) == {"R1", "R2"}
    assert (policy.upheld["R1"].successes, policy.upheld["R1"].of) == (2, 3)
    assert [item.line for item in policy.disagreements] == [3, 4]
    assert {ticket.priority for ticket in judge.tickets} == {Priority.BACKFILL}
    assert all(content.context == () for _, content, _ in judge.asked)
    printed = console.export_text()
    assert "precision  66.7 % (20.8 to 93.9; 2 of 3)" in printed
    assert NOTE in printed
    assert Result.model_validate_json((tmp_path / "out" / "result.json").read_text(), strict=False) == result


async def test_a_public_set_is_measured_with_our_policies_beside_what_others_published(tmp_path: Path) -> None:
    rows = [{"user_input": text, "toxicity": 0, "jailbreaking": 0} for text in ("hello", "good game")]
    console = Console(record=True, width=200)
    options = options_for(tmp_path, TermJudge(), wish=Wish(), rows=rows)
    await run_evaluation(options, console, Console(quiet=True))
    printed = console.export_text()
    assert "Published by others, not measured here" in printed
    assert "F1, toxicity: 79.9 %, gpt-oss-safeguard-20b" in printed
    assert "exact match  100.0 % (34.2 to 100.0; 2 of 2)" in printed


async def test_json_is_the_only_thing_on_standard_output_when_asked_for(tmp_path: Path) -> None:
    console = Console(record=True, width=200, soft_wrap=True)
    await run_evaluation(replace(options_for(tmp_path, TermJudge()), as_json=True), console, Console(quiet=True))
    assert json.loads(console.export_text())["policies"][0]["figures"]["tp"] == 2


async def test_undecided_texts_are_counted_apart_with_the_reason(tmp_path: Path) -> None:
    judge = TermJudge()
    judge.unreadable = {"you loser": {0, 1}}
    judge.unanswerable = {"good game"}
    result = await evaluate(options_for(tmp_path, judge))
    (policy,) = result.policies
    assert (policy.figures.undecided, policy.figures.undecided_violating) == (2, 1)
    assert policy.figures.recall.of == 2
    assert sum(policy.unread.values()) == 2
    assert "it is too long" in policy.unread


async def test_several_policies_are_right_together_or_not(tmp_path: Path) -> None:
    rows = [
        {"text": "you loser", "insult": 1, "rude": 1},
        {"text": "you trash", "insult": 1, "rude": 0},
        {"text": "hello", "insult": 0, "rude": None},
    ]
    policies = {"insult": make_policy("insult"), "rude": make_policy("rude", ["loser", "trash"])}
    result = await evaluate(options_for(tmp_path, TermJudge(), wish=Wish(policies), rows=rows))
    together = result.together
    assert together is not None
    assert (together.texts, together.right, together.wrong) == (3, 2, 1)
    assert together.any_policy.tp == 2
    assert result.policies[1].figures.texts == 2


TWO = {"insult": make_policy("insult"), "rude": make_policy("rude", ["loser"])}
PAIRS = tuple({"text": text, "insult": 1, "rude": 1} for text in ("you loser", "you trash", "hello"))


async def test_without_any_readable_verdict_a_text_is_undecided_under_any_policy(tmp_path: Path) -> None:
    judge = TermJudge()
    judge.unreadable = {"you loser": {0, 1}}
    result = await evaluate(options_for(tmp_path, judge, wish=Wish(TWO), rows=PAIRS))
    assert result.together is not None
    assert (result.together.undecided, result.together.any_policy.undecided_violating) == (1, 1)
    assert (result.together.any_policy.tp, result.together.any_policy.fn) == (1, 1)


async def test_stopped_between_two_policies_of_a_text_it_is_in_no_figure_over_all_policies(tmp_path: Path) -> None:
    judge = Stuck(after=3)
    options = replace(options_for(tmp_path, judge, wish=Wish(TWO), rows=PAIRS), width=1)
    work = asyncio.create_task(evaluate(options))
    await judge.stuck.wait()
    work.cancel()
    with pytest.raises(Interrupted):
        await work
    result = Result.model_validate_json((tmp_path / "out" / "result.json").read_text(), strict=False)
    assert [policy.figures.texts for policy in result.policies] == [2, 1]
    assert result.together is not None
    assert result.together.texts == 1


async def test_a_second_run_judges_only_what_is_missing(tmp_path: Path) -> None:
    await evaluate(options_for(tmp_path, TermJudge(), rows=ROWS[:4]))
    judge = TermJudge()
    result = await evaluate(replace(options_for(tmp_path, judge), resume=True))
    assert [content.text for _, content, _ in judge.asked] == ["hello there", "good game"]
    assert result.finished
    assert result.policies[0].figures.texts == 6


async def test_without_resume_earlier_verdicts_are_neither_used_nor_lost(tmp_path: Path) -> None:
    await evaluate(options_for(tmp_path, TermJudge()))
    with pytest.raises(EvaluationError, match="holds 6 verdicts of an earlier run") as caught:
        await evaluate(options_for(tmp_path, TermJudge()))
    assert "--resume" in caught.value.hint
    assert len(kept(tmp_path)) == 6


@pytest.mark.parametrize("change", ["policy", "model", "seed", "budgets"])
async def test_what_a_verdict_depends_on_is_judged_anew_when_it_changed(tmp_path: Path, change: str) -> None:
    await evaluate(options_for(tmp_path, TermJudge()))
    judge = TermJudge()
    options = replace(options_for(tmp_path, judge), resume=True)
    if change == "policy":
        options = replace(options, wish=Wish({"harassment": make_policy(terms=["trash"])}))
    elif change == "model":
        options = replace(options_for(tmp_path, judge, model=ModelIdentity("other", "1" * 64)), resume=True)
    else:
        options = replace(options, **{change: 1 if change == "seed" else "1/2/3"})
    result = await evaluate(options)
    assert len(judge.asked) == 6
    assert result.policies[0].figures.texts == 6


async def test_a_changed_label_needs_no_new_verdict(tmp_path: Path) -> None:
    await evaluate(options_for(tmp_path, TermJudge()))
    judge = TermJudge()
    turned = [{**row, "label": 0} for row in ROWS[:1]] + [*ROWS[1:]]
    result = await evaluate(replace(options_for(tmp_path, judge, rows=turned), resume=True))
    assert judge.asked == []
    assert result.policies[0].figures.fp == 2


async def test_a_text_that_is_there_twice_is_judged_once_and_counted_twice(tmp_path: Path) -> None:
    judge = TermJudge()
    result = await evaluate(options_for(tmp_path, judge, rows=[*ROWS, ROWS[0]]))
    assert len(judge.asked) == 6
    assert (result.repeated, result.policies[0].figures.texts) == (1, 7)


async def test_stopped_in_the_middle_the_result_says_so_and_the_rest_is_judged_later(tmp_path: Path) -> None:
    judge = Stuck(after=3)
    work = asyncio.create_task(evaluate(replace(options_for(tmp_path, judge), width=1)))
    await judge.stuck.wait()
    work.cancel()
    with pytest.raises(Interrupted, match="verdicts are kept"):
        await work
    done = len(kept(tmp_path))
    assert done == 3
    partial = json.loads((tmp_path / "out" / "result.json").read_text())
    assert not partial["finished"]
    assert partial["policies"][0]["waiting"] == 6 - done
    assert "is not finished" in (tmp_path / "out" / "report.html").read_text()
    again = TermJudge()
    result = await evaluate(replace(options_for(tmp_path, again), resume=True))
    assert len(again.asked) == 6 - done
    assert result.finished


async def test_a_judge_that_stays_away_ends_it_with_what_there_is(tmp_path: Path) -> None:
    judge = TermJudge()
    judge.away = 10**6
    with pytest.raises(EnvironmentProblem, match="the judge is away") as caught:
        await evaluate(options_for(tmp_path, judge))
    assert "--resume" in caught.value.hint
    assert (tmp_path / "out" / "result.json").exists()


async def test_a_place_for_the_page_that_is_not_there_is_said_before_anything_is_judged(tmp_path: Path) -> None:
    judge = TermJudge()
    with pytest.raises(EvaluationError, match="there is no such folder"):
        await evaluate(replace(options_for(tmp_path, judge), html=tmp_path / "none" / "page.html"))
    with pytest.raises(EvaluationError, match="is a folder"):
        await evaluate(replace(options_for(tmp_path, judge), html=tmp_path))
    assert judge.asked == []


async def test_verdicts_on_disk_hold_no_text_of_the_set(tmp_path: Path) -> None:
    await evaluate(options_for(tmp_path, TermJudge()))
    assert "hello there" not in (tmp_path / "out" / "verdicts.jsonl").read_text()
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0


async def test_labels_of_a_named_column_and_values(tmp_path: Path) -> None:
    rows = [{"body": "you loser", "kind": "insult"}, {"body": "hi", "kind": "chat"}]
    labels = {"harassment": LabelColumn("kind", frozenset({"insult"}))}
    wish = Wish({"harassment": make_policy()}, text_column="body", labels=labels)
    result = await evaluate(options_for(tmp_path, TermJudge(), wish=wish, rows=rows))
    assert (result.policies[0].figures.tp, result.policies[0].figures.tn) == (1, 1)


_PROGRAM = """
import asyncio, os, signal, sys
from pathlib import Path
from tests.bot.adapters import TermJudge
from dataclasses import replace
from tests.bot.evaluation.test_evaluation_journey import evaluate, options_for

class Killed(TermJudge):
    async def judge(self, *arguments, **keywords):
        if len(self.asked) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return await super().judge(*arguments, **keywords)

asyncio.run(evaluate(replace(options_for(Path(sys.argv[1]), Killed()), width=1)))
"""


async def test_killed_in_the_middle_no_verdict_that_was_there_is_judged_again(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", _PROGRAM, str(tmp_path)], check=False, timeout=60)  # noqa: ASYNC221
    assert killed.returncode == -signal.SIGKILL
    done = len(kept(tmp_path))
    assert done == 3
    judge = TermJudge()
    result = await evaluate(replace(options_for(tmp_path, judge), resume=True))
    assert len(judge.asked) == 6 - done
    assert (result.finished, result.policies[0].figures.texts) == (True, 6)
