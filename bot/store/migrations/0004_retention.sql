-- Texts are sealed, how long things are kept, and what is erased on request.

-- The keys that texts in this file are sealed with: one, or two while everything is sealed anew. The pepper is the
-- same in every row, sealed with the row's key: it proves that a key is the right one, and masks digests.
CREATE TABLE sealing_key (
    id TEXT PRIMARY KEY,
    pepper TEXT NOT NULL,
    finished INTEGER NOT NULL CHECK (finished IN (0, 1)) -- 1, and no other key: nothing else is in the file, nor plain
) STRICT, WITHOUT ROWID;

-- The newest words in a case; NULL when all words in it are erased. `erased_at` is when the member's were.
ALTER TABLE case_file ADD COLUMN words_since INTEGER;
ALTER TABLE case_file ADD COLUMN erased_at INTEGER;
UPDATE case_file SET words_since = (SELECT max(recorded_at) FROM revision WHERE case_id = case_file.id);
CREATE INDEX case_file_with_words ON case_file (guild_id, words_since) WHERE words_since IS NOT NULL;
CREATE INDEX case_file_by_age ON case_file (guild_id, opened_at);
CREATE INDEX case_file_by_author ON case_file (guild_id, author_id, words_since);

-- Whoever writes words into a case does not have to think of it: migration 0011 does the same for later tables.
CREATE TRIGGER revision_brings_words AFTER INSERT ON revision BEGIN
    UPDATE case_file SET words_since = NEW.recorded_at, erased_at = NULL WHERE id = NEW.case_id;
END;
CREATE TRIGGER decision_brings_words AFTER INSERT ON decision WHEN NEW.reason <> '' BEGIN
    UPDATE case_file SET words_since = coalesce(words_since, NEW.decided_at) WHERE id = NEW.case_id;
END;

-- Whose texts stand as context in other people's cases.
CREATE TABLE bystander (
    guild_id INTEGER NOT NULL,
    author_id INTEGER NOT NULL,
    case_id INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    PRIMARY KEY (guild_id, author_id, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX bystander_by_case ON bystander (case_id);
INSERT OR IGNORE INTO bystander (guild_id, author_id, case_id)
SELECT case_file.guild_id, json_extract(context.value, '$.author_id'), case_file.id
FROM revision JOIN case_file ON case_file.id = revision.case_id JOIN json_each(revision.earlier) AS context
WHERE json_extract(context.value, '$.author_id') <> case_file.author_id;

-- Members who asked that what they wrote is erased: at most one request of each in each guild.
CREATE TABLE erasure_request (
    guild_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    language TEXT NOT NULL, -- that they are answered in
    done_at INTEGER, -- NULL as long as a case still waits for somebody; gone once the member knows
    PRIMARY KEY (guild_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_request_waiting ON erasure_request (asked_at) WHERE done_at IS NULL;
CREATE INDEX erasure_request_done ON erasure_request (asked_at) WHERE done_at IS NOT NULL;

-- How often something was erased whose bytes may still be in the file, and when it was last written anew.
CREATE TABLE wiping (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    owed INTEGER NOT NULL CHECK (owed >= 0),
    wiped_at INTEGER NOT NULL
) STRICT;
INSERT INTO wiping (id, owed, wiped_at) VALUES (1, 0, 0);
