-- What people point at: reports of members, requests of moderators, alerts of AutoMod; and the queue.

CREATE TABLE report (
    case_id INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('member', 'moderator', 'automod')),
    reporter_id INTEGER NOT NULL, -- whoever points: one says the same of a message once; AutoMod's rules count each
    guild_id INTEGER NOT NULL,
    revision INTEGER NOT NULL, -- the newest one that they pointed at
    made_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    opened_case INTEGER NOT NULL CHECK (opened_case IN (0, 1)), -- nothing else had suspected the message
    PRIMARY KEY (case_id, kind, reporter_id)
) STRICT, WITHOUT ROWID;
-- How much one person, and all together, have reported lately.
CREATE INDEX report_by_person ON report (guild_id, kind, reporter_id, made_at);
CREATE INDEX report_in_time ON report (guild_id, kind, made_at) WHERE opened_case = 1;

-- What the queue is sorted by. Kept by the store whenever something is found about an open case.
ALTER TABLE case_file ADD COLUMN for_people INTEGER NOT NULL DEFAULT 0 CHECK (for_people IN (0, 1));
ALTER TABLE case_file ADD COLUMN severity INTEGER NOT NULL DEFAULT 1; -- 0 low to 3 critical
ALTER TABLE case_file ADD COLUMN disagreement INTEGER NOT NULL DEFAULT 0; -- thousandths
UPDATE case_file SET for_people = 1 WHERE state = 'open' AND EXISTS (
    SELECT 1 FROM job JOIN policy_version ON policy_version.id = job.version_id
    WHERE job.case_id = case_file.id AND (job.state = 'undecided' OR job.violation = 1)
        AND json_extract(policy_version.document, '$.mode') = 'live'
);

-- Where the message is: who may not read a channel is not shown what was written there.
ALTER TABLE case_file ADD COLUMN channel_id INTEGER NOT NULL DEFAULT 0;
ALTER TABLE case_file ADD COLUMN parent_id INTEGER NOT NULL DEFAULT 0; -- of a thread; 0 outside of threads
UPDATE case_file SET (channel_id, parent_id) = (
    SELECT coalesce(json_extract(message, '$.channel_id'), 0), coalesce(json_extract(message, '$.parent_id'), 0)
    FROM revision WHERE case_id = case_file.id AND number = 1 AND json_valid(message)
) WHERE EXISTS (SELECT 1 FROM revision WHERE case_id = case_file.id AND number = 1 AND json_valid(message));

CREATE INDEX case_file_in_queue_by_severity ON case_file (guild_id, severity DESC, id, channel_id, parent_id)
    WHERE state = 'open' AND for_people = 1;
CREATE INDEX case_file_in_queue_by_age ON case_file (guild_id, id, channel_id, parent_id)
    WHERE state = 'open' AND for_people = 1;
CREATE INDEX case_file_in_queue_by_disagreement ON case_file (guild_id, disagreement DESC, id, channel_id, parent_id)
    WHERE state = 'open' AND for_people = 1;

-- Cards go up gravest first, and what concerns no person is written off before them.
DROP INDEX case_file_owing_card;
CREATE INDEX case_file_owing_card ON case_file (guild_id, (card_message_id IS NULL), for_people, severity DESC, id)
    WHERE version > shown_version AND (state = 'open' OR card_begun_at IS NOT NULL);
-- Open cases without a card, and cards by when they were posted: how many more there is room for.
CREATE INDEX case_file_held ON case_file (guild_id, severity)
    WHERE state = 'open' AND for_people = 1 AND card_begun_at IS NULL AND version > shown_version;
CREATE INDEX case_file_hanging ON case_file (guild_id, card_begun_at, severity)
    WHERE state = 'open' AND card_begun_at IS NOT NULL;
CREATE INDEX case_file_posted ON case_file (guild_id, card_begun_at, severity) WHERE card_begun_at IS NOT NULL;

-- The one line in a review channel that says how many cases wait without a card.
CREATE TABLE queue_line (
    guild_id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL,
    begun_at INTEGER NOT NULL,
    message_id INTEGER -- NULL: posting was begun, and whether it arrived is not known
) STRICT;

-- Masked fingerprints of what messages say, of the words and not of their order. Texts that are alike share some.
CREATE TABLE likeness (
    case_id INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    band INTEGER NOT NULL,
    print TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    PRIMARY KEY (case_id, band)
) STRICT, WITHOUT ROWID;
CREATE INDEX likeness_by_print ON likeness (guild_id, print);

-- One decision about many cases, carried out one by one.
CREATE TABLE bulk (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    guild_id INTEGER NOT NULL,
    moderator_id INTEGER NOT NULL,
    action TEXT NOT NULL,
    begun_at INTEGER NOT NULL
) STRICT;
CREATE INDEX bulk_by_guild ON bulk (guild_id, id);
CREATE TABLE bulk_item (
    bulk_id INTEGER NOT NULL REFERENCES bulk (id) ON DELETE CASCADE,
    case_id INTEGER NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    ended TEXT CHECK (ended IN ('done', 'refused', 'passed')), -- NULL: it waits
    PRIMARY KEY (bulk_id, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX bulk_item_by_case ON bulk_item (case_id);
CREATE INDEX bulk_item_waiting ON bulk_item (bulk_id) WHERE ended IS NULL;
