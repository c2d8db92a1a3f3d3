"""`safeguild policy`: checking policy files and copying the starter policies."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import settings_of
from bot.cli.policy_trial import try_policy
from bot.errors import ExitCode

if TYPE_CHECKING:
    from inference.prompt import Harmony
    from policies.document import PolicyError
    from policies.policy import Policy

app = typer.Typer(help="Check and test policy files, and copy the starter policies.", no_args_is_help=True)
app.command("test")(try_policy)


@app.command()
def check(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Policy files, or folders of them.")],
) -> None:
    """Check policy files: what is wrong with them, and how long they are for the model."""
    from bot.cli.console import output

    found, errors = _load(paths)
    console = output()
    for error in errors:
        console.print("\n".join(map(str, error.problems)))
    if found:
        from bot.app import open_harmony

        harmony = open_harmony(settings_of(context))
        for path, policy in found:
            console.print(_line(path, policy, harmony))
    console.print(_summary(len(found), len(errors)))
    raise typer.Exit(ExitCode.PROBLEMS if errors else ExitCode.OK)


def _load(paths: Iterable[Path]) -> tuple[list[tuple[Path, "Policy"]], list["PolicyError"]]:
    """Every file that is a policy, and an error for each that is not."""
    from policies.document import PolicyError, load_policy

    found, errors = [], []
    for path in _files(paths):
        try:
            found.append((path, load_policy(path)))
        except PolicyError as error:
            errors.append(error)
    return found, errors


def _files(paths: Iterable[Path]) -> list[Path]:
    """The files, and those in the folders. A folder without any is the caller's mistake, not a good one."""
    files: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("[!.]*.y*ml")) if path.is_dir() else [path]
        if not inside:
            raise typer.BadParameter(f"there is no policy file (*.yaml) in the folder {path}")
        files.extend(inside)
    return files


def _line(path: Path, policy: "Policy", harmony: "Harmony") -> str:
    from inference.rendering import policy_text

    tokens = harmony.count(policy_text(policy))
    line = (
        f"{path}: ok: {policy.title}, {len(policy.rules)} rules, {len(policy.examples)} examples, {tokens} tokens"
    )
    return "\n".join([line, *_advice(path, policy, tokens)])


def _advice(path: Path, policy: "Policy", tokens: int) -> Iterator[str]:
    """What weakens it is a matter of quality, never an error."""
    from bot.guilds.advice import advice
    from policies.linter import lint
    from policies.problems import shown

    for remark in lint(policy, tokens):
        message, hint = advice(remark, shown)
        yield f"{path}: warning: {message}"
        yield f"  hint: {hint}"


def _summary(good: int, bad: int) -> str:
    return f"{good + bad} checked, {good} in order, {bad} with errors"


@app.command()
def starter(
    to: Annotated[Path | None, typer.Option("--to", metavar="FOLDER", help="Copy them into this folder.")] = None,
    language: Annotated[str, typer.Option(metavar="CODE", help="The language they are in: en, de or es.")] = "en",
) -> None:
    """List the starter policies, or copy them into a folder. A file that is there is never overwritten."""
    from bot.cli.console import output
    from policies.starter import STARTER_LANGUAGES, starter_policies, starter_text

    if language not in STARTER_LANGUAGES:
        raise typer.BadParameter(f"there are none in {language!r}: choose one of {', '.join(STARTER_LANGUAGES)}")
    console = output()
    for policy in starter_policies(language).values():
        line = _copied(policy.id, starter_text(policy.id, language), to) if to else f"{policy.id}: {policy.goal}"
        console.print(line)


def _copied(policy_id: str, text: str, folder: Path) -> str:
    path = folder / f"{policy_id}.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return f"{path}: left as it is: it was there already"
    return f"{path}: copied"
