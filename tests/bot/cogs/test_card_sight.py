"""Who reads the review channel and not the message's: a table, and every combination of what settings can say."""

from itertools import product
from typing import Any

import discord
import pytest

from bot.cogs.card_sight import outsiders
from bot.cogs.people import Place
from tests.bot.cogs import payloads
from tests.bot.cogs.payloads import BOT, GUILD, READ, STAFF

SOURCE, REVIEW = 2_010, 2_011
MODS, STAFF_ROLE, MEMBERS, ADMINS, JAIL = 1_010, 1_011, 1_012, 1_013, 1_014
BOB = 4_000
ADMINISTRATOR = 1 << 3
VIEW = 1 << 10
MANAGE_THREADS = 1 << 34


def overwrite(target: int, allow: int = 0, deny: int = 0, *, member: bool = False) -> dict[str, Any]:
    return {"id": str(target), "type": int(member), "allow": str(allow), "deny": str(deny)}


def let_in(*targets: int, also: int = 0, member: bool = False) -> list[dict[str, Any]]:
    return [overwrite(target, allow=VIEW | also, member=member) for target in targets]


HIDDEN = [overwrite(GUILD, deny=VIEW)]


def places(
    source: list[dict[str, Any]], review: list[dict[str, Any]], *, thread: int | None = None, everyone: bool = True
) -> tuple[Place, Place]:
    """The message's channel, or a thread in it of this type, and the review channel."""
    roles = [
        payloads.role(GUILD, READ if everyone else 0),
        payloads.role(MODS, 0 if everyone else READ),
        *(payloads.role(number) for number in (STAFF_ROLE, MEMBERS, JAIL)),
        payloads.role(ADMINS, ADMINISTRATOR),
    ]
    made = payloads.guild(
        roles=roles,
        channels=[
            {**payloads.channel(SOURCE), "permission_overwrites": source},
            {**payloads.channel(REVIEW), "permission_overwrites": review},
        ],
        threads=[] if thread is None else [{**payloads.thread(STAFF, SOURCE), "type": thread}],
    )
    client = discord.Client(intents=discord.Intents(guilds=True))
    state = client._connection
    state.user = discord.ClientUser(state=state, data=payloads.user(BOT, bot=True))  # type: ignore[arg-type]
    guild = discord.Guild(data=made, state=state)  # type: ignore[arg-type]
    found = guild.get_thread(STAFF) if thread is not None else guild.get_channel(SOURCE)
    where = guild.get_channel(REVIEW)
    assert found is not None
    assert where is not None
    return found, where


MODS_ONLY = [*HIDDEN, *let_in(MODS)]
PUBLIC, PRIVATE = discord.ChannelType.public_thread.value, discord.ChannelType.private_thread.value


@pytest.mark.parametrize(
    ("source", "review", "who"),
    [
        ([], MODS_ONLY, None),
        ([overwrite(JAIL, deny=VIEW)], MODS_ONLY, None),
        ([*HIDDEN, *let_in(MODS)], MODS_ONLY, None),
        ([*HIDDEN, *let_in(STAFF_ROLE)], MODS_ONLY, MODS),
        ([*HIDDEN, *let_in(MODS, STAFF_ROLE)], MODS_ONLY, None),
        ([*HIDDEN, *let_in(MEMBERS)], MODS_ONLY, MODS),
        ([*HIDDEN, *let_in(MODS)], [*HIDDEN, *let_in(MODS, STAFF_ROLE)], STAFF_ROLE),
        ([*HIDDEN, *let_in(MODS)], [], GUILD),
        (HIDDEN, HIDDEN, None),
        ([*HIDDEN, *let_in(MODS), overwrite(JAIL, deny=VIEW)], MODS_ONLY, None),
        ([*HIDDEN, *let_in(MODS), overwrite(BOB, deny=VIEW, member=True)], MODS_ONLY, BOB),
        (
            [*HIDDEN, *let_in(MODS), overwrite(BOB, deny=VIEW, member=True)],
            [*MODS_ONLY, overwrite(BOB, deny=VIEW, member=True)],
            None,
        ),
        ([*HIDDEN, *let_in(MODS)], [*MODS_ONLY, *let_in(BOB, member=True)], BOB),
        ([*HIDDEN, *let_in(MODS), *let_in(BOB, member=True)], [*MODS_ONLY, *let_in(BOB, member=True)], None),
        ([*HIDDEN, *let_in(MODS)], [*MODS_ONLY, *let_in(BOT, member=True)], None),
    ],
)
def test_the_card_names_whoever_reads_it_and_not_the_channel(
    source: list[dict[str, Any]], review: list[dict[str, Any]], who: int | None
) -> None:
    said = outsiders(*places(source, review))
    assert (said is None) == (who is None)
    if who is not None:
        assert said is not None
        assert ("@everyone" if who == GUILD else str(who)) in said


