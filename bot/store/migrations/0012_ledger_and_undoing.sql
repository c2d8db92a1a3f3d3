-- What members had erased is remembered longer than their wishes, so that a backup does not bring it back.

-- A wish that was fulfilled before, and comes again with a backup: nobody is told a second time.
ALTER TABLE erasure_request ADD COLUMN silent INTEGER NOT NULL DEFAULT 0 CHECK (silent IN (0, 1));

CREATE TABLE erasure_ledger (
    guild_id INTEGER NOT NULL,
    member_id INTEGER NOT NULL,
    asked_at INTEGER NOT NULL, -- what was stored until then is erased
    language TEXT NOT NULL,
    done_at INTEGER, -- NULL as long as it is not done
    told INTEGER NOT NULL CHECK (told IN (0, 1)),
    PRIMARY KEY (guild_id, member_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX erasure_ledger_by_time ON erasure_ledger (asked_at);
INSERT INTO erasure_ledger (guild_id, member_id, asked_at, language, done_at, told)
SELECT guild_id, member_id, asked_at, language, done_at, 0 FROM erasure_request;

CREATE TRIGGER erasure_request_is_entered AFTER INSERT ON erasure_request BEGIN
    INSERT INTO erasure_ledger (guild_id, member_id, asked_at, language, done_at, told)
    VALUES (NEW.guild_id, NEW.member_id, NEW.asked_at, NEW.language, NEW.done_at, NEW.silent)
    ON CONFLICT DO UPDATE SET
        asked_at = excluded.asked_at, language = excluded.language, done_at = excluded.done_at, told = excluded.told;
END;
CREATE TRIGGER erasure_request_is_done AFTER UPDATE ON erasure_request BEGIN
    UPDATE erasure_ledger
    SET asked_at = NEW.asked_at, language = NEW.language, done_at = NEW.done_at, told = NEW.silent
    WHERE guild_id = NEW.guild_id AND member_id = NEW.member_id;
END;
CREATE TRIGGER erasure_request_is_forgotten AFTER DELETE ON erasure_request BEGIN
    UPDATE erasure_ledger SET told = 1 WHERE guild_id = OLD.guild_id AND member_id = OLD.member_id;
END;

-- The decisions about many cases that are taken back: those, and no others that were made about the same cases since.
ALTER TABLE bulk ADD COLUMN undoes INTEGER;
