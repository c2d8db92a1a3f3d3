"""`safeguild cases`: cases of a server as files, for whoever runs the bot."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.context import settings_of

app = typer.Typer(help="Cases of a server as files.", no_args_is_help=True)


class ExportFormat(StrEnum):
    """What a file of cases can be."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class ExportState(StrEnum):
    """The states that cases can be chosen by."""

    OPEN = "open"
    DECIDED = "decided"
    ENFORCED = "enforced"
    FAILED = "failed"
    CLEARED = "cleared"


_DATES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]


@app.command()
def export(
    context: typer.Context,
    guild: Annotated[int, typer.Option("--guild", metavar="ID", min=1, max=2**63 - 1, help="The server.")],
    form: Annotated[ExportFormat, typer.Option("--format", help="The kind of file.")] = ExportFormat.JSON_LINES,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write there, instead of to the screen.")
    ] = None,
    with_texts: Annotated[
        bool, typer.Option("--with-texts", help="With what members and moderators wrote, and the model's reasons.")
    ] = False,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=_DATES, help="Only cases opened then or later (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=_DATES, help="Only cases opened before (UTC).")
    ] = None,
    policy: Annotated[
        str | None, typer.Option("--policy", metavar="ID", help="Only cases that this policy flagged.")
    ] = None,
    state: Annotated[ExportState | None, typer.Option("--state", help="Only cases in this state.")] = None,
    member: Annotated[
        int | None,
        typer.Option("--member", metavar="ID", min=1, max=2**63 - 1, help="Only cases about this person."),
    ] = None,
) -> None:
    """Write cases to a file. The bot may be running. docs/cases.md explains every field."""
    import asyncio

    from bot.case import CaseState
    from bot.cli.console import messages
    from bot.exports.for_operator import export_cases
    from bot.exports.writing import Format, Style
    from bot.records.people import CaseFilter

    wanted = CaseFilter(
        guild,
        since=since.replace(tzinfo=UTC) if since else None,
        until=until.replace(tzinfo=UTC) if until else None,
        policy_id=policy,
        state=CaseState(state) if state else None,
        member_id=member,
    )
    style = Style(Format(form), with_texts)
    count = asyncio.run(export_cases(settings_of(context), wanted, style, out))
    messages().print("1 case" if count == 1 else f"{count} cases")
