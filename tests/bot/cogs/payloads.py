"""Gateway payloads, written by hand after Discord's reference: what discord.py is fed with in these tests."""

from typing import Any

BOT = 900
GUILD = 1_000
EVERYONE = GUILD
MODERATORS = 1_001
GENERAL = 2_000
STAFF = 2_001
VOICE = 2_002
FORUM = 2_003
AUTHOR = 3_000
FIRST = 1_200_000_000_000_000_000
"""A message id of the year 2024."""
READ = 1 << 10 | 1 << 16 | 1 << 20
"""View Channel, Read Message History, Connect."""

Payload = dict[str, Any]


def user(user_id: int = AUTHOR, **more: Any) -> Payload:
    return {"id": str(user_id), "username": f"member{user_id}", "discriminator": "0", "avatar": None, **more}


def member(*roles: int) -> Payload:
    return {
        "roles": [str(role) for role in roles],
        "joined_at": "2024-01-02T03:04:05+00:00",
        "deaf": False,
        "mute": False,
        "flags": 0,
    }


def message(message_id: int = FIRST, content: str = "hello", **more: Any) -> Payload:
    return {
        "id": str(message_id),
        "guild_id": str(GUILD),
        "channel_id": str(GENERAL),
        "author": user(),
        "member": member(),
        "content": content,
        "timestamp": "2024-01-25T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        **more,
    }


def attachment(filename: str, **more: Any) -> Payload:
    url = f"https://cdn.example/{filename}"
    return {"id": "5", "filename": filename, "size": 1, "url": url, "proxy_url": url, **more}


def snapshot(content: str = "", **more: Any) -> Payload:
    return {
        "message": {
            "type": 0,
            "content": content,
            "embeds": [],
            "attachments": [],
            "timestamp": "2024-01-25T00:00:00+00:00",
            "edited_timestamp": None,
            "flags": 0,
            "mentions": [],
            **more,
        }
    }


def role(role_id: int, permissions: int = 0) -> Payload:
    return {
        "id": str(role_id),
        "name": f"role{role_id}",
        "permissions": str(permissions),
        "position": 0 if role_id == GUILD else 1,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def channel(channel_id: int, kind: int = 0, *, hidden: bool = False, last: int | None = None) -> Payload:
    denied = [{"id": str(EVERYONE), "type": 0, "allow": "0", "deny": str(1 << 10)}]
    return {
        "id": str(channel_id),
        "guild_id": str(GUILD),
        "type": kind,
        "name": f"channel{channel_id}",
        "position": 0,
        "permission_overwrites": denied if hidden else [],
        "last_message_id": str(last) if last else None,
        "bitrate": 64_000,
        "user_limit": 0,
        "available_tags": [],
        "flags": 0,
    }


def thread(thread_id: int, parent_id: int, name: str = "a thread", *, last: int | None = None) -> Payload:
    return {
        "id": str(thread_id),
        "guild_id": str(GUILD),
        "parent_id": str(parent_id),
        "owner_id": str(AUTHOR),
        "type": 11,
        "name": name,
        "last_message_id": str(last) if last else None,
        "message_count": 1,
        "member_count": 1,
        "rate_limit_per_user": 0,
        "thread_metadata": {
            "archived": False,
            "auto_archive_duration": 60,
            "archive_timestamp": "2024-01-25T00:00:00+00:00",
            "locked": False,
        },
    }


def guild(guild_id: int = GUILD, **more: Any) -> Payload:
    return {
        "id": str(guild_id),
        "name": "A guild",
        "owner_id": "1",
        "unavailable": False,
        "roles": [role(guild_id, READ), role(MODERATORS)],
        "channels": [
            channel(GENERAL, last=FIRST),
            channel(STAFF, last=FIRST + 1),
            channel(VOICE, 2),
            channel(FORUM, 15),
        ],
        "threads": [],
        "members": [{**member(), "user": user(BOT, bot=True)}],
        "emojis": [],
        "stickers": [],
        "features": [],
        "member_count": 2,
        **more,
    }


def ready(*guild_ids: int) -> Payload:
    return {
        "v": 10,
        "user": user(BOT, bot=True),
        "application": {"id": str(BOT), "flags": 0},
        "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in guild_ids],
        "session_id": "s",
        "resume_gateway_url": "ws://127.0.0.1/",
    }
