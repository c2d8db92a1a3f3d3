"""What is counted day by day. Every function runs inside the transaction that does what it counts."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.case import Action, Decision
from bot.records.figures import COUNTED, Counts
from bot.records.waits import bin_of
from bot.store import figures_queries as queries
from bot.tallies import Traffic
from policies.policy import Mode, Policy
from policies.verdict import Timing, Verdict

DAY: Final = 86_400_000_000
"""Microseconds."""
_MICROS: Final = 1000
"""In a millisecond."""


def count_traffic(db: sqlite3.Connection, traffic: Traffic, now: int) -> None:
    """Add the messages that were looked at since the last time."""
    counted = Counts(looked_at=traffic.looked_at, flagged=traffic.flagged)
    key = {"guild": traffic.guild_id, "policy": traffic.policy_id, "digest": traffic.digest, "day": now // DAY}
    db.execute(queries.ADD_TO_DAY, key | _values(counted))


def count_verdict(db: sqlite3.Connection, job: sqlite3.Row, policy: Policy, verdict: Verdict, now: int) -> None:
    """Count an answer; a violation, or an answer that could not be read, is a finding from now on."""
    counted = _answered(job, verdict.violation) + _spent(verdict)
    _add(db, job["version_id"], now // DAY, counted)
    if verdict.violation:
        cited = {"cited": 1, "confirmed": 0, "overturned": 0}
        _add_to_rules(db, job["version_id"], now // DAY, _to_json(verdict.rule_ids), cited)
    if verdict.violation or (verdict.violation is None and not job["audit"]):
        live = policy.mode is Mode.LIVE
        found = {"job": job["id"], "for_people": live, "now": now, "rules": _to_json(verdict.rule_ids)}
        db.execute(queries.ADD_FINDING, found)


def give_up(db: sqlite3.Connection, jobs: Iterable[sqlite3.Row], now: int) -> None:
    """Count jobs that have no answer after every try. Those that are no random checks are findings for people."""
    for job in jobs:
        _add(db, job["version_id"], now // DAY, _answered(job, None))
        if not job["audit"]:
            db.execute(queries.GIVE_UP, {"job": job["id"], "version": job["version_id"], "now": now})


def count_decision(db: sqlite3.Connection, decision: Decision) -> None:
    """Count what was just decided, and how long the findings that it answers had waited."""
    made = db.execute(queries.DECISIONS, {"case": decision.case_id}).fetchall()
    word = _Word.last_of(decision.case_id, made)
    meant = [finding for finding in _findings(db, word) if word.is_about(finding)]
    first = [] if word.undoes else [finding for finding in meant if finding["first_day"] is None]
    for finding in first:
        db.execute(queries.FIRST_DECIDED, {"job": finding["job_id"], "day": word.day})
        names = _to_json(("", *json.loads(finding["rule_ids"])))
        wait = {"version": finding["version_id"], "day": word.day, "bin": word.bin_since(finding["found_at"])}
        db.execute(queries.ADD_WAIT, {**wait, "rules": names})
    _count_case(db, word, first, {finding["policy_id"] for finding in meant}, is_first=len(made) == 1)


def count_outcome(db: sqlite3.Connection, case_id: int, enforced: bool, now: int) -> None:
    """Count how the last decision on a case ended: once it is carried out, it says what people think."""
    word = _Word.last_of(case_id, db.execute(queries.DECISIONS, {"case": case_id}).fetchall())
    if not enforced:
        failed = {"case": case_id, "day": now // DAY, "policies": _to_json([""])}
        db.execute(queries.ADD_DECISION, {**failed, "action": word.action, "number": 0, "failed": 1})
        return
    for finding in _findings(db, word):
        if finding["first_day"] is not None and word.is_about(finding):
            _answer(db, finding, word)


@dataclass(frozen=True, slots=True)
class _Word:
    """The last decision on a case, as it is counted."""

    case_id: int
    number: int
    """Its place among the case's decisions."""
    revision: int
    on_revision: frozenset[int]
    """The numbers of all decisions on its revision: an undo takes them all back."""
    action: Action
    at: int

    @classmethod
    def last_of(cls, case_id: int, made: Sequence[sqlite3.Row]) -> "_Word":
        """`made`: all decisions on the case, in their order."""
        last = made[-1]
        return cls(
            case_id=case_id,
            number=last["number"],
            revision=last["revision"],
            on_revision=frozenset(row["number"] for row in made if row["revision"] == last["revision"]),
            action=Action(last["action"]),
            at=last["decided_at"],
        )

    @property
    def undoes(self) -> bool:
        return self.action is Action.UNDO

    @property
    def day(self) -> int:
        return self.at // DAY

    def bin_since(self, found_at: int) -> int:
        return bin_of(timedelta(microseconds=max(0, self.at - found_at)))

    def is_about(self, finding: sqlite3.Row) -> bool:
        """A decision answers what nobody has answered up to its revision, and answers its own revision anew."""
        if self.undoes:
            return finding["answered_by"] in self.on_revision
        if finding["revision"] == self.revision:
            return True
        return bool(finding["revision"] < self.revision and finding["answered_by"] is None)

    def agrees(self, finding: sqlite3.Row) -> bool | None:
        """None: it says nothing of the finding, or the model had said nothing."""
        if self.undoes or finding["violation"] is None:
            return None
        return self.action is not Action.DISMISS


