"""All SQL but the schema (`migrations/`), each statement named for its intent.

Sets of ids are passed as a JSON array (`json_each`): one prepared statement for any number of them.
"""

from typing import Final

# --- Watermarks -----------------------------------------------------------------------------------------------

RAISE_WATERMARK: Final = """
INSERT INTO watermark (guild_id, channel_id, message_id) VALUES (:guild, :channel, :message)
ON CONFLICT DO UPDATE SET message_id = excluded.message_id WHERE excluded.message_id > message_id
"""

WATERMARKS: Final = "SELECT channel_id, message_id FROM watermark WHERE guild_id = :guild"

# --- Policies -------------------------------------------------------------------------------------------------

KEEP_POLICY: Final = """
INSERT INTO policy_version (guild_id, policy_id, digest, document, first_kept_at)
VALUES (:guild, :policy, :digest, :document, :now)
ON CONFLICT DO NOTHING
"""

# An older version that is kept again (a policy was restored) is in force again.
PUT_IN_FORCE: Final = """
INSERT INTO policy_in_force (guild_id, policy_id, version_id)
SELECT guild_id, policy_id, id FROM policy_version
WHERE guild_id = :guild AND policy_id = :policy AND digest = :digest
ON CONFLICT DO UPDATE SET version_id = excluded.version_id WHERE excluded.version_id <> version_id
"""

VERSION_IN_FORCE: Final = """
SELECT version_id FROM policy_in_force WHERE guild_id = :guild AND policy_id = :policy
"""

# --- Recording a suspicion ------------------------------------------------------------------------------------

FIND_CASE: Final = "SELECT id FROM case_file WHERE guild_id = :guild AND message_id = :message"

ADD_CASE: Final = """
INSERT INTO case_file (guild_id, message_id, state, opened_at) VALUES (:guild, :message, 'queued', :now)
"""

# Adds nothing when this text of the message was stored before.
ADD_REVISION: Final = """
INSERT INTO revision (case_id, number, digest, message, earlier, recorded_at)
VALUES (
    :case,
    (SELECT coalesce(max(number), 0) + 1 FROM revision WHERE case_id = :case),
    :digest, :message, :earlier, :now
)
ON CONFLICT (case_id, digest) DO NOTHING
RETURNING number
"""

# The guild's finish tag: v = max(guild.v, floor) + 1/weight. A guild that was quiet starts at the floor, so it is
# served next, however long a flooding guild's queue is.
TAKE_TAG: Final = """
INSERT INTO guild (id, tag) VALUES (:guild, (SELECT floor FROM fairness) + 1.0)
ON CONFLICT DO UPDATE SET tag = max(tag, (SELECT floor FROM fairness)) + 1.0 / weight
RETURNING tag
"""

ADD_JOB: Final = """
INSERT INTO job (case_id, revision, version_id, suspicion, tag)
VALUES (:case, :revision, :version, :suspicion, :tag)
"""

# --- Leases ---------------------------------------------------------------------------------------------------

# The token stays: whoever held the lease may still finish, until somebody else has taken the job.
TAKE_BACK_ENDED_LEASES: Final = """
UPDATE job SET
    state = iif(attempts < :max_attempts, 'queued', 'undecided'),
    token = iif(attempts < :max_attempts, token, NULL)
WHERE state = 'judging' AND leased_until <= :now
RETURNING case_id
"""

# Answered by the index job_in_turn alone.
NEXT_IN_TURN: Final = "SELECT id FROM job WHERE state = 'queued' ORDER BY tag, id LIMIT :limit"

LEASE: Final = """
UPDATE job SET state = 'judging', token = :token, leased_until = :until, attempts = attempts + 1 WHERE id = :job
"""

RAISE_FLOOR: Final = """
UPDATE fairness SET floor = max(
    floor, (SELECT max(job.tag) FROM json_each(:jobs) AS wanted JOIN job ON job.id = wanted.value)
)
"""

CLAIMS: Final = """
SELECT
    job.id, job.case_id, job.revision, job.token, job.leased_until, job.attempts, job.suspicion,
    revision.message, revision.earlier, policy_version.document AS policy
FROM json_each(:jobs) AS wanted
JOIN job ON job.id = wanted.value
JOIN revision ON revision.case_id = job.case_id AND revision.number = job.revision
JOIN policy_version ON policy_version.id = job.version_id
ORDER BY wanted.key
"""

