"""Logs: structured, to standard error, never with anything that a member wrote."""

import logging
import os
import re
import sys
import traceback
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from bot.settings import LogLevel

_ANSWER_TOKEN = re.compile(r"(/(?:webhooks|interactions)/\d+/)[^/\s]+")


def start_logging(level: LogLevel) -> None:
    """Send logs to standard error: readable on a terminal, JSON lines elsewhere. Libraries log warnings only."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_messages_of_exceptions,
            _renderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        # A progress bar puts itself before standard error while it shows: ask for the stream at every line.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_Forward()], level=max(logging.WARNING, number), force=True)
    for room in ("bot", "inference", "policies"):
        logging.getLogger(room).setLevel(number)


class _Forward(logging.Handler):
    """Gives what libraries log to the same place, in the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        """Pass a record on."""
        logger = structlog.get_logger()
        logger.log(record.levelno, _harmless(record.getMessage()), logger=record.name, exc_info=record.exc_info)


def _harmless(message: str) -> str:
    """What a library says, without what must not get into a log.

    asyncio describes a failed task below its first line, with the exception's message, which may quote a member.
    Discord's addresses for answers hold a token in place of a password.
    """
    return _ANSWER_TOKEN.sub(r"\1…", message.partition("\n")[0])


def _renderer() -> Processor:
    if sys.stderr.isatty():
        return structlog.dev.ConsoleRenderer(colors="NO_COLOR" not in os.environ)
    return structlog.processors.JSONRenderer(ensure_ascii=False)


def _without_messages_of_exceptions(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Say what kind of exception it was and where; its message and its variables may quote a member."""
    info = event.pop("exc_info", None)
    error = sys.exception() if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["exception"] = type(error).__name__
        event["at"] = _places(error.__traceback__)
    return event


def _places(trace: TracebackType | None) -> list[str]:
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]
