"""All SQL about appeals (migration 0009), each statement named for its intent."""

from typing import Final

from bot.store import sealed_columns as columns


def _appeals(which: str) -> str:
    """Reads appeals. `which`: one of the ends below."""
    return f"""
SELECT
    id, guild_id, case_id, decision, member_id, {columns.opened("appeal.text")}, made_at,
    moderator_id, answered_at, granted, {columns.opened("appeal.answer")},
    {columns.opened("appeal.outcome")}, told, not_told_because,
    version, shown_version, card_channel_id, card_begun_at, card_message_id
FROM {which}
"""  # noqa: S608 - nothing in it comes from outside


# Adds nothing when there is an appeal about this decision, or no such case in the guild.
ADD_APPEAL: Final = """
INSERT INTO appeal (guild_id, case_id, decision, member_id, text, made_at)
SELECT guild_id, id, :decision, :member, sealed('appeal.text', :text), :made_at
FROM case_file WHERE id = :case AND guild_id = :guild
ON CONFLICT (case_id, decision) DO NOTHING
"""

APPEAL_ABOUT: Final = _appeals("appeal WHERE case_id = :case AND decision = :decision")

APPEAL: Final = _appeals("appeal WHERE id = :appeal")

OF_CASES: Final = _appeals(
    """appeal WHERE case_id IN (SELECT value FROM json_each(:cases)) ORDER BY case_id, decision"""
)

COUNT_SINCE: Final = """
SELECT count(*) AS number FROM appeal WHERE guild_id = :guild AND member_id = :member AND made_at >= :since
"""

COUNT_OPEN: Final = "SELECT count(*) AS number FROM appeal WHERE guild_id = :guild AND granted IS NULL"

OTHER_DECIDERS: Final = """
SELECT EXISTS (
    SELECT 1 FROM case_file INDEXED BY case_file_seen_in_order
    CROSS JOIN decision ON decision.case_id = case_file.id
    WHERE guild_id = :guild AND state IN ('open', 'decided', 'enforced', 'failed') AND moderator_id <> :moderator
) AS others
"""

# The first answer stands.
ANSWER: Final = """
UPDATE appeal SET
    moderator_id = :moderator, answered_at = :answered_at, granted = :granted,
    answer = sealed('appeal.answer', :answer), version = version + 1
WHERE id = :appeal AND granted IS NULL
"""

SETTLE_APPEAL: Final = """
UPDATE appeal SET outcome = sealed('appeal.outcome', :outcome), version = version + 1
WHERE id = :appeal AND granted IS NOT NULL AND outcome IS NULL
"""

BEGIN_TELLING: Final = "UPDATE appeal SET told = 'begun' WHERE id = :appeal AND told = 'no'"

GIVE_UP_TELLING: Final = "UPDATE appeal SET told = 'unsure', version = version + 1 WHERE told = 'begun'"

END_TELLING: Final = """
UPDATE appeal SET told = :told, not_told_because = :because, version = version + 1 WHERE id = :appeal
"""


def _of_each_guild(index: str, which: str) -> str:
    """Reads so many appeals of each guild that one guild's trouble does not hide what others are owed."""
    return _appeals(
        f"""(
    SELECT *, row_number() OVER (PARTITION BY guild_id ORDER BY id) AS turn
    FROM appeal INDEXED BY {index} WHERE {which}
) AS appeal
WHERE turn <= :limit ORDER BY id"""  # noqa: S608 - nothing in it comes from outside
    )


# Answered by their indexes alone: their size is that of the work.
UNFINISHED: Final = _of_each_guild("appeal_unfinished", "granted IS NOT NULL AND (outcome IS NULL OR told = 'no')")

CARDS_OWED: Final = _of_each_guild(
    "appeal_owing_card", "version > shown_version AND (granted IS NULL OR card_begun_at IS NOT NULL)"
)

# What was begun in the same channel and never confirmed is looked for from its first try on.
BEGIN_CARD: Final = """
UPDATE appeal SET
    card_begun_at = iif(card_channel_id = :channel AND card_message_id IS NULL, card_begun_at, :now),
    card_channel_id = :channel,
    card_message_id = NULL,
    shown_version = 0
WHERE id = :appeal
"""

CARD_SHOWN: Final = """
UPDATE appeal SET shown_version = max(shown_version, min(:shown, version)), card_message_id = :message
WHERE id = :appeal AND card_begun_at IS NOT NULL
"""

FORGET_CARD: Final = """
UPDATE appeal SET shown_version = 0, card_channel_id = NULL, card_begun_at = NULL, card_message_id = NULL
WHERE id = :appeal
"""
