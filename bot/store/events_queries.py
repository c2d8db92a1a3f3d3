"""All SQL about what people did about cases beside deciding."""

from typing import Final

from bot.store import sealed_columns as columns

ADD: Final = """
INSERT INTO case_event (case_id, at, kind, actor_id, text)
SELECT id, :at, :kind, :actor, sealed('case_event.text', :text) FROM case_file WHERE id = :case
"""

EVENTS: Final = f"""
SELECT case_id, at, kind, actor_id, {columns.opened("case_event.text")} FROM case_event
WHERE case_id = :case ORDER BY id
"""  # noqa: S608 - columns of our own

HOLDER: Final = "SELECT holder_id, held_since FROM case_file WHERE id = :case"

# What a card shows has changed with each of these.
TAKE_ON: Final = """
UPDATE case_file SET holder_id = :moderator, held_since = :at, version = version + 1
WHERE id = :case AND holder_id IS NOT :moderator
"""

LET_GO: Final = """
UPDATE case_file SET holder_id = NULL, held_since = NULL, version = version + 1
WHERE id = :case AND holder_id IS NOT NULL
"""

ESCALATE: Final = """
UPDATE case_file SET escalated_by = :moderator, escalated_at = :at, version = version + 1
WHERE id = :case AND escalated_by IS NULL
"""

CALM: Final = """
UPDATE case_file SET escalated_by = NULL, escalated_at = NULL, version = version + 1
WHERE id = :case AND escalated_by IS NOT NULL
"""
