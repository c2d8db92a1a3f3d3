"""All SQL about labels and samples. `opened` and `sealed` are those of `vault.py`."""

from typing import Final

from bot.store import sealed_columns as columns

# --- Labels of decisions --------------------------------------------------------------------------------------

STANDING_DECISION: Final = """
SELECT case_file.guild_id, case_file.message_id, decision.revision, decision.action, decision.moderator_id,
    decision.decided_at
FROM decision JOIN case_file ON case_file.id = decision.case_id
WHERE decision.case_id = :case ORDER BY decision.number DESC LIMIT 1
"""

# The newest word counts: of a later decision on the same message, or of a second sample.
KEEP_LABEL: Final = """
INSERT INTO label (
    guild_id, policy_id, message_id, source, stratum, digest, violates, labelled_at, labeller_id, rule_id, verdict,
    probability, rule_ids, case_id, revision, asked
) VALUES (
    :guild, :policy, :message, :source, :stratum, :digest, :violates, :labelled_at, :labeller, :rule, :verdict,
    :probability, :rules, :case, :revision, :asked
)
ON CONFLICT (guild_id, policy_id, message_id, source) DO UPDATE SET
    stratum = excluded.stratum, digest = excluded.digest, violates = excluded.violates,
    labelled_at = excluded.labelled_at, labeller_id = excluded.labeller_id, rule_id = excluded.rule_id,
    verdict = excluded.verdict, probability = excluded.probability, rule_ids = excluded.rule_ids,
    case_id = excluded.case_id, revision = excluded.revision, asked = excluded.asked
"""

RETRACT: Final = "DELETE FROM label WHERE case_id = :case AND source = 'decision'"

# Whoever rules on an appeal speaks about the same findings as the decision that it is about.
DECIDED_LABELS: Final = "SELECT * FROM label WHERE case_id = :case AND source = 'decision'"

# --- Reading labels -------------------------------------------------------------------------------------------

_label: Final = """
    label.guild_id, label.policy_id, label.message_id, label.source, label.stratum, label.digest, label.violates,
    label.labelled_at, label.labeller_id, label.rule_id, label.verdict, label.probability, label.rule_ids,
    label.case_id, label.revision
"""
_text: Final = f"revision.case_id AS text_case, revision.number, {columns.MESSAGE}, {columns.EARLIER}"

# What is left of an erased text says who wrote it and when, and can be told by what stands in its digest's place.
_kept: Final = "revision.digest NOT GLOB 'erased *'"

LABELS_OF_POLICY: Final = f"""
SELECT {_label} FROM label WHERE guild_id = :guild AND policy_id = :policy AND labelled_at >= :since
ORDER BY labelled_at DESC
"""  # noqa: S608 - columns of our own

LABELS_OF_GUILD: Final = f"""
SELECT {_label} FROM label WHERE guild_id = :guild AND labelled_at >= :since ORDER BY labelled_at DESC
"""  # noqa: S608 - columns of our own

# Of a decision and what was said on an appeal, the later one counts.
LABELLED_TEXTS: Final = f"""
SELECT {_label}, {_text}
FROM label INDEXED BY label_by_time
JOIN revision ON revision.case_id = label.case_id AND revision.number = label.revision
WHERE label.guild_id = :guild AND label.policy_id = :policy AND {_kept} AND NOT (
    label.source <> 'sample' AND EXISTS (
        SELECT 1 FROM label AS other
        WHERE other.guild_id = label.guild_id AND other.policy_id = label.policy_id
            AND other.message_id = label.message_id AND other.source <> 'sample'
            AND other.labelled_at > label.labelled_at
    )
)
ORDER BY label.labelled_at DESC LIMIT :limit
"""  # noqa: S608 - columns of our own

# Of the guild's newest cases those that this policy was asked about, in the newest revision of each.
UNLABELLED_TEXTS: Final = f"""
SELECT {_text}
FROM (
    SELECT id, message_id FROM case_file WHERE guild_id = :guild ORDER BY message_id DESC LIMIT :among
) AS newest
CROSS JOIN revision ON revision.case_id = newest.id AND {_kept}
    AND revision.number = (
        SELECT max(job.revision) FROM job JOIN policy_version ON policy_version.id = job.version_id
        WHERE job.case_id = newest.id AND job.state IN ('judged', 'undecided')
            AND policy_version.policy_id = :policy
    )
WHERE NOT EXISTS (
    SELECT 1 FROM label WHERE guild_id = :guild AND policy_id = :policy AND message_id = newest.message_id
)
ORDER BY newest.message_id DESC LIMIT :limit
"""  # noqa: S608 - columns of our own

