"""The one base of every value that is validated and written down."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value: it never changes, refuses unknown keys and converts no types silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
