"""All SQL about cases as lists and members as numbers, each statement named for its intent."""

from typing import Final

from bot.store import sealed_columns as columns

# Within one author the index is ordered by the case's id, as every index of SQLite ends with the row's id.
MEMBER_CASES: Final = """
SELECT id FROM case_file INDEXED BY case_file_seen_by_author
WHERE guild_id = :guild AND author_id = :member AND state IN ('open', 'decided', 'enforced', 'failed')
    AND id < :before
ORDER BY id DESC LIMIT :limit
"""

# What was decided last in each case; NULL where nobody has decided. And whether something that was done to the
# author was taken back.
MEMBER_STANDING: Final = """
SELECT case_file.state, case_file.opened_at, (
    SELECT action FROM decision WHERE case_id = case_file.id ORDER BY number DESC LIMIT 1
) AS action, EXISTS (
    SELECT 1 FROM decision
    WHERE case_id = case_file.id AND enforced AND taken_back AND action NOT IN ('dismiss', 'help', 'undo')
) AS retracted
FROM case_file INDEXED BY case_file_seen_by_author
WHERE guild_id = :guild AND author_id = :member AND state IN ('open', 'decided', 'enforced', 'failed')
"""

# The first condition on the state is there for the index.
MEMBER_OPEN: Final = """
SELECT id FROM case_file INDEXED BY case_file_seen_by_author
WHERE guild_id = :guild AND author_id = :member AND state IN ('open', 'decided', 'enforced', 'failed')
    AND state = 'open'
ORDER BY id DESC LIMIT 200
"""

MEMBER_ACTIONS: Final = """
SELECT decision.action, count(*) AS number
FROM case_file INDEXED BY case_file_seen_by_author CROSS JOIN decision ON decision.case_id = case_file.id
WHERE guild_id = :guild AND author_id = :member AND state IN ('open', 'decided', 'enforced', 'failed') AND enforced
    AND NOT taken_back AND decision.action <> 'undo'
GROUP BY decision.action
"""

MEMBER_APPEALS: Final = """
SELECT granted, count(*) AS number FROM appeal WHERE guild_id = :guild AND member_id = :member GROUP BY granted
"""

NEWEST_CASES: Final = """
SELECT id FROM case_file INDEXED BY case_file_seen_in_order
WHERE guild_id = :guild AND state IN ('open', 'decided', 'enforced', 'failed')
    AND substr(CAST(id AS TEXT), 1, length(:digits)) = :digits
ORDER BY id DESC LIMIT :limit
"""

# By the unique index on (guild_id, message_id), and so by the age of the messages.
FILTERED_CASES: Final = """
SELECT id FROM case_file
WHERE guild_id = :guild AND message_id > :after
    AND state IN (SELECT value FROM json_each(:states))
    AND (:since IS NULL OR opened_at >= :since)
    AND (:until IS NULL OR opened_at < :until)
    AND (:member IS NULL OR author_id = :member)
    AND (:policy IS NULL OR EXISTS (
        SELECT 1 FROM job JOIN policy_version ON policy_version.id = job.version_id
        WHERE job.case_id = case_file.id AND policy_version.policy_id = :policy
    ))
ORDER BY message_id LIMIT :limit
"""

DECISIONS_MADE: Final = f"""
SELECT
    number, case_id, action, moderator_id, decided_at, timeout, also_delete, delete_history,
    {columns.opened("decision.reason")}, {columns.opened("decision.outcome")},
    enforced, taken_back, reopened, revision
FROM decision WHERE case_id = :case ORDER BY number
"""  # noqa: S608 - columns of our own

# A card tells how many notes there are.
NOTED: Final = "UPDATE case_file SET version = version + 1 WHERE id = :case"

REOPEN: Final = "UPDATE decision SET reopened = 1 WHERE case_id = :case"
