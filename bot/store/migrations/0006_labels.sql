-- People's opinions: what decisions say of verdicts, and blind samples.

-- What a person said of a message under a policy, beside what the judge had said of it. No words of anybody are in
-- it, so it outlives the message's text: case_id may point at a case that is gone.
CREATE TABLE label (
    id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('decision', 'sample', 'appeal')),
    stratum TEXT NOT NULL CHECK (stratum IN ('opened', 'cleared', 'unflagged')),
    digest TEXT NOT NULL,
    violates INTEGER NOT NULL CHECK (violates IN (0, 1)),
    labelled_at INTEGER NOT NULL,
    labeller_id INTEGER NOT NULL,
    rule_id TEXT,
    verdict INTEGER CHECK (verdict IN (0, 1)), -- NULL: the judge was not asked, or could not be read
    probability REAL,
    rule_ids TEXT NOT NULL, -- a JSON array
    case_id INTEGER,
    revision INTEGER,
    asked INTEGER NOT NULL CHECK (asked IN (0, 1)), -- 0: the judge has yet to be asked about a sample
    UNIQUE (guild_id, policy_id, message_id, source)
) STRICT;
CREATE INDEX label_by_time ON label (guild_id, policy_id, labelled_at);
CREATE INDEX label_by_case ON label (case_id);
CREATE INDEX label_unasked ON label (asked, id) WHERE asked = 0;

-- What was drawn for moderators to label: ids only. AUTOINCREMENT: an id is on a button.
CREATE TABLE sample_draw (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL,
    policy_id TEXT NOT NULL,
    digest TEXT NOT NULL,
    moderator_id INTEGER NOT NULL,
    stratum TEXT NOT NULL CHECK (stratum IN ('cleared', 'unflagged')),
    channel_id INTEGER NOT NULL,
    message_id INTEGER NOT NULL,
    case_id INTEGER,
    drawn_at INTEGER NOT NULL,
    answer TEXT CHECK (answer IN ('violates', 'allowed', 'skipped', 'gone'))
) STRICT;
CREATE INDEX sample_draw_of_policy ON sample_draw (guild_id, policy_id, moderator_id);

-- The cases that nobody looked at, of one guild: random samples are drawn from the newest of them.
CREATE INDEX case_file_cleared ON case_file (guild_id, id) WHERE state = 'cleared';
