"""All SQL about how long words are kept, and about erasing them."""

from typing import Final

from bot.store import sealed_columns as columns

# --- What is due ----------------------------------------------------------------------------------------------

EXPIRED: Final = """
SELECT id FROM case_file WHERE guild_id = :guild AND words_since < :before ORDER BY words_since LIMIT :limit
"""

# A decision that is being carried out is carried out first.
FORGOTTEN: Final = """
SELECT id FROM case_file
WHERE guild_id = :guild AND opened_at < :before AND words_since IS NULL AND state <> 'decided'
ORDER BY opened_at LIMIT :limit
"""

FORGET: Final = "DELETE FROM case_file WHERE id IN (SELECT value FROM json_each(:cases))"

# --- Erasing --------------------------------------------------------------------------------------------------

MESSAGES: Final = f"""
SELECT case_id, number, {columns.MESSAGE} FROM revision
WHERE case_id IN (SELECT value FROM json_each(:cases))
"""  # noqa: S608 - columns of our own

# The digest is that of the text. What is left in its place is unlike any digest.
ERASE_REVISION: Final = """
UPDATE revision SET
    message = sealed('revision.message', :message), earlier = sealed('revision.earlier', '[]'),
    digest = 'erased ' || number
WHERE case_id = :case AND number = :number
"""

JOBS: Final = f"""
SELECT id, {columns.SUSPICION}, {columns.VERDICT} FROM job
WHERE case_id IN (SELECT value FROM json_each(:cases))
"""  # noqa: S608 - columns of our own

ERASE_JOB: Final = """
UPDATE job SET suspicion = sealed('job.suspicion', :suspicion), verdict = sealed('job.verdict', :verdict)
WHERE id = :job
"""

ERASE_OWN_WORDS: Final = "UPDATE job SET verdict = sealed('job.verdict', :verdict) WHERE id = :job"

# There is nothing left to judge. Whoever holds a lease has lost it.
END_JOBS: Final = """
UPDATE job SET state = 'undecided', token = NULL, leased_until = NULL
WHERE case_id IN (SELECT value FROM json_each(:cases)) AND state IN ('queued', 'judging')
RETURNING id, case_id, version_id, audit, tallied, state
"""

ERASE_REASONS: Final = """
UPDATE decision SET reason = '' WHERE case_id IN (SELECT value FROM json_each(:cases)) AND reason <> ''
"""

FORGET_LIKENESS: Final = "DELETE FROM likeness WHERE case_id IN (SELECT value FROM json_each(:cases))"
FORGET_BYSTANDERS: Final = "DELETE FROM bystander WHERE case_id IN (SELECT value FROM json_each(:cases))"

# An appeal's card shows what the member wrote.
RENEW_APPEAL_CARDS: Final = """
UPDATE appeal SET version = version + 1
WHERE case_id IN (SELECT value FROM json_each(:cases)) AND card_begun_at IS NOT NULL
"""

NOTE_ERASED: Final = """
INSERT INTO case_event (case_id, at, kind, actor_id, text)
SELECT id, :now, 'erased', NULL, '' FROM case_file
WHERE id IN (SELECT value FROM json_each(:cases)) AND erased_at IS NULL
"""

ERASE_CASES: Final = """
UPDATE case_file SET
    current_message = NULL, words_since = NULL, erased_at = coalesce(erased_at, :now), version = version + 1
WHERE id IN (SELECT value FROM json_each(:cases))
"""

# Whatever else belongs to a case and may hold a sealed text. The schema names it, so nothing can be forgotten. Of
# revisions, jobs and decisions more is left than nothing: they have statements of their own.
OTHER_WORDS: Final = """
SELECT item.name AS table_name, part.name AS column_name
FROM sqlite_schema AS item JOIN pragma_table_info(item.name) AS part
WHERE item.type = 'table' AND part.type = 'TEXT' AND part.pk = 0
    AND item.name NOT IN ('case_file', 'revision', 'job', 'decision')
    AND EXISTS (SELECT 1 FROM pragma_table_info(item.name) WHERE name = 'case_id')
ORDER BY 1, 2
"""


