"""Every version of a policy that ever was in force: by whom, when and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Protocol

from policies.policy import Mode


class AuthorKind(StrEnum):
    """How a version came to be."""

    COMMAND = "command"
    """Somebody used a command."""
    FILE = "file"
    """Somebody changed the file by hand while the bot ran."""
    START = "start"
    """The change was found when the bot started: nobody knows when it was made."""
    RESTORE = "restore"
    """Somebody brought an earlier version back."""
    IMPORT = "import"
    """Somebody imported a file."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a version, and why."""

    kind: AuthorKind
    id: int | None = None
    """The member's id; None where nobody knows."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A version to be kept."""

    guild_id: int
    policy_id: str
    author: Author
    at: datetime
    source: bytes
    """The file, byte for byte; empty when the policy was removed."""
    digest: str = ""
    """The policy's; empty when it was removed."""
    mode: Mode | None = None
    """None: it was removed."""

    @property
    def file_hash(self) -> str:
        """SHA-256 (hex) of the file; empty when the policy was removed."""
        return file_hash(self.source) if self.source else ""


@dataclass(frozen=True, slots=True)
class Version:
    """A version that was kept, without its text."""

    guild_id: int
    policy_id: str
    number: int
    """From 1, for each policy of a guild."""
    author: Author
    at: datetime
    file_hash: str
    digest: str
    mode: Mode | None
    """None: the policy was removed."""


@dataclass(frozen=True, slots=True)
class Flagged:
    """A message that a policy in shadow would have flagged."""

    case_id: int
    revision: int
    at: datetime
    rule_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShadowRecord:
    """What a policy found in its shadow."""

    days: Mapping[date, int] = field(default_factory=dict)
    """{day in UTC: violations}, by day; days without any are missing."""
    rules: Mapping[str, int] = field(default_factory=dict)
    """{rule id: violations that cite it}, the most first."""
    undecided: int = 0
    """Answers that could not be read: a live policy would show them, too."""
    older: int = 0
    """How many of all these are by an older wording than the one in force."""
    newest: tuple[Flagged, ...] = ()
    """The newest violations, newest first."""
    more: bool = False
    """There are more than were counted."""

    @property
    def violations(self) -> int:
        """All that were counted."""
        return sum(self.days.values())


class Histories(Protocol):
    """A part of the `Store`. Every call raises StoreUnavailable."""

    async def keep_versions(self, versions: Sequence[NewVersion]) -> None:
        """Keep versions, in their order. One whose file is that of the policy's newest version adds nothing."""
        ...

    async def versions(
        self, guild_id: int, policy_id: str, *, before: int | None = None, limit: int = 10
    ) -> list[Version]:
        """Up to `limit` versions of a policy with numbers below `before`, the newest first."""
        ...

    async def version_source(self, guild_id: int, policy_id: str, number: int) -> bytes | None:
        """The file of a version, byte for byte; None if there is none, or the policy was removed then."""
        ...

    async def newest_versions(self, guild_id: int | None = None) -> list[Version]:
        """The newest version of each policy, of this guild or of all; removed ones, too."""
        ...

    async def shadow_record(
        self, guild_id: int, policy_id: str, digest: str, since: datetime, *, newest: int = 5
    ) -> ShadowRecord:
        """What a policy found since then while it was in shadow. `digest`: the version now in force."""
        ...


def file_hash(source: bytes) -> str:
    """SHA-256 (hex) of a file."""
    return sha256(source).hexdigest()
