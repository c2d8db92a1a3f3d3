"""All SQL about what is counted of policies, and about random checks."""

from typing import Final

# --- Counts ---------------------------------------------------------------------------------------------------

ADD_TO_TALLY: Final = """
INSERT INTO tally (guild_id, policy_id, digest, looked_at, flagged, confirmed, drawn, cleared, missed, unsure)
VALUES (:guild, :policy, :digest, :looked_at, :flagged, :confirmed, :drawn, :cleared, :missed, :unsure)
ON CONFLICT DO UPDATE SET
    looked_at = looked_at + excluded.looked_at,
    flagged = flagged + excluded.flagged,
    confirmed = confirmed + excluded.confirmed,
    drawn = drawn + excluded.drawn,
    cleared = cleared + excluded.cleared,
    missed = missed + excluded.missed,
    unsure = unsure + excluded.unsure
"""

TALLY: Final = """
SELECT looked_at, flagged, confirmed, drawn, cleared, missed, unsure FROM tally
WHERE guild_id = :guild AND policy_id = :policy AND digest = :digest
"""

VERSION: Final = "SELECT guild_id, policy_id, digest FROM policy_version WHERE id = :version"

# --- How scores are spread --------------------------------------------------------------------------------------

KEEP_TRAFFIC: Final = """
INSERT INTO traffic (guild_id, policy_id, digest, surprises) VALUES (:guild, :policy, :digest, :surprises)
ON CONFLICT DO UPDATE SET digest = excluded.digest, surprises = excluded.surprises
"""

TRAFFIC: Final = "SELECT guild_id, policy_id, digest, surprises FROM traffic"

# --- Random checks --------------------------------------------------------------------------------------------

FLOOR: Final = "SELECT floor FROM fairness"

# Answered from those that wait alone: the index job_in_turn begins with both.
COUNT_WAITING: Final = "SELECT count(*) AS number FROM job WHERE state = 'queued' AND audit = :audit"

DROP_WAITING_AUDITS: Final = "DELETE FROM job WHERE state = 'queued' AND audit = 1 RETURNING case_id, version_id"

FORGET_JOB: Final = "DELETE FROM job WHERE id = :job"

# What a random check was about goes with it, unless something suspects the message too, somebody points at it, or
# somebody has labelled it: labels of samples are about cases without any job.
FORGET_CASES_WITHOUT_JOBS: Final = """
DELETE FROM case_file
WHERE id IN (SELECT value FROM json_each(:cases))
    AND NOT EXISTS (SELECT 1 FROM job WHERE case_id = case_file.id)
    AND NOT EXISTS (SELECT 1 FROM report WHERE case_id = case_file.id)
    AND NOT EXISTS (SELECT 1 FROM label WHERE case_id = case_file.id)
RETURNING id
"""