@pytest.mark.parametrize(
    ("source", "kind", "hides"),
    [
        ([], PUBLIC, False),
        ([], PRIVATE, True),
        ([*HIDDEN, *let_in(STAFF_ROLE)], PUBLIC, True),
        ([*HIDDEN, *let_in(MODS)], PUBLIC, False),
        ([*HIDDEN, *let_in(MODS)], PRIVATE, True),
        ([*HIDDEN, *let_in(MODS, also=MANAGE_THREADS)], PRIVATE, False),
    ],
)
def test_a_thread_is_read_by_those_who_read_its_channel_and_a_private_one_by_fewer(
    source: list[dict[str, Any]], kind: int, hides: bool
) -> None:
    assert (outsiders(*places(source, MODS_ONLY, thread=kind)) is not None) is hides


def test_who_reads_by_a_role_of_the_whole_server_may_be_kept_out_by_another_role() -> None:
    """Moderators see all channels of a server in which nobody else sees any, unless they are in jail."""
    assert outsiders(*places([], [], everyone=False)) is None
    said = outsiders(*places([overwrite(JAIL, deny=VIEW)], [], everyone=False))
    assert said is not None
    assert str(JAIL) in said
    let_in_by_name = [overwrite(JAIL, deny=VIEW), *let_in(MODS)]
    assert outsiders(*places(let_in_by_name, [], everyone=False)) is None


def test_what_nobody_can_tell_is_not_shown() -> None:
    source, review = places([], MODS_ONLY)
    assert outsiders(None, review) is not None
    assert outsiders(source, None) is not None


def test_whoever_reads_a_card_with_text_can_read_the_channel_whatever_the_settings_say() -> None:
    """Every combination of what two channels say of @everyone, two roles and a member: 0 leaks."""
    targets = ((GUILD, False), (MODS, False), (STAFF_ROLE, False), (BOB, True))
    shown = 0
    for source, review in product(product("-+0", repeat=4), repeat=2):
        channels = [
            [
                overwrite(target, VIEW if sign == "+" else 0, VIEW if sign == "-" else 0, member=member)
                for (target, member), sign in zip(targets, signs, strict=True)
                if sign != "0"
            ]
            for signs in (source, review)
        ]
        if _leaks(source, review):
            assert outsiders(*places(*channels)) is not None, (source, review)
        else:
            shown += outsiders(*places(*channels)) is None
    assert shown > 500


def _leaks(source: tuple[str, ...], review: tuple[str, ...]) -> bool:
    """Whether some member, with any of the roles, reads the review channel and not the other one.

    What everyone can read has no secrets, from whomever it is kept.
    """
    if source[0] != "-":
        return False
    people = product((False, True), repeat=3)
    return any(_reads(review, *each) and not _reads(source, *each) for each in people)


def _reads(signs: tuple[str, ...], mod: bool, staff: bool, is_bob: bool) -> bool:
    """Discord's rule: @everyone's setting, then the roles' (letting in wins), then the member's own."""
    everyone, mods, staffs, bob = signs
    reads = everyone != "-"
    said = [sign for sign, has in ((mods, mod), (staffs, staff)) if has and sign != "0"]
    if said:
        reads = "+" in said
    return bob == "+" if is_bob and bob != "0" else reads
