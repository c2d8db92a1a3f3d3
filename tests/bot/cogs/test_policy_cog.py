import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cogs.policy_pages import (
    added_page,
    already_page,
    list_page,
    mode_page,
    show_page,
    unknown_policy_page,
)
from bot.cogs.replies import Reply
from policies.phrases import Phrase
from policies.policy import Effort, Example, Judging, Mode, Policy, Rule, Scope
from policies.problems import Problem
from policies.starter import starter_policies, starter_text
from tests.bot.cogs.command_stage import stage
from tests.discord_server.errors import NotAllowed
from tests.policies.strategies import policies

BAD = "title: [never closed\n"


async def test_the_list_says_what_is_on_and_what_is_broken(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        assert "This server has no policy" in await made.slash("policy list")
        await made.policy_book.add(made.guild.id, "spam", Mode.SHADOW)
        await made.policy_book.add(made.guild.id, "hate")
        made.file("hate").write_text(starter_text("hate").replace("mode: live", "mode: lively"))
        await made.policy_book.set_mode(made.guild.id, "spam", Mode.SHADOW)
        text = await made.slash("policy list")
        for words in ("`spam`): shadow", "`hate`): live, 4 rules", "`hate.yaml` line", "versions before"):
            assert words in text


async def test_a_policy_is_shown_with_its_file_as_it_stands(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.policy_book.add(made.guild.id, "harassment")
        reply = await made.guild.slash(made.mia, made.general, "policy show", policy="harassment")
        for words in ("H1", "critical", "Mode: **live**", "Allowed", "50% likely", "every channel"):
            assert words in reply.ephemeral_text
        (attachment,) = reply.message.attachments
        assert attachment.filename == "harassment.yaml"
        assert attachment.size == len(starter_text("harassment").encode())


@pytest.mark.parametrize(
    ("judge", "words"),
    [
        (Judging(effort=Effort.HIGH), "effort high;"),
        (
            Judging(effort=Effort.AUTO, unsure=(0.25, 0.875), second_effort=Effort.HIGH),
            "effort auto: low, and again at high from 25% to 87.5% likely;",
        ),
    ],
)
def test_how_long_the_model_may_reason_is_told(judge: Judging, words: str) -> None:
    policy = starter_policies()["spam"].model_copy(update={"judge": judge})
    reply = show_page(policy, b"", ())
    shown = " ".join(field.value or "" for field in reply.embed.fields)
    assert words in f"{reply.embed.description} {shown}".replace("\\", "")


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (1e-9, "only exact matches are flagged"),
        (0.0004, "likeness alone may flag under 0.1% of all messages"),
        (0.003, "likeness alone may flag 0.3% of all messages"),
    ],
)
def test_what_likeness_may_flag_is_told_where_it_may_flag_anything(rate: float, words: str) -> None:
    spam = starter_policies()["spam"]
    policy = spam.model_copy(update={"prefilter": spam.prefilter.model_copy(update={"flag_rate": rate})})
    shown = " ".join(field.value or "" for field in show_page(policy, b"", ()).embed.fields)
    assert words in shown
    assert " 0.0%" not in shown


