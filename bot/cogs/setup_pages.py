"""The pages of the guided setup: what each asks for, and what it says meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import discord
from discord.ui import ChannelSelect, RoleSelect, Select

from bot.cogs.safe_text import escaped, shortened
from bot.cogs.setting_up import Draft, about_permissions, about_review_channel
from bot.cogs.words import place
from bot.language import LANGUAGES, Language, marked, tr, tr_n

MOST_ROLES = 10
MOST_CHANNELS = 25
_LONGEST_OPTION = 100
_CARDS_GO_TO = [discord.ChannelType.text]
_PLACES = [
    discord.ChannelType.text,
    discord.ChannelType.news,
    discord.ChannelType.forum,
    discord.ChannelType.voice,
]


Control: TypeAlias = "ChannelSelect[Any] | RoleSelect[Any] | Select[Any]"


@dataclass(frozen=True, slots=True)
class Menu:
    """Something to choose from, and what a choice makes of the draft."""

    control: Control
    chosen: Callable[[Draft, Sequence[Any]], Draft]
    """Takes the control's values."""


@dataclass(frozen=True, slots=True)
class SetupPage:
    """One step."""

    title: str
    """Marked for translation."""
    asks: str
    """Marked for translation."""
    menus: Callable[[Draft], list[Menu]]
    """What a person chooses from."""
    remarks: Callable[[Draft], list[str]]
    """What is to be said about the choice so far."""
    can_be_tried: bool = False


def _review_menu(draft: Draft) -> list[Menu]:
    control = ChannelSelect[Any](
        custom_id="setup:review",
        channel_types=_CARDS_GO_TO,
        placeholder=shortened(tr("The channel for cards"), 150),
        default_values=[discord.Object(draft.review_channel.id)] if draft.review_channel else [],
    )
    return [Menu(control, lambda draft, values: draft.with_review_channel(values[0].id))]


def _review_remarks(draft: Draft) -> list[str]:
    if draft.review_channel is None:
        return [tr("None is chosen yet.")]
    found = about_review_channel(draft.review_channel)
    return found or [tr("Good: only moderators read {channel}.", channel=place(draft.review_channel.id))]


def _role_menu(draft: Draft) -> list[Menu]:
    control = RoleSelect[Any](
        custom_id="setup:roles",
        placeholder=shortened(tr("The moderators' roles"), 150),
        min_values=1,
        max_values=MOST_ROLES,
        default_values=[discord.Object(role.id) for role in draft.moderator_roles],
    )
    return [Menu(control, lambda draft, values: draft.with_moderators(_ids(values)))]


def _role_remarks(draft: Draft) -> list[str]:
    if not draft.moderator_roles:
        return [tr("None is chosen yet.")]
    return [tr("They may decide: {roles}.", roles=", ".join(role.mention for role in draft.moderator_roles))]


def _scope_menus(draft: Draft) -> list[Menu]:
    channels = ChannelSelect[Any](
        custom_id="setup:except_channels",
        channel_types=_PLACES,
        placeholder=shortened(tr("Channels that are left out"), 150),
        min_values=0,
        max_values=MOST_CHANNELS,
        default_values=[discord.Object(channel_id) for channel_id in draft.except_channels[:MOST_CHANNELS]],
    )
    roles = RoleSelect[Any](
        custom_id="setup:except_roles",
        placeholder=shortened(tr("Roles that are left out"), 150),
        min_values=0,
        max_values=MOST_ROLES,
        default_values=[discord.Object(role_id) for role_id in draft.except_roles[:MOST_ROLES]],
    )
    return [
        Menu(channels, lambda draft, values: replace(draft, except_channels=_ids(values))),
        Menu(roles, lambda draft, values: replace(draft, except_roles=_ids(values))),
    ]


