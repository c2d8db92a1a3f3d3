"""Versions of policies, and what policies found in their shadow. Every function runs in a transaction."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bot.case import JobState
from bot.missing_words import UNREADABLE
from bot.records.histories import Author, AuthorKind, Flagged, NewVersion, ShadowRecord, Version
from bot.store import history_queries as queries
from bot.store import rows
from policies.policy import Mode

MOST_FOUND: Final = 2_000
"""Findings in the shadow that are counted: more are only said to be there."""
_ABOVE_ALL: Final = 2**62


def keep(db: sqlite3.Connection, versions: Sequence[NewVersion]) -> None:
    """Keep versions in their order."""
    for version in versions:
        db.execute(
            queries.KEEP_VERSION,
            {
                "guild": version.guild_id,
                "policy": version.policy_id,
                "at": rows.to_micros(version.at),
                "kind": version.author.kind,
                "author": version.author.id,
                "reason": rows.to_text(version.author.reason),
                "mode": version.mode,
                "digest": version.digest,
                "hash": version.file_hash,
                "source": version.source.decode(),
            },
        )


def versions(
    db: sqlite3.Connection, guild_id: int, policy_id: str, before: int | None, limit: int
) -> list[Version]:
    """The newest first."""
    wanted = {
        "guild": guild_id,
        "policy": policy_id,
        "before": _ABOVE_ALL if before is None else before,
        "limit": limit,
    }
    return [_version(row) for row in db.execute(queries.VERSIONS, wanted)]


def source(db: sqlite3.Connection, guild_id: int, policy_id: str, number: int) -> bytes | None:
    """The file of a version; None where there is none, or what is there is damaged."""
    wanted = {"guild": guild_id, "policy": policy_id, "number": number}
    row = db.execute(queries.VERSION_SOURCE, wanted).fetchone()
    if row is None or row["source"] == UNREADABLE:
        return None
    return row["source"].encode() or None


def newest(db: sqlite3.Connection, guild_id: int | None) -> list[Version]:
    """By guild and policy."""
    if guild_id is None:
        return [_version(row) for row in db.execute(queries.COUNT_NEWEST)]
    return [_version(row) for row in db.execute(queries.NEWEST_OF_GUILD, {"guild": guild_id})]


def shadow_record(
    db: sqlite3.Connection, guild_id: int, policy_id: str, digest: str, since: datetime, shown: int
) -> ShadowRecord:
    """Counts over all versions that were in shadow, and the newest findings."""
    in_shadow = {"guild": guild_id, "policy": policy_id}
    digests = {row["id"]: row["digest"] for row in db.execute(queries.VERSIONS_IN_SHADOW, in_shadow)}
    wanted = {"versions": rows.to_ids(digests), "since": rows.to_micros(since), "limit": MOST_FOUND + 1}
    found = db.execute(queries.FOUND_IN_SHADOW, wanted).fetchall()
    counted = found[:MOST_FOUND]
    violations = [(row, rows.verdict(row)) for row in counted if row["state"] != JobState.UNDECIDED]
    days = Counter(rows.from_micros(row["recorded_at"]).date() for row, _ in violations)
    rules = Counter(rule_id for _, verdict in violations if verdict for rule_id in verdict.rule_ids)
    return ShadowRecord(
        days=dict(sorted(days.items())),
        rules=dict(rules.most_common()),
        undecided=len(counted) - len(violations),
        older=sum(digests[row["version_id"]] != digest for row in counted),
        newest=tuple(_flagged(row) for row, _ in violations[:shown]),
        more=len(found) > MOST_FOUND,
    )


def _version(row: sqlite3.Row) -> Version:
    return Version(
        guild_id=row["guild_id"],
        policy_id=row["policy_id"],
        number=row["number"],
        author=Author(AuthorKind(row["author_kind"]), row["author_id"], row["reason"]),
        at=rows.from_micros(row["at"]),
        file_hash=row["file_hash"],
        digest=row["digest"],
        mode=None if row["mode"] is None else Mode(row["mode"]),
    )


def _flagged(row: sqlite3.Row) -> Flagged:
    verdict = rows.verdict(row)
    rule_ids = verdict.rule_ids if verdict else ()
    return Flagged(row["case_id"], row["revision"], rows.from_micros(row["recorded_at"]), rule_ids)
