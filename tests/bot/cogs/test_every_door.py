"""Who gets in where: every way in, for everybody. Who may not is shown nothing, changes nothing, causes nothing.

The rules themselves are tried exhaustively as pure functions in tests/bot/review/test_access.py; here it is the
running bot that is pressed, also with what its cards never offered.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import discord
import pytest
import pytest_asyncio

from bot.case import Action, Decision
from bot.cogs.forms import StandingForm
from bot.guilds.settings import GuildSettings
from bot.records.appeals import NewAppeal
from bot.records.labels import Draw, Stratum
from tests.bot.cogs.door_list import pressable_classes, untried
from tests.bot.cogs.doors import (
    COMMANDS,
    COMPLETIONS,
    DOORS,
    EVERYONE,
    FORMS,
    HUGE,
    MENUS,
    MODERATORS,
    PRESSED,
    PRESSES,
    Door,
    Town,
    on,
    press,
    read,
)
from tests.bot.cogs.whole_bot import WholeBot, utc_now, whole_bot
from tests.discord_server import MODERATOR, Channel, DiscordServer, Guild, Member, Permission, Role
from tests.discord_server.interactions import Interaction
from tests.discord_server.people import User

SECRET = "zebra crossing, you loser"
REASONED = "quagga in the rationale"
PRIVATE = "okapi behind the door, you loser"
SECRETS = ("zebra", "quagga", "okapi")
ALL_OF_A_MODERATOR = MODERATOR | Permission.KICK_MEMBERS | Permission.BAN_MEMBERS | Permission.VIEW_CHANNEL
STANDING_FORMS = {"ActionForm", "PolicyForm", "ReportForm", "TextsForm", "WordsForm"}
VIEWS = {"SetupFlow"}
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Scene:
    bot: WholeBot
    town: Town
    private: Town
    """The same one, with a case out of the private channel."""
    stranger: Member
    """Owns another server with the bot in it."""
    gone: User
    """Was banned: there are only direct messages left."""

    async def answered(self) -> None:
        """Until everybody who asked was answered, and nothing more is done."""
        asked = list(self.bot.discord.interactions.by_id.values())
        await self.bot.discord.wait_until(lambda: all(each.is_settled for each in asked), 40, "the answers")
        await self.bot.at_rest()

    def knocks(self, doors: Sequence[tuple[Door, str]], town: Town) -> list[tuple[str, Interaction]]:
        return [(f"{who} at {door.name}", door.knock(town, town.people[who])) for door, who in doors]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with DiscordServer() as server:
        server.interactions.answer_within = 20  # how fast it is, is tried elsewhere: here hundreds ask at once
        guild, elsewhere = server.add_guild("Bramble"), server.add_guild("Elsewhere")
        moderators = guild.add_role("moderators", ALL_OF_A_MODERATOR)
        people = members_of(guild, moderators)
        others = [member for name, member in people.items() if name not in ("blind", "manager", "bot", "owner")]
        general, private = guild.add_channel("general"), guild.add_channel("private", private_to=others)
        elsewhere.add_channel("general")
        gone = server.add_user("gone")
        async with whole_bot(server, tmp_path_factory.mktemp("whole")) as bot:
            town = await furnished(bot, guild, moderators, people, general, private)
            hidden = await private.say(people["ordinary"], PRIVATE)
            case = await bot.judged(hidden, policy_of(bot, guild), REASONED)
            yield Scene(bot, town, on(town, case, hidden), elsewhere.owner, gone)


def members_of(guild: Guild, moderators: Role) -> dict[str, Member]:
    admin = guild.add_role("admin", Permission.ADMINISTRATOR)
    manager = guild.add_role("manager", Permission.MANAGE_GUILD)
    by_permission = guild.add_role("by permission", ALL_OF_A_MODERATOR)
    messages = guild.add_role("messages", Permission.MANAGE_MESSAGES)
    people = {
        "owner": guild.owner,
        "admin": guild.add_member("admin", [admin]),
        "manager": guild.add_member("manager", [manager]),
        "role_mod": guild.add_member("role_mod", [moderators]),
        "author": guild.add_member("author", [moderators]),
        "blind": guild.add_member("blind", [moderators]),
        "perm_mod": guild.add_member("perm_mod", [by_permission]),
        "messages": guild.add_member("messages", [messages]),
        "ordinary": guild.add_member("ordinary"),
        "timed_out": guild.add_member("timed_out", [moderators]),
    }
    people["timed_out"].timed_out_until = guild.world.clock.now() + timedelta(days=1)
    assert guild.bot_member is not None
    return people | {"bot": guild.bot_member}


def policy_of(bot: WholeBot, guild: Guild):
    return bot.parts.policy_book.policies(guild.id)["harassment"]


async def furnished(
    bot: WholeBot, guild: Guild, moderators: Role, people: dict[str, Member], general: Channel, private: Channel
) -> Town:
    """Set up, with a case that a moderator wrote, decided once and appealed, a sample and a draft."""
    review = guild.add_channel("review", private_to=[moderators])
    await bot.parts.guild_book.save(
        guild.id, GuildSettings(review_channel=review.id, moderator_roles=(moderators.id,))
    )
    await guild.slash(guild.owner, general, "policy add", starter="harassment", mode="live")
    said = await general.say(people["author"], SECRET)
    case = await bot.judged(said, policy_of(bot, guild), REASONED)
    policy, store = policy_of(bot, guild), bot.parts.store
    await store.add_draws(
        [Draw(guild_id=guild.id, policy_id=policy.id, digest=policy.digest, moderator_id=people["role_mod"].id,
              stratum=Stratum.UNFLAGGED, channel_id=general.id, message_id=said.id, drawn_at=utc_now())]
    )  # fmt: skip
    (draw,) = await store.draws(guild.id, policy.id, people["role_mod"].id)
    opened = await guild.slash(guild.owner, general, "policy new", name="mine")
    assert opened.modal is not None
    file = bot.discord.upload("spam.yaml", b"id: spam\ntitle: Spam\n")
    draft = str(opened.modal["custom_id"]).rpartition(":")[2]
    town = Town(bot.discord, guild, general, private, people, case, said, 0, draw.id, draft, file)
    return replace(town, appeal_id=await appealed(bot, town))


async def appealed(bot: WholeBot, town: Town) -> int:
    """An appeal about an older case of the same author."""
    store, author = bot.parts.store, town.people["author"]
    older = await bot.judged(
        await town.general.say(author, f"{SECRET}, once"), policy_of(bot, town.guild), REASONED
    )
    decision = Decision(
        case_id=older.id, action=Action.WARN, moderator_id=town.guild.owner.id, decided_at=utc_now(), reason="rude"
    )
    await store.decide(decision)
    await store.settle(older.id, enforced=True, outcome="It is done.")
    made = NewAppeal(town.guild.id, older.id, 1, author.id, "zebra joke", utc_now())
    appeal, _ = await store.add_appeal(made)
    return appeal.id


# The table is whole


async def test_every_command_completion_component_and_form_has_a_row(scene: Scene):
    client = scene.bot.parts.bot
    commands = [each for each in client.tree.walk_commands() if isinstance(each, discord.app_commands.Command)]
    assert {door.name.split(" in a")[0] for door in COMMANDS} >= {f"/{each.qualified_name}" for each in commands}
    typed = {f"/{each.qualified_name} {option.name}:" for each in commands for option in each.parameters
             if option.autocomplete}  # fmt: skip
    assert {door.name for door in COMPLETIONS} == typed
    menus = client.tree.get_commands(type=discord.AppCommandType.message)
    assert {door.name for door in MENUS} == {each.name for each in menus}
    assert not client.tree.get_commands(type=discord.AppCommandType.user)
    items = client._connection._view_store._dynamic_items
    knocked = [door.knock(scene.town, scene.stranger).name or "" for door in (*PRESSED, *FORMS)]
    assert untried(items.keys() | client.forms.patterns, knocked) == []
    await scene.answered()
    known = {each.__name__ for each in items.values()} | STANDING_FORMS | VIEWS | {"StandingForm"}
    assert pressable_classes() == known, "whatever is called back is among what was tried"
    assert {each.__name__ for each in all_below(discord.ui.Modal)} - {"StandingForm"} == STANDING_FORMS
    assert all(issubclass(each, StandingForm) for each in all_below(discord.ui.Modal))
    assert {each.__name__ for each in all_below(discord.ui.View)} == VIEWS
    await scene.bot.at_rest()


def all_below(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("bot."):
            yield each
        yield from all_below(each)


# Nobody gets in who may not


def batches(doors: list[tuple[Door, str]], size: int = 60) -> Iterator[list[tuple[Door, str]]]:
    """So many at once as are answered in three seconds on a busy machine."""
    for begin in range(0, len(doors), size):
        yield doors[begin : begin + size]


async def assert_nothing_came_of(scene: Scene, knock) -> list[tuple[str, Interaction]]:
    """Whatever is knocked at: nothing is shown, changed, or asked of Discord."""
    await scene.bot.at_rest()
    before, requests = scene.bot.state(), len(scene.bot.discord.requests)
    knocked = knock()
    await scene.answered()
    answers = {name: read(scene.town, each) for name, each in knocked}
    assert [name for name, text in answers.items() if any(secret in text for secret in SECRETS)] == []
    assert [name for name, each in knocked if each.modal is not None or each.choices] == []
    assert scene.bot.deeds(requests) == []
    assert scene.bot.state() ^ before == set(), [name for name, _ in knocked]
    unanswered = [name for name, each in knocked if each.expired and not each.acknowledged]
    assert [name for name in unanswered if not name.endswith(":")] == []
    return knocked


async def test_nobody_who_is_not_let_in_sees_changes_or_causes_anything(scene: Scene):
    shut = [(door, who) for door in DOORS for who in sorted(EVERYONE - door.let_in)]
    assert len(shut) > 700
    for few in batches(shut):
        knocked = await assert_nothing_came_of(scene, lambda few=few: scene.knocks(few, scene.town))
        silent = [name for name, each in knocked if not read(scene.town, each).strip("·")]
        assert [name for name in silent if not name.endswith(":")] == []


async def test_people_of_other_servers_and_accounts_that_are_gone_get_nothing(scene: Scene):
    doors = [door for door in (*PRESSED, *FORMS) if door.name not in HARMLESS]
    await assert_nothing_came_of(
        scene, lambda: [(f"elsewhere at {door.name}", door.knock(scene.town, scene.stranger)) for door in doors]
    )
    await assert_nothing_came_of(
        scene,
        lambda: [
            (f"gone at {door.name}", door.knock(scene.town, scene.gone))
            for door in DOORS
            if not door.is_completion
        ],
    )


HARMLESS = {"privacy: delete", "form: texts"} | {
    door.name for door in PRESSED if door.name.startswith(("queue: next", "stats"))
}
"""Names nothing of a server: from another one it is about that one."""


async def test_who_cannot_read_a_channel_is_shown_nothing_out_of_it(scene: Scene):
    await scene.bot.at_rest()
    doors = [door for door in (*PRESSED, *FORMS, *COMMANDS, *COMPLETIONS) if door.name not in DECIDING]
    open_ = [(door, who) for door in doors for who in ("blind", "manager") if who in door.let_in]
    for few in batches(open_):
        knocked = scene.knocks(few, scene.private)
        await scene.answered()
        assert [name for name, each in knocked if "okapi" in read(scene.private, each)] == []


DECIDING = {f"card: {each}" for each, _ in PRESSES.items() if each.action} | {
    "bulk: author:dismiss:1",
    "bulk: text:delete:1",
    *(door.name for door in FORMS if door.name not in ("form: note", "form: report", "form: policy")),
}


FORMS_TO_SEND = {
    "card's menu: timeout": {},
    "/case note in a form": {"words": "a note"},
    "appeal's card: reject": {"words": "no"},
    "/safeguild texts": {},
    "/policy new": {"title": "Mine", "goal": "Peace.", "rules": "H1: Insults."},
}


@pytest.mark.parametrize("name", FORMS_TO_SEND)
async def test_a_form_that_somebody_else_opened_is_sent_off_by_nobody_who_may_not(scene: Scene, name: str):
    """Its id is all that a forger needs: who sends it is looked at when it comes."""
    door = next(each for each in DOORS if each.name == name)
    opener = scene.town.people["role_mod" if "role_mod" in door.let_in else "owner"]
    for who in sorted(EVERYONE - door.let_in):
        opened = door.knock(scene.town, opener)
        await scene.bot.discord.wait_until(lambda each=opened: each.modal is not None, 10, "the form")
        await scene.bot.at_rest()
        forger = scene.town.people[who]
        taken = replace(opened, who=forger, channel=scene.town.place_of(forger))

        def send(taken: Interaction = taken) -> list[tuple[str, Interaction]]:
            return [(name, scene.bot.discord.world.people.fill(taken, FORMS_TO_SEND[name]))]

        await assert_nothing_came_of(scene, send)


async def test_a_bot_without_permissions_does_nothing_and_says_so(scene: Scene):
    """Whoever presses: what the bot may not do is refused before anything is decided."""
    role = scene.town.guild.bot_member.roles[0]
    held = role.permissions
    await role.edit(permissions=Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES | Permission.EMBED_LINKS)
    await scene.bot.discord.world.drain()
    doing = [door for door in PRESSED if door.name.startswith("card") and door.name.endswith(BY_THE_BOT)]
    assert len(doing) > 8
    owner = scene.town.people["owner"]
    knocked = await assert_nothing_came_of(
        scene, lambda: [(door.name, door.knock(scene.town, owner)) for door in doing]
    )
    assert [name for name, each in knocked if "I need the permission" not in read(scene.town, each)] == []
    await role.edit(permissions=held)
    await scene.bot.discord.world.drain()


BY_THE_BOT = ("delete", "timeout", "kick", "ban", "-60", "-24")


STRANGE_IDS = (
    *(f"case:{HUGE}:{word}" for word in ("delete", "more", "act", "example", "undo")),
    *(f"bulk:{HUGE}:{word}" for word in ("look", "undo", "author:delete:1")),
    f"appeal:{HUGE}",
    f"appeal-card:{HUGE}:grant",
    f"case-pages:{HUGE}:9999",
    f"history-pages:{HUGE}:0",
    f"sample:{HUGE}:00000000:skip",
    f"judge:{HUGE}:{HUGE}",
    "draft:ffffffffffffffff:save",
    "policy-history:nobody:999999999",
    *("case:0:delete", "case:-1:delete", f"case:{HUGE}9:delete", "case:1:delete-help-99999999", "case:1:DELETE"),
    "stats:rules:7:nobody",
    "queue:age:all:nobody:999999:on",
    "setup:review",
    "x" * 100,
)


async def test_an_id_that_nobody_has_and_one_that_is_malformed_lead_nowhere(scene: Scene):
    doors = [press(lambda _, id_=id_: id_, id_, MODERATORS) for id_ in STRANGE_IDS]
    owner = scene.town.people["owner"]
    await assert_nothing_came_of(scene, lambda: [(door.name, door.knock(scene.town, owner)) for door in doors])


# Who may, does


async def test_everybody_who_is_let_in_gets_an_answer_and_no_defect(scene: Scene):
    """The other half: the table would be true of a bot that refuses everybody."""
    refused = ("Only moderators can do this", "You need the permission Manage Server", "You are timed out")
    open_ = [door for door in DOORS if not door.name.startswith(("/policy remove", "/policy mode"))]
    for door in open_:
        who = "role_mod" if "role_mod" in door.let_in else "owner" if "owner" in door.let_in else "author"
        knocked = door.knock(scene.town, scene.town.people[who])
        await scene.answered()
        told = read(scene.town, knocked)
        assert knocked.acknowledged, door.name
        assert not any(words in told for words in refused), (door.name, told)
        assert "went wrong" not in told, door.name
