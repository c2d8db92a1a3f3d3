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
from bot.store import rows
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
    """Count what was just decided, and what it says of the findings that it answers."""
    made = db.execute(queries.LAST_DECISIONS, {"case": decision.case_id}).fetchall()
    word = _Word.of(decision, made)
    findings = db.execute(queries.FINDINGS, {"case": decision.case_id}).fetchall()
    answered = [finding for finding in findings if word.is_about(finding)]
    first = [finding for finding in answered if finding["first_day"] is None]
    for finding in answered:
        _answer(db, finding, word)
    for finding in first:
        names = _to_json(("", *json.loads(finding["rule_ids"])))
        wait = {"version": finding["version_id"], "day": word.day, "bin": word.bin_since(finding["found_at"])}
        db.execute(queries.ADD_WAIT, {**wait, "rules": names})
    _count_case(db, word, first, {finding["policy_id"] for finding in answered}, is_first=len(made) == 1)


def count_failure(db: sqlite3.Connection, case_id: int, now: int) -> None:
    """Count that the last decision on a case could not be carried out."""
    *_, last = db.execute(queries.LAST_DECISIONS, {"case": case_id})
    failed = {"case": case_id, "day": now // DAY, "policies": _to_json([""])}
    db.execute(queries.ADD_DECISION, {**failed, "action": last["action"], "number": 0, "failed": 1})


@dataclass(frozen=True, slots=True)
class _Word:
    """A decision as it is counted."""

    case_id: int
    number: int | None
    """Its place among the case's decisions; None if it takes another one back."""
    revision: int
    takes_back: int | None
    """The number of the decision that it takes back."""
    action: Action
    at: int

    @classmethod
    def of(cls, decision: Decision, made: Sequence[sqlite3.Row]) -> "_Word":
        """`made`: all decisions on the case, this one last."""
        last, undoes = made[-1], decision.action is Action.UNDO
        taken = next((row["number"] for row in reversed(made) if row["action"] != Action.UNDO), None)
        return cls(
            case_id=decision.case_id,
            number=None if undoes else last["number"],
            revision=last["revision"] or 0,
            takes_back=taken if undoes else None,
            action=decision.action,
            at=rows.to_micros(decision.decided_at),
        )

    @property
    def day(self) -> int:
        return self.at // DAY

    def bin_since(self, found_at: int) -> int:
        return bin_of(timedelta(microseconds=max(0, self.at - found_at)))

    def is_about(self, finding: sqlite3.Row) -> bool:
        """A decision answers what nobody has answered up to its revision, and answers its own revision anew."""
        if self.number is None:
            return self.takes_back is not None and bool(finding["answered_by"] == self.takes_back)
        return bool(
            finding["revision"] == self.revision
            or (finding["revision"] < self.revision and finding["answered_by"] is None)
        )

    def agrees(self, finding: sqlite3.Row) -> bool | None:
        """None: it says nothing of the finding, or the model had said nothing."""
        if self.number is None or finding["violation"] is None:
            return None
        return self.action is not Action.DISMISS


def _answer(db: sqlite3.Connection, finding: sqlite3.Row, word: _Word) -> None:
    """Note what is said of a finding now; what was said before is taken back from the counts."""
    said = word.agrees(finding)
    day = word.day if finding["first_day"] is None else finding["first_day"]
    for opinion, number in ((finding["agreed"], -1), (said, 1)):
        if opinion is not None:
            _count_opinion(db, finding, day, agreed=number * bool(opinion), overturned=number * (not opinion))
    db.execute(queries.ANSWER, {"job": finding["job_id"], "number": word.number, "agreed": said, "day": word.day})


def _count_opinion(
    db: sqlite3.Connection, finding: sqlite3.Row, day: int, *, agreed: int, overturned: int
) -> None:
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
