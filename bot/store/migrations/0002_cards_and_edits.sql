-- Cards that are owed, what became of a message since it was flagged, its author, further decisions, whose memory it is.

ALTER TABLE case_file ADD COLUMN author_id INTEGER NOT NULL DEFAULT 0; -- 0 is gone when this step ends
UPDATE case_file SET author_id = (
    SELECT json_extract(message, '$.author_id') FROM revision WHERE case_id = case_file.id AND number = 1
);

-- `version` grows with everything that a card shows; `shown_version` is the one that people see.
ALTER TABLE case_file ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE case_file ADD COLUMN shown_version INTEGER NOT NULL DEFAULT 0;

-- Where the card hangs; NULL as long as none was begun. A card without message_id may or may not hang there.
ALTER TABLE case_file ADD COLUMN card_channel_id INTEGER;
ALTER TABLE case_file ADD COLUMN card_begun_at INTEGER
    CHECK ((card_begun_at IS NULL) = (card_channel_id IS NULL));
ALTER TABLE case_file ADD COLUMN card_message_id INTEGER
    CHECK (card_message_id IS NULL OR card_channel_id IS NOT NULL);

ALTER TABLE case_file ADD COLUMN deleted_at INTEGER;
ALTER TABLE case_file ADD COLUMN current_message TEXT; -- when it is not what the newest revision says

-- The cases whose card is missing or out of date, in the order in which they are worked off.
CREATE INDEX case_file_owing_card ON case_file (guild_id, (card_message_id IS NULL), id)
    WHERE version > shown_version AND (state = 'open' OR card_begun_at IS NOT NULL);

-- The cases that people looked at or have to look at. Those on their way to a verdict do not touch it.
CREATE INDEX case_file_seen_by_author ON case_file (guild_id, author_id)
    WHERE state IN ('open', 'decided', 'enforced', 'failed');

-- Without them, forgetting a guild's policies would search every guild's jobs and policies for references.
CREATE INDEX job_by_version ON job (version_id);
CREATE INDEX policy_in_force_by_version ON policy_in_force (version_id);

-- A revision may be decided on again when the decision could not be carried out, or when more is to be done.
CREATE TABLE decision_2 (
    case_id INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    number INTEGER NOT NULL, -- from 1, in the order they were made; the highest one stands
    revision INTEGER NOT NULL, -- the decision answers the revisions up to this one
    action TEXT NOT NULL,
    moderator_id INTEGER NOT NULL,
    decided_at INTEGER NOT NULL,
    timeout INTEGER, -- microseconds
    reason TEXT NOT NULL,
    enforced INTEGER CHECK (enforced IN (0, 1)), -- NULL until it was carried out or failed
    outcome TEXT,
    settled_at INTEGER,
    PRIMARY KEY (case_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO decision_2 (
    case_id, number, revision, action, moderator_id, decided_at, reason, enforced, outcome, settled_at
)
SELECT
    case_id, row_number() OVER (PARTITION BY case_id ORDER BY revision),
    revision, action, moderator_id, decided_at, reason, enforced, outcome, settled_at
FROM decision;
DROP TABLE decision;
ALTER TABLE decision_2 RENAME TO decision;
CREATE UNIQUE INDEX decision_pending ON decision (case_id) WHERE enforced IS NULL;

-- The application of Discord that this memory belongs to.
CREATE TABLE owner (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    application_id INTEGER NOT NULL
) STRICT;
