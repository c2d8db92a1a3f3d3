"""All SQL about cases and jobs, each statement named for its intent.

Beside it: `card_queries.py`, `guild_queries.py`, `tally_queries.py`, and the schema in `migrations/`.

The functions `sealed`, `opened` and `masked` are those of `vault.py`: words of people are not in the file as they
are. The first argument names the column.

Sets of ids are passed as a JSON array (`json_each`): one prepared statement for any number of them.
"""

from typing import Final

from bot.store import sealed_columns as columns

# --- Recording a suspicion ------------------------------------------------------------------------------------

ADD_CASE: Final = """
INSERT INTO case_file (guild_id, message_id, author_id, state, opened_at)
VALUES (:guild, :message, :author, 'queued', :now)
"""

# Adds nothing when this text of the message was stored before.
ADD_REVISION: Final = """
INSERT INTO revision (case_id, number, digest, message, earlier, recorded_at)
VALUES (
    :case,
    (SELECT coalesce(max(number), 0) + 1 FROM revision WHERE case_id = :case),
    masked(:digest), sealed('revision.message', :message), sealed('revision.earlier', :earlier), :now
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
INSERT INTO job (case_id, revision, version_id, suspicion, tag, audit, tallied)
VALUES (:case, :revision, :version, sealed('job.suspicion', :suspicion), :tag, :audit, :tallied)
"""

# --- What became of a message -----------------------------------------------------------------------------------

# What is known of a message: its newest revision and, if it says something else by now, that.
KNOWN: Final = f"""
SELECT case_file.id, {columns.CURRENT_MESSAGE}, {columns.MESSAGE}
FROM case_file JOIN revision ON revision.case_id = case_file.id
WHERE case_file.guild_id = :guild AND case_file.message_id = :message
ORDER BY revision.number DESC LIMIT 1
"""  # noqa: S608 - columns of our own

# What was erased does not come back with an edit that nothing suspects.
NOTE_CURRENT: Final = """
UPDATE case_file SET current_message = sealed('case_file.current_message', :current), version = version + 1
WHERE id = :case AND erased_at IS NULL
"""

NOTE_DELETION: Final = """
UPDATE case_file SET deleted_at = :at, version = version + 1
WHERE guild_id = :guild AND message_id IN (SELECT value FROM json_each(:messages)) AND deleted_at IS NULL
RETURNING id
"""

# --- Leases ---------------------------------------------------------------------------------------------------

# The token stays: whoever held the lease may still finish, until somebody else has taken the job.
TAKE_BACK_ENDED_LEASES: Final = """
UPDATE job SET
    state = iif(attempts < :max_attempts, 'queued', 'undecided'),
    token = iif(attempts < :max_attempts, token, NULL)
WHERE state = 'judging' AND leased_until <= :now
RETURNING id, case_id, version_id, audit, tallied, state
"""

TAKE_BACK_ALL_LEASES: Final = """
UPDATE job SET
    state = iif(attempts < :max_attempts, 'queued', 'undecided'),
    token = iif(attempts < :max_attempts, token, NULL)
WHERE state = 'judging'
RETURNING id, case_id, version_id, audit, tallied, state
"""

# Answered by the index job_in_turn alone. Random checks (audit = 1) are asked for when nothing else waits.
NEXT_IN_TURN: Final = "SELECT id FROM job WHERE state = 'queued' AND audit = :audit ORDER BY tag, id LIMIT :limit"

LEASE: Final = """
UPDATE job SET state = 'judging', token = :token, leased_until = :until, attempts = attempts + 1 WHERE id = :job
"""

RAISE_FLOOR: Final = """
UPDATE fairness SET floor = max(
    floor, (SELECT max(job.tag) FROM json_each(:jobs) AS wanted JOIN job ON job.id = wanted.value)
)
"""

# What is damaged cannot be judged: people are told.
GIVE_UP: Final = """
UPDATE job SET state = 'undecided', token = NULL, leased_until = NULL
WHERE id IN (SELECT value FROM json_each(:jobs))
RETURNING id, case_id, version_id, audit, tallied, state
"""

CLAIMS: Final = f"""
SELECT
    job.id, job.case_id, job.revision, job.token, job.leased_until, job.attempts,
    {columns.SUSPICION}, {columns.MESSAGE}, {columns.EARLIER}, policy_version.document AS policy
FROM json_each(:jobs) AS wanted
JOIN job ON job.id = wanted.value
JOIN revision ON revision.case_id = job.case_id AND revision.number = job.revision
JOIN policy_version ON policy_version.id = job.version_id
ORDER BY wanted.key
"""  # noqa: S608 - columns of our own

