"""What the operator can set about the list of phishing domains."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from bot.setting_kinds import Section
from bot.units import Duration

_SAFE_ADDRESS = re.compile(r"(https://|http://(127\.0\.0\.1|localhost)[:/])[^\s@]+")


def _safe(address: str) -> str:
    """Who can change the list on its way can hide a link from everybody. This machine needs no https."""
    if not _SAFE_ADDRESS.fullmatch(address):
        raise ValueError("write an address that begins with https://, without a name or password in it")
    return address


class DomainSettings(Section):
    """Lists of phishing domains beside the one that comes with Safeguild."""

    file: Path | None = Field(
        None,
        description="A list of phishing domains on this machine, one on each line, beside the one that comes with "
        "Safeguild. A change is noticed within a minute. `safeguild domains check` says what is wrong with it.",
    )
    url: Annotated[str, AfterValidator(_safe)] | None = Field(
        None,
        description="Where another such list is fetched from, `https://` only. The last good one is kept in the "
        "data folder and holds when fetching fails. Nothing but this address is asked, and nothing is sent to it.",
    )
    every: Duration = Field(
        timedelta(days=1),
        ge=timedelta(minutes=10),
        le=timedelta(days=30),
        description='How often the list at `domains.url` is fetched, with a unit ("1 day").',
    )
