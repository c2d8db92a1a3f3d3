"""What a guild's administrators set for it."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from bot.language import Language
from policies.frozen import Frozen
from policies.policy import Scope, Snowflake

LONGEST_TEMPLATE = 1500
Template = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_TEMPLATE)]
"""A text for members, with `{placeholders}`."""


class GuildSettings(Frozen):
    """One guild's settings; a guild that has set nothing has the empty ones."""

    format: Literal[1] = 1
    review_channel: Snowflake | None = None
    """Where cards are posted; None: cases wait until a channel is set."""
    moderator_roles: tuple[Snowflake, ...] = ()
    """Who may decide. None set: whoever may manage messages or time members out."""
    language: Language | None = None
    """Of cards, notices and digests. None: the guild's own locale."""
    channels: tuple[Snowflake, ...] = Field(default=(), max_length=500)
    """Only these are moderated; empty: all."""
    except_channels: tuple[Snowflake, ...] = Field(default=(), max_length=500)
    except_roles: tuple[Snowflake, ...] = Field(default=(), max_length=500)
    """Members with one of these roles are not looked at."""
    keep_days: int = Field(default=30, ge=1, le=365)
    """How long cases keep what members wrote. The operator's ceiling may be lower."""
    cards_per_minute: int = Field(default=20, ge=1, le=60)
    """What comes beyond that waits in the queue, behind one line that says so."""
    blur: bool = False
    """Cards show the neutral rationale first, and what the member wrote behind a spoiler."""
    escalation_role: Snowflake | None = None
    """Who is called when a moderator escalates a case."""
    notices: bool = False
    """Whether members are told by direct message what was decided."""
    notice: Template | None = None
    """What they are told; None: the words that come with Safeguild."""
    appeals: bool = True
    """Whether a notice carries a button for appealing."""
    help_text: Template | None = None
    """What a member in distress is offered; None: the words that come with Safeguild."""
    reports: bool = True
    """Whether members may report messages to the moderators."""
    digest: bool = True
    """Whether the review channel gets a summary each week."""

    @property
    def scope(self) -> Scope:
        """Where the guild's policies hold at all; each has a scope of its own within it."""
        return Scope(channels=self.channels, except_channels=self.except_channels, except_roles=self.except_roles)
