"""All SQL about decisions on many cases at once, each statement named for its intent."""

from typing import Final

ADD_BULK: Final = """
INSERT INTO bulk (guild_id, moderator_id, action, begun_at, undoes)
VALUES (:guild, :moderator, :action, :at, :undoes)
"""

# Cases of another guild, and those that were purged meanwhile, are left out.
ADD_ITEMS: Final = """
INSERT INTO bulk_item (bulk_id, case_id)
SELECT :bulk, case_file.id FROM json_each(:cases) AS wanted CROSS JOIN case_file ON case_file.id = wanted.value
WHERE case_file.guild_id = :guild
"""

BULK: Final = """
SELECT
    bulk.id, guild_id, moderator_id, action, begun_at, undoes,
    (SELECT count(*) FROM bulk_item WHERE bulk_id = bulk.id AND ended IS NULL) AS waiting,
    (SELECT count(*) FROM bulk_item WHERE bulk_id = bulk.id AND ended = 'done') AS done,
    (SELECT count(*) FROM bulk_item WHERE bulk_id = bulk.id AND ended = 'refused') AS refused,
    (SELECT count(*) FROM bulk_item WHERE bulk_id = bulk.id AND ended = 'passed') AS passed
FROM bulk WHERE bulk.id = :bulk
"""

UNDER_WAY: Final = "SELECT DISTINCT bulk_id FROM bulk_item INDEXED BY bulk_item_waiting WHERE ended IS NULL"

WAITING_ITEMS: Final = """
SELECT case_id FROM bulk_item WHERE bulk_id = :bulk AND ended IS NULL ORDER BY case_id LIMIT :limit
"""

DONE_ITEMS: Final = """
SELECT case_id FROM bulk_item WHERE bulk_id = :bulk AND ended = 'done' ORDER BY case_id
"""

END_ITEM: Final = """
UPDATE bulk_item SET ended = :end WHERE bulk_id = :bulk AND case_id = :case AND ended IS NULL
"""

LAST_BULK: Final = """
SELECT id FROM bulk WHERE guild_id = :guild AND moderator_id = :moderator ORDER BY id DESC LIMIT 1
"""
