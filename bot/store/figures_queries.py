"""All SQL about what is counted day by day, and about weekly digests."""

from typing import Final

from bot.records.figures import COUNTED

_SUMS: Final = ", ".join(f"sum({name}) AS {name}" for name in COUNTED)

# --- Counting -------------------------------------------------------------------------------------------------

_NAMES = ", ".join(COUNTED)
_VALUES = ", ".join(f":{name}" for name in COUNTED)
_RAISED = ", ".join(f"{name} = {name} + excluded.{name}" for name in COUNTED)

ADD_TO_DAY: Final = f"""
INSERT INTO daily_policy (guild_id, day, policy_id, digest, {_NAMES})
VALUES (:guild, :day, :policy, :digest, {_VALUES})
ON CONFLICT DO UPDATE SET {_RAISED}
"""  # noqa: S608 - names of columns, out of the dataclass

ADD_TO_DAY_OF_VERSION: Final = f"""
INSERT INTO daily_policy (guild_id, day, policy_id, digest, {_NAMES})
SELECT guild_id, :day, policy_id, digest, {_VALUES} FROM policy_version WHERE id = :version
ON CONFLICT DO UPDATE SET {_RAISED}
"""  # noqa: S608 - names of columns, out of the dataclass

ADD_TO_RULES: Final = """
INSERT INTO daily_rule (guild_id, day, policy_id, rule_id, cited, confirmed, overturned)
SELECT version.guild_id, :day, version.policy_id, rule.value, :cited, :confirmed, :overturned
FROM policy_version AS version JOIN json_each(:rules) AS rule
WHERE version.id = :version
ON CONFLICT DO UPDATE SET
    cited = cited + excluded.cited,
    confirmed = confirmed + excluded.confirmed,
    overturned = overturned + excluded.overturned
"""

# The rules and, as "", the policy as a whole.
ADD_WAIT: Final = """
INSERT INTO daily_wait (guild_id, day, policy_id, rule_id, bin, number)
SELECT version.guild_id, :day, version.policy_id, rule.value, :bin, 1
FROM policy_version AS version JOIN json_each(:rules) AS rule
WHERE version.id = :version
ON CONFLICT DO UPDATE SET number = number + 1
"""

ADD_CASE_WAIT: Final = """
INSERT INTO daily_wait (guild_id, day, policy_id, rule_id, bin, number)
SELECT guild_id, :day, '', '', :bin, 1 FROM case_file WHERE id = :case
ON CONFLICT DO UPDATE SET number = number + 1
"""

# For each policy and, as "", for the guild.
ADD_DECISION: Final = """
INSERT INTO daily_decision (guild_id, day, policy_id, action, number, failed)
SELECT case_file.guild_id, :day, policy.value, :action, :number, :failed
FROM case_file JOIN json_each(:policies) AS policy
WHERE case_file.id = :case
ON CONFLICT DO UPDATE SET number = number + excluded.number, failed = failed + excluded.failed
"""

# --- Findings, and what people say of them ----------------------------------------------------------------------

# One that comes again (its case was given back to the judge) is a new one: nobody has answered it.
ADD_FINDING: Final = """
INSERT INTO finding (job_id, for_people, found_at, rule_ids) VALUES (:job, :for_people, :now, :rules)
ON CONFLICT DO UPDATE SET
    for_people = excluded.for_people, found_at = excluded.found_at, rule_ids = excluded.rule_ids
"""

GIVE_UP: Final = """
INSERT INTO finding (job_id, for_people, found_at, rule_ids)
SELECT :job, coalesce(json_extract(document, '$.mode') = 'live', 1), :now, '[]'
FROM policy_version WHERE id = :version
ON CONFLICT DO NOTHING
"""

FINDINGS: Final = """
SELECT
    finding.job_id, job.revision, job.version_id, job.violation, policy_version.policy_id, policy_version.guild_id,
    policy_version.digest, finding.found_at, finding.rule_ids, finding.answered_by, finding.agreed,
    finding.first_day
FROM job
JOIN finding ON finding.job_id = job.id
JOIN policy_version ON policy_version.id = job.version_id
WHERE job.case_id = :case ORDER BY job.id
"""

FIRST_DECIDED: Final = "UPDATE finding SET first_day = :day WHERE job_id = :job"

ANSWER: Final = "UPDATE finding SET answered_by = :number, agreed = :agreed WHERE job_id = :job"

DECISIONS: Final = """
SELECT number, revision, action, decided_at FROM decision WHERE case_id = :case ORDER BY number
"""

CASE_OPENED: Final = "SELECT opened_at FROM case_file WHERE id = :case"

# --- Reading --------------------------------------------------------------------------------------------------

POLICY_DAYS: Final = f"""
SELECT day, policy_id, {_SUMS} FROM daily_policy
WHERE guild_id = :guild AND day BETWEEN :first AND :last GROUP BY day, policy_id ORDER BY day, policy_id
"""  # noqa: S608 - names of columns, out of the dataclass