# --- Samples --------------------------------------------------------------------------------------------------

# `fresh` is read from its index alone, and only the texts of those that were drawn are opened.
CLEARED_CASES: Final = f"""
WITH fresh AS MATERIALIZED (
    SELECT id, message_id FROM case_file INDEXED BY case_file_cleared
    WHERE guild_id = :guild AND state = 'cleared' ORDER BY id DESC LIMIT :among
),
drawn AS MATERIALIZED (
    SELECT fresh.id, max(job.revision) AS number
    FROM fresh
    CROSS JOIN job ON job.case_id = fresh.id AND job.audit = 0
    CROSS JOIN policy_version ON policy_version.id = job.version_id AND policy_version.policy_id = :policy
    WHERE NOT EXISTS (
        SELECT 1 FROM label
        WHERE label.guild_id = :guild AND label.policy_id = :policy AND label.message_id = fresh.message_id
    ) AND NOT EXISTS (
        SELECT 1 FROM sample_draw
        WHERE sample_draw.guild_id = :guild AND sample_draw.policy_id = :policy
            AND sample_draw.message_id = fresh.message_id
    )
    GROUP BY fresh.id ORDER BY random() LIMIT :limit
)
SELECT drawn.id, {columns.MESSAGE}
FROM drawn CROSS JOIN revision ON revision.case_id = drawn.id AND revision.number = drawn.number
WHERE {_kept}
"""  # noqa: S608 - no value is in it

SAMPLED: Final = """
SELECT message_id FROM label WHERE guild_id = :guild AND policy_id = :policy
UNION SELECT message_id FROM sample_draw WHERE guild_id = :guild AND policy_id = :policy
"""

END_DRAWS: Final = """
DELETE FROM sample_draw WHERE guild_id = :guild
    AND (drawn_at < :before OR (policy_id = :policy AND moderator_id = :moderator))
"""

ADD_DRAW: Final = """
INSERT INTO sample_draw (
    guild_id, policy_id, digest, moderator_id, stratum, channel_id, message_id, case_id, drawn_at
) VALUES (:guild, :policy, :digest, :moderator, :stratum, :channel, :message, :case, :drawn_at)
"""

DRAWS: Final = """
SELECT * FROM sample_draw WHERE guild_id = :guild AND policy_id = :policy AND moderator_id = :moderator ORDER BY id
"""

DRAW: Final = "SELECT * FROM sample_draw WHERE id = :draw"

ANSWER_DRAW: Final = "UPDATE sample_draw SET answer = :answer WHERE id = :draw AND answer IS NULL RETURNING *"

# What was shown of a message that the store did not have. Adds nothing when a case about it has come up meanwhile.
KEEP_CASE: Final = """
INSERT INTO case_file (guild_id, message_id, author_id, state, opened_at)
VALUES (:guild, :message, :author, 'cleared', :now)
ON CONFLICT (guild_id, message_id) DO NOTHING RETURNING id
"""

REVISION_OF: Final = "SELECT number FROM revision WHERE case_id = :case AND digest = masked(:digest)"

NEWEST_REVISION: Final = f"""
SELECT number FROM revision WHERE case_id = :case AND {_kept} ORDER BY number DESC LIMIT 1
"""  # noqa: S608 - no value is in it

UNJUDGED_SAMPLES: Final = f"""
SELECT {_label}, {_text}
FROM label INDEXED BY label_unasked
JOIN revision ON revision.case_id = label.case_id AND revision.number = label.revision
WHERE label.asked = 0 AND {_kept} ORDER BY label.id
"""  # noqa: S608 - columns of our own

NOTE_VERDICT: Final = """
UPDATE label SET asked = 1, verdict = :verdict, probability = :probability, rule_ids = :rules, digest = :digest
WHERE guild_id = :guild AND policy_id = :policy AND message_id = :message AND source = 'sample'
    AND asked = 0
"""
