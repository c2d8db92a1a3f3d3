"""Errors that the person at the command line can put right, and the codes the command ends with."""

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """How a command ends. Documented in docs/cli.md and under `safeguild --help`."""

    OK = 0
    """Done."""
    PROBLEMS = 1
    """Done, and something was found: a policy with errors, a failed check, an export that cannot be read."""
    USAGE = 2
    """The command line or a setting is wrong. Nothing was done."""
    ENVIRONMENT = 3
    """The machine is not ready: model, disk, GPU or network."""
    INTERRUPTED = 4
    """Stopped half way. The same command goes on where it stopped."""
    INTERNAL = 70
    """A bug in Safeguild (EX_SOFTWARE in sysexits.h)."""
    STOPPED = 130
    """Stopped with Ctrl-C; there is nothing to go on with."""


class OperatorError(Exception):
    """One clear line on what is wrong, and a hint on what to do.

    OperatorError
    ├── InputError          what was given to the command is not in order
    ├── SettingsError       the command line or a setting is wrong
    ├── EnvironmentProblem  the machine is not ready: model, disk, GPU or network
    └── Interrupted         stopped half way; the same command goes on
    """

    exit_code: ClassVar[ExitCode] = ExitCode.PROBLEMS

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(OperatorError):
    """What was given to the command is not in order."""


class SettingsError(OperatorError):
    """The command line or a setting is wrong; nothing was done."""

    exit_code = ExitCode.USAGE


class EnvironmentProblem(OperatorError):
    """The machine is not ready: model, disk, GPU or network."""

    exit_code = ExitCode.ENVIRONMENT


class Interrupted(OperatorError):
    """Stopped half way; the same command goes on where it stopped."""

    exit_code = ExitCode.INTERRUPTED
