"""Where a guild is moderated at all, whatever its policies say."""

from datetime import UTC, datetime

import pytest

from bot.case import Message
from bot.guilds.settings import GuildSettings
from bot.rulebook import Rulebook
from inference.prefilter.suspicion import Suspicion
from policies.policy import Policy, Rule

GUILD, GENERAL, THREAD, STAFF, HELPER = 1, 10, 11, 12, 20
POLICY = Policy(id="spam", title="Spam", goal="No advertising.", rules=(Rule(id="S1", text="Advertising."),))


class _Nobody:
    def inspect(self, *_: object) -> tuple[Suspicion, ...]:
        return ()


def message(channel_id: int, *, parent_id: int | None = None, role_ids: tuple[int, ...] = ()) -> Message:
    return Message(
        id=1,
        guild_id=GUILD,
        channel_id=channel_id,
        parent_id=parent_id,
        author_id=2,
        role_ids=role_ids,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        content="buy this",
    )


@pytest.mark.parametrize(
    ("settings", "looked_at"),
    [
        (GuildSettings(), {"general", "thread", "staff", "helper"}),
        (GuildSettings(channels=(GENERAL,)), {"general", "thread", "helper"}),
        (GuildSettings(except_channels=(STAFF,)), {"general", "thread", "helper"}),
        (GuildSettings(except_channels=(GENERAL,)), {"staff"}),
        (GuildSettings(except_roles=(HELPER,)), {"general", "thread", "staff"}),
    ],
)
def test_channels_and_roles_that_a_guild_leaves_out_are_not_looked_at(
    settings: GuildSettings, looked_at: set[str]
) -> None:
    book = Rulebook({GUILD: {"spam": POLICY}}, _Nobody(), scope=lambda _: settings.scope)
    messages = {
        "general": message(GENERAL),
        "thread": message(THREAD, parent_id=GENERAL),
        "staff": message(STAFF),
        "helper": message(GENERAL, role_ids=(HELPER,)),
    }
    assert {name for name, each in messages.items() if book.policies_for(each)} == looked_at
