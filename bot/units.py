"""Sizes and durations as people write them: "2 GB", "30 days"."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator

_BYTES = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}
_SECONDS = {
    "s": 1,
    "second": 1,
    "seconds": 1,
    "m": 60,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hour": 3600,
    "hours": 3600,
    "d": 86_400,
    "day": 86_400,
    "days": 86_400,
    "week": 604_800,
    "weeks": 604_800,
}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*")


def parse_size(value: object) -> int:
    """Bytes in a text like "2 GB" or "512 MiB". ValueError if there is no unit, or one that is not known."""
    return round(_parse(value, _BYTES, 'a size with its unit, for instance "2 GB" or "512 MiB"'))


def parse_duration(value: object) -> timedelta:
    """The time in a text like "30 days" or "90s". ValueError if there is no unit, or one that is not known."""
    if isinstance(value, timedelta):
        return value
    return timedelta(seconds=_parse(value, _SECONDS, 'a time with its unit, for instance "90s" or "30 days"'))


def format_size(size: float) -> str:
    """A size for people, in decimal units: "12.1 GB"."""
    for unit in ("B", "kB", "MB", "GB"):
        if abs(size) < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def format_clock(seconds: float) -> str:
    """A duration to read at a glance: 75 -> "1:15"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def format_duration(duration: timedelta) -> str:
    """A time for people, in the largest unit that it is a whole number of: "15 minutes"."""
    seconds = round(duration.total_seconds())
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length} {unit if seconds != length else unit[:-1]}"
    return f"{seconds} seconds"


def _parse(value: object, units: dict[str, int], wanted: str) -> float:
    found = _AMOUNT.fullmatch(value) if isinstance(value, str) else None
    factor = units.get(found[2].lower()) if found else None
    if found is None or factor is None:
        raise ValueError(f"write {wanted}")
    return float(found[1]) * factor


def _size_or_count(value: object) -> object:
    """A default is already a number of bytes; what people write carries a unit."""
    return parse_size(value)


Size = Annotated[int, BeforeValidator(_size_or_count)]
"""A number of bytes, written with a unit."""
Duration = Annotated[timedelta, BeforeValidator(parse_duration)]
"""A stretch of time, written with a unit."""
