-- Every version of a policy that ever was in force: by whom, when and why.

CREATE TABLE policy_history (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    number INTEGER NOT NULL, -- from 1, in the order of time
    at INTEGER NOT NULL,
    author_kind TEXT NOT NULL,
    author_id INTEGER,
    reason TEXT NOT NULL, -- sealed
    mode TEXT, -- NULL: the policy was removed, and the three below are empty
    digest TEXT NOT NULL,
    file_hash TEXT NOT NULL,
    source TEXT NOT NULL, -- sealed
    UNIQUE (guild_id, policy_id, number),
    CHECK ((mode IS NULL) = (source = ''))
) STRICT;
