from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.case import Action, CaseFile, CaseState, Decision, Holder
from bot.guilds.settings import GuildSettings
from bot.review.access import NEEDED, Handling, Permission, Person, handling_refusal, may_look, refusal
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


@dataclass(frozen=True)
class Situation:
    """What somebody wants to do, and in which case."""

    action: Action
    case: CaseFile
    done: frozenset[Action] = frozenset()
    """What was done before, part by part: what an undo is about."""

    @property
    def name(self) -> str:
        return " ".join((self.action, *(f"a {part}" for part in sorted(self.done))))

    @property
    def by_actor(self) -> set[Permission]:
        parts = self.done if self.action is Action.UNDO else {self.action}
        return {NEEDED_TO[part] for part in parts if part in NEEDED_TO}

    @property
    def by_bot(self) -> set[Permission]:
        if self.action is Action.UNDO:
            return {NEEDED_TO[part] for part in self.done & {Action.TIMEOUT, Action.BAN}}
        return set() if self.action is Action.WARN else self.by_actor

    @property
    def acts(self) -> bool:
        """Whether it, or what it takes back, is done to somebody."""
        return bool(self.by_actor)


NEEDED_TO = {
    Action.DELETE: Permission.MANAGE_MESSAGES,
    Action.WARN: Permission.MODERATE_MEMBERS,
    Action.TIMEOUT: Permission.MODERATE_MEMBERS,
    Action.KICK: Permission.KICK_MEMBERS,
    Action.BAN: Permission.BAN_MEMBERS,
}
"""Written down once more: the table must not take its own word for it."""


def undoing(*made: Action, also_delete: bool = False) -> Situation:
    answers = tuple(
        Decision(case_id=1, action=action, moderator_id=1, decided_at=CASE.opened_at, also_delete=also_delete)
        for action in made
    )
    done = frozenset(made) | ({Action.DELETE} if also_delete else frozenset())
    return Situation(Action.UNDO, replace(CASE, state=CaseState.ENFORCED, answers=answers), done)


SITUATIONS = [
    *(Situation(action, CASE) for action in Action if action is not Action.UNDO),
    *(undoing(action) for action in Action if action is not Action.UNDO),
    undoing(Action.TIMEOUT, Action.DELETE),
    undoing(Action.BAN, also_delete=True),
    undoing(Action.TIMEOUT, Action.BAN),
]


def forbidden(
    situation: Situation,
    guild_id: int,
    settings: GuildSettings,
    actor: Person,
    bot: Person,
    target: Person | None,
) -> set[str]:
    """Every single thing that forbids it, each said on its own: a list of rules, not a walk through them."""
    action, done = situation.action, situation.done
    all_powerful = actor.is_owner or Permission.ADMINISTRATOR in actor.permissions
    manages = all_powerful or Permission.MANAGE_GUILD in actor.permissions
    named = bool(settings.moderator_roles)
    undoes = action is Action.UNDO
    found = {
        "another server": guild_id != CASE.guild_id,
        "silenced": actor.is_timed_out and not all_powerful,
        "no moderator's role": named and not manages and MOD_ROLE not in actor.role_ids,
        "no moderator's permission": not named
        and not manages
        and not actor.permissions & {Permission.MANAGE_MESSAGES, Permission.MODERATE_MEMBERS},
        "escalated to others": situation.case.escalated is not None
        and not manages
        and (settings.escalation_role is None or settings.escalation_role not in actor.role_ids),
        "actor lacks the permission": not all_powerful and not situation.by_actor <= actor.permissions,
        "bot lacks the permission": not situation.by_bot <= bot.permissions
        and Permission.ADMINISTRATOR not in bot.permissions,
        "on oneself": actor.id == AUTHOR and not (action is Action.DISMISS and actor.is_owner),
        "has left": target is None and action not in (Action.DELETE, Action.DISMISS, Action.UNDO),
        "left with a timeout": target is None and undoes and Action.TIMEOUT in done and Action.BAN not in done,
    }
    if target is not None:
        by_bot = situation.by_bot or (undoes and bool(done & {Action.TIMEOUT, Action.BAN}))
        found |= {
            "a bot": action in (Action.WARN, Action.HELP) and target.is_bot,
            "the owner": situation.acts and target.is_owner,
            "an administrator": action is Action.TIMEOUT and Permission.ADMINISTRATOR in target.permissions,
            "actor not above": situation.acts and not actor.is_owner and actor.top_role <= target.top_role,
            "bot not above": bool(by_bot) and bot.top_role <= target.top_role,
        }
    return {name for name, is_so in found.items() if is_so}


def actors(situation: Situation) -> list[Person]:
    telling = {
        Permission.MANAGE_MESSAGES,
        Permission.MODERATE_MEMBERS,
        Permission.MANAGE_GUILD,
        Permission.ADMINISTRATOR,
        *situation.by_actor,
    }
    return [
        person(number, *permissions, top=top, roles=roles, owner=owner)
        for permissions in subsets(tuple(sorted(telling)))
        for number, top, roles, owner in (
            *product((ACTOR,), (0, 3), ((OTHER_ROLE, GUILD), (MOD_ROLE,)), (False, True)),
            *product((AUTHOR,), (3,), ((MOD_ROLE,),), (False, True)),
        )
    ]


