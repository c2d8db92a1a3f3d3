"""The JSON of channels and threads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.discord_server.channels import Channel, ThreadState

FORUM = 15


def channel(shown: Channel) -> dict[str, Any]:
    """The channel object of the REST API."""
    last = None if shown.log.last_id is None else str(shown.log.last_id)
    payload: dict[str, Any] = {"id": str(shown.id), "type": int(shown.kind), "last_message_id": last, "flags": 0}
    if shown.guild is None:
        return payload | {"recipients": [shown.recipient.payload()] if shown.recipient else []}
    parent = None if shown.parent is None else str(shown.parent.id)
    payload |= {"guild_id": str(shown.guild.id), "name": shown.name, "parent_id": parent, "rate_limit_per_user": 0}
    return payload | (_of_guild(shown) if shown.thread is None else _of_thread(shown, shown.thread))


def _of_guild(shown: Channel) -> dict[str, Any]:
    payload: dict[str, Any] = {
        "position": shown.position,
        "permission_overwrites": [each.payload() for each in shown.overwrites.values()],
        "nsfw": False,
        "topic": None,
    }
    if shown.kind == FORUM:
        payload |= {"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None}
    return payload


def _of_thread(shown: Channel, state: ThreadState) -> dict[str, Any]:
    archived_at = state.archived_at or state.created_at
    return {
        "owner_id": str(state.owner.id),
        "message_count": len(shown.log),
        "member_count": len(state.members),
        "total_message_sent": len(shown.log),
        "thread_metadata": {
            "archived": state.archived,
            "locked": state.locked,
            "auto_archive_duration": 1440,
            "archive_timestamp": archived_at.isoformat(),
            "create_timestamp": state.created_at.isoformat(),
        },
    }
