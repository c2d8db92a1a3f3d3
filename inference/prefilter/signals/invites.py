"""Invitations to other Discord servers, also with blanks and signs put between the letters."""

import re
from collections.abc import Iterator

from inference.prefilter.signals.links import Link
from inference.prefilter.view import View

_INVITING_HOSTS = frozenset({"discord.gg", "dsc.gg", "invite.gg", "discord.me", "discord.io", "discord.li"})
"""Hosts whose paths are invitations: Discord's own and the services that shorten its links."""
_DISCORD_HOSTS = frozenset({"discord.com", "discordapp.com", "ptb.discord.com", "canary.discord.com"})
_INVITE_PATH = re.compile(r"/+invite/+[\w-]", re.IGNORECASE)
_CODE = re.compile(r"/+[\w-]")

_BETWEEN = r"[\W_]{0,4}+"
_NAME = _BETWEEN.join(("d", "[i1l]", "s", "c", "[o0]", "r", "d"))
_DOT = rf"(?:{_BETWEEN}(?:dot|punkt|point|punto|ponto){_BETWEEN}|{_BETWEEN})"
_SPACED = re.compile(
    rf"(?<![a-z0-9]){_NAME}(?:{_DOT}g{_BETWEEN}g|(?:{_BETWEEN}app)?{_DOT}com{_BETWEEN}/{_BETWEEN}invite)"
    rf"[^\S\n]{{0,2}}/{_BETWEEN}[a-z0-9-]{{2,32}}"
)
"""`d i s c o r d . g g / abc`, `discord dot gg/abc`; a slash and a code must follow."""


def is_invite(link: Link) -> bool:
    """Whether a link invites to a Discord server."""
    host = link.host.removeprefix("www.")
    if host in _DISCORD_HOSTS:
        return _INVITE_PATH.match(link.path) is not None
    return host in _INVITING_HOSTS and _CODE.match(link.path) is not None


def spaced_invites(light: View) -> Iterator[tuple[int, int]]:
    """The spans in the raw text of invitations that are no links as they are written."""
    for match in _SPACED.finditer(light.text):
        yield light.raw_span(*match.span())
