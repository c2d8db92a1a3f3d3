"""`safeguild settings`: what can be set, what is set, and where it came from."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import settings_of

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.settings_docs import SettingDoc


def show_settings(
    context: typer.Context,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print docs/settings.md, which is made from this.")
    ] = False,
) -> None:
    """List every setting: its name, its value, and what it does."""
    from bot.cli.console import output
    from bot.settings_docs import setting_docs, settings_page

    if markdown:
        output().print(settings_page(), end="")
        return
    settings = settings_of(context)
    output().print("\n\n".join(_paragraph(doc, settings) for doc in setting_docs()))


def _paragraph(doc: "SettingDoc", settings: "Settings") -> str:
    from bot.settings_docs import shown_value

    head = f"{doc.name} = {shown_value(settings, doc.name)}"
    return f"{head}\n    {doc.variable}, default: {doc.default}\n    {doc.description}"
