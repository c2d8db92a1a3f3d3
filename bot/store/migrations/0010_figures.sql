-- Numbers about how moderation goes, and nothing of what was written.
-- Days are counted from 1970-01-01, UTC; times are in microseconds, in whole numbers: adding them up is exact.

-- Each version of a policy on each day.
CREATE TABLE daily_policy (
    guild_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    looked_at INTEGER NOT NULL,
    flagged INTEGER NOT NULL,
    verdicts INTEGER NOT NULL,
    violations INTEGER NOT NULL,
    undecided INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    cleared INTEGER NOT NULL,
    missed INTEGER NOT NULL,
    unsure INTEGER NOT NULL,
    second_looks INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    queued INTEGER NOT NULL,
    prefill INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    answer INTEGER NOT NULL,
    agreed INTEGER NOT NULL,
    overturned INTEGER NOT NULL,
    PRIMARY KEY (guild_id, day, policy_id, digest)
) STRICT, WITHOUT ROWID;

-- Each rule that a violation cites.
CREATE TABLE daily_rule (
    guild_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    cited INTEGER NOT NULL,
    confirmed INTEGER NOT NULL,
    overturned INTEGER NOT NULL,
    PRIMARY KEY (guild_id, day, policy_id, rule_id)
) STRICT, WITHOUT ROWID;

-- How long findings waited for people: see bot/records/waits.py for the bins. Without a rule: the policy's; without
-- a policy: the guild's, by case.
CREATE TABLE daily_wait (
    guild_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    bin INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (guild_id, day, policy_id, rule_id, bin)
) STRICT, WITHOUT ROWID;

-- What people decided. Without a policy: the guild's, by case.
CREATE TABLE daily_decision (
    guild_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    action TEXT NOT NULL,
    number INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    PRIMARY KEY (guild_id, day, policy_id, action)
) STRICT, WITHOUT ROWID;

-- The most that waited for people on each day.
CREATE TABLE daily_queue (
    guild_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    cases INTEGER NOT NULL,
    oldest INTEGER NOT NULL,
    PRIMARY KEY (guild_id, day)
) STRICT, WITHOUT ROWID;

-- What people were shown and what they said of it, so that counts can be taken back. It goes with its case.
CREATE TABLE finding (
    job_id INTEGER PRIMARY KEY REFERENCES job (id) ON DELETE CASCADE,
    for_people INTEGER NOT NULL CHECK (for_people IN (0, 1)), -- 0: of a policy in shadow, which nobody is shown
    found_at INTEGER NOT NULL,
    rule_ids TEXT NOT NULL, -- a JSON array
    answered_by INTEGER, -- the number of the decision that says so
    agreed INTEGER CHECK (agreed IN (0, 1)), -- NULL: nobody has said so, or the model did not say anything
    first_day INTEGER -- of the first decision: what is said later is counted on that day too
) STRICT;

-- Cases that are open already. Their rules are read if they can be.
INSERT INTO finding (job_id, for_people, found_at, rule_ids)
SELECT
    job.id,
    coalesce(json_extract(policy_version.document, '$.mode') = 'live', 1),
    case_file.opened_at,
    coalesce(iif(json_valid(job.verdict), json_extract(job.verdict, '$.rule_ids'), NULL), '[]')
FROM case_file
JOIN job ON job.case_id = case_file.id
JOIN policy_version ON policy_version.id = job.version_id
WHERE case_file.state = 'open' AND (job.state = 'undecided' OR job.violation = 1);

-- The last weekly digest.
CREATE TABLE weekly_digest (
    guild_id INTEGER PRIMARY KEY,
    week INTEGER NOT NULL, -- the Monday, as a day
    channel_id INTEGER,
    begun_at INTEGER NOT NULL,
    done INTEGER NOT NULL CHECK (done IN (0, 1))
) STRICT;