def erase_words(table: str, column: str) -> str:
    """Empties a column of sealed texts. Names are out of the schema. A damaged text need not look like one."""
    is_sealed = "<> ''" if f"{table}.{column}" in columns.ROW_KEYS else "GLOB 'sealed1:*'"
    return (
        f"UPDATE {table} SET {column} = '' "  # noqa: S608
        f"WHERE case_id IN (SELECT value FROM json_each(:cases)) AND {column} {is_sealed}"
    )


# --- What is kept about a member ------------------------------------------------------------------------------

# Whether somebody is still to decide a case: a condition on case_file.
_WAITS: Final = """
(state IN ('queued', 'judging', 'open', 'decided')
    OR EXISTS (SELECT 1 FROM appeal WHERE case_id = case_file.id AND granted IS NULL))
"""

KEPT: Final = f"""
SELECT
    count(words_since) AS cases,
    coalesce(sum(words_since IS NOT NULL AND {_WAITS}), 0) AS waiting,
    min(words_since) AS oldest, max(words_since) AS newest,
    count(*) - count(words_since) AS records
FROM case_file WHERE guild_id = :guild AND author_id = :member
"""  # noqa: S608 - no value is in it

COUNT_CONTEXT: Final = "SELECT count(*) AS number FROM bystander WHERE guild_id = :guild AND author_id = :member"

COUNT_REPORTS: Final = """
SELECT count(*) AS number FROM report
WHERE guild_id = :guild AND kind = 'member' AND reporter_id = :member AND reason <> ''
"""

OWN_CASES: Final = """
SELECT id FROM case_file WHERE guild_id = :guild AND author_id = :member AND words_since IS NOT NULL
ORDER BY words_since DESC LIMIT :limit
"""

OWN_TEXTS: Final = f"""
SELECT
    case_file.id AS case_id, case_file.words_since, revision.number, {columns.MESSAGE}, {columns.CURRENT_MESSAGE}
FROM case_file JOIN revision ON revision.case_id = case_file.id
WHERE case_file.id IN (SELECT value FROM json_each(:cases)) ORDER BY case_file.id, revision.number
"""  # noqa: S608 - columns of our own

CONTEXT_CASES: Final = """
SELECT case_id FROM bystander WHERE guild_id = :guild AND author_id = :member ORDER BY case_id DESC LIMIT :limit
"""

CONTEXTS: Final = f"""
SELECT case_file.id AS case_id, case_file.words_since, revision.number, {columns.EARLIER}
FROM case_file JOIN revision ON revision.case_id = case_file.id
WHERE case_file.id IN (SELECT value FROM json_each(:cases)) ORDER BY case_file.id, revision.number
"""  # noqa: S608 - columns of our own

OWN_REPORTS: Final = f"""
SELECT
    report.case_id, report.made_at, case_file.words_since, case_file.message_id, case_file.channel_id,
    {columns.opened("report.reason")}
FROM report JOIN case_file ON case_file.id = report.case_id
WHERE report.guild_id = :guild AND report.kind = 'member' AND report.reporter_id = :member AND report.reason <> ''
ORDER BY report.made_at DESC LIMIT :limit
"""  # noqa: S608 - columns of our own

OWN_APPEALS: Final = f"""
SELECT
    appeal.case_id, appeal.made_at, case_file.words_since, case_file.message_id,
    {columns.opened("appeal.text")}
FROM appeal JOIN case_file ON case_file.id = appeal.case_id
WHERE appeal.guild_id = :guild AND appeal.member_id = :member AND appeal.text <> ''
ORDER BY appeal.made_at DESC LIMIT :limit
"""  # noqa: S608 - columns of our own

# --- Erasing on request: what was there when the member asked ---------------------------------------------------

DUE_CASES: Final = f"""
SELECT id FROM case_file
WHERE guild_id = :guild AND author_id = :member AND words_since IS NOT NULL AND opened_at <= :asked_at
    AND (:all OR NOT {_WAITS})
LIMIT :limit
"""  # noqa: S608 - no value is in it

DUE_CONTEXTS: Final = f"""
SELECT case_file.id FROM bystander JOIN case_file ON case_file.id = bystander.case_id
WHERE bystander.guild_id = :guild AND bystander.author_id = :member AND case_file.opened_at <= :asked_at
    AND (:all OR NOT {_WAITS})
LIMIT :limit
"""  # noqa: S608 - no value is in it

