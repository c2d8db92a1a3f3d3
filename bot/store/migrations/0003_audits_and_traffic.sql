-- Random checks of what nothing suspected, what was counted of each policy, and how its scores are spread.

-- A random check is claimed after everything else, and leaves only its count unless it finds a violation.
ALTER TABLE job ADD COLUMN audit INTEGER NOT NULL DEFAULT 0 CHECK (audit IN (0, 1));
-- Whether its message was just written when it was looked at: only then it was counted, and its verdict is.
ALTER TABLE job ADD COLUMN tallied INTEGER NOT NULL DEFAULT 0 CHECK (tallied IN (0, 1));

-- Gives the next jobs in turn, the few that are leased, and the counts.
DROP INDEX job_in_turn;
CREATE INDEX job_in_turn ON job (state, audit, tag, id);

-- Numbers only: nothing of what members wrote is in these two.
CREATE TABLE tally (
    guild_id INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    looked_at INTEGER NOT NULL DEFAULT 0,
    flagged INTEGER NOT NULL DEFAULT 0,
    confirmed INTEGER NOT NULL DEFAULT 0,
    drawn INTEGER NOT NULL DEFAULT 0,
    cleared INTEGER NOT NULL DEFAULT 0,
    missed INTEGER NOT NULL DEFAULT 0,
    unsure INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (guild_id, policy_id, digest)
) STRICT, WITHOUT ROWID;

CREATE TABLE traffic (
    guild_id INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    digest TEXT NOT NULL, -- of the version that the surprises were counted under
    surprises BLOB NOT NULL,
    PRIMARY KEY (guild_id, policy_id)
) STRICT, WITHOUT ROWID;