def _findings(db: sqlite3.Connection, word: _Word) -> list[sqlite3.Row]:
    return db.execute(queries.FINDINGS, {"case": word.case_id}).fetchall()


def _answer(db: sqlite3.Connection, finding: sqlite3.Row, word: _Word) -> None:
    """Note what is said of a finding now; what was said before is taken back from the counts."""
    said = word.agrees(finding)
    for opinion, number in ((finding["agreed"], -1), (said, 1)):
        if opinion is not None:
            _count_opinion(db, finding, agreed=number * bool(opinion), overturned=number * (not opinion))
    answered_by = None if word.undoes else word.number
    db.execute(queries.ANSWER, {"job": finding["job_id"], "number": answered_by, "agreed": said})


def _count_opinion(db: sqlite3.Connection, finding: sqlite3.Row, *, agreed: int, overturned: int) -> None:
    day = finding["first_day"]
    _add(db, finding["version_id"], day, Counts(agreed=agreed, overturned=overturned))
    counts = {"cited": 0, "confirmed": agreed, "overturned": overturned}
    _add_to_rules(db, finding["version_id"], day, finding["rule_ids"], counts)


def _count_case(
    db: sqlite3.Connection, word: _Word, first: Sequence[sqlite3.Row], policy_ids: set[str], *, is_first: bool
) -> None:
    """Count for the guild; a case's wait is that of the finding which waited longest."""
    case = {"case": word.case_id, "day": word.day}
    counted = {"action": word.action, "number": 1, "failed": 0}
    db.execute(queries.ADD_DECISION, {**case, **counted, "policies": _to_json(["", *sorted(policy_ids)])})
    since = min((finding["found_at"] for finding in first), default=None)
    if since is None and is_first and not policy_ids:  # nothing was found: somebody pointed at the message
        since = db.execute(queries.CASE_OPENED, {"case": word.case_id}).fetchone()["opened_at"]
    if since is not None:
        db.execute(queries.ADD_CASE_WAIT, {**case, "bin": word.bin_since(since)})


def _answered(job: sqlite3.Row, violation: bool | None) -> Counts:
    if job["audit"]:
        checks = {True: Counts(missed=1), False: Counts(cleared=1), None: Counts(unsure=1)}
        return checks[violation]
    return Counts(
        verdicts=1,
        violations=violation is True,
        undecided=violation is None,
        confirmed=violation is True and bool(job["tallied"]),
    )


def _spent(verdict: Verdict) -> Counts:
    timing = verdict.timing or Timing(queued=0, prefill=0, reasoning=0, answer=0)
    return Counts(
        second_looks=verdict.first_look is not None,
        tokens=verdict.tokens,
        queued=round(timing.queued * _MICROS),
        prefill=round(timing.prefill * _MICROS),
        reasoning=round(timing.reasoning * _MICROS),
        answer=round(timing.answer * _MICROS),
    )


def _add(db: sqlite3.Connection, version_id: int, day: int, counted: Counts) -> None:
    db.execute(queries.ADD_TO_DAY_OF_VERSION, {"version": version_id, "day": day} | _values(counted))


def _add_to_rules(db: sqlite3.Connection, version_id: int, day: int, rules: str, counts: dict[str, int]) -> None:
    db.execute(queries.ADD_TO_RULES, {"version": version_id, "day": day, "rules": rules} | counts)


def _values(counted: Counts) -> dict[str, int]:
    return {name: getattr(counted, name) for name in COUNTED}


def _to_json(names: Iterable[str]) -> str:
    return json.dumps(list(names))
