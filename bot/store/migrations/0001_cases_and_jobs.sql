-- The first schema. Times are microseconds since 1970-01-01 UTC; ids of Discord are integers; documents are JSON.

PRAGMA application_id = 0x53474C44; -- "SGLD": tells our databases from other programs'

-- How far every channel was scanned: all messages up to message_id have passed the prefilter.
CREATE TABLE watermark (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    PRIMARY KEY (guild_id, channel_id)
) STRICT, WITHOUT ROWID;

-- Every version of a policy that was ever in force, and which one is.
CREATE TABLE policy_version (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    document TEXT NOT NULL,
    first_kept_at INTEGER NOT NULL,
    UNIQUE (guild_id, policy_id, digest)
) STRICT;

CREATE TABLE policy_in_force (
    guild_id INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    version_id INTEGER NOT NULL REFERENCES policy_version (id),
    PRIMARY KEY (guild_id, policy_id)
) STRICT, WITHOUT ROWID;

-- Start-time fair queueing over guilds: a guild's tag is that of its newest job; the floor is the highest tag served.
CREATE TABLE guild (
    id INTEGER PRIMARY KEY,
    tag REAL NOT NULL,
    weight REAL NOT NULL DEFAULT 1.0 CHECK (weight > 0)
) STRICT;

CREATE TABLE fairness (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    floor REAL NOT NULL
) STRICT;
INSERT INTO fairness (id, floor) VALUES (1, 0.0);

-- AUTOINCREMENT: an id is on a button for weeks and must never come to mean another case.
CREATE TABLE case_file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    state TEXT NOT NULL
        CHECK (state IN ('queued', 'judging', 'cleared', 'open', 'decided', 'enforced', 'failed')),
    opened_at INTEGER NOT NULL,
    UNIQUE (guild_id, message_id)
) STRICT;
CREATE INDEX case_file_by_state ON case_file (state, id);

-- What the message said each time it was flagged. Numbers start at 1.
CREATE TABLE revision (
    case_id INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    message TEXT NOT NULL,
    earlier TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, number),
    UNIQUE (case_id, digest)
) STRICT;

-- One question to the judge: one revision under one version of one policy.
CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    version_id INTEGER NOT NULL REFERENCES policy_version (id),
    suspicion TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'judging', 'judged', 'undecided')),
    tag REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    token TEXT, -- of the last lease, until the job is finished, given back or leased to somebody else
    leased_until INTEGER,
    violation INTEGER CHECK (violation IN (0, 1)), -- out of the verdict, for the case's state
    verdict TEXT,
    FOREIGN KEY (case_id, revision) REFERENCES revision (case_id, number) ON DELETE CASCADE,
    UNIQUE (case_id, revision, version_id),
    CHECK (state <> 'judging' OR (token IS NOT NULL AND leased_until IS NOT NULL)),
    CHECK (state <> 'judged' OR (violation IS NOT NULL AND verdict IS NOT NULL))
) STRICT;
-- Gives the next jobs in turn, the few that are leased, and the counts.
CREATE INDEX job_in_turn ON job (state, tag, id);

-- What people decided. A decision answers the revisions up to `revision`; a later one opens the case again.
CREATE TABLE decision (
    case_id INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    revision INTEGER NOT NULL,
    action TEXT NOT NULL,
    moderator_id INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    enforced INTEGER CHECK (enforced IN (0, 1)), -- NULL until it was carried out or failed
    outcome TEXT,
    settled_at INTEGER,
    PRIMARY KEY (case_id, revision)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX decision_pending ON decision (case_id) WHERE enforced IS NULL;
