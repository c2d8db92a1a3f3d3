"""What settings are made of: sections, and values that people write in more than one way."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from pydantic_settings import NoDecode

from policies.policy import Snowflake


def _no_truth(value: object) -> object:
    """`true` would pass for the number 1."""
    if isinstance(value, bool):
        raise ValueError("write a number")  # noqa: TRY004 - pydantic reports ValueErrors only
    return value


def _listed(value: object) -> object:
    """A list in the file; an environment variable separates its parts with commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _without_last_slash(value: str) -> str:
    """Paths are put behind it."""
    return value.rstrip("/")


def _plain(value: str) -> str:
    """A web address without a name, a password or a question in it. It is not quoted: it may hold a secret."""
    if not re.fullmatch(r"https?://[^\s/?#@]+[^\s?#@]*", value):
        raise ValueError("write an address like http://127.0.0.1:8080, without a name or password in it")
    return value


class Section(BaseModel):
    """A part of the settings: `[name]` in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Count = Annotated[int, BeforeValidator(_no_truth)]
Rate = Annotated[float, BeforeValidator(_no_truth)]
"""A share; its bounds are the field's."""
Address = Annotated[str, AfterValidator(_without_last_slash)]
"""Where something is found by HTTP."""
Ids = Annotated[tuple[Snowflake, ...], BeforeValidator(_listed), NoDecode]
"""Discord ids. `NoDecode`: in a variable they are not JSON."""
Addresses = Annotated[tuple[Annotated[Address, AfterValidator(_plain)], ...], BeforeValidator(_listed), NoDecode]
