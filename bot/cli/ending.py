"""How every command ends: one clear line and a code, never a traceback that nobody asked for."""

import errno
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence

import typer

from bot.errors import ExitCode, OperatorError

_ENVIRONMENT = {
    errno.ENOSPC: "free some disk space and run the same command again",
    errno.EDQUOT: "free some disk space and run the same command again",
    errno.EACCES: "check who owns the file or folder, and its permissions",
    errno.EPERM: "check who owns the file or folder, and its permissions",
    errno.EROFS: "the disk cannot be written: choose another folder",
    errno.EMFILE: "raise the limit on open files (`ulimit -n`)",
    errno.EIO: "the disk reports errors: check it before anything else",
    errno.ENOMEM: "close other programs: memory is used up",
}
"""Errors of the machine, and what to do about each. Any other error of the system is a bug of ours."""


def run_command(app: typer.Typer, arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code. Everything is said on standard error."""
    _never_fail_to_print()
    debug, arguments = _hoisted(arguments)
    try:
        _run(app, arguments, debug=debug)
    except OperatorError as error:
        _say(error.message, error.hint)
        code = int(error.exit_code)
    except KeyboardInterrupt:
        code = int(ExitCode.STOPPED)
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 0
    except OSError as error:
        code = _end_of_os_error(error, debug=debug)
    except ImportError as error:
        code = _end_of_import_error(error, debug=debug)
    except Exception as bug:  # noqa: BLE001 - the last door: it is reported, with its traceback in a file
        code = _end_of_bug(bug, debug=debug)
    else:
        code = int(ExitCode.OK)
    return code


def _hoisted(arguments: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether `--debug` is asked for, and the arguments with it in front: people write it at the end."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if "--debug" not in options:
        return False, list(arguments)
    others = [argument for argument in options if argument != "--debug"]
    return True, ["--debug", *others, *arguments[len(options) :]]


def _run(app: typer.Typer, arguments: list[str], *, debug: bool) -> None:
    try:
        app(arguments, prog_name="safeguild")
    except Exception:
        if debug:
            traceback.print_exc()
        raise


def _end_of_os_error(error: OSError, *, debug: bool) -> int:
    hint = _ENVIRONMENT.get(error.errno or 0)
    if hint is None:
        return _end_of_bug(error, debug=debug)
    where = f"{error.filename}: " if error.filename else ""
    _say(f"{where}{(error.strerror or str(error)).lower()}", hint)
    return int(ExitCode.ENVIRONMENT)


def _end_of_import_error(error: ImportError, *, debug: bool) -> int:
    """A package of another owner that has one of our names lacks what we look for in it."""
    from bot.doctor.names import PACKAGES, is_ours

    package = (error.name or "").partition(".")[0]
    if package not in PACKAGES or is_ours(package):
        return _end_of_bug(error, debug=debug)
    _say(f"the package `{package}` is somebody else's here: {error}", "`safeguild doctor` says whose it is")
    return int(ExitCode.ENVIRONMENT)


def _end_of_bug(bug: Exception, *, debug: bool) -> int:
    message = f"this is a bug in Safeguild ({type(bug).__name__})"
    if debug:
        _say(message, "please report it with the traceback above")
    else:
        _say(
            message,
            f"the details are in {_details(bug)} (they may quote messages: read them before you share them)",
        )
    return int(ExitCode.INTERNAL)


def _details(bug: Exception) -> str:
    """Write the traceback to a file that only its owner can read."""
    descriptor, path = tempfile.mkstemp(prefix="safeguild-error-", suffix=".txt")
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.writelines(traceback.format_exception(bug))
    return path


def _say(message: str, hint: str) -> None:
    lines = [f"safeguild: {message}", *([f"hint: {hint}"] if hint else [])]
    print("\n".join(lines), file=sys.stderr)  # noqa: T201 - this is the command line


def _never_fail_to_print() -> None:
    """A terminal that cannot show a character gets an escape instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
