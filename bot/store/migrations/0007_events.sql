-- What people did about cases beside deciding: claims, notes, escalations, notices to members.

CREATE TABLE case_event (
    id INTEGER PRIMARY KEY, -- in the order in which they were noted
    case_id INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    actor_id INTEGER,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX case_event_of_case ON case_event (case_id, id);

-- Who has claimed a case, and who asked for somebody with more say.
ALTER TABLE case_file ADD COLUMN holder_id INTEGER;
ALTER TABLE case_file ADD COLUMN held_since INTEGER CHECK ((held_since IS NULL) = (holder_id IS NULL));
ALTER TABLE case_file ADD COLUMN escalated_by INTEGER;
ALTER TABLE case_file ADD COLUMN escalated_at INTEGER CHECK ((escalated_at IS NULL) = (escalated_by IS NULL));

-- What a decision deletes beside what it is about.
ALTER TABLE decision ADD COLUMN also_delete INTEGER NOT NULL DEFAULT 0 CHECK (also_delete IN (0, 1));
ALTER TABLE decision ADD COLUMN delete_history INTEGER NOT NULL DEFAULT 0 CHECK (delete_history >= 0); -- microseconds
-- An undo was carried out since: it answers nothing any more. The undo itself is taken back with what it took back.
ALTER TABLE decision ADD COLUMN taken_back INTEGER NOT NULL DEFAULT 0 CHECK (taken_back IN (0, 1));
