"""All SQL about the queue, each statement named for its intent: what waits for people, in which order."""

from typing import Final

from bot.records.reports import QueueOrder
from bot.store import sealed_columns as columns

# --- Keeping the order ------------------------------------------------------------------------------------------

OPEN_AMONG: Final = """
SELECT id FROM case_file WHERE id IN (SELECT value FROM json_each(:cases)) AND state = 'open'
"""

RANK: Final = """
UPDATE case_file SET for_people = :for_people, severity = :severity, disagreement = :disagreement WHERE id = :case
"""

NOTE_PLACE: Final = "UPDATE case_file SET channel_id = :channel, parent_id = :parent WHERE id = :case"

# --- Reading it -------------------------------------------------------------------------------------------------

_WAITS: Final = "guild_id = :guild AND state = 'open' AND for_people = 1"
_READABLE: Final = """
    channel_id NOT IN (SELECT value FROM json_each(:hidden))
    AND parent_id NOT IN (SELECT value FROM json_each(:hidden))
"""
_WANTED: Final = f"""{_READABLE}
    AND CASE :claims WHEN 'mine' THEN holder_id = :viewer WHEN 'free' THEN holder_id IS NULL ELSE 1 END
    AND (:policy IS NULL OR EXISTS (
        SELECT 1 FROM job JOIN policy_version ON policy_version.id = job.version_id
        WHERE job.case_id = case_file.id AND policy_version.policy_id = :policy
            AND (job.state = 'undecided' OR job.violation = 1)
    ))
"""  # noqa: S608 - parts of this module only
_INDEX: Final = {
    QueueOrder.SEVERITY: "case_file_in_queue_by_severity",
    QueueOrder.AGE: "case_file_in_queue_by_age",
    QueueOrder.DISAGREEMENT: "case_file_in_queue_by_disagreement",
}
_ORDER: Final = {
    QueueOrder.SEVERITY: "severity DESC, id",
    QueueOrder.AGE: "id",
    QueueOrder.DISAGREEMENT: "disagreement DESC, id",
}


def _page(order: QueueOrder) -> str:
    return f"""
SELECT id FROM case_file INDEXED BY {_INDEX[order]}
WHERE {_WAITS} AND {_WANTED}
ORDER BY {_ORDER[order]} LIMIT :limit OFFSET :offset
"""  # noqa: S608 - parts of this module only


PAGES: Final = {order: _page(order) for order in QueueOrder}
"""One statement for each order: each is answered from an index of its own."""

COUNT_WANTED: Final = f"""
SELECT severity, count(*) AS number FROM case_file INDEXED BY case_file_in_queue_by_severity
WHERE {_WAITS} AND {_WANTED} GROUP BY severity
"""  # noqa: S608 - parts of this module only

IS_FREE: Final = "SELECT 1 FROM case_file WHERE id = :case AND state = 'open' AND holder_id IS NULL"

# Answered by the index alone.
COUNT_WAITING_CASES: Final = f"""
SELECT severity, count(*) AS number FROM case_file INDEXED BY case_file_in_queue_by_severity
WHERE {_WAITS} GROUP BY severity
"""  # noqa: S608 - parts of this module only

# --- Cards ------------------------------------------------------------------------------------------------------

COUNT_HELD: Final = """
SELECT severity, count(*) AS number FROM case_file INDEXED BY case_file_held
WHERE guild_id = :guild AND state = 'open' AND for_people = 1 AND card_begun_at IS NULL
    AND version > shown_version
GROUP BY severity
"""

POSTED_LATELY: Final = """
SELECT card_begun_at, severity FROM case_file INDEXED BY case_file_posted
WHERE guild_id = :guild AND card_begun_at >= :minute ORDER BY card_begun_at
"""

COUNT_HANGING: Final = """
SELECT severity, count(*) AS number FROM case_file INDEXED BY case_file_hanging
WHERE guild_id = :guild AND state = 'open' AND card_begun_at >= :day GROUP BY severity
"""

LINE: Final = "SELECT channel_id, begun_at, message_id FROM queue_line WHERE guild_id = :guild"

# What was begun in the same channel and never confirmed is looked for from its first try on.
BEGIN_LINE: Final = """
INSERT INTO queue_line (guild_id, channel_id, begun_at) VALUES (:guild, :channel, :now)
ON CONFLICT (guild_id) DO UPDATE SET
    begun_at = iif(channel_id = excluded.channel_id AND message_id IS NULL, begun_at, excluded.begun_at),
    channel_id = excluded.channel_id,
    message_id = NULL
"""

LINE_SHOWN: Final = "UPDATE queue_line SET message_id = :message WHERE guild_id = :guild"
FORGET_LINE: Final = "DELETE FROM queue_line WHERE guild_id = :guild"
GUILDS_WITH_LINE: Final = "SELECT guild_id FROM queue_line ORDER BY guild_id"

# --- Texts that are alike ---------------------------------------------------------------------------------------

FORGET_LIKENESS: Final = "DELETE FROM likeness WHERE case_id = :case"

ADD_LIKENESS: Final = """
INSERT INTO likeness (case_id, band, print, guild_id)
SELECT :case, key, masked(value), :guild FROM json_each(:prints)
"""

SAME_AUTHOR: Final = """
SELECT case_file.id FROM case_file AS given
CROSS JOIN case_file INDEXED BY case_file_seen_by_author
    ON case_file.guild_id = given.guild_id AND case_file.author_id = given.author_id
WHERE given.id = :case AND case_file.state IN ('open', 'decided', 'enforced', 'failed')
    AND case_file.state = 'open' AND case_file.for_people = 1
    AND case_file.channel_id NOT IN (SELECT value FROM json_each(:hidden))
    AND case_file.parent_id NOT IN (SELECT value FROM json_each(:hidden))
ORDER BY case_file.id LIMIT :most
"""

# Candidates: whoever asks compares the texts. A flood of them is not gone through to its end.
MAYBE_ALIKE: Final = """
SELECT DISTINCT case_file.id FROM likeness AS given
CROSS JOIN likeness AS other INDEXED BY likeness_by_print
    ON other.guild_id = given.guild_id AND other.print = given.print
CROSS JOIN case_file ON case_file.id = other.case_id
WHERE given.case_id = :case AND case_file.state = 'open' AND case_file.for_people = 1
    AND case_file.channel_id NOT IN (SELECT value FROM json_each(:hidden))
    AND case_file.parent_id NOT IN (SELECT value FROM json_each(:hidden))
LIMIT :most
"""

NEWEST_TEXTS: Final = f"""
SELECT case_file.id AS case_id, {columns.MESSAGE}
FROM json_each(:cases) AS wanted
CROSS JOIN case_file ON case_file.id = wanted.value
CROSS JOIN revision ON revision.case_id = case_file.id
    AND revision.number = (SELECT max(number) FROM revision WHERE case_id = case_file.id)
ORDER BY case_file.id
"""  # noqa: S608 - columns of our own

EXTENT: Final = """
SELECT
    count(*) FILTER (WHERE deleted_at IS NULL) AS messages, count(DISTINCT channel_id) AS channels,
    count(DISTINCT author_id) AS authors
FROM case_file WHERE id IN (SELECT value FROM json_each(:cases))
"""
