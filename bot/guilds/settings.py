"""What a guild's administrators set for it."""

from typing import Literal

from policies.frozen import Frozen
from policies.policy import Snowflake


class GuildSettings(Frozen):
    """One guild's settings; a guild that has set nothing has the empty ones."""

    format: Literal[1] = 1
    review_channel: Snowflake | None = None
    """Where cards are posted; None: cases wait until a channel is set."""
    moderator_roles: tuple[Snowflake, ...] = ()
    """Who may decide. None set: whoever may manage messages or time members out."""
