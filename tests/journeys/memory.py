"""What the bot remembers of a guild, read out of its store's file beside it."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.journeys.process import BotProcess

_BEGAN = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """One line of a case's decisions."""

    action: str
    moderator_id: int
    decided_at: datetime
    timeout: timedelta | None
    enforced: bool | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class StoredCase:
    """A case as it is on the disk."""

    id: int
    state: str
    card_id: int | None
    deleted: bool
    current: str | None
    """What the message says now, if nothing suspects that."""
    revisions: tuple[str, ...]
    """The flagged texts, oldest first."""
    questions: tuple[tuple[str, int], ...]
    """What the judge was asked: (policy, revision)."""
    decisions: tuple[StoredDecision, ...]

    @property
    def decision(self) -> StoredDecision:
        """The only one."""
        (decision,) = self.decisions
        return decision


@dataclass(frozen=True, slots=True)
class Memory:
    """The store, as far as one guild is concerned."""

    bot: BotProcess
    guild_id: int

    def case(self, message_id: int) -> StoredCase | None:
        """The case about a message."""
        rows = self.bot.query(
            "SELECT id, state, card_message_id, deleted_at, opened('case_file.current_message', current_message)"
            " FROM case_file"
            " WHERE guild_id = ? AND message_id = ?",
            self.guild_id,
            message_id,
        )
        return self._read(*rows[0]) if rows else None

    def messages_with_cases(self) -> set[int]:
        """Ids of all messages that became a case."""
        return {row[0] for row in self._rows("SELECT message_id FROM case_file WHERE guild_id = ?")}

    def is_quiet(self) -> bool:
        """Whether nothing is left to judge, to carry out or to show.

        What only policies in shadow forbid is not shown to anybody.
        """
        return not self._rows(
            "SELECT 1 FROM case_file c WHERE guild_id = ? AND ("
            " EXISTS (SELECT 1 FROM job WHERE case_id = c.id AND state IN ('queued', 'judging'))"
            " OR state IN ('queued', 'judging', 'decided')"
            " OR version > shown_version AND (card_begun_at IS NOT NULL OR state = 'open' AND EXISTS ("
            "  SELECT 1 FROM job JOIN policy_version v ON v.id = version_id WHERE case_id = c.id"
            "  AND (violation = 1 OR state = 'undecided') AND json_extract(document, '$.mode') = 'live')))"
        )

    def waiting(self) -> int:
        """Questions that wait for a verdict or are being judged."""
        sql = (
            "SELECT count(*) FROM job JOIN case_file c ON c.id = case_id"
            " WHERE c.guild_id = ? AND job.state IN ('queued', 'judging')"
        )
        return int(self._rows(sql)[0][0])

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.bot.query(sql, self.guild_id)

    def _read(self, case_id: int, state: str, card_id: int, deleted_at: int, current: str) -> StoredCase:
        ask = self.bot.query
        revisions = ask(
            "SELECT opened('revision.message', message) FROM revision WHERE case_id = ? ORDER BY number", case_id
        )
        questions = ask(
            "SELECT policy_id, revision FROM job JOIN policy_version v ON v.id = version_id"
            " WHERE case_id = ? ORDER BY revision, policy_id",
            case_id,
        )
        decisions = ask(
            "SELECT action, moderator_id, decided_at, timeout, enforced, opened('decision.outcome', outcome)"
            " FROM decision"
            " WHERE case_id = ? ORDER BY number",
            case_id,
        )
        return StoredCase(
            id=case_id,
            state=state,
            card_id=card_id,
            deleted=deleted_at is not None,
            current=_text(current) if current else None,
            revisions=tuple(_text(row[0]) for row in revisions),
            questions=tuple((policy, revision) for policy, revision in questions),
            decisions=tuple(_decision(*row) for row in decisions),
        )


def _decision(
    action: str, moderator_id: int, at: int, timeout: int | None, enforced: int | None, outcome: str | None
) -> StoredDecision:
    return StoredDecision(
        action,
        moderator_id,
        _BEGAN + timedelta(microseconds=at),
        None if timeout is None else timedelta(microseconds=timeout),
        None if enforced is None else bool(enforced),
        outcome,
    )


def _text(message: str) -> str:
    said = json.loads(message)
    return "\n".join(part for part in (said["content"], *said["embeds"], *said["attachments"]) if part)