def _scope_remarks(draft: Draft) -> list[str]:
    channels = ", ".join(map(place, draft.except_channels))
    roles = ", ".join(f"<@&{role_id}>" for role_id in draft.except_roles)
    return [
        tr("Left out: {channels}.", channels=channels)
        if channels
        else tr("Every channel that I can read is read."),
        tr("Not looked at: members with {roles}.", roles=roles) if roles else tr("Every member is looked at."),
    ]


def _policy_menus(draft: Draft) -> list[Menu]:
    options = [
        discord.SelectOption(
            label=shortened(policy.title, _LONGEST_OPTION),
            value=policy.id,
            description=shortened(policy.goal, _LONGEST_OPTION),
            default=policy.id in draft.starters,
        )
        for policy in draft.offered
    ]
    if not options:
        return []
    control = Select[Any](
        custom_id="setup:starters",
        placeholder=shortened(tr("Policies to begin with"), 150),
        options=options,
        min_values=0,
        max_values=len(options),
    )
    chosen = Menu(control, lambda draft, values: replace(draft, starters=frozenset(values)))
    return [chosen, _language_menu(draft)]


def _language_menu(draft: Draft) -> Menu:
    """Many servers never set their language at Discord: it says English for them, whatever is spoken there."""
    options = [
        discord.SelectOption(label=name, value=language.value, default=language is draft.language)
        for language, name in LANGUAGES.items()
    ]
    control = Select[Any](
        custom_id="setup:language",
        placeholder=shortened(tr("The language that they are written in"), 150),
        options=options,
    )
    return Menu(control, lambda draft, values: replace(draft, language=Language(values[0])))


def _policy_remarks(draft: Draft) -> list[str]:
    count = len(draft.starters)
    return [
        tr_n("{count} policy is chosen.", "{count} policies are chosen.", count)
        if count
        else tr("None is chosen: you can write your own later, with `/policy new`."),
        *_written_in(draft),
        tr("**Try them** holds them against what was written here lately. Nothing is kept, and nobody sees it."),
    ]


def _written_in(draft: Draft) -> list[str]:
    said = tr("They are written in this language: {language}.", language=LANGUAGES[draft.language])
    return [said] if draft.offered else []


def _nothing_to_choose(_: Draft) -> list[Menu]:
    return []


def _ids(values: Sequence[Any]) -> tuple[int, ...]:
    return tuple(value.id for value in values)


def _last_remarks(draft: Draft) -> list[str]:
    """All that was chosen, and what is missing of permissions."""
    *before, policies, _ = PAGES
    lines = [line for page in before for line in page.remarks(draft)[:1]]
    titles = ", ".join(escaped(policy.title, 60) for policy in draft.chosen)
    lines += [tr("Policies: {titles}.", titles=titles)] if titles else policies.remarks(draft)[:1]
    return [*lines, *(f"\N{WARNING SIGN} {line}" for line in about_permissions(draft.guild))]


PAGES = (
    SetupPage(
        marked("1 of 5: Where do cards appear?"),
        marked(
            "When a message breaks a rule, a card with the reasons appears in one channel, and a person decides "
            "there. Choose a channel that only moderators can read."
        ),
        _review_menu,
        _review_remarks,
    ),
    SetupPage(
        marked("2 of 5: Who decides?"),
        marked("Choose the roles of your moderators. What each of them may do still follows their permissions."),
        _role_menu,
        _role_remarks,
    ),
    SetupPage(
        marked("3 of 5: What is read?"),
        marked("Leave out what needs no moderation: a channel for bots, the team's own rooms, trusted roles."),
        _scope_menus,
        _scope_remarks,
    ),
    SetupPage(
        marked("4 of 5: Which rules?"),
        marked("Begin with policies that come with me. You can change every word of them later."),
        _policy_menus,
        _policy_remarks,
        can_be_tried=True,
    ),
    SetupPage(
        marked("5 of 5: Is everything right?"), marked("This will be set:"), _nothing_to_choose, _last_remarks
    ),
)
