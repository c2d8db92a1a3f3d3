"""Logs go to standard error, and nothing that a member wrote gets into them by way of an exception."""

import json
import logging

import pytest
import structlog

from bot.logs import start_logging
from bot.settings import LogLevel

SECRET = "a member wrote this"


@pytest.fixture
def lines(capsys):
    """What was logged since, one value a line."""
    root, rooms = logging.getLogger(), [logging.getLogger(room) for room in ("bot", "inference", "policies")]
    before = (root.handlers[:], root.level, [room.level for room in rooms])

    def read():
        said = capsys.readouterr()
        assert said.out == ""
        return [json.loads(line) for line in said.err.splitlines()]

    yield read
    root.handlers[:], root.level = before[0], before[1]
    for room, level in zip(rooms, before[2], strict=True):
        room.setLevel(level)
    structlog.reset_defaults()


def raise_and(log):
    try:
        int(SECRET)  # its message quotes what it was given
    except ValueError:
        log()


def test_a_log_line_is_one_json_value_on_a_pipe(lines):
    start_logging(LogLevel.INFO)
    structlog.get_logger().info("lease lost", job=3)
    (line,) = lines()
    assert (line["event"], line["job"], line["level"]) == ("lease lost", 3, "info")
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("through", ["structlog", "a library"])
def test_an_exception_is_logged_by_its_kind_and_place_and_never_by_its_message(lines, through):
    start_logging(LogLevel.INFO)
    log = structlog.get_logger().exception if through == "structlog" else logging.getLogger("bot.x").exception
    raise_and(lambda: log("the judge failed"))
    (line,) = lines()
    assert line["exception"] == "ValueError"
    assert any("test_logs.py" in place for place in line["at"])
    assert SECRET not in json.dumps(line)


def test_the_level_is_the_one_that_is_set(lines):
    start_logging(LogLevel.WARNING)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in lines()] == ["loud"]


def test_libraries_log_only_warnings_and_our_own_rooms_as_much_as_is_set(lines):
    start_logging(LogLevel.INFO)
    logging.getLogger("httpx2").info("HTTP Request: GET https://…")
    logging.getLogger("httpx2").warning("trouble")
    logging.getLogger("inference.engine").info("ready")
    assert [(line["event"], line.get("logger")) for line in lines()] == [
        ("trouble", "httpx2"),
        ("ready", "inference.engine"),
    ]


def test_what_asyncio_tells_of_a_failed_task_is_cut_to_what_quotes_nobody(lines):
    start_logging(LogLevel.INFO)
    message = f"Task exception was never retrieved\nfuture: <Task finished exception=ValueError('{SECRET}')>"
    logging.getLogger("asyncio").error(message)
    assert [line["event"] for line in lines()] == ["Task exception was never retrieved"]


@pytest.mark.parametrize("path", ["/webhooks/5/{}/messages/@original", "/interactions/5/{}/callback"])
def test_the_tokens_in_discords_addresses_for_answers_are_not_logged(lines, path):
    start_logging(LogLevel.INFO)
    secret = "aW50ZXJhY3Rpb246MTIz"
    logging.getLogger("discord.http").warning(
        "We are being rate limited. PATCH %s responded with 429.", path.format(secret)
    )
    (line,) = lines()
    assert secret not in line["event"]
    assert "responded with 429" in line["event"]
