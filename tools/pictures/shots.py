"""What somebody sees at one moment, as JSON of Discord's API, and what only a client knows beside it."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from policies.frozen import Frozen

Json = dict[str, Any]


class Said(Frozen):
    """A message. What it answers, if it answers something, stands above it."""

    kind: Literal["message"] = "message"
    message: Json
    """The message object of Discord's API. Files that are pictures hold their bytes as `data`, in base64."""
    above: str = ""
    """Such as "ada used /policy list"."""


class Form(Frozen):
    """A modal, open before somebody."""

    kind: Literal["form"] = "form"
    modal: Json
    """The `data` of the callback that opened it."""
    typed: dict[str, str] = Field(default_factory=dict)
    """{custom id: what was typed in, where it is not what the modal came with}."""


Pane = Said | Form


class Shot(Frozen):
    """One picture's contents."""

    scene: str
    place: str
    """What stands at the top of the screen, such as "# review"."""
    taken_at: datetime
    panes: tuple[Pane, ...]
    names: dict[int, str]
    """{id of a person, role or channel: "@ada", "#general"}."""
