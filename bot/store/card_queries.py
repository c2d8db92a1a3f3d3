"""All SQL about cards. A case owes one when a row of the index `case_file_owing_card` says so (migration 0002)."""

from typing import Final

# What was begun in the same channel and never confirmed is looked for from its first try on.
BEGIN: Final = """
UPDATE case_file SET
    card_begun_at = iif(card_channel_id = :channel AND card_message_id IS NULL, card_begun_at, :now),
    card_channel_id = :channel,
    card_message_id = NULL,
    shown_version = 0
WHERE id = :case
"""

# A version that was shown late does not hide a newer one. A card that was never begun has no place to be noted.
SHOWN: Final = """
UPDATE case_file SET
    shown_version = max(shown_version, min(:shown, version)),
    card_message_id = coalesce(:message, card_message_id)
WHERE id = :case AND (:message IS NULL OR card_begun_at IS NOT NULL)
"""

FORGET: Final = """
UPDATE case_file SET shown_version = 0, card_channel_id = NULL, card_begun_at = NULL, card_message_id = NULL
WHERE id = :case
"""

# Answered by the index case_file_owing_card alone, as is the next one: its size is that of the debt.
GUILDS_OWING: Final = """
SELECT DISTINCT guild_id FROM case_file
WHERE version > shown_version AND (state = 'open' OR card_begun_at IS NOT NULL)
ORDER BY guild_id
"""

OWED: Final = """
SELECT id FROM case_file
WHERE guild_id = :guild AND version > shown_version AND (state = 'open' OR card_begun_at IS NOT NULL)
ORDER BY card_message_id IS NULL, for_people, severity DESC, id
LIMIT :limit
"""
