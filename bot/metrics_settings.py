"""What the operator can set about metrics."""

from typing import Annotated

from pydantic import AfterValidator, Field

from bot.setting_kinds import Section


def split_address(address: str) -> tuple[str, int]:
    """Host and port of an address like 127.0.0.1:9464 or [::1]:9464.

    Raises:
        ValueError: it is none.
    """
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) < 65_536):
        raise ValueError("write a host and a port, as in 127.0.0.1:9464")
    return host, int(port)


def _valid(address: str) -> str:
    split_address(address)
    return address


class MetricsSettings(Section):
    """Numbers for Prometheus, and whether the bot is well."""

    address: Annotated[str, AfterValidator(_valid)] | None = Field(
        None,
        description="Where metrics for Prometheus are served by HTTP, as in `127.0.0.1:9464`; nowhere when it is "
        "not set. `/metrics`, `/healthz` and `/readyz` answer there, to anybody who can reach the address: "
        "[metrics.md](metrics.md) says what they tell.",
    )
    guilds: bool = Field(
        False,
        description="Whether metrics tell a few numbers for each guild, too, under its id.",
    )
