"""Labels, as they are written and read. Every function runs inside a transaction."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Final

from bot.case import Action, Finding, JobState
from bot.records.labels import KnownText, Label, LabelSource, Stratum
from bot.store import label_queries as queries
from bot.store import queries as case_queries
from bot.store import rows
from policies.verdict import Verdict

AMONG: Final = 5_000
"""The guild's newest cases, among which those are looked for that nobody has labelled."""


def label_decision(db: sqlite3.Connection, case_id: int) -> None:
    """Make labels of the case's last decision, which was just carried out; undone, it takes them back."""
    row = db.execute(queries.STANDING_DECISION, {"case": case_id}).fetchone()
    if row is None:
        return
    if Action(row["action"]) is Action.UNDO:
        retract_decision(db, case_id)
        return
    for finding in spoken_about(Action(row["action"]), _findings(db, case_id, row["revision"])):
        keep(db, _label_of(row, case_id, finding))


def retract_decision(db: sqlite3.Connection, case_id: int) -> None:
    """Take the labels of a case's decisions back: nobody stands by them. What was said on an appeal stays."""
    db.execute(queries.RETRACT, {"case": case_id})


def label_appeal(db: sqlite3.Connection, case_id: int, granted: bool, moderator_id: int, now: datetime) -> None:
    """Make labels of another moderator's answer to an appeal, before the decision is taken back."""
    for row in db.execute(queries.DECIDED_LABELS, {"case": case_id}).fetchall():
        again = replace(
            label(row),
            source=LabelSource.APPEAL,
            violates=not granted,
            labelled_at=now,
            labeller_id=moderator_id,
        )
        keep(db, again)


def spoken_about(action: Action, findings: Sequence[Finding]) -> list[Finding]:
    """The findings of one revision that a decision says something about.

    "Dismissed" says of every policy that it is not violated. Everything else says that something is, help for a
    member in distress too: it speaks of the policies of which the judge thought so, or else could not say, and
    tells nothing of those that it found to be kept.
    """
    judged = [finding for finding in findings if finding.state in (JobState.JUDGED, JobState.UNDECIDED)]
    if action is Action.DISMISS:
        return judged
    violated = [finding for finding in judged if finding.verdict and finding.verdict.violation]
    return violated or [finding for finding in judged if finding.state is JobState.UNDECIDED]


def keep(db: sqlite3.Connection, label: Label, *, asked: bool = True) -> None:
    """Store a label in place of an older one of the same source. `asked`: whether the judge has said its word."""
    values = {
        "guild": label.guild_id,
        "policy": label.policy_id,
        "message": label.message_id,
        "source": label.source,
        "stratum": label.stratum,
        "digest": label.digest,
        "violates": label.violates,
        "labelled_at": rows.to_micros(label.labelled_at),
        "labeller": label.labeller_id,
        "rule": label.rule_id,
        "verdict": label.verdict,
        "probability": label.probability,
        "rules": json.dumps(label.rule_ids),
        "case": label.case_id,
        "revision": label.revision,
        "asked": asked,
    }
    db.execute(queries.KEEP_LABEL, values)


def labels(db: sqlite3.Connection, guild_id: int, policy_id: str | None, since: datetime | None) -> list[Label]:
    """The labels of a policy, or of all policies of a guild, newest first."""
    query = queries.LABELS_OF_GUILD if policy_id is None else queries.LABELS_OF_POLICY
    asked = {"guild": guild_id, "policy": policy_id, "since": rows.to_micros(since) if since else 0}
    return [label(row) for row in db.execute(query, asked)]


def labelled_texts(db: sqlite3.Connection, guild_id: int, policy_id: str, limit: int) -> list[KnownText]:
    """Labelled messages whose text is there, newest labels first."""
    asked = {"guild": guild_id, "policy": policy_id, "limit": limit}
    return _texts(db, policy_id, db.execute(queries.LABELLED_TEXTS, asked).fetchall(), labelled=True)


def unlabelled_texts(db: sqlite3.Connection, guild_id: int, policy_id: str, limit: int) -> list[KnownText]:
    """Messages that the judge saw and nobody has labelled, newest first."""
    asked = {"guild": guild_id, "policy": policy_id, "limit": limit, "among": AMONG}
    return _texts(db, policy_id, db.execute(queries.UNLABELLED_TEXTS, asked).fetchall(), labelled=False)


