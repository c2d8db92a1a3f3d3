"""How commands end: a clear line, a documented code, no traceback that nobody asked for."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from bot.cli.ending import run_command
from bot.cli.root import app as safeguild_app
from bot.errors import EnvironmentProblem, ExitCode, InputError, Interrupted, SettingsError

REPOSITORY = Path(__file__).parents[3]
SECRET = "a member wrote this"


def app_that(act) -> typer.Typer:
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode=None)

    @app.callback()
    def root(debug: bool = typer.Option(False, "--debug")) -> None:
        """Do things."""

    @app.command()
    def go() -> None:
        act()

    return app


def raising(error):
    def act():
        raise error

    return app_that(act)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("the export is cut short", "export it again"), ExitCode.PROBLEMS),
        (SettingsError("the export is cut short", "export it again"), ExitCode.USAGE),
        (EnvironmentProblem("the export is cut short", "export it again"), ExitCode.ENVIRONMENT),
        (Interrupted("the export is cut short", "export it again"), ExitCode.INTERRUPTED),
    ],
)
def test_an_expected_error_is_one_line_and_a_hint(error, code, capsys):
    assert run_command(raising(error), ["go"]) == code
    said = capsys.readouterr()
    assert said.err == "safeguild: the export is cut short\nhint: export it again\n"
    assert said.out == ""


def test_debug_shows_the_traceback_of_an_expected_error_too(capsys):
    assert run_command(raising(InputError("no")), ["--debug", "go"]) == ExitCode.PROBLEMS
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(
    "number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO, errno.EMFILE, errno.ENOMEM, errno.EDQUOT]
)
def test_an_error_of_the_machine_is_no_bug_and_names_the_file(number, capsys):
    assert run_command(raising(OSError(number, os.strerror(number), "/data/x")), ["go"]) == ExitCode.ENVIRONMENT
    said = capsys.readouterr().err
    assert said.startswith(f"safeguild: /data/x: {os.strerror(number).lower()}\nhint: ")


def test_a_bug_ends_with_seventy_and_its_details_are_in_a_private_file(capsys):
    assert run_command(raising(RuntimeError(SECRET)), ["go"]) == ExitCode.INTERNAL
    said = capsys.readouterr().err
    assert "this is a bug in Safeguild (RuntimeError)" in said
    assert SECRET not in said
    assert "Traceback" not in said
    details = Path(re.search(r"details are in (\S+)", said)[1])
    assert SECRET in details.read_text("utf-8")
    assert details.stat().st_mode & 0o077 == 0
    details.unlink()


def test_a_bug_shows_its_traceback_when_asked(capsys):
    assert run_command(raising(RuntimeError("broken")), ["--debug", "go"]) == ExitCode.INTERNAL
    assert "RuntimeError: broken" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--debug", "go"], ["go", "--debug"]])
def test_debug_may_stand_anywhere(arguments, capsys):
    assert run_command(raising(InputError("no")), arguments) == ExitCode.PROBLEMS
    assert "Traceback" in capsys.readouterr().err


def test_what_stands_behind_two_dashes_is_no_option(inside):
    done = inside("policy", "check", "--", "--debug")
    assert "--debug:1:1: error: " in done.out


def test_debug_adds_nothing_to_a_command_that_succeeds_or_is_stopped(capsys):
    assert run_command(app_that(lambda: None), ["--debug", "go"]) == ExitCode.OK
    assert run_command(raising(KeyboardInterrupt()), ["--debug", "go"]) == ExitCode.STOPPED
    assert capsys.readouterr().err == ""


def test_ctrl_c_says_nothing_and_ends_with_130(capsys):
    assert run_command(raising(KeyboardInterrupt()), ["go"]) == ExitCode.STOPPED
    assert capsys.readouterr().err == ""


def test_an_unknown_command_is_a_usage_error_with_what_was_meant(capsys):
    assert run_command(safeguild_app, ["polcy"]) == ExitCode.USAGE
    assert "Did you mean 'policy'?" in capsys.readouterr().err


def test_a_character_that_the_terminal_cannot_show_does_not_end_the_command(safeguild, place):
    (place.work / "bäd.yaml").write_text("title: 🙂\n", "utf-8")
    done = safeguild("policy", "check", "bäd.yaml", PYTHONIOENCODING="ascii")
    assert done.returncode == ExitCode.PROBLEMS
    assert "error: " in done.stdout


@pytest.mark.parametrize("arguments", [["settings"], ["--help"], ["policy", "check", "."]])
def test_a_reader_that_goes_away_is_no_error(place, arguments):
    (place.work / "x.yaml").write_text("[")
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "bot", *arguments]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=30, cwd=place.work)
    os.close(writer)
    assert done.stderr == ""
    assert done.returncode in {ExitCode.OK, ExitCode.PROBLEMS}


def test_output_on_a_pipe_has_no_colour_and_is_not_broken_into_lines(safeguild):
    done = safeguild("settings", FORCE_COLOR="", COLUMNS="20")
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) > 80


def test_help_lists_every_exit_code_and_the_documentation_does_too(safeguild):
    said = safeguild("--help").stdout
    page = (REPOSITORY / "docs/cli.md").read_text("utf-8")
    for code in ExitCode:
        assert re.search(rf"^ +{int(code)}  \S", said, re.MULTILINE), code
        assert f"| {int(code)} |" in page, code


def test_every_command_is_in_the_documentation(safeguild):
    page = (REPOSITORY / "docs/cli.md").read_text("utf-8")
    groups = [("", safeguild_app), *((f"{g.name} ", g.typer_instance) for g in safeguild_app.registered_groups)]
    names = [
        prefix + (command.name or command.callback.__name__)
        for prefix, group in groups
        for command in group.registered_commands
    ]
    for name in names:
        assert f"`safeguild {name}" in page, name


def test_help_comes_quickly_because_commands_import_what_they_need_late():
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "bot", "--help"], capture_output=True, text=True, timeout=30
    ).stderr
    for heavy in (
        "numpy",
        "pydantic",
        "llama_cpp",
        "rich.console",
        "huggingface_hub",
        "structlog",
        "openai_harmony",
    ):
        assert not re.search(rf"\| +{re.escape(heavy)}$", loaded, re.MULTILINE), heavy


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_is_shown_where_it_is_wanted_and_no_color_turns_it_off(inside, monkeypatch, variables, coloured):
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm-256color", **variables}.items():
        monkeypatch.setenv(name, value)
    said = inside("doctor").out
    assert bool(re.search(r"\x1b\[[0-9;]*3[0-9]m", said)) is coloured
