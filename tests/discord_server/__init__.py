"""A loopback Discord for tests and for trying the bot: `DiscordServer` is the way in.

Written from Discord's documentation: REST v10, gateway v10, permissions, limits and error codes.
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
