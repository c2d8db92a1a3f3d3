from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.case import Action, CaseFile, CaseState
from bot.guilds.settings import GuildSettings
from bot.review.access import NEEDED, Permission, Person, may_look, refusal
from tests.bot.adapters import GUILD, make_message

AUTHOR, ACTOR, BOT, MOD_ROLE, OTHER_ROLE = 55, 66, 77, 300, 301
CASE = CaseFile(
    id=1,
    guild_id=GUILD,
    state=CaseState.OPEN,
    opened_at=datetime(2030, 1, 1, tzinfo=UTC),
    revisions=(make_message(author_id=AUTHOR),),
    earlier=(),
    findings=(),
    decision=None,
    outcome=None,
)
NO_ROLES = GuildSettings()
ROLES = GuildSettings(moderator_roles=(MOD_ROLE,))
ALL = frozenset(Permission)


def person(
    number: int, *permissions: Permission, top: int = 5, roles: tuple[int, ...] = (), owner: bool = False
) -> Person:
    return Person(number, frozenset(permissions), frozenset(roles), top, owner)


MODERATOR = person(ACTOR, Permission.MANAGE_MESSAGES, Permission.MODERATE_MEMBERS)
OUR_BOT = person(BOT, *NEEDED.values())
MEMBER = person(AUTHOR, top=1)


def answer(
    action: Action = Action.DELETE,
    *,
    guild_id: int = GUILD,
    settings: GuildSettings = NO_ROLES,
    actor: Person = MODERATOR,
    bot: Person = OUR_BOT,
    target: Person | None = MEMBER,
) -> str | None:
    return refusal(action, CASE, guild_id, settings, actor, bot, target)


def subsets(permissions: tuple[Permission, ...]) -> Iterator[tuple[Permission, ...]]:
    return chain.from_iterable(combinations(permissions, size) for size in range(len(permissions) + 1))


def forbidden(
    action: Action, guild_id: int, settings: GuildSettings, actor: Person, bot: Person, target: Person | None
) -> set[str]:
    """Every single thing that forbids it, each said on its own: a list of rules, not a walk through them."""
    all_powerful = actor.is_owner or Permission.ADMINISTRATOR in actor.permissions
    named = bool(settings.moderator_roles)
    acts = action is not Action.DISMISS
    needed = NEEDED.get(action)
    found = {
        "another server": guild_id != CASE.guild_id,
        "no moderator's role": named
        and not all_powerful
        and Permission.MANAGE_GUILD not in actor.permissions
        and MOD_ROLE not in actor.role_ids,
        "no moderator's permission": not named
        and not all_powerful
        and not actor.permissions
        & {Permission.MANAGE_GUILD, Permission.MANAGE_MESSAGES, Permission.MODERATE_MEMBERS},
        "actor lacks the permission": acts and not all_powerful and needed not in actor.permissions,
        "bot lacks the permission": acts
        and needed not in bot.permissions
        and Permission.ADMINISTRATOR not in bot.permissions,
        "on oneself": acts and actor.id == AUTHOR,
        "has left": acts and target is None and action is not Action.DELETE,
    }
    if target is not None:
        found |= {
            "the owner": acts and target.is_owner,
            "an administrator": action is Action.TIMEOUT and Permission.ADMINISTRATOR in target.permissions,
            "actor not above": acts and not actor.is_owner and actor.top_role <= target.top_role,
            "bot not above": acts and bot.top_role <= target.top_role,
        }
    return {name for name, is_so in found.items() if is_so}


def actors(action: Action) -> list[Person]:
    telling = {
        Permission.MANAGE_MESSAGES,
        Permission.MODERATE_MEMBERS,
        Permission.MANAGE_GUILD,
        Permission.ADMINISTRATOR,
        NEEDED.get(action, Permission.BAN_MEMBERS),
    }
    return [
        person(number, *permissions, top=top, roles=roles, owner=owner)
        for number in (ACTOR, AUTHOR)
        for permissions in subsets(tuple(sorted(telling)))
        for top in (0, 3)
        for roles in ((), (MOD_ROLE,), (OTHER_ROLE, GUILD))
        for owner in (False, True)
    ]


TARGETS = [None] + [
    person(AUTHOR, *permissions, top=top, owner=owner)
    for permissions in ((), (Permission.ADMINISTRATOR,), tuple(Permission))
    for top in (0, 2, 3)
    for owner in (False, True)
]


def bots(action: Action) -> list[Person]:
    needed = NEEDED.get(action)
    others = tuple(sorted(set(NEEDED.values()) - {needed}))
    fitting = (needed,) if needed else ()
    return [
        person(BOT, *permissions, top=top)
        for permissions in ((), fitting, others, (Permission.ADMINISTRATOR,))
        for top in (1, 3, 5)
    ]


@pytest.mark.parametrize("action", Action)
def test_nobody_is_let_through_whom_one_rule_forbids_and_everybody_else_is(action: Action) -> None:
    """Every actor x target x bot x settings: 0 unauthorised, 0 turned away without a reason."""
    allowed = 0
    for actor, target, bot, settings in product(actors(action), TARGETS, bots(action), (NO_ROLES, ROLES)):
        reasons = forbidden(action, GUILD, settings, actor, bot, target)
        said = refusal(action, CASE, GUILD, settings, actor, bot, target)
        assert (said is not None) == bool(reasons), (said, reasons, actor, target, bot, settings)
        allowed += said is None
    assert allowed > 100


