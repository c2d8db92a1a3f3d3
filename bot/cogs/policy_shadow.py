"""What a policy would have flagged, shown before it goes live: days, rules and some messages out of its shadow."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import discord

from bot.case import CaseFile
from bot.cogs.policy_draft_buttons import Press, draft_buttons
from bot.cogs.policy_pages import cards_line
from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import code_block, escaped
from bot.cogs.words import at
from bot.guilds.drafts import Draft
from bot.language import marked, tr, tr_n
from bot.records.histories import Flagged, ShadowRecord
from bot.review.care import Hidden
from policies.policy import Policy

DAYS: Final = 7
"""How far back is looked."""
SHOWN: Final = 5
"""Messages that are quoted."""
_TITLE, _QUOTE, _ROWS = 120, 160, 3
_HIDDEN: Final = MappingProxyType(
    {
        Hidden.WITHHELD: marked("What such messages say is never shown."),
        Hidden.ERASED: marked("What it said is erased."),
        Hidden.PRIVATE: marked("It stands in a channel that you cannot read."),
    }
)
Seen = tuple[Flagged, CaseFile, Hidden | None]
"""A finding, its case, and why its words are not shown to this person."""


def since(now: datetime) -> datetime:
    """From when on is counted: whole days."""
    return (now - timedelta(days=DAYS - 1)).replace(hour=0, minute=0, second=0, microsecond=0)


def shadow_page(
    policy: Policy, record: ShadowRecord, seen: Sequence[Seen], draft: Draft, review_channel: int | None
) -> Reply:
    """What it found, and a button that lets it go live. `seen`: the newest, as the person may see them."""
    title = tr("Let {title} go live?", title=escaped(policy.title, _TITLE))
    lines = [*_summary(record), cards_line(review_channel)]
    fields: dict[str, Sequence[str]] = {
        tr("A day (UTC)"): [_day_line(day.isoformat(), count) for day, count in record.days.items()],
        tr("By rule"): [f"**{escaped(rule_id, 40)}**: {count}" for rule_id, count in record.rules.items()],
        tr("The newest"): [_example(*each) for each in seen],
    }
    made = page(title, lines, discord.Colour.blurple(), fields)
    return replace(made, view=draft_buttons(draft.id, Press.START, Press.CANCEL))


def _summary(record: ShadowRecord) -> list[str]:
    if not record.violations and not record.undecided:
        return [
            tr(
                "In its shadow it found nothing in the last {days} days: nothing broke it, or it was not in "
                "shadow. How many cards it will make, nobody knows.",
                days=DAYS,
            )
        ]
    count = record.violations + record.undecided
    lines = [
        tr_n(
            "In the last {days} days it would have made {count} card.",
            "In the last {days} days it would have made {count} cards.",
            count,
            days=DAYS,
        )
    ]
    if record.more:
        lines.append(tr("There are more: only the newest were counted."))
    if record.undecided:
        lines.append(tr("In {count} of them the model's answer could not be read.", count=record.undecided))
    if record.older:
        lines.append(tr("{count} of them are by an older wording of the policy.", count=record.older))
    return lines


def _day_line(day: str, count: int) -> str:
    return f"`{day}` {'▪' * min(count, 20)} {count}"


def _example(found: Flagged, case: CaseFile, reason: Hidden | None) -> str:
    """A short quote with a link, or why there is none."""
    message = case.revisions[min(found.revision, len(case.revisions)) - 1]
    link = f"https://discord.com/channels/{message.guild_id}/{message.channel_id}/{message.id}"
    rules = ", ".join(escaped(rule_id, 40) for rule_id in found.rule_ids) or "-"
    head = f"{at(found.at)} · {rules} · {tr('[Jump to it]({link})', link=link)}"
    if reason is not None:
        return f"{head}\n{tr(_HIDDEN[reason])}"
    block, _ = code_block(message.text, _QUOTE, rows=_ROWS)
    return f"{head}\n{block}"
