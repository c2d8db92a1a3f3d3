"""What `/safeguild setup` does: sees whether the wishes are safe, keeps them, and says what is left to do."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import discord
from discord.abc import GuildChannel

from bot.cogs.places import (
    hidden_channels,
    invited_members,
    is_public,
    lacking_for_cards,
    lacking_in_guild,
    moderators_without_access,
    other_readers,
)
from bot.cogs.replies import Reply, page
from bot.cogs.rooms import Rooms
from bot.cogs.safe_text import escaped
from bot.cogs.words import place
from bot.guilds.settings import GuildSettings
from bot.language import Language, marked, tr, tr_n
from bot.records.histories import Author, AuthorKind
from bot.standing import NOTHING, words_of
from policies.policy import Policy
from policies.starter import starter_policies

ESSENTIAL = ("harassment", "hate", "threats", "scams", "spam")
"""What nearly every community forbids."""
_MOST_NAMED = 15
"""Channels or roles that are named one by one."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person has set with the command; what they left out stays as it is."""

    review_channel: discord.TextChannel | None
    moderator_roles: tuple[discord.Role, ...]
    starters: tuple[str, ...] | None
    """None: not said."""
    except_channels: tuple[int, ...] | None = None
    """None: not said."""
    except_roles: tuple[int, ...] | None = None
    language: Language | None = None
    """That the starter policies are written in. None: the guild's."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person has chosen so far in the guided setup."""

    guild: discord.Guild
    there: frozenset[str]
    """The policies that the guild has."""
    language: Language
    """That the starter policies are written in."""
    review_channel: discord.TextChannel | None = None
    moderator_roles: tuple[discord.Role, ...] = ()
    except_channels: tuple[int, ...] = ()
    except_roles: tuple[int, ...] = ()
    starters: frozenset[str] = frozenset()

    @classmethod
    def of(cls, rooms: Rooms, guild: discord.Guild) -> "Draft":
        """Begins with what is set; the first time with the essential policies."""
        settings, there = rooms.guild_book.settings(guild.id), rooms.policy_book.policies(guild.id)
        channel = guild.get_channel(settings.review_channel) if settings.review_channel else None
        roles = (guild.get_role(role_id) for role_id in settings.moderator_roles)
        return cls(
            guild,
            frozenset(there),
            rooms.language(guild.id),
            channel if isinstance(channel, discord.TextChannel) else None,
            tuple(filter(None, roles)),
            settings.except_channels,
            settings.except_roles,
            frozenset(ESSENTIAL) - there.keys() if settings.review_channel is None else frozenset(),
        )

    def with_review_channel(self, channel_id: int) -> "Draft":
        """Cards appear here."""
        channel = self.guild.get_channel(channel_id)
        return replace(self, review_channel=channel if isinstance(channel, discord.TextChannel) else None)

    def with_moderators(self, role_ids: Iterable[int]) -> "Draft":
        """These decide."""
        return replace(self, moderator_roles=tuple(filter(None, map(self.guild.get_role, role_ids))))

    @property
    def offered(self) -> tuple[Policy, ...]:
        """The starter policies that the guild does not have."""
        return tuple(policy for name, policy in starter_policies(self.language).items() if name not in self.there)

    @property
    def chosen(self) -> tuple[Policy, ...]:
        """The starter policies that were chosen."""
        return tuple(policy for policy in self.offered if policy.id in self.starters)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing and nothing unsafe is in it."""
        wishes = self.wishes
        return bool(wishes.review_channel and wishes.moderator_roles) and not unsafe(wishes)

    @property
    def lacks(self) -> bool:
        """Whether the bot's role lacks permissions."""
        return lacking_in_guild(self.guild) != NOTHING

    @property
    def wishes(self) -> Wishes:
        """What is set when the person says so."""
        return Wishes(
            self.review_channel,
            self.moderator_roles,
            tuple(sorted(self.starters)),
            self.except_channels,
            self.except_roles,
            self.language,
        )


