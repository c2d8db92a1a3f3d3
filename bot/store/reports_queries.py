"""All SQL about what people point at, each statement named for its intent."""

from typing import Final

from bot.store import sealed_columns as columns

# Who points again says nothing new, unless the message says something else by now.
ADD_REPORT: Final = """
INSERT INTO report (case_id, kind, reporter_id, guild_id, revision, made_at, reason, opened_case)
VALUES (
    :case, :kind, :reporter, :guild, :revision, :made_at, sealed('report.reason', :reason), :opened_case
)
ON CONFLICT DO UPDATE SET revision = excluded.revision, made_at = excluded.made_at, reason = excluded.reason
WHERE excluded.revision > revision
"""

REPORTS: Final = f"""
SELECT case_id, kind, reporter_id, made_at, {columns.opened("report.reason")} FROM report
WHERE case_id IN (SELECT value FROM json_each(:cases)) ORDER BY case_id, made_at
"""  # noqa: S608 - columns of our own

# Adds nothing where this version of the policy was asked about this text already.
ADD_JOB_UNLESS_ASKED: Final = """
INSERT INTO job (case_id, revision, version_id, suspicion, tag, audit, tallied)
VALUES (:case, :revision, :version, sealed('job.suspicion', :suspicion), :tag, 0, 0)
ON CONFLICT (case_id, revision, version_id) DO NOTHING
"""

WAS_ASKED: Final = """
SELECT 1 FROM job WHERE case_id = :case AND revision = :revision AND version_id = :version
"""

REVISION_OF_TEXT: Final = """
SELECT number, number = (SELECT max(number) FROM revision WHERE case_id = :case) AS newest
FROM revision WHERE case_id = :case AND digest = masked(:digest)
"""

COUNT_BY_PERSON: Final = """
SELECT count(*) AS number FROM report
WHERE guild_id = :guild AND kind = :kind AND reporter_id = :reporter AND made_at >= :since
"""

COUNT_OPENED: Final = """
SELECT count(*) AS number FROM report
WHERE guild_id = :guild AND kind = :kind AND made_at >= :since AND opened_case = 1
"""