RENEW: Final = """
UPDATE job SET state = 'judging', leased_until = :until WHERE id = :job AND token = :token RETURNING case_id
"""

FINISH: Final = """
UPDATE job SET
    state = :state, violation = :violation, verdict = sealed('job.verdict', :verdict), token = NULL,
    leased_until = NULL
WHERE id = :job AND token = :token
RETURNING id, case_id, version_id, audit, tallied
"""

# A try that failed through no fault of the text (the engine was away) is not counted.
RELEASE: Final = """
UPDATE job SET
    state = iif(:failed AND attempts >= :max_attempts, 'undecided', 'queued'),
    attempts = iif(:failed, attempts, attempts - 1),
    token = NULL,
    leased_until = NULL
WHERE id = :job AND token = :token
RETURNING id, case_id, version_id, audit, tallied, state
"""

# --- A case's state -------------------------------------------------------------------------------------------

# The only place that sets a case's state, and always from its jobs and decisions. From top to bottom:
# a decision that is not carried out yet goes first; then a finding that no decision has answered (of the first
# revision, or of a later one than people decided on, or of one whose decisions were taken back: the case is opened
# again), or a report that none has answered; then how the last decision ended; then whether somebody judges or
# something waits. `news` is 1 when a card has something new to show.
REFRESH_STATE: Final = """
WITH fact AS (
    SELECT
        wanted.value AS case_id,
        (
            SELECT max(revision) FROM decision
            WHERE case_id = wanted.value AND action <> 'undo' AND NOT taken_back AND NOT reopened
        ) AS answered,
        EXISTS (SELECT 1 FROM decision WHERE case_id = wanted.value AND enforced IS NULL) AS pending
    FROM json_each(:cases) AS wanted
)
UPDATE case_file SET state = CASE
    WHEN fact.pending THEN 'decided'
    WHEN EXISTS (
        SELECT 1 FROM job
        WHERE case_id = fact.case_id AND revision > coalesce(fact.answered, 0)
            AND (state = 'undecided' OR violation = 1)
    ) OR EXISTS (
        SELECT 1 FROM report WHERE case_id = fact.case_id AND revision > coalesce(fact.answered, 0)
    ) THEN 'open'
    WHEN fact.answered IS NOT NULL THEN (
        SELECT iif(enforced, 'enforced', 'failed') FROM decision
        WHERE case_id = fact.case_id ORDER BY number DESC LIMIT 1
    )
    WHEN EXISTS (SELECT 1 FROM job WHERE case_id = fact.case_id AND state = 'judging') THEN 'judging'
    WHEN EXISTS (SELECT 1 FROM job WHERE case_id = fact.case_id AND state = 'queued') THEN 'queued'
    ELSE 'cleared'
END, version = version + :news
FROM fact WHERE case_file.id = fact.case_id
"""

STATE: Final = "SELECT state FROM case_file WHERE id = :case"

# --- Decisions ------------------------------------------------------------------------------------------------

# A decision is about what its maker was shown: the newest revision with a finding, or that somebody pointed at. A
# revision that is still being judged is not answered by it. An undo is about what was decided last.
ADD_DECISION: Final = """
INSERT INTO decision (
    case_id, number, revision, action, moderator_id, decided_at, timeout, also_delete, delete_history, reason
)
SELECT
    :case,
    (SELECT coalesce(max(number), 0) + 1 FROM decision WHERE case_id = :case),
    iif(
        :action = 'undo',
        (SELECT revision FROM decision WHERE case_id = :case ORDER BY number DESC LIMIT 1),
        max(revision)
    ),
    :action, :moderator, :decided_at, :timeout, :also_delete, :delete_history,
    sealed('decision.reason', :reason)
FROM (
    SELECT revision FROM job WHERE case_id = :case AND (state = 'undecided' OR violation = 1)
    UNION ALL SELECT revision FROM report WHERE case_id = :case
)
"""

SETTLE: Final = """
UPDATE decision SET enforced = :enforced, outcome = sealed('decision.outcome', :outcome), settled_at = :now
WHERE case_id = :case AND enforced IS NULL
"""

# When an undo has just been carried out, what was decided on its revision counts no longer, itself among it.
TAKE_BACK_UNDONE: Final = """
UPDATE decision SET taken_back = 1
WHERE case_id = :case AND revision = (
    SELECT iif(action = 'undo' AND enforced, revision, 0) FROM decision
    WHERE case_id = :case ORDER BY number DESC LIMIT 1
)
"""

# --- Reading cases --------------------------------------------------------------------------------------------

FIND_CASE: Final = "SELECT id FROM case_file WHERE guild_id = :guild AND message_id = :message"

