"""What people are writing: policies that are not saved yet. In memory, for a limited time, and not too many."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from bot.guilds.form import Field, Form
from bot.records.histories import AuthorKind

MOST_BYTES = 24 * 1024 * 1024
"""Of all drafts together; beyond that the oldest are forgotten."""
MOST_OF_ONE = 20
"""Drafts of one person; beyond that their oldest are forgotten."""
LIFE_SECONDS = 6 * 3600.0
"""A draft that nobody touches for so long is forgotten."""


class DraftKind(StrEnum):
    """What somebody is doing."""

    NEW = "new"
    EDIT = "edit"
    RESTORE = "restore"
    IMPORT = "import"

    @property
    def author_kind(self) -> AuthorKind:
        """How the history calls the version that comes of it."""
        return {DraftKind.RESTORE: AuthorKind.RESTORE, DraftKind.IMPORT: AuthorKind.IMPORT}.get(
            self, AuthorKind.COMMAND
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy that somebody is writing."""

    guild_id: int
    author_id: int
    kind: DraftKind
    policy_id: str
    """Empty: it will be made from the title."""
    base: bytes | None
    """The file that it started from, byte for byte; None: there was none."""
    form: Form | None = None
    """What they typed, right or wrong; None for a text that came as a file and does not fit the form."""
    hides_terms: bool = False
    source: bytes | None = None
    """The file that would be written; None as long as there are errors."""
    theirs: bytes | None = None
    """What somebody else saved meanwhile."""
    reason: str = ""
    origin: str = ""
    """Where the text comes from: a version's number, a file's name."""
    id: str = field(default_factory=lambda: secrets.token_hex(8))

    def anew(self, **changed: object) -> "Draft":
        """The draft with something changed, under an id of its own: what was shown before stays what it was."""
        return replace(self, id=secrets.token_hex(8), **changed)  # type: ignore[arg-type]  # fields of the class

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        typed = sum(len(self.form.text(each)) for each in Field) * 2 if self.form else 0
        files = (self.base, self.source, self.theirs)
        return typed + sum(len(file) for file in files if file) + 500


class Drafts:
    """All drafts of the running bot."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._drafts: dict[str, tuple[Draft, float]] = {}
        """{id: (draft, when it was last touched)}, the oldest first."""
        self._bytes = 0

    def put(self, draft: Draft) -> Draft:
        """Keep a draft. The oldest ones make room."""
        self._forget(draft.id)
        self._drafts[draft.id] = (draft, self._timer())
        self._bytes += draft.size
        theirs = [each.id for each, _ in self._drafts.values() if each.author_id == draft.author_id]
        for old in theirs[:-MOST_OF_ONE]:
            self._forget(old)
        while self._bytes > MOST_BYTES and len(self._drafts) > 1:
            self._forget(next(iter(self._drafts)))
        self._forget_stale()
        return draft

    def get(self, draft_id: str, guild_id: int, author_id: int) -> Draft | None:
        """A person's draft in a guild; None if it is not there any more, or somebody else's."""
        self._forget_stale()
        draft, _ = self._drafts.get(draft_id, (None, 0.0))
        if draft is None or (draft.guild_id, draft.author_id) != (guild_id, author_id):
            return None
        self._drafts.pop(draft_id)
        self._drafts[draft_id] = (draft, self._timer())
        return draft

    def drop(self, draft_id: str) -> None:
        """It was saved, or given up."""
        self._forget(draft_id)

    def forget(self, guild_id: int) -> None:
        """Forget a guild's drafts."""
        for draft in [each for each, _ in self._drafts.values() if each.guild_id == guild_id]:
            self._forget(draft.id)

    def _forget(self, draft_id: str) -> None:
        draft, _ = self._drafts.pop(draft_id, (None, 0.0))
        if draft is not None:
            self._bytes -= draft.size

    def _forget_stale(self) -> None:
        ended = self._timer() - LIFE_SECONDS
        for draft_id, (_, touched) in list(self._drafts.items()):
            if touched > ended:
                return
            self._forget(draft_id)
