"""A loopback Discord for tests and for trying the bot: `DiscordServer` is the way in.

    async with DiscordServer() as discord:
        guild = discord.add_guild("Bramble")
        ada = guild.add_member("ada", [guild.add_role("moderators", MODERATOR)])
        mallory, general = guild.add_member("mallory"), guild.add_channel("general")
        ...  # start the bot with discord.api_url, discord.gateway_url and discord.token
        await discord.wait_connected()
        await general.say(mallory, "something bad")
        card = await guild.channel("review").wait_for_message()
        reply = await card.click(ada, "Delete")

Written from Discord's documentation: REST v10, gateway v10, intents, permissions, hierarchy, limits, error codes,
the life of an interaction, rate limits. It knows no voice, no presences and no other applications; a route it does
not know is answered with 404 and reported as a deviation. People act through `Guild`, `Channel`, `Message` and
`Reply`; what their client would not let them do raises `NotAllowed`. `discord.upload(name, bytes)` is a file for a
command's option, `automod.block` and `automod.flag` are Discord's own AutoMod, `User.locale` is a person's
language, and in direct messages (`discord.direct_channel(user)`) it is the `User` who presses. `discord.faults`,
`discord.outage()`, `discord.drop_sessions()` and `discord.clock` make things go wrong.
"""

from tests.discord_server.channels import Channel, ChannelKind
from tests.discord_server.errors import NotAllowed
from tests.discord_server.events import Intent
from tests.discord_server.faults import Fault, Outage
from tests.discord_server.gateway_protocol import Close, GatewayRules, Op
from tests.discord_server.guild import Guild
from tests.discord_server.interactions import CallbackKind
from tests.discord_server.journal import Action, ActionKind, AuditEntry, AuditEvent, Request
from tests.discord_server.messages import Attachment, Message, Poll
from tests.discord_server.people import Member, Role, User
from tests.discord_server.permissions import MODERATOR, Overwrite, Permission
from tests.discord_server.rate_limits import RateLimits
from tests.discord_server.replies import Choice, Reply
from tests.discord_server.server import Deviation, DiscordServer
from tests.discord_server.world import BOT_PERMISSIONS

__all__ = [
    "BOT_PERMISSIONS",
    "MODERATOR",
    "Action",
    "ActionKind",
    "Attachment",
    "AuditEntry",
    "AuditEvent",
    "CallbackKind",
    "Channel",
    "ChannelKind",
    "Choice",
    "Close",
    "Deviation",
    "DiscordServer",
    "Fault",
    "GatewayRules",
    "Guild",
    "Intent",
    "Member",
    "Message",
    "NotAllowed",
    "Op",
    "Outage",
    "Overwrite",
    "Permission",
    "Poll",
    "RateLimits",
    "Reply",
    "Request",
    "Role",
    "User",
]
