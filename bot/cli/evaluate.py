"""`safeguild evaluate`: how well the judge agrees with the labels of a data set."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import settings_of
from bot.errors import ExitCode, Interrupted

if TYPE_CHECKING:
    from bot.evaluation.command import EvaluationOptions
    from bot.evaluation.planning import Wish
    from bot.evaluation.result import Result
    from bot.inquiry import ModelIdentity
    from bot.settings import Settings
    from inference.judge import Judge
    from policies.policy import Policy


def evaluate(
    context: typer.Context,
    dataset: Annotated[
        Path,
        typer.Argument(metavar="DATASET", help="Labelled texts: JSON Lines or CSV with a header, plain or gzip."),
    ],
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="FILE_OR_ID",
            help="A policy file, or the id of a starter policy (with --guild: of the server's); may be given more "
            "than once. Without it, Safeguild's own policies for the public sets that it knows.",
        ),
    ] = None,
    guild: Annotated[
        int | None,
        typer.Option("--guild", metavar="ID", min=1, max=2**63 - 1, help="Take policies of this server."),
    ] = None,
    text_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Where the texts stand. Usually: text.")
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option(
            "--label",
            metavar="POLICY=COLUMN[:VALUES]",
            help="Where a policy's labels stand, and which values (with commas between) mean violating. Usually: "
            "a column called like the policy, for a single policy also `label`; 1 and 0, true and false, rules.",
        ),
    ] = None,
    group_column: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Show figures for each value of this column, too.")
    ] = None,
    set_format: Annotated[
        str | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="moderation-2022 (OpenAI's evaluation set), toxicchat, or generic. Usually seen by the columns.",
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(metavar="N", min=1, help="Draw N texts at random.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of that draw, and of the judge.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where the verdicts are kept, to go on from. Without it, a folder in safeguild-evaluation.",
        ),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the report goes. Without it, into that folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON, for machines.")] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Use the verdicts in the folder; judge only what is missing or changed."),
    ] = False,
    show_texts: Annotated[
        bool, typer.Option("--show-texts", help="Put the worst disagreements' texts into the report.")
    ] = False,
) -> None:
    """Judge labelled texts, and measure how well the verdicts agree with the labels.

    Ctrl-C stops it; the same command with --resume goes on where it stopped.
    """
    from dataclasses import replace

    settings = settings_of(context)
    wish = _wish(_chosen(policies or [], guild, settings), labels or [], set_format, text_column, group_column)
    options = replace(
        _options(settings, dataset, wish),
        limit=limit,
        seed=seed,
        out=out,
        html=html,
        as_json=as_json,
        resume=resume,
        show_texts=show_texts,
    )
    _end(_run(options))


def _chosen(names: list[str], guild: int | None, settings: "Settings") -> "Mapping[str, Policy]":
    """Nothing, where nothing was named: then the data set says which of our own policies fit."""
    from bot.cli.chosen_policies import choose
    from bot.evaluation.shipped import shipped_policies

    if not names and guild is None:
        return {}
    return choose(names, guild, settings.data_folder, shipped_policies()).policies


def _wish(
    policies: "Mapping[str, Policy]",
    labels: list[str],
    set_format: str | None,
    text_column: str | None,
    group_column: str | None,
) -> "Wish":
    from bot.evaluation.labels import parse_label_option
    from bot.evaluation.planning import Wish

    columns = dict(map(parse_label_option, labels))
    return Wish(policies, set_format, text_column, group_column, columns)


def _options(settings: "Settings", dataset: Path, wish: "Wish") -> "EvaluationOptions":
    from bot.evaluation.command import EvaluationOptions
    from bot.judges.choosing import jobs_in_flight

    engine = settings.engine
    return EvaluationOptions(
        dataset,
        lambda: _judge(settings),
        wish,
        budgets=f"{engine.reasoning_low}/{engine.reasoning_medium}/{engine.reasoning_high}",
        width=jobs_in_flight(settings),
    )


def _run(options: "EvaluationOptions") -> "Result":
    from bot.cli.console import messages, output
    from bot.evaluation.command import run_evaluation

    try:
        return asyncio.run(run_evaluation(options, output(), messages()))
    except KeyboardInterrupt:
        raise Interrupted("stopped before the judging began", "run the same command again") from None


def _end(result: "Result") -> None:
    """What was measured is the result, not a failure; rows that could not be used are one."""
    raise typer.Exit(ExitCode.PROBLEMS if result.bad_rows else ExitCode.OK)


@asynccontextmanager
async def _judge(settings: "Settings") -> AsyncIterator[tuple["Judge", "ModelIdentity"]]:
    """Say which model is loaded before it is: loading takes a while."""
    from bot.cli.console import byte_meter, messages
    from bot.judges.choosing import judge_source

    source = judge_source(settings)
    messages().print(source.notice)
    async with source.open(byte_meter) as opened:
        yield opened.judge, opened.model