DUE_REPORTS: Final = f"""
SELECT case_file.id FROM report JOIN case_file ON case_file.id = report.case_id
WHERE report.guild_id = :guild AND report.kind = 'member' AND report.reporter_id = :member AND report.reason <> ''
    AND report.made_at <= :asked_at AND (:all OR NOT {_WAITS})
LIMIT :limit
"""  # noqa: S608 - no value is in it

CHANGE_CONTEXT: Final = """
UPDATE revision SET earlier = sealed('revision.earlier', :earlier) WHERE case_id = :case AND number = :number
"""

FORGET_BYSTANDER: Final = """
DELETE FROM bystander WHERE guild_id = :guild AND author_id = :member AND case_id = :case
"""

ERASE_REPORT: Final = """
UPDATE report SET reason = '' WHERE case_id = :case AND kind = 'member' AND reporter_id = :member
"""

RENEW_CARDS: Final = """
UPDATE case_file SET version = version + 1 WHERE id IN (SELECT value FROM json_each(:cases))
"""

ADD_BYSTANDERS: Final = """
INSERT INTO bystander (guild_id, author_id, case_id)
SELECT :guild, value, :case FROM json_each(:authors) WHERE true
ON CONFLICT DO NOTHING
"""

# --- Requests -------------------------------------------------------------------------------------------------

ASK: Final = """
INSERT INTO erasure_request (guild_id, member_id, asked_at, language) VALUES (:guild, :member, :now, :language)
ON CONFLICT DO UPDATE SET asked_at = excluded.asked_at, language = excluded.language, done_at = NULL, silent = 0
WHERE done_at IS NOT NULL OR silent
"""

REQUEST: Final = """
SELECT guild_id, member_id, asked_at, language, done_at, silent FROM erasure_request
WHERE guild_id = :guild AND member_id = :member
"""

REQUESTS: Final = """
SELECT guild_id, member_id, asked_at, language, done_at, silent FROM erasure_request
WHERE done_at IS NULL ORDER BY asked_at LIMIT :limit
"""

NOTE_DONE: Final = """
UPDATE erasure_request SET done_at = coalesce(done_at, :now) WHERE guild_id = :guild AND member_id = :member
"""

FORGET_REQUEST: Final = """
DELETE FROM erasure_request WHERE guild_id = :guild AND member_id = :member AND done_at IS NOT NULL
"""

OLD_REQUEST: Final = "SELECT 1 FROM erasure_request WHERE asked_at < :before AND done_at IS NOT NULL LIMIT 1"
FORGET_REQUESTS: Final = "DELETE FROM erasure_request WHERE asked_at < :before AND done_at IS NOT NULL"

# --- What was erased, for whoever puts a backup back ------------------------------------------------------------

OLD_ERASURE: Final = "SELECT 1 FROM erasure_ledger WHERE asked_at < :before LIMIT 1"
FORGET_ERASURES: Final = "DELETE FROM erasure_ledger WHERE asked_at < :before AND done_at IS NOT NULL"

# The index is there for the time only: a backup may be older than any of them.
ERASURES: Final = """
SELECT guild_id, member_id, asked_at, language, told FROM erasure_ledger
WHERE asked_at > 0 AND (done_at IS NULL OR done_at >= :since)
"""

# Of a database from before there was a ledger: what members were told of is not known any more.
ERASURES_WITHOUT_LEDGER: Final = """
SELECT guild_id, member_id, asked_at, language, 0 AS told FROM erasure_request WHERE done_at IS NULL
UNION ALL
SELECT guild_id, member_id, asked_at, language, 0 AS told FROM erasure_request WHERE done_at >= :since
"""

ASK_AGAIN: Final = """
INSERT INTO erasure_request (guild_id, member_id, asked_at, language, silent)
VALUES (:guild_id, :member_id, :asked_at, :language, :told)
ON CONFLICT DO UPDATE SET
    asked_at = max(asked_at, excluded.asked_at), done_at = NULL, silent = min(silent, excluded.silent)
"""

# --- Bytes in the files ---------------------------------------------------------------------------------------

OWE_WIPING: Final = "UPDATE wiping SET owed = owed + 1"
WIPING: Final = "SELECT owed, wiped_at FROM wiping"
# What was erased meanwhile is still owed.
WIPED: Final = "UPDATE wiping SET owed = owed - :owed, wiped_at = :now"
