"""Asks Discord how the bot stands there, without connecting to the gateway: for `safeguild doctor`.

It reads only. Everything is asked through discord.py, so its address and its rate limits hold here too.
"""

import asyncio

import discord
from discord.abc import GuildChannel

from bot.cogs.failures import FAILURES, translation
from bot.standing import (
    ALL_NEEDED,
    FOR_CARDS,
    NOTHING,
    Asked,
    GuildStanding,
    Needed,
    ProbeFailure,
    ReviewChannel,
    Standing,
)

LOOKED_AT = 50
"""Guilds that are looked at, of those the bot is in: each costs three requests."""
AT_ONCE = 5
"""Guilds that are looked at side by side."""


async def probe(token: str, asked: Asked) -> Standing | ProbeFailure:
    """Log in as the bot, and look at the application and at its guilds."""
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        async with client, asyncio.timeout(asked.seconds):
            await client.login(token)
            return await _standing(client, asked)
    except discord.LoginFailure:
        return ProbeFailure(
            "Discord does not accept the token",
            "make a new one at https://discord.com/developers/applications: your application, page `Bot`, "
            "`Reset Token`",
            refused=True,
        )
    except TimeoutError:
        return _away(f"it did not answer within {asked.seconds:.0f} s")
    except FAILURES as error:
        return _away(str(translation(error)))


def _away(reason: str) -> ProbeFailure:
    advice = "check the network, the proxy and `discord.api`; https://discordstatus.com tells of outages"
    return ProbeFailure(f"Discord was not asked: {reason.rstrip('.')}", advice, refused=False)


async def _standing(client: discord.Client, asked: Asked) -> Standing:
    application = await client.application_info()
    flags = application.flags
    joined = [guild.id async for guild in client.fetch_guilds(limit=None, with_counts=False)]
    looked_at = [guild_id for guild_id in joined if not asked.allowed_guilds or guild_id in asked.allowed_guilds]
    room = asyncio.Semaphore(AT_ONCE)
    guilds = await asyncio.gather(
        *(_in_guild(client, room, guild_id, asked.review_channel(guild_id)) for guild_id in looked_at[:LOOKED_AT])
    )
    return Standing(
        application_id=application.id,
        name=application.name,
        message_content=flags.gateway_message_content or flags.gateway_message_content_limited,
        guilds=tuple(guilds),
        unseen=len(looked_at[LOOKED_AT:]),
        absent=tuple(sorted(asked.allowed_guilds.difference(joined))),
    )


async def _in_guild(
    client: discord.Client, room: asyncio.Semaphore, guild_id: int, review_id: int | None
) -> GuildStanding:
    """One guild. What Discord does not tell of it is said so, and the others are looked at all the same."""
    async with room:
        try:
            guild = await client.fetch_guild(guild_id, with_counts=False)
            channels = await guild.fetch_channels()
            me = await guild.fetch_member(_own_id(client))
        except TimeoutError:
            raise
        except (discord.InvalidData, *FAILURES) as error:
            problem = str(error) if isinstance(error, discord.InvalidData) else str(translation(error))
            return GuildStanding(guild_id, "", NOTHING, False, 0, None, problem)
    review = next((channel for channel in channels if channel.id == review_id), None)
    return GuildStanding(
        id=guild.id,
        name=guild.name,
        missing=_missing(me.guild_permissions, ALL_NEEDED),
        administrator=me.guild_permissions.administrator,
        hidden_channels=sum(_is_hidden(channel, me) for channel in channels),
        review=_review(review_id, review, me),
    )


def _own_id(client: discord.Client) -> int:
    assert client.user is not None  # since the login
    return client.user.id


def _missing(has: discord.Permissions, needed: Needed) -> Needed:
    return NOTHING if has.administrator else needed & ~Needed(has.value & int(ALL_NEEDED))


def _is_hidden(channel: GuildChannel, me: discord.Member) -> bool:
    """Whether members may talk in a channel that the bot cannot read."""
    if isinstance(channel, discord.CategoryChannel):
        return False
    has = channel.permissions_for(me)
    return not (has.read_messages and has.read_message_history)


def _review(review_id: int | None, channel: GuildChannel | None, me: discord.Member) -> ReviewChannel | None:
    if review_id is None:
        return None
    if channel is None:
        return ReviewChannel(review_id, exists=False)
    everyone = channel.permissions_for(channel.guild.default_role)
    return ReviewChannel(
        review_id,
        exists=True,
        missing=_missing(channel.permissions_for(me), FOR_CARDS),
        public=everyone.read_messages,
    )