CASES: Final = f"""
SELECT
    id, guild_id, state, opened_at, version, shown_version, card_channel_id, card_begun_at, card_message_id,
    deleted_at, erased_at, holder_id, held_since, escalated_by, escalated_at,
    (SELECT count(*) FROM case_event WHERE case_id = case_file.id AND kind = 'note') AS notes,
    {columns.CURRENT_MESSAGE}
FROM case_file
WHERE id IN (SELECT value FROM json_each(:cases)) ORDER BY id
"""  # noqa: S608 - columns of our own

REVISIONS: Final = f"""
SELECT case_id, {columns.MESSAGE}, {columns.EARLIER} FROM revision
WHERE case_id IN (SELECT value FROM json_each(:cases)) ORDER BY case_id, number
"""  # noqa: S608 - columns of our own

FINDINGS: Final = f"""
SELECT
    job.id, job.case_id, job.revision, job.state, {columns.SUSPICION}, {columns.VERDICT},
    policy_version.document AS policy
FROM job JOIN policy_version ON policy_version.id = job.version_id
WHERE job.case_id IN (SELECT value FROM json_each(:cases)) ORDER BY job.case_id, job.id
"""  # noqa: S608 - columns of our own

DECISIONS: Final = f"""
SELECT
    case_id, action, moderator_id, decided_at, timeout, also_delete, delete_history, revision, taken_back,
    enforced,
    {columns.opened("decision.reason")},
    {columns.opened("decision.outcome")}
FROM decision
WHERE case_id IN (SELECT value FROM json_each(:cases)) ORDER BY case_id, number
"""  # noqa: S608 - columns of our own

# The author's cases are added up once per author, however many of them are asked for; each one's own share is
# taken off again. A case in which something was done to the author does not count as dismissed too, nor does one
# in which that was taken back, after an appeal say, for it is dismissed then, by whoever granted it. Left alone,
# SQLite would rather look through every case of these states: it is told the order and the index.
AUTHOR_RECORDS: Final = """
WITH
wanted AS (SELECT id, guild_id, author_id FROM case_file WHERE id IN (SELECT value FROM json_each(:cases))),
author AS (SELECT DISTINCT guild_id, author_id FROM wanted),
seen AS MATERIALIZED (
    SELECT
        case_file.id, author.guild_id, author.author_id,
        EXISTS (
            SELECT 1 FROM decision
            WHERE case_id = case_file.id AND enforced AND NOT taken_back AND action NOT IN ('dismiss', 'help')
        ) AS acted_on,
        EXISTS (
            SELECT 1 FROM decision
            WHERE case_id = case_file.id AND enforced AND NOT taken_back AND action IN ('dismiss', 'help')
        ) AS dismissed,
        EXISTS (
            SELECT 1 FROM decision
            WHERE case_id = case_file.id AND enforced AND taken_back AND action NOT IN ('dismiss', 'help', 'undo')
        ) AS retracted
    FROM author CROSS JOIN case_file INDEXED BY case_file_seen_by_author
        ON case_file.guild_id = author.guild_id AND case_file.author_id = author.author_id
    WHERE state IN ('open', 'decided', 'enforced', 'failed')
),
total AS MATERIALIZED (
    SELECT
        guild_id, author_id, count(*) AS cases, sum(acted_on) AS acted_on,
        sum(dismissed AND NOT acted_on AND NOT retracted) AS dismissed,
        sum(dismissed AND NOT acted_on AND retracted) AS taken_back
    FROM seen GROUP BY guild_id, author_id
)
SELECT
    wanted.id AS case_id,
    total.cases - (own.id IS NOT NULL) AS cases,
    total.acted_on - coalesce(own.acted_on, 0) AS acted_on,
    total.dismissed - coalesce(own.dismissed AND NOT own.acted_on AND NOT own.retracted, 0) AS dismissed,
    total.taken_back - coalesce(own.dismissed AND NOT own.acted_on AND own.retracted, 0) AS taken_back
FROM wanted JOIN total USING (guild_id, author_id) LEFT JOIN seen AS own ON own.id = wanted.id
"""

# One state's next page; answered by the index case_file_by_state alone.
CASE_PAGE: Final = "SELECT id FROM case_file WHERE state = :state AND id > :after ORDER BY id LIMIT :limit"

# --- Counting: both are answered from an index ----------------------------------------------------------------

COUNT_JOBS: Final = "SELECT state, count(*) AS number FROM job WHERE audit = 0 GROUP BY state"
COUNT_CASES: Final = "SELECT state, count(*) AS number FROM case_file GROUP BY state"