def starters_of(choice: str | None) -> tuple[str, ...] | None:
    """The starter policies that a choice of the command stands for."""
    if choice is None:
        return None
    return {"essential": ESSENTIAL, "all": tuple(starter_policies())}.get(choice, ())


async def set_up(rooms: Rooms, guild: discord.Guild, wishes: Wishes, administrator_id: int) -> Reply:
    """Set what is wished and safe, all of it or nothing, in an administrator's name. Raises GuildFileError."""
    before = rooms.guild_book.settings(guild.id)
    if objections := [*_left_out(before, wishes), *unsafe(wishes)]:
        return page(tr("Nothing was set"), objections, discord.Colour.red())
    after = _merged(before, wishes)
    await rooms.guild_book.save(guild.id, after)
    is_first = before.review_channel is None
    wanted = ESSENTIAL if is_first and wishes.starters is None else wishes.starters or ()
    author, language = Author(AuthorKind.COMMAND, administrator_id), wishes.language or rooms.language(guild.id)
    added = await rooms.policy_book.add_missing(guild.id, wanted, author=author, language=language)
    await _move_cards(rooms, guild, before.review_channel)
    lines = [*_what_is_set(after), _about_policies(rooms, guild.id, added), *warnings(guild, after), "", tr(_NEXT)]
    return page(tr("Safeguild is set up"), lines, discord.Colour.green())


async def _move_cards(rooms: Rooms, guild: discord.Guild, old: int | None) -> None:
    """Cards stay where they hang; those that went with their channel are shown anew."""
    if old is not None and guild.get_channel(old) is None:
        await rooms.outbox.channel_gone(guild.id, old)
    rooms.stir(guild.id)


_NEXT = marked(
    "**Next:** read your policies with `/policy list` and `/policy show`. To try one without cards, set it to "
    "shadow with `/policy mode`. `/safeguild status` tells how the bot is doing."
)


def warnings(guild: discord.Guild, settings: GuildSettings) -> list[str]:
    """What is not as it should be in a guild that is set up, with what to do."""
    found = [*_about_cards(guild, settings), *_about_hidden(guild), *about_permissions(guild)]
    return [f"\N{WARNING SIGN} {line}" for line in found]


def about_permissions(guild: discord.Guild) -> list[str]:
    """What the bot's roles lack, and what they have too much of."""
    if guild.me.guild_permissions.administrator:
        return [
            tr("My role has Administrator. I do not need it: take it away, so that a mistake of mine stays small.")
        ]
    missing = lacking_in_guild(guild)
    if missing == NOTHING:
        return []
    lacks = words_of(missing)
    return [tr("My role lacks {permissions}. Give it these in Server Settings, Roles.", permissions=lacks)]


def about_review_channel(channel: GuildChannel) -> list[str]:
    """Why cards cannot be shown in a channel, with what to do."""
    found = []
    if is_public(channel):
        found.append(
            tr(
                "Everyone can read {channel}, and cards show what members wrote. Choose another channel, or open "
                "Edit Channel, Permissions there, take View Channel away from @everyone (Private Channel does "
                "that), and add your moderators' role and mine.",
                channel=place(channel.id),
            )
        )
    if missing := lacking_for_cards(channel):
        found.append(
            tr(
                "I lack {permissions} in {channel}. Open Edit Channel, Permissions there, add my role and allow "
                "it.",
                permissions=words_of(missing),
                channel=place(channel.id),
            )
        )
    return found


def _left_out(before: GuildSettings, wishes: Wishes) -> list[str]:
    """What the first setup cannot do without."""
    found = []
    if before.review_channel is None and wishes.review_channel is None:
        found.append(tr("Name a `review_channel`: a channel that only moderators can read. Cards appear there."))
    if not before.moderator_roles and not wishes.moderator_roles:
        found.append(tr("Name a `moderator_role`: who may decide on cases."))
    return found