def unjudged_samples(db: sqlite3.Connection, limit: int) -> list[KnownText]:
    """Labelled messages that the judge has yet to be asked about, oldest labels first.

    Damaged ones are passed over: however many they are, those behind them are not kept waiting.
    """
    with closing(db.execute(queries.UNJUDGED_SAMPLES)) as found:
        readable = (row for row in found if not rows.is_unreadable(row["message"]))
        return [_text(row, label(row), row["policy_id"], []) for row in islice(readable, limit)]


def note_verdict(db: sqlite3.Connection, noted: Label, verdict: Verdict | None) -> None:
    """Put the judge's word beside a sample's label; None: it could not be read."""
    values = {
        "guild": noted.guild_id,
        "policy": noted.policy_id,
        "message": noted.message_id,
        "verdict": verdict.violation if verdict else None,
        "probability": verdict.probability if verdict else None,
        "rules": json.dumps(verdict.rule_ids if verdict else ()),
        "digest": verdict.policy_digest if verdict else noted.digest,
    }
    db.execute(queries.NOTE_VERDICT, values)


def label(row: sqlite3.Row) -> Label:
    """A row of the queries that read labels."""
    return Label(
        guild_id=row["guild_id"],
        policy_id=row["policy_id"],
        message_id=row["message_id"],
        source=LabelSource(row["source"]),
        stratum=Stratum(row["stratum"]),
        digest=row["digest"],
        violates=bool(row["violates"]),
        labelled_at=rows.from_micros(row["labelled_at"]),
        labeller_id=row["labeller_id"],
        rule_id=row["rule_id"],
        verdict=None if row["verdict"] is None else bool(row["verdict"]),
        probability=row["probability"],
        rule_ids=tuple(json.loads(row["rule_ids"])),
        case_id=row["case_id"],
        revision=row["revision"],
    )


def _findings(db: sqlite3.Connection, case_id: int, revision: int) -> list[Finding]:
    found = map(rows.finding, db.execute(case_queries.FINDINGS, {"cases": rows.to_ids([case_id])}))
    return [finding for finding in found if finding.revision == revision]


def _label_of(row: sqlite3.Row, case_id: int, finding: Finding) -> Label:
    """A row of `STANDING_DECISION` and what it speaks about."""
    verdict = finding.verdict
    return Label(
        guild_id=row["guild_id"],
        policy_id=finding.policy.id,
        message_id=row["message_id"],
        source=LabelSource.DECISION,
        stratum=_stratum(finding),
        digest=finding.policy.digest,
        violates=Action(row["action"]) is not Action.DISMISS,
        labelled_at=rows.from_micros(row["decided_at"]),
        labeller_id=row["moderator_id"],
        verdict=verdict.violation if verdict else None,
        probability=verdict.probability if verdict else None,
        rule_ids=verdict.rule_ids if verdict else (),
        case_id=case_id,
        revision=finding.revision,
    )


def _stratum(finding: Finding) -> Stratum:
    if finding.suspicion.is_audit:
        return Stratum.UNFLAGGED
    cleared = finding.verdict is not None and finding.verdict.violation is False
    return Stratum.CLEARED if cleared else Stratum.OPENED


def _texts(
    db: sqlite3.Connection, policy_id: str, found: Sequence[sqlite3.Row], *, labelled: bool
) -> list[KnownText]:
    judged = _judged(db, {row["text_case"] for row in found})
    return [
        _text(row, label(row) if labelled else None, policy_id, judged.get((row["text_case"], row["number"]), []))
        for row in found
        if not rows.is_unreadable(row["message"])
    ]


def _text(row: sqlite3.Row, of: Label | None, policy_id: str, findings: Sequence[Finding]) -> KnownText:
    """`findings`: of all policies in this revision."""
    own = next((finding for finding in reversed(findings) if finding.policy.id == policy_id), None)
    others = (finding.verdict for finding in findings if finding.policy.id != policy_id)
    return KnownText(
        message=rows.message(row),
        earlier=rows.earlier(row),
        case_id=row["text_case"],
        suspicion=own.suspicion if own else None,
        verdict=own.verdict if own else None,
        label=of,
        shared=any(verdict.violation for verdict in others if verdict),
    )


def _judged(db: sqlite3.Connection, case_ids: Iterable[int]) -> dict[tuple[int, int], list[Finding]]:
    """{(case id, revision): what was found there}."""
    found: dict[tuple[int, int], list[Finding]] = {}
    for row in db.execute(case_queries.FINDINGS, {"cases": rows.to_ids(case_ids)}):
        finding = rows.finding(row)
        found.setdefault((row["case_id"], finding.revision), []).append(finding)
    return found