@pytest.mark.parametrize("action", Action)
def test_nobody_can_do_anything_from_another_server(action: Action) -> None:
    owner = person(ACTOR, *Permission, top=99, roles=(MOD_ROLE,), owner=True)
    assert (
        answer(action, guild_id=GUILD + 1, actor=owner)
        == "This case belongs to another server. Decide on it there."
    )


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        ("moderators", {"actor": person(ACTOR)}),
        ("moderator role", {"settings": ROLES}),
        ("You need the permission “Manage Messages”", {"actor": person(ACTOR, Permission.MODERATE_MEMBERS)}),
        ("I need the permission “Manage Messages”", {"bot": person(BOT)}),
        ("another moderator", {"actor": replace(MODERATOR, id=AUTHOR)}),
        ("owns this server", {"target": replace(MEMBER, is_owner=True)}),
        ("not below yours", {"target": replace(MEMBER, top_role=5)}),
        ("not below mine", {"bot": replace(OUR_BOT, top_role=1)}),
        ("has left the server", {"target": None, "action": Action.TIMEOUT}),
        (
            "is an administrator",
            {
                "target": replace(MEMBER, permissions=frozenset({Permission.ADMINISTRATOR})),
                "action": Action.TIMEOUT,
            },
        ),
    ],
)
def test_each_refusal_names_what_is_in_the_way(expected: str, changes: dict[str, object]) -> None:
    said = answer(**changes)  # type: ignore[arg-type]
    assert said is not None
    assert expected in said


def test_a_message_of_somebody_who_left_can_still_be_deleted() -> None:
    assert answer(target=None) is None


def test_a_server_that_names_everybody_as_moderators_has_named_nobody() -> None:
    """The role @everyone has the server's own id."""
    everyone = GuildSettings(moderator_roles=(GUILD,))
    member = person(ACTOR, Permission.MANAGE_MESSAGES, roles=(GUILD,))
    assert may_look(GUILD, CASE, everyone, member) is not None


def test_a_named_role_takes_the_place_of_the_permissions() -> None:
    assert may_look(GUILD, CASE, ROLES, MODERATOR) is not None
    assert may_look(GUILD, CASE, ROLES, person(ACTOR, roles=(MOD_ROLE,))) is None


people = st.builds(
    Person,
    id=st.sampled_from((ACTOR, AUTHOR, BOT)),
    permissions=st.frozensets(st.sampled_from(Permission)),
    role_ids=st.frozensets(st.sampled_from((MOD_ROLE, OTHER_ROLE, GUILD))),
    top_role=st.integers(0, 4),
    is_owner=st.booleans(),
)
actions = st.sampled_from(Action)
guild_settings = st.sampled_from((NO_ROLES, ROLES))


@given(actions, guild_settings, people, people, st.none() | people)
def test_whoever_may_act_may_also_look(
    action: Action, settings: GuildSettings, actor: Person, bot: Person, target: Person | None
) -> None:
    if refusal(action, CASE, GUILD, settings, actor, bot, target) is None:
        assert may_look(GUILD, CASE, settings, actor) is None


@given(actions, guild_settings, people, people, st.none() | people)
def test_a_refusal_is_made_of_full_sentences_that_fit_on_a_phone(
    action: Action, settings: GuildSettings, actor: Person, bot: Person, target: Person | None
) -> None:
    said = refusal(action, CASE, GUILD, settings, actor, bot, target)
    if said is not None:
        assert said[0].isupper()
        assert said.endswith(".")
        assert len(said) <= 200
        assert "\n" not in said


@given(actions, guild_settings, people, people, people, st.sampled_from(Permission))
def test_more_permissions_never_take_a_right_away(
    action: Action, settings: GuildSettings, actor: Person, bot: Person, target: Person, added: Permission
) -> None:
    stronger = replace(actor, permissions=actor.permissions | {added}, top_role=actor.top_role + 1)
    if refusal(action, CASE, GUILD, settings, actor, bot, target) is None:
        assert refusal(action, CASE, GUILD, settings, stronger, bot, target) is None


@given(actions, guild_settings, people, people, people)
def test_nobody_acts_on_the_owner_or_on_themselves(
    action: Action, settings: GuildSettings, actor: Person, bot: Person, target: Person
) -> None:
    if action is not Action.DISMISS and (target.is_owner or actor.id == CASE.message.author_id):
        assert refusal(action, CASE, GUILD, settings, actor, bot, target) is not None


def test_a_moderator_who_is_timed_out_neither_decides_nor_reads() -> None:
    """Discord takes nearly all permissions from them, but their moderator role stays."""
    silenced = replace(person(ACTOR, roles=(MOD_ROLE,)), is_timed_out=True)
    for reason in (may_look(GUILD, CASE, ROLES, silenced), answer(Action.DISMISS, settings=ROLES, actor=silenced)):
        assert reason is not None
        assert "timed out" in reason
    administrator = replace(person(ACTOR, Permission.ADMINISTRATOR), is_timed_out=True)
    assert may_look(GUILD, CASE, ROLES, administrator) is None  # Discord does not time administrators out