RENEW: Final = """
UPDATE job SET state = 'judging', leased_until = :until WHERE id = :job AND token = :token RETURNING case_id
"""

FINISH: Final = """
UPDATE job SET state = :state, violation = :violation, verdict = :verdict, token = NULL, leased_until = NULL
WHERE id = :job AND token = :token
RETURNING case_id
"""

# A try that failed through no fault of the text (the engine was away) is not counted.
RELEASE: Final = """
UPDATE job SET
    state = iif(:failed AND attempts >= :max_attempts, 'undecided', 'queued'),
    attempts = iif(:failed, attempts, attempts - 1),
    token = NULL,
    leased_until = NULL
WHERE id = :job AND token = :token
RETURNING case_id, state
"""

# --- A case's state -------------------------------------------------------------------------------------------

# The only place that sets a case's state, and always from its jobs and decisions. From top to bottom:
# a decision that is not carried out yet goes first; then a finding that no decision has answered (of the first
# revision, or of a later one than people decided on: the case is opened again); then how the last decision ended;
# then whether somebody judges or something waits.
REFRESH_STATE: Final = """
WITH fact AS (
    SELECT
        wanted.value AS case_id,
        (SELECT max(revision) FROM decision WHERE case_id = wanted.value) AS answered,
        EXISTS (SELECT 1 FROM decision WHERE case_id = wanted.value AND enforced IS NULL) AS pending
    FROM json_each(:cases) AS wanted
)
UPDATE case_file SET state = CASE
    WHEN fact.pending THEN 'decided'
    WHEN EXISTS (
        SELECT 1 FROM job
        WHERE case_id = fact.case_id AND revision > coalesce(fact.answered, 0)
            AND (state = 'undecided' OR violation = 1)
    ) THEN 'open'
    WHEN fact.answered IS NOT NULL THEN (
        SELECT iif(enforced, 'enforced', 'failed') FROM decision
        WHERE case_id = fact.case_id AND revision = fact.answered
    )
    WHEN EXISTS (SELECT 1 FROM job WHERE case_id = fact.case_id AND state = 'judging') THEN 'judging'
    WHEN EXISTS (SELECT 1 FROM job WHERE case_id = fact.case_id AND state = 'queued') THEN 'queued'
    ELSE 'cleared'
END
FROM fact WHERE case_file.id = fact.case_id
"""

STATE: Final = "SELECT state FROM case_file WHERE id = :case"

# --- Decisions ------------------------------------------------------------------------------------------------

# A decision is about what its maker was shown: the newest revision with a finding. A revision that is still being
# judged is not answered by it.
ADD_DECISION: Final = """
INSERT INTO decision (case_id, revision, action, moderator_id, decided_at, reason)
SELECT :case, max(revision), :action, :moderator, :decided_at, :reason
FROM job WHERE case_id = :case AND (state = 'undecided' OR violation = 1)
"""

SETTLE: Final = """
UPDATE decision SET enforced = :enforced, outcome = :outcome, settled_at = :now
WHERE case_id = :case AND enforced IS NULL
"""

# --- Reading cases --------------------------------------------------------------------------------------------

CASES: Final = """
SELECT id, guild_id, state, opened_at FROM case_file
WHERE id IN (SELECT value FROM json_each(:cases)) ORDER BY id
"""

REVISIONS: Final = """
SELECT case_id, message, earlier FROM revision
WHERE case_id IN (SELECT value FROM json_each(:cases)) ORDER BY case_id, number
"""

FINDINGS: Final = """
SELECT job.id, job.case_id, job.revision, job.state, job.suspicion, job.verdict, policy_version.document AS policy
FROM job JOIN policy_version ON policy_version.id = job.version_id
WHERE job.case_id IN (SELECT value FROM json_each(:cases)) ORDER BY job.case_id, job.id
"""

DECISIONS: Final = """
SELECT case_id, action, moderator_id, decided_at, reason, outcome FROM decision
WHERE case_id IN (SELECT value FROM json_each(:cases)) ORDER BY case_id, revision
"""

# One state's next page; answered by the index case_file_by_state alone.
CASE_PAGE: Final = "SELECT id FROM case_file WHERE state = :state AND id > :after ORDER BY id LIMIT :limit"

# --- Counting: both are answered from an index ----------------------------------------------------------------

COUNT_JOBS: Final = "SELECT state, count(*) AS number FROM job GROUP BY state"
COUNT_CASES: Final = "SELECT state, count(*) AS number FROM case_file GROUP BY state"