def unsafe(wishes: Wishes) -> list[str]:
    """Why what is wished would show members' words to the wrong people, or give them a say."""
    found = about_review_channel(wishes.review_channel) if wishes.review_channel else []
    if any(role.is_default() for role in wishes.moderator_roles):
        found.append(tr("@everyone cannot be a moderator role. Choose the role of your moderators."))
    for role in wishes.moderator_roles:
        if role.is_bot_managed():
            found.append(tr("{role} is the role of a bot. Choose the role of your moderators.", role=role.mention))
    return found


def _merged(before: GuildSettings, wishes: Wishes) -> GuildSettings:
    changed: dict[str, object] = {}
    if wishes.review_channel:
        changed["review_channel"] = wishes.review_channel.id
    if wishes.moderator_roles:
        changed["moderator_roles"] = tuple(dict.fromkeys(role.id for role in wishes.moderator_roles))
    if wishes.except_channels is not None:
        changed["except_channels"] = wishes.except_channels
    if wishes.except_roles is not None:
        changed["except_roles"] = wishes.except_roles
    return before.model_copy(update=changed)


def _what_is_set(settings: GuildSettings) -> list[str]:
    roles = ", ".join(f"<@&{role_id}>" for role_id in settings.moderator_roles)
    left_out = [*map(place, settings.except_channels), *(f"<@&{role_id}>" for role_id in settings.except_roles)]
    return [
        tr("Cards appear in {channel}.", channel=place(settings.review_channel))
        if settings.review_channel
        else tr("Cards appear nowhere."),
        tr("Moderators: {roles}.", roles=roles),
        *([tr("Left out: {left_out}.", left_out=_named(left_out))] if left_out else []),
    ]


def _about_policies(rooms: Rooms, guild_id: int, added: list[Policy]) -> str:
    """What was added, and what holds besides."""
    count = len(rooms.policy_book.policies(guild_id))
    if not added and not count:
        return tr("There is no policy yet: add one with `/policy add`.")
    if not added:
        return tr_n("Policies: {count}, none added.", "Policies: {count}, none added.", count)
    names = ", ".join(escaped(policy.title, 100) for policy in added)
    told = tr("Policies added: {names}.", names=names)
    return f"{told} {tr('What was there before stays as it is.')}" if count > len(added) else told


def _about_cards(guild: discord.Guild, settings: GuildSettings) -> list[str]:
    """What is wrong with the review channel, and who reads it that is no moderator."""
    if settings.review_channel is None:
        return []
    channel = guild.get_channel(settings.review_channel)
    if channel is None:
        return [tr("The review channel does not exist any more. Set another one with `/safeguild setup`.")]
    return about_review_channel(channel) or _about_readers(channel, settings)


def _about_readers(channel: GuildChannel, settings: GuildSettings) -> list[str]:
    found, where = [], place(channel.id)
    blind = [role.mention for role in moderators_without_access(channel, settings.moderator_roles)]
    if blind:
        told = tr(
            "{roles} cannot read {channel}. Give them View Channel there.", roles=_named(blind), channel=where
        )
        found.append(told)
    if readers := other_readers(channel, settings.moderator_roles):
        names = _named([role.mention for role in readers])
        found.append(
            tr("These roles are not moderators and can read {channel}: {roles}.", channel=where, roles=names)
        )
    if people := invited_members(channel):
        told = tr_n(
            "{channel} lets {count} person in by name, too. See that they are a moderator.",
            "{channel} lets {count} people in by name, too. See that they are moderators.",
            people,
            channel=where,
        )
        found.append(told)
    return found


def _about_hidden(guild: discord.Guild) -> list[str]:
    hidden = hidden_channels(guild)
    if not hidden:
        return []
    names = _named([place(channel.id) for channel in hidden])
    told = tr(
        "I cannot read {channels}, so nothing is looked at there. If I should, give my role View Channels and "
        "Read Message History there.",
        channels=names,
    )
    return [told]


def _named(mentions: list[str]) -> str:
    rest = len(mentions) - _MOST_NAMED
    named = ", ".join(mentions[:_MOST_NAMED])
    return tr("{named} and {count} more", named=named, count=rest) if rest > 0 else named