RULES: Final = """
SELECT policy_id, rule_id, sum(cited) AS cited, sum(confirmed) AS confirmed, sum(overturned) AS overturned
FROM daily_rule
WHERE guild_id = :guild AND day BETWEEN :first AND :last GROUP BY policy_id, rule_id ORDER BY policy_id, rule_id
"""

RULE_WAITS: Final = """
SELECT policy_id, rule_id, bin, sum(number) AS number FROM daily_wait
WHERE guild_id = :guild AND day BETWEEN :first AND :last AND rule_id <> '' GROUP BY policy_id, rule_id, bin
"""

WAIT_DAYS: Final = """
SELECT day, policy_id, bin, number FROM daily_wait
WHERE guild_id = :guild AND day BETWEEN :first AND :last AND rule_id = '' ORDER BY day, policy_id
"""

DECISION_DAYS: Final = """
SELECT day, policy_id, action, number, failed FROM daily_decision
WHERE guild_id = :guild AND day BETWEEN :first AND :last ORDER BY day, policy_id, action
"""

QUEUE_DAYS: Final = """
SELECT day, cases, oldest FROM daily_queue WHERE guild_id = :guild AND day BETWEEN :first AND :last ORDER BY day
"""

# The schema has no moment for every way in which a case can come to wait: where none is known, its beginning.
WAITING_SINCE: Final = """
SELECT coalesce(min(finding.found_at), case_file.opened_at) AS since
FROM case_file INDEXED BY case_file_by_state
JOIN job ON job.case_id = case_file.id
JOIN finding ON finding.job_id = job.id
WHERE case_file.state = 'open' AND case_file.guild_id = :guild
    AND finding.for_people = 1 AND finding.answered_by IS NULL
GROUP BY case_file.id ORDER BY since
"""

CHANGES: Final = """
SELECT
    policy_id, first_kept_at,
    NOT EXISTS (
        SELECT 1 FROM policy_version AS older
        WHERE older.guild_id = policy_version.guild_id AND older.policy_id = policy_version.policy_id
            AND older.id < policy_version.id
    ) AS is_new
FROM policy_version
WHERE guild_id = :guild AND first_kept_at >= :since AND first_kept_at < :until ORDER BY id
"""

# --- What waits for people, hour by hour ------------------------------------------------------------------------

NOTE_QUEUE: Final = """
INSERT INTO daily_queue (guild_id, day, cases, oldest)
SELECT guild_id, :day, count(*), max(0, :now - min(since)) FROM (
    SELECT case_file.id, case_file.guild_id, min(finding.found_at) AS since
    FROM case_file INDEXED BY case_file_by_state
    JOIN job ON job.case_id = case_file.id
    JOIN finding ON finding.job_id = job.id
    WHERE case_file.state = 'open' AND finding.for_people = 1 AND finding.answered_by IS NULL
    GROUP BY case_file.id
)
WHERE true GROUP BY guild_id
ON CONFLICT DO UPDATE SET cases = max(cases, excluded.cases), oldest = max(oldest, excluded.oldest)
"""

# --- For the operator -------------------------------------------------------------------------------------------

COUNT_JOBS_UNDER_WAY: Final = """
SELECT state, audit, count(*) AS number FROM job WHERE state IN ('queued', 'judging') GROUP BY state, audit
"""

# Jobs that wait are few, and so are those of them that are no random checks.
OLDEST_WAITING: Final = """
SELECT recorded_at FROM revision JOIN (
    SELECT case_id, revision FROM job WHERE state = 'queued' AND audit = 0 ORDER BY id LIMIT 1
) AS oldest ON revision.case_id = oldest.case_id AND revision.number = oldest.revision
"""

OPEN_CASES: Final = """
SELECT count(*) AS number, min(opened_at) AS oldest FROM case_file WHERE state = 'open'
"""

PENDING_DECISIONS: Final = "SELECT count(*) AS number FROM case_file WHERE state = 'decided'"

CARDS_OWED: Final = """
SELECT count(*) AS number FROM case_file INDEXED BY case_file_owing_card
WHERE version > shown_version AND (state = 'open' OR card_begun_at IS NOT NULL)
"""

# --- Weekly digests ---------------------------------------------------------------------------------------------

DIGEST: Final = "SELECT week, channel_id, begun_at, done FROM weekly_digest WHERE guild_id = :guild"

BEGIN_DIGEST: Final = """
INSERT INTO weekly_digest (guild_id, week, channel_id, begun_at, done) VALUES (:guild, :week, :channel, :now, 0)
ON CONFLICT DO UPDATE SET
    week = excluded.week, channel_id = excluded.channel_id, begun_at = excluded.begun_at, done = 0
"""

END_DIGEST: Final = """
INSERT INTO weekly_digest (guild_id, week, begun_at, done) VALUES (:guild, :week, :now, 1)
ON CONFLICT DO UPDATE SET week = excluded.week, done = 1
"""

# What was done for an earlier week is not known any more; the week that was begun is not over, so it stays undone.
FORGET_DIGEST: Final = "DELETE FROM weekly_digest WHERE guild_id = :guild AND done = 0"
