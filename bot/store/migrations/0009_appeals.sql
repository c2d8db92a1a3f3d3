-- Members who ask for a second opinion, and what became of it; what is known of a person.

-- AUTOINCREMENT: an id is on a button for weeks and must never come to mean another appeal.
CREATE TABLE appeal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL,
    case_id INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    decision INTEGER NOT NULL, -- the number of the decision that it is about
    member_id INTEGER NOT NULL,
    text TEXT NOT NULL, -- empty once it was erased
    made_at INTEGER NOT NULL,
    moderator_id INTEGER,
    answered_at INTEGER,
    granted INTEGER CHECK (granted IN (0, 1)), -- NULL as long as it waits
    answer TEXT,
    outcome TEXT, -- NULL until what was granted was taken back as far as it can be
    told TEXT NOT NULL DEFAULT 'no' CHECK (told IN ('no', 'begun', 'unsure', 'yes', 'failed')),
    not_told_because TEXT NOT NULL DEFAULT '',
    version INTEGER NOT NULL DEFAULT 1,
    shown_version INTEGER NOT NULL DEFAULT 0,
    card_channel_id INTEGER,
    card_begun_at INTEGER CHECK ((card_begun_at IS NULL) = (card_channel_id IS NULL)),
    card_message_id INTEGER CHECK (card_message_id IS NULL OR card_channel_id IS NOT NULL),
    UNIQUE (case_id, decision),
    CHECK ((granted IS NULL) = (moderator_id IS NULL) AND (granted IS NULL) = (answered_at IS NULL))
) STRICT;
CREATE INDEX appeal_by_member ON appeal (guild_id, member_id, made_at);
CREATE INDEX appeal_open ON appeal (guild_id) WHERE granted IS NULL;
CREATE INDEX appeal_unfinished ON appeal (id) WHERE granted IS NOT NULL AND (outcome IS NULL OR told = 'no');
CREATE INDEX appeal_being_told ON appeal (id) WHERE told = 'begun';
CREATE INDEX appeal_owing_card ON appeal (guild_id, id)
    WHERE version > shown_version AND (granted IS NULL OR card_begun_at IS NOT NULL);

-- A guild's cases in their order: those that people look at or have to look at.
CREATE INDEX case_file_seen_in_order ON case_file (guild_id, id)
    WHERE state IN ('open', 'decided', 'enforced', 'failed');

-- The case was opened again although this was done: it answers nothing any more, and can still be undone.
ALTER TABLE decision ADD COLUMN reopened INTEGER NOT NULL DEFAULT 0 CHECK (reopened IN (0, 1));
