"""All SQL about versions of policies, and what policies found in their shadow."""

from typing import Final

from bot.store import sealed_columns as columns

# --- Versions -------------------------------------------------------------------------------------------------

# What the newest version is already adds nothing, so that looking twice at a file does no harm.
KEEP_VERSION: Final = """
INSERT INTO policy_history (
    guild_id, policy_id, number, at, author_kind, author_id, reason, mode, digest, file_hash, source
)
SELECT
    :guild, :policy, coalesce(newest.number, 0) + 1, :at, :kind, :author,
    sealed('policy_history.reason', :reason), :mode, :digest, :hash, sealed('policy_history.source', :source)
FROM (SELECT 1) LEFT JOIN (
    SELECT number, file_hash FROM policy_history
    WHERE guild_id = :guild AND policy_id = :policy ORDER BY number DESC LIMIT 1
) AS newest
WHERE newest.number IS NULL AND :hash <> '' OR newest.file_hash <> :hash
"""

_version: Final = f"""
    guild_id, policy_id, number, at, author_kind, author_id, {columns.opened("policy_history.reason")},
    mode, digest, file_hash
"""

VERSIONS: Final = f"""
SELECT {_version} FROM policy_history
WHERE guild_id = :guild AND policy_id = :policy AND number < :before ORDER BY number DESC LIMIT :limit
"""  # noqa: S608 - columns of our own

VERSION_SOURCE: Final = f"""
SELECT {columns.opened("policy_history.source")} FROM policy_history
WHERE guild_id = :guild AND policy_id = :policy AND number = :number
"""  # noqa: S608 - columns of our own

NEWEST_OF_GUILD: Final = f"""
SELECT {_version} FROM policy_history
WHERE (guild_id, policy_id, number) IN (
    SELECT guild_id, policy_id, max(number) FROM policy_history WHERE guild_id = :guild GROUP BY policy_id
)
ORDER BY policy_id
"""  # noqa: S608 - columns of our own

# Read once, when the bot starts: the newest of each are found in the index alone.
COUNT_NEWEST: Final = f"""
SELECT {_version} FROM policy_history
WHERE (guild_id, policy_id, number) IN (
    SELECT guild_id, policy_id, max(number) FROM policy_history GROUP BY guild_id, policy_id
)
ORDER BY guild_id, policy_id
"""  # noqa: S608 - columns of our own

# --- In the shadow ----------------------------------------------------------------------------------------------

VERSIONS_IN_SHADOW: Final = """
SELECT id, digest FROM policy_version
WHERE guild_id = :guild AND policy_id = :policy AND json_extract(document, '$.mode') = 'shadow'
"""

# What versions found, the newest first. Random checks that found something count: a live policy shows them, too.
# Which ones they are is settled before any of them is opened.
FOUND_IN_SHADOW: Final = f"""
WITH found AS MATERIALIZED (
    SELECT job.id, revision.recorded_at
    FROM job JOIN revision ON revision.case_id = job.case_id AND revision.number = job.revision
    WHERE job.version_id IN (SELECT value FROM json_each(:versions))
        AND (job.state = 'undecided' OR job.violation = 1) AND revision.recorded_at >= :since
    ORDER BY job.id DESC LIMIT :limit
)
SELECT job.case_id, job.revision, job.version_id, job.state, found.recorded_at, {columns.VERDICT}
FROM found CROSS JOIN job ON job.id = found.id
"""  # noqa: S608 - columns of our own