async def test_a_starter_policy_is_added_and_said_what_it_forbids(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        text = await made.slash("policy add", starter="doxxing", mode="shadow")
        assert "**D1** (critical)" in text
        assert "Mode: **shadow**" in text
        assert made.shop.modes(made.guild.id) == {"doxxing": Mode.SHADOW}
        assert "already" in await made.slash("policy add", starter="doxxing")
        made.file("hate").write_text(BAD)
        assert "`hate.yaml` already, with errors" in await made.slash("policy add", starter="hate")


async def test_a_mode_is_set_and_explained(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.policy_book.add(made.guild.id, "spam")
        assert "no card appears" in await made.slash("policy mode", policy="spam", mode="shadow")
        assert "not looked at" in await made.slash("policy mode", policy="spam", mode="off")
        assert made.shop.modes(made.guild.id) == {"spam": Mode.OFF}


async def test_a_mode_in_a_file_with_errors_is_not_set_and_the_error_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.policy_book.add(made.guild.id, "spam")
        made.file("spam").write_text(BAD)
        text = await made.slash("policy mode", policy="spam", mode="off")
        assert "Put them right first" in text
        assert "`spam.yaml` line 2" in text
        assert made.file("spam").read_text() == BAD


async def test_unknown_names_are_answered_with_those_there_are(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.policy_book.add(made.guild.id, "harassment")
        for words in ("policy show", "policy mode"):
            more = {"mode": "off"} if words == "policy mode" else {}
            text = await made.slash(words, policy="harrasment", **more)
            assert "Did you mean `harassment`?" in text
        text = await made.slash("policy add", starter="../../etc/passwd")
        assert "`game-cheating`" in text
        assert "`@everyone" not in await made.slash("policy show", policy="`@everyone` <@1> [x](https://x)")
        assert made.discord.pings == []


async def test_completion_offers_what_fits_and_nothing_to_strangers(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.policy_book.add(made.guild.id, "spam")
        offered = await made.guild.autocomplete(made.mia, made.general, "policy show", policy="SP")
        assert [choice.value for choice in offered] == ["spam"]
        offered = await made.guild.autocomplete(made.ada, made.general, "policy add", starter="")
        assert {choice.value for choice in offered} == set(starter_policies()) - {"spam"}
        _open_to_all(made)
        assert await made.guild.autocomplete(made.max, made.general, "policy show", policy="") == []


async def test_moderators_look_and_administrators_change(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.policy_book.add(made.guild.id, "spam")
        assert "spam" in await made.slash("policy list", by=made.mia)
        for words, options in (
            ("policy add", {"starter": "hate"}),
            ("policy mode", {"policy": "spam", "mode": "off"}),
        ):
            assert "You need the permission Manage Server" in await made.slash(words, by=made.mia, **options)
        with pytest.raises(NotAllowed, match="hidden"):
            await made.slash("policy list", by=made.max)
        _open_to_all(made)
        for words, options in (("policy list", {}), ("policy show", {"policy": "spam"})):
            assert "Only moderators" in await made.slash(words, by=made.max, **options)
        assert made.shop.modes(made.guild.id) == {"spam": Mode.LIVE}


async def test_a_moderator_role_may_look_without_any_permission(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        helpers = made.guild.add_role("Helpers")
        made.max.roles.append(helpers)
        await made.set_up(moderator_role=helpers)
        _open_to_all(made)
        assert "spam" in await made.slash("policy list", by=made.max)


async def test_an_answer_is_promised_in_time_while_a_rulebook_is_built(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.shop.seconds = 4
        reply = await made.guild.slash(made.ada, made.general, "policy add", starter="spam")
        assert reply.latency is not None
        assert reply.latency < 1
        assert "**It forbids:**" in reply.ephemeral_text


def _open_to_all(made: object) -> None:
    """An administrator opens the commands to everybody: the default is only a default."""
    for command in made.discord.world.commands.of(None):  # type: ignore[attr-defined]
        command.definition["default_member_permissions"] = None


def _check_limits(reply: Reply) -> None:
    embed = reply.embed
    assert len(embed) <= 6000
    assert len(embed.title or "") <= 256
    assert len(embed.description or "") <= 4096
    assert len(embed.fields) <= 25
    assert all(1 <= len(field.value or "") <= 1024 for field in embed.fields)
    fields = [text for field in embed.fields for text in (field.name, field.value)]
    text = "\n".join(part for part in (embed.title, embed.description, *fields) if part)
    bare = re.sub(r"\\.", "", text)
    assert not re.search(r"@everyone|<@1>|<#2>|\]\(|</x|<t:|\|\||```", bare)


HOSTILE = "@everyone <@1> <#2> [x](https://x.example) ```\n# h `a` ||s|| <t:1:R> </x:1> \u202e" + "\U0001f642" * 30
LINE = " ".join(HOSTILE.replace("\u202e", "").split())[:80]
LARGEST = Policy(
    id="x" * 40,
    title=LINE,
    goal=(LINE * 9)[:500],
    rules=tuple(Rule(id=f"R{n}", text=(LINE * 9)[:500]) for n in range(20)),
    allowed=((LINE * 9)[:500],) * 30,
    examples=tuple(Example(text=HOSTILE.replace("\u202e", ""), verdict="R0") for _ in range(200)),
    scope=Scope(channels=tuple(range(10**17, 10**17 + 500)), except_roles=tuple(range(10**18, 10**18 + 500))),
)
LONG = Phrase(HOSTILE * 9)
PROBLEMS = tuple(Problem(f"{LARGEST.id}.yaml", n, 1, LONG, LONG) for n in range(1, 51))


def test_the_largest_and_most_hostile_policy_stays_within_discords_limits() -> None:
    _check_limits(show_page(LARGEST, b"", PROBLEMS))
    _check_limits(added_page(LARGEST))
    _check_limits(mode_page(LARGEST, 10**18))
    _check_limits(already_page(LARGEST.id, LARGEST))
    _check_limits(list_page({f"{n}": LARGEST for n in range(100)}, PROBLEMS))
    _check_limits(unknown_policy_page(HOSTILE, [f"{'x' * 36}{n}" for n in range(500)]))


@given(policies(), st.sampled_from(Mode))
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
def test_every_policy_can_be_shown(policy: Policy, mode: Mode) -> None:
    moded = policy.model_copy(update={"mode": mode})
    for reply in (show_page(moded, b"", ()), added_page(moded), mode_page(moded, None)):
        assert 1 <= len(reply.embed) <= 6000
        assert all(field.value for field in reply.embed.fields)