TARGETS = [
    None,
    replace(person(AUTHOR, top=1), is_bot=True),
    *(
        person(AUTHOR, *permissions, top=top, owner=owner)
        for permissions in ((), (Permission.ADMINISTRATOR,))
        for top in (0, 2, 3)
        for owner in (False, True)
    ),
]


def bots(situation: Situation) -> list[Person]:
    needed = tuple(sorted(situation.by_bot))
    others = tuple(sorted(set(NEEDED_TO.values()) - situation.by_bot))
    return [
        person(BOT, *permissions, top=top)
        for permissions in {(), needed, others, (Permission.ADMINISTRATOR,)}
        for top in (1, 3)
    ]


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_nobody_is_let_through_whom_one_rule_forbids_and_everybody_else_is(situation: Situation) -> None:
    """Every actor x target x bot x settings: 0 unauthorised, 0 turned away without a reason."""
    allowed = 0
    for actor, target, bot, settings in product(actors(situation), TARGETS, bots(situation), (NO_ROLES, ROLES)):
        reasons = forbidden(situation, GUILD, settings, actor, bot, target)
        said = refusal(situation.action, situation.case, GUILD, settings, actor, bot, target)
        assert (said is not None) == bool(reasons), (said, reasons, actor, target, bot, settings)
        allowed += said is None
    assert allowed > 100


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.name)
def test_an_escalated_case_is_for_those_with_more_say(situation: Situation) -> None:
    escalated = replace(situation, case=replace(situation.case, escalated=Holder(ACTOR, CASE.opened_at)))
    settings = (NO_ROLES, ROLES, GuildSettings(escalation_role=OTHER_ROLE), GuildSettings(escalation_role=GUILD))
    people = [replace(actor, is_timed_out=out) for actor in actors(situation) for out in (False, True)]
    outcomes = set()
    for actor, each in product(people, settings):
        reasons = forbidden(escalated, GUILD, _unless_everyone(each), actor, OUR_BOT, MEMBER)
        said = refusal(situation.action, escalated.case, GUILD, each, actor, OUR_BOT, MEMBER)
        assert (said is not None) == bool(reasons), (said, reasons, actor, each)
        outcomes.add(said is None)
    assert outcomes == {False, True}


def _unless_everyone(settings: GuildSettings) -> GuildSettings:
    """The role @everyone, which has the server's own id, gives nobody more say."""
    return settings if settings.escalation_role != GUILD else settings.model_copy(update={"escalation_role": None})


@pytest.mark.parametrize("handling", Handling)
def test_what_is_done_beside_deciding_takes_a_moderator_and_little_more(handling: Handling) -> None:
    holders = (None, Holder(ACTOR, CASE.opened_at), Holder(BOT, CASE.opened_at))
    for actor, settings, holder, escalated, reads in product(
        actors(SITUATIONS[0]), (NO_ROLES, ROLES), holders, holders, (False, True)
    ):
        case = replace(CASE, holder=holder, escalated=escalated)
        somebody = replace(actor, reads=reads)
        all_powerful = actor.is_owner or Permission.ADMINISTRATOR in actor.permissions
        manages = all_powerful or Permission.MANAGE_GUILD in actor.permissions
        forbids = {
            "no moderator": may_look(GUILD, case, settings, somebody) is not None,
            "reads the channel not": handling is Handling.EVIDENCE and not reads,
            "somebody else's": handling is Handling.RELEASE
            and holder is not None
            and holder.moderator_id != actor.id
            and not manages,
            "about oneself": handling in (Handling.CLAIM, Handling.ESCALATE)
            and actor.id == AUTHOR
            and not actor.is_owner,
            "not theirs to calm": handling is Handling.CALM
            and escalated is not None
            and escalated.moderator_id != actor.id
            and not manages,
        }
        said = handling_refusal(handling, case, GUILD, settings, somebody)
        assert (said is not None) == any(forbids.values()), (said, forbids, somebody, case.holder, case.escalated)


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
    kindly = action in (Action.DISMISS, Action.HELP, Action.UNDO)  # of this case, there is nothing to undo
    own = actor.id == CASE.message.author_id
    if (target.is_owner and not kindly) or (own and not (actor.is_owner and action is Action.DISMISS)):
        assert refusal(action, CASE, GUILD, settings, actor, bot, target) is not None


def test_a_moderator_who_is_timed_out_neither_decides_nor_reads() -> None:
    """Discord takes nearly all permissions from them, but their moderator role stays."""
    silenced = replace(person(ACTOR, roles=(MOD_ROLE,)), is_timed_out=True)
    for reason in (may_look(GUILD, CASE, ROLES, silenced), answer(Action.DISMISS, settings=ROLES, actor=silenced)):
        assert reason is not None
        assert "timed out" in reason
    administrator = replace(person(ACTOR, Permission.ADMINISTRATOR), is_timed_out=True)
    assert may_look(GUILD, CASE, ROLES, administrator) is None  # Discord does not time administrators out
