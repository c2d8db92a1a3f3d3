"""The bot itself: account, application, gateway address, guilds, direct messages."""

from __future__ import annotations

from typing import Any

from tests.discord_server import errors
from tests.discord_server.errors import refuse
from tests.discord_server.journal import ActionKind
from tests.discord_server.rest.call import Call, Routes, snowflake

routes = Routes()
IDENTIFIES_PER_DAY = 1000


@routes.on("GET /users/@me")
def get_me(call: Call) -> Any:
    return call.bot.payload() | {
        "locale": "en-US",
        "mfa_enabled": True,
        "verified": True,
        "email": None,
        "premium_type": 0,
    }


@routes.on("GET /users/{user}")
def get_user(call: Call) -> Any:
    user = call.world.users.get(call.id("user")) or refuse(errors.UNKNOWN_USER)
    return user.payload()


@routes.on("GET /applications/@me")
def get_application(call: Call) -> Any:
    application = call.world.application
    return {
        "id": str(application.id),
        "name": application.bot.name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot": application.bot.payload(),
        "owner": application.owner.payload(),
        "team": None,
        "verify_key": "0" * 64,
        "flags": application.flags,
        "flags_new": str(application.flags),
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "bot_public": True,
        "bot_require_code_grant": False,
        "approximate_guild_count": sum(guild.bot_member is not None for guild in call.world.guilds.values()),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
    }


routes.on("GET /oauth2/applications/@me")(get_application)


@routes.on("GET /gateway")
def get_gateway(call: Call) -> Any:
    return {"url": call.gateway_url}


@routes.on("GET /gateway/bot")
def get_gateway_bot(call: Call) -> Any:
    limit = {
        "total": IDENTIFIES_PER_DAY,
        "remaining": call.world.identifies_left(),
        "reset_after": 86_400_000,
        "max_concurrency": 1,
    }
    return {"url": call.gateway_url, "shards": 1, "session_start_limit": limit}


@routes.on("GET /users/@me/guilds")
def get_my_guilds(call: Call) -> Any:
    limit = call.query_int("limit", 200, 1, 200)
    before, after = call.query_id("before"), call.query_id("after")
    ids = sorted(guild.id for guild in call.world.guilds.values() if guild.bot_member is not None)
    ids = [each for each in ids if (before is None or each < before) and (after is None or each > after)]
    chosen = ids[-limit:] if before is not None else ids[:limit]
    return [_partial_guild(call, each) for each in chosen]


def _partial_guild(call: Call, guild_id: int) -> dict[str, Any]:
    guild = call.world.guilds[guild_id]
    bot = call.bot_in(guild)
    return {
        "id": str(guild.id),
        "name": guild.name,
        "icon": None,
        "banner": None,
        "owner": bot.is_owner,
        "permissions": str(int(bot.permissions)),
        "features": [],
    }


@routes.on("DELETE /users/@me/guilds/{guild}")
def leave_guild(call: Call) -> Any:
    guild = call.guild()
    guild.lose_bot()
    call.world.did(ActionKind.LEAVE, guild.id, guild)


@routes.on("POST /users/@me/channels")
def open_direct_channel(call: Call) -> Any:
    recipient = call.world.users.get(snowflake("recipient_id", call.data.get("recipient_id")))
    if recipient is None or recipient is call.bot:
        refuse(errors.UNKNOWN_USER)
    return call.world.direct_channel(recipient).payload()
