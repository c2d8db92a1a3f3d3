"""All SQL about what is kept per guild: watermarks, policies, the guild itself."""

from typing import Final

# --- Watermarks -----------------------------------------------------------------------------------------------

RAISE_WATERMARK: Final = """
INSERT INTO watermark (guild_id, channel_id, message_id) VALUES (:guild, :channel, :message)
ON CONFLICT DO UPDATE SET message_id = excluded.message_id WHERE excluded.message_id > message_id
"""

WATERMARKS: Final = "SELECT channel_id, message_id FROM watermark WHERE guild_id = :guild"

# --- Policies -------------------------------------------------------------------------------------------------

KEEP_POLICY: Final = """
INSERT INTO policy_version (guild_id, policy_id, digest, document, first_kept_at)
VALUES (:guild, :policy, :digest, :document, :now)
ON CONFLICT DO NOTHING
"""

# An older version that is kept again (a policy was restored) is in force again.
PUT_IN_FORCE: Final = """
INSERT INTO policy_in_force (guild_id, policy_id, version_id)
SELECT guild_id, policy_id, id FROM policy_version
WHERE guild_id = :guild AND policy_id = :policy AND digest = :digest
ON CONFLICT DO UPDATE SET version_id = excluded.version_id WHERE excluded.version_id <> version_id
"""

VERSION_IN_FORCE: Final = """
SELECT version_id FROM policy_in_force WHERE guild_id = :guild AND policy_id = :policy
"""

# --- Whose memory it is ---------------------------------------------------------------------------------------

BIND: Final = "INSERT INTO owner (id, application_id) VALUES (1, :application) ON CONFLICT DO NOTHING"

OWNER: Final = "SELECT application_id FROM owner WHERE id = 1"

# --- What waits -----------------------------------------------------------------------------------------------

COUNT_QUESTIONS: Final = """
SELECT count(*) AS number FROM job JOIN case_file ON case_file.id = job.case_id
WHERE job.state IN ('queued', 'judging') AND audit = 0 AND case_file.guild_id = :guild
"""

# What only a shadow policy found is counted and shown to nobody.
COUNT_CASES_FOR_PEOPLE: Final = """
SELECT count(*) AS number FROM case_file WHERE guild_id = :guild AND state = 'open' AND for_people = 1
"""

# --- Guilds ---------------------------------------------------------------------------------------------------

# A guild that has a case has a policy version too: they are not asked for here.
GUILDS: Final = """
SELECT guild_id FROM watermark UNION SELECT guild_id FROM policy_version UNION SELECT guild_id FROM traffic
UNION SELECT guild_id FROM policy_history UNION SELECT id FROM guild ORDER BY 1
"""

# Revisions, jobs and decisions go with their cases.
FORGET_CASES: Final = """
DELETE FROM case_file WHERE id IN (SELECT id FROM case_file WHERE guild_id = :guild LIMIT :limit)
"""

# Whatever has a column `guild_id` belongs to a guild. The schema names them, so none can be forgotten here.
TABLES_OF_GUILDS: Final = """
SELECT item.name FROM sqlite_schema AS item JOIN pragma_table_info(item.name) AS part
WHERE item.type = 'table' AND part.name = 'guild_id'
"""


def forget_rows(table: str) -> str:
    """Deletes what a table holds of a guild. `table`: a name out of the schema."""
    return f'DELETE FROM "{table}" WHERE guild_id = :guild'  # noqa: S608


# A guild that something is kept of has a row here until nothing of it is left in the files: whoever compares the
# known guilds with those that the bot is in sees that a purge was broken off.
KEEP_NUMBER: Final = """
INSERT INTO guild (id, tag)
SELECT :guild, 0.0
WHERE EXISTS (SELECT 1 FROM policy_version WHERE guild_id = :guild)
    OR EXISTS (SELECT 1 FROM watermark WHERE guild_id = :guild)
    OR EXISTS (SELECT 1 FROM traffic WHERE guild_id = :guild)
    OR EXISTS (SELECT 1 FROM policy_history WHERE guild_id = :guild)
ON CONFLICT DO NOTHING
"""
HAS_NUMBER: Final = "SELECT 1 FROM guild WHERE id = :guild"
FORGET_NUMBER: Final = "DELETE FROM guild WHERE id = :guild"
