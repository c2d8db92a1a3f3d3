-- Words that come into a case after its texts were erased have their own time: see migration 0004.

CREATE TRIGGER case_event_brings_words AFTER INSERT ON case_event WHEN NEW.text <> '' BEGIN
    UPDATE case_file SET words_since = coalesce(words_since, NEW.at) WHERE id = NEW.case_id;
END;
CREATE TRIGGER report_brings_words AFTER INSERT ON report WHEN NEW.reason <> '' BEGIN
    UPDATE case_file SET words_since = coalesce(words_since, NEW.made_at) WHERE id = NEW.case_id;
END;
CREATE TRIGGER appeal_brings_words AFTER INSERT ON appeal WHEN NEW.text <> '' BEGIN
    UPDATE case_file SET words_since = coalesce(words_since, NEW.made_at) WHERE id = NEW.case_id;
END;
CREATE TRIGGER answer_brings_words AFTER UPDATE OF answer ON appeal WHEN NEW.answer <> '' BEGIN
    UPDATE case_file SET words_since = coalesce(words_since, NEW.answered_at) WHERE id = NEW.case_id;
END;
