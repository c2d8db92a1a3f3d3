"""`/policy remove`: asks once more, and says what is kept."""

from dataclasses import replace

import discord

from bot.cogs.policy_draft_buttons import Press, draft_buttons
from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import escaped
from bot.guilds.drafts import Draft
from bot.language import tr
from policies.policy import Policy

_TITLE = 120


def removal_page(policy: Policy, draft: Draft) -> Reply:
    """What removing a policy does."""
    title = escaped(policy.title, _TITLE)
    lines = [
        tr("Remove **{title}** (`{id}`)?", title=title, id=policy.id),
        tr("Messages are not looked at for it any more. Cases that it has found stay."),
        tr("Its versions are kept: `/policy restore` brings it back. To pause it, use `/policy mode`."),
    ]
    return replace(page("", lines, discord.Colour.red()), view=draft_buttons(draft.id, Press.REMOVE, Press.CANCEL))


def removed_page(policy: Policy) -> Reply:
    """It is removed."""
    title = escaped(policy.title, _TITLE)
    lines = [
        tr("**{title}** is removed. `/policy restore policy:{id}` brings it back.", title=title, id=policy.id)
    ]
    return page("", lines, discord.Colour.green())
