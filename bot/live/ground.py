"""What the parts of the running bot stand on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import EnvironmentProblem
from bot.live.late_judge import LateJudge
from bot.ports import Store
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Ground:
    """What the parts stand on."""

    settings: Settings
    folder: Path
    """The data folder."""
    store: Store
    late: LateJudge
    clock: Callable[[], datetime]


def unreadable(folder: Path, error: OSError) -> EnvironmentProblem:
    """The operator has to look at this folder."""
    return EnvironmentProblem(
        f"{folder} cannot be read: {error.strerror or error}", "check who owns it, and its permissions"
    )
