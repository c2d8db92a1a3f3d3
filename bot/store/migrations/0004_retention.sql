-- Texts are sealed, how long things are kept, and what is erased on request.

-- The keys that texts in this file are sealed with: one, or two while everything is sealed anew. The pepper is the
-- same in every row, sealed with the row's key: it proves that a key is the right one, and masks digests.
CREATE TABLE sealing_key (
    id TEXT PRIMARY KEY,
    pepper TEXT NOT NULL,
    finished INTEGER NOT NULL CHECK (finished IN (0, 1)) -- 1: no text of another key, and no plain one, is in the file
) STRICT, WITHOUT ROWID;
