"""`safeguild explain`: why the prefilter flags a text, or why not, step by step. Nothing is kept or sent."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.settings import Settings
    from inference.prefilter.explanation import Explanation
    from policies.policy import Policy

_ANY_GUILD = 1
"""The prefilter knows policies by guild only; here there is one."""
_FEW = 3
"""So many policies are shown with all steps, flagged or not."""
_COLD = (
    "note: these are the thresholds of a new server. A running bot lets them follow what is written there: "
    "“Why flagged?” in a message's menu on Discord tells by its own."
)


def explain(
    context: typer.Context,
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="The message; - reads it from standard input.", show_default=False),
    ],
    policies: Annotated[
        list[str] | None,
        typer.Option(
            "--policy",
            metavar="POLICY",
            help="The id of a starter policy (with --guild: of the server's), or a policy file; may be given more "
            "than once. Without it, all of them.",
        ),
    ] = None,
    guild: Annotated[
        int | None,
        typer.Option(
            "--guild",
            metavar="ID",
            min=1,
            max=2**63 - 1,
            help="Take the policies of this server from the data folder, not the starter policies.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON, for machines.")] = False,
) -> None:
    """Show why the prefilter flags a text, or why not: every step, for each policy."""
    from bot.cli.chosen_policies import choose
    from bot.cli.console import messages
    from bot.errors import ExitCode

    settings = settings_of(context)
    chosen = choose(policies or [], guild, settings.data_folder)
    explanation = _explained(_text(text), chosen.policies, settings)
    if as_json:
        _print_json(explanation, chosen.policies)
    else:
        _print(explanation, chosen.policies, named=bool(policies))
    for notice in [*chosen.notices, *([_COLD] if guild else [])]:
        messages().print(notice)
    raise typer.Exit(ExitCode.PROBLEMS if chosen.notices else ExitCode.OK)


def _text(given: str) -> str:
    """The text to explain. What is no UTF-8 reads as replacement characters, as on Discord."""
    import sys

    from bot.cli.console import messages
    from bot.errors import InputError
    from inference.prefilter.normalise import MAX_CHARACTERS

    if given == "-":
        most = 4 * MAX_CHARACTERS + 4
        given = sys.stdin.buffer.read(most).decode("utf-8", "replace").removesuffix("\n")
    if not given.strip():
        raise InputError("there is no text", 'write it in quotation marks: safeguild explain "you are trash"')
    if len(given) > MAX_CHARACTERS:
        messages().print(f"note: the first {MAX_CHARACTERS:,} characters are read, as of every message")
    return given


def _explained(text: str, policies: "Mapping[str, Policy]", settings: "Settings") -> "Explanation":
    """Hold the text against the policies, as the bot would, but for thresholds and what needs other messages.

    Raises:
        InputError: a pattern is too much for RE2, or the operator's list of domains cannot be read.
        EnvironmentProblem: the encoder cannot be used.
    """
    import asyncio

    from bot.domains.feed import DomainFeed
    from bot.errors import InputError
    from bot.knowledge_source import KnowledgeSource
    from inference.prefilter.prefilter import Prefilter
    from policies.patterns import PatternError

    feed = DomainFeed(settings.domains, settings.data_folder)
    for problem in asyncio.run(feed.look()):
        raise problem
    knowledge = KnowledgeSource.open(settings.prefilter).knowledge()
    try:
        prefilter = Prefilter.build({_ANY_GUILD: list(policies.values())}, knowledge, domains=feed.current)
    except PatternError as error:
        raise InputError(str(error), "simplify the pattern, or write keywords instead") from error
    return prefilter.explain(_ANY_GUILD, text)


def _print_json(explanation: "Explanation", policies: "Mapping[str, Policy]") -> None:
    import json

    from bot.cli.console import output
    from bot.explaining.document import document

    output().print(json.dumps(document(explanation, policies), indent=2))


def _print(explanation: "Explanation", policies: "Mapping[str, Policy]", *, named: bool) -> None:
    """Those that were asked for by name with all steps; of all others those that flag the text."""
    from bot.cli.console import output
    from bot.explaining.text import full_text
    from bot.explaining.told import told

    found = told(explanation, policies)
    all_whole = named or len(found.policies) <= _FEW
    output().print(full_text(found, lambda policy: all_whole or policy.flagged))
    if not all_whole and len(found.flagged) < len(found.policies):
        output().print("\nAll steps of a policy that does not flag it: --policy ID")
