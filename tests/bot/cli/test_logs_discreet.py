"""Nothing that people wrote, and nobody's name, gets into a log line: at no level, DEBUG included."""

import ast
import json
import logging
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot.logs import start_logging
from bot.settings import LogLevel

ROOT = Path(__file__).parents[3]
LEVELS = frozenset({"debug", "info", "warning", "error", "critical", "exception", "log"})
WORDS_OF_PEOPLE = frozenset(
    {
        "all_text", "attachments", "author_name", "channel_name", "clean_content", "content", "display_name",
        "earlier", "embeds", "global_name", "message", "nick", "note", "quote", "quotes", "rationale", "reading",
        "reasoning", "said", "text", "texts", "title",
    }
)  # fmt: skip
"""Attributes that hold them. `reason` is not here: outages and refusals have one; decisions' are checked apart."""
OURS_TO_TELL = {
    ("bot/live/making_work.py", "message"): "a problem of the operator's own list of domains",
    ("bot/domains/feed.py", "message"): "a problem of the operator's own list of domains",
    ("bot/cogs/cases_exporting.py", "texts"): "whether texts were asked for",
}
SECRET = 'a member wrote \N{RIGHT-TO-LEFT OVERRIDE}this </script> \x1b[31m\n{"event": "forged"}'


@lru_cache(maxsize=1)
def log_calls() -> tuple[tuple[str, ast.Call], ...]:
    """Every call of a logger in the program, with its file."""
    return tuple(
        (str(path.relative_to(ROOT)), node)
        for room in ("bot", "inference", "policies")
        for path in sorted((ROOT / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and _is_log(node.func)
    )


def _is_log(called: ast.expr) -> bool:
    return (
        isinstance(called, ast.Attribute)
        and called.attr in LEVELS
        and isinstance(called.value, ast.Name)
        and called.value.id in ("_log", "log", "logger", "_logger")
    )


def _attributes(call: ast.Call) -> Iterator[ast.Attribute]:
    for argument in (*call.args[1:], *(each.value for each in call.keywords)):
        yield from (node for node in ast.walk(argument) if isinstance(node, ast.Attribute))


def test_no_log_line_takes_words_of_people() -> None:
    found = [
        f"{file}:{node.lineno} .{node.attr}"
        for file, call in log_calls()
        for node in _attributes(call)
        if node.attr in WORDS_OF_PEOPLE and (file, node.attr) not in OURS_TO_TELL
    ]
    assert found == []


def test_no_log_line_takes_the_reason_of_a_decision_a_report_or_an_appeal() -> None:
    found = [
        f"{file}:{node.lineno}"
        for file, call in log_calls()
        for node in _attributes(call)
        if node.attr == "reason"
        and _holder(node) in ("decision", "standing", "report", "ruling", "appeal", "word")
    ]
    assert found == []


def _holder(node: ast.Attribute) -> str:
    value = node.value
    return value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")


def test_what_a_log_line_says_is_a_constant() -> None:
    """What happened is a text of ours; what it happened to stands in fields of its own, which are checked."""
    found = [
        f"{file}:{call.lineno}"
        for file, call in log_calls()
        if call.args and isinstance(call.args[0], ast.JoinedStr | ast.BinOp | ast.Call)
    ]
    assert found == []


def test_the_program_is_looked_at_as_a_whole() -> None:
    assert len(log_calls()) > 60


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was logged since at DEBUG, one value a line."""
    root, rooms = logging.getLogger(), [logging.getLogger(room) for room in ("bot", "inference", "policies")]
    before = (root.handlers[:], root.level, [room.level for room in rooms])
    start_logging(LogLevel.DEBUG)
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:], root.level = before[0], before[1]
    for room, level in zip(rooms, before[2], strict=True):
        room.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize("library", ["discord.gateway", "discord.http", "aiohttp.client", "aiosqlite", "asyncio"])
def test_what_libraries_say_for_developers_is_not_logged(
    lines: Callable[[], list[dict[str, Any]]], library: str
) -> None:
    logging.getLogger(library).debug("For Shard ID None: WebSocket Event: %s", {"content": SECRET})
    logging.getLogger(library).info("executing %s", SECRET)
    assert lines() == []


def fail(*, chained: bool) -> None:
    try:
        int(SECRET)
    except ValueError as error:
        raise KeyError(SECRET) from (error if chained else None)


@pytest.mark.parametrize("chained", [False, True])
def test_an_error_that_quotes_a_member_is_logged_without_the_quote(
    lines: Callable[[], list[dict[str, Any]]], chained: bool
) -> None:
    try:
        fail(chained=chained)
    except KeyError as error:
        structlog.get_logger().debug("told at once", exc_info=error)
        structlog.get_logger().exception("told at last")
        logging.getLogger("discord.client").exception("Ignoring exception in on_message")
        logging.getLogger("asyncio").exception("Task exception was never retrieved\n%s", SECRET)
    told = lines()
    assert len(told) == 4
    assert SECRET not in json.dumps(told, ensure_ascii=False)
    assert "a member wrote" not in json.dumps(told)


def test_a_line_stays_one_line_whatever_is_in_it(lines: Callable[[], list[dict[str, Any]]]) -> None:
    structlog.get_logger().info("a file has errors", file=SECRET)
    (told,) = lines()
    assert told["event"] == "a file has errors"
