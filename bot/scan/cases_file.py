"""`cases.jsonl`: every case of a scan as one JSON object per line, for other programs.

Keys of an object (docs/scan.md explains them): `schema`, `case`, `state`, `guild_id`, `channel_id`, `channel`,
`message_id`, `author_id`, `author`, `created_at`, `edited_at`, `text`, `earlier` (each `author_id`, `text`),
`findings` (each `policy`, `policy_digest`, `mode`, `revision`, `state`, `evidence`, `verdict`).
Ids are strings, since many readers of JSON cannot hold 64 bits.
"""

import json

from bot.case import CaseFile
from bot.exports.parts import finding_fields, message_fields, words

SCHEMA = 1
"""Raised whenever a key changes its meaning or goes."""


def case_line(case: CaseFile) -> str:
    """One line, without its line break."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "case": case.id,
            "state": case.state,
            **message_fields(case.message),
            **words(case),
            "findings": list(map(finding_fields, case.findings)),
        },
        ensure_ascii=False,
    )
