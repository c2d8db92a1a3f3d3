"""How columns with sealed texts are read, so that one damaged text spoils one text and nothing else.

Sealed texts are handed to the functions of `vault.py` as bytes: what is damaged need not be UTF-8. The values of
the row's key go along, to tell the operator where the damage is. A damaged document (JSON) is read as one that is
put together from what stands beside it in plain columns; `rows.is_unreadable` tells it.
"""

from typing import Final

ROW_KEYS: Final = {
    "revision.message": ("case_id", "number"),
    "revision.earlier": ("case_id", "number"),
    "case_file.current_message": ("id",),
    "job.suspicion": ("id",),
    "job.verdict": ("id",),
    "decision.reason": ("case_id", "number"),
    "decision.outcome": ("case_id", "number"),
    "case_event.text": ("id",),
    "report.reason": ("case_id", "kind"),  # not by whom: that is told to nobody
    "appeal.text": ("id",),
    "appeal.answer": ("id",),
    "appeal.outcome": ("id",),
    "policy_history.reason": ("id",),
    "policy_history.source": ("id",),
}
"""{sealed column: what its row is found by}. A test holds it against the schema and the SQL."""


def _call(function: str, column: str) -> str:
    table, _, name = column.partition(".")
    key = ", ".join(f"{table}.{part}" for part in ROW_KEYS[column])
    return f"{function}('{column}', CAST({table}.{name} AS BLOB), {key})"


def opened(column: str) -> str:
    """SQL: words of people. Damaged ones are read as the mark `UNREADABLE`."""
    return f"{_call('opened', column)} AS {column.partition('.')[2]}"


def _document(column: str, stand_in: str) -> str:
    """SQL: a document, or its stand-in. NULL stays NULL."""
    table, _, name = column.partition(".")
    whole = f"coalesce({_call('opened_whole', column)}, {stand_in})"
    return f"iif({table}.{name} IS NULL, NULL, {whole}) AS {name}"


def _message(case_id: str) -> str:
    """Who wrote where and when is known: a message's id tells the time (milliseconds since 2015)."""
    return f"""(
        SELECT json_object(
            'unreadable', json('true'), 'id', about.message_id, 'guild_id', about.guild_id,
            'channel_id', max(about.channel_id, 1), 'parent_id', nullif(about.parent_id, 0),
            'author_id', max(about.author_id, 1),
            'created_at', strftime(
                '%Y-%m-%dT%H:%M:%fZ', ((about.message_id >> 22) + 1420070400000) / 1000.0, 'unixepoch'
            )
        ) FROM case_file AS about WHERE about.id = {case_id}
    )"""  # noqa: S608 - a column of our own


MESSAGE: Final = _document("revision.message", _message("revision.case_id"))
CURRENT_MESSAGE: Final = _document("case_file.current_message", _message("case_file.id"))
EARLIER: Final = _document("revision.earlier", "'[]'")
SUSPICION: Final = _document(
    "job.suspicion",
    """(
        SELECT json_object(
            'unreadable', json('true'), 'policy_id', version.policy_id, 'evidence', json_array(json_object(
                'kind', iif(job.audit, 'audit', 'score'), 'name', '', 'start', 0, 'end', 0, 'quote', ''
            ))
        ) FROM policy_version AS version WHERE version.id = job.version_id
    )""",
)
VERDICT: Final = _document(
    "job.verdict",
    """(
        SELECT json_object(
            'unreadable', json('true'),
            'violation', json(CASE job.violation WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE 'null' END),
            'rule_ids', json(coalesce((SELECT rule_ids FROM finding WHERE finding.job_id = job.id), '[]')),
            'effort', 'medium', 'tokens', 0, 'milliseconds', 0.0, 'policy_digest', version.digest,
            'model_digest', '', 'model_name', '', 'prompt_version', 0, 'seed', 0
        ) FROM policy_version AS version WHERE version.id = job.version_id
    )""",
)
