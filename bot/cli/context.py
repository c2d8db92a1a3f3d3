"""What the root command hands to the others."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Invocation:
    """The options that stand before the command's name."""

    config: Path | None
    """The settings file, when one is named."""


def settings_of(context: typer.Context) -> "Settings":
    """Read the settings, once for this run, and begin to log as they say.

    Raises:
        SettingsError: a setting is wrong.
    """
    from bot.logs import start_logging
    from bot.settings_sources import load_settings

    invocation: Invocation = context.find_root().obj
    settings = load_settings(invocation.config)
    start_logging(settings.log_level)
    return settings
