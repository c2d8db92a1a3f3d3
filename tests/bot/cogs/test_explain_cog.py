"""The message command "Why flagged?"."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import card
from bot.cogs import explain, policy, setup, sync
from bot.cogs.explain import NAME
from bot.cogs.explain_page import FILE, Found, explained_page
from bot.explaining.told import told
from tests.bot.cogs.card_samples import (
    case_about,
    embed_texts,
    hostile_case,
    limits_broken,
    outside_code_blocks,
    unescaped,
)
from tests.bot.cogs.command_stage import Stage, stage
from tests.bot.cogs.housemates import until
from tests.bot.explaining.explanations import (
    KEYWORD,
    POLICIES,
    POLICY,
    RICH,
    explained,
    explanation,
    hostile,
)
from tests.discord_server.errors import NotAllowed
from tests.discord_server.people import Member

COGS = (explain, setup, policy, sync)
BLORP = """\
format: 1
title: Blorps
goal: Nobody calls anybody a blorp.
rules: [{id: B1, text: Calling somebody a blorp.}]
prefilter: {keywords: [blorp]}
"""


async def write(made: Stage, policy_id: str, source: str) -> None:
    """The operator puts a policy's file there."""
    await made.slash("policy add", starter="spam")
    (made.file("spam").parent / f"{policy_id}.yaml").write_text(source)
    made.file("spam").unlink()
    await made.slash("policy add", starter="spam")


async def ask(made: Stage, text: str, by: Member | None = None) -> str:
    message = await made.general.say(made.max, text)
    reply = await message.use(by or made.mia, NAME)
    assert reply.public_text == ""
    assert made.discord.pings == []
    made.discord.raise_deviations()
    return reply.ephemeral_text


async def test_a_moderator_sees_for_every_policy_whether_it_flags_a_message_and_why(tmp_path: Path):
    async with stage(tmp_path, cogs=COGS) as made:
        await write(made, "blorps", BLORP)
        told_flagged = await ask(made, "0.4 you blorp")
        assert "**Flagged by 1 of 2 policies.**" in told_flagged
        assert "- **Blorps: flagged**, keyword “blorp”" in told_flagged
        assert "Take “blorp” out of `keywords`" in told_flagged
        assert "**Not flagged.** How many ordinary messages score lower, and what it takes:" in told_flagged
        told_harmless = await ask(made, "0.4 good morning")
        assert "Flagged by none of 2" in told_harmless
        assert "- Blorps: 60%, takes 95%" in told_harmless
        assert "Blorps (blorps), step by step" in told_harmless


async def test_every_step_is_in_a_file_too(tmp_path: Path):
    async with stage(tmp_path, cogs=COGS) as made:
        await write(made, "blorps", BLORP)
        reply = await (await made.general.say(made.max, "0.4 you blorp")).use(made.mia, NAME)
        (file,) = reply.message.attachments
        assert file.filename == FILE
        assert b"blorps: flagged: keyword" in file.content


async def test_the_servers_own_thresholds_decide(tmp_path: Path):
    async with stage(tmp_path, cogs=COGS) as made:
        await made.slash("policy add", starter="spam")
        assert "Flagged by none" in await ask(made, "1.2 hello")
        made.thresholds = {"spam": 1.1}
        assert "flagged**, scores higher than 93.6% of ordinary messages; it takes 92%" in await ask(
            made, "1.2 hello"
        )


async def test_what_is_never_looked_at_is_said_to_be_so(tmp_path: Path):
    async with stage(tmp_path, cogs=COGS) as made:
        assert "no policy of this server holds" in await ask(made, "hello")
        await made.set_up()
        robot = made.guild.add_member("robot", bot=True)
        message = await made.general.say(robot, "hello")
        assert "messages of bots" in (await message.use(made.mia, NAME)).ephemeral_text
        message = await made.review.say(made.mia, "hello")
        assert "review channel is never looked at" in (await message.use(made.mia, NAME)).ephemeral_text
        wordless = await made.general.say(made.max, "hello")
        wordless.content = ""
        assert "no words in this message" in (await wordless.use(made.mia, NAME)).ephemeral_text
        made.thresholds = None
        assert "being prepared" in await ask(made, "hello")


async def test_policies_that_do_not_hold_here_or_for_the_author_are_not_asked(tmp_path: Path):
    async with stage(tmp_path, cogs=COGS) as made:
        role = made.guild.add_role("Trusted")
        scope = f"scope: {{except_roles: [{role.id}]}}\n"
        await write(made, "blorps", BLORP + scope)
        assert "Flagged by 1 of 2" in await ask(made, "0.4 blorp")
        made.max.roles.append(role)
        assert "do not hold here: Blorps." in await ask(made, "0.4 blorp")
        await made.slash("policy mode", policy="spam", mode="off")
        assert "no policy of this server holds" in await ask(made, "0.4 blorp")


async def test_an_archived_thread_belongs_to_its_channel(tmp_path: Path):
    async with stage(tmp_path, cogs=COGS) as made:
        await write(made, "blorps", BLORP + f"scope: {{channels: [{made.general.id}]}}\n")
        thread = await made.general.start_thread(made.max, "old talk")
        message = await thread.say(made.max, "0.4 blorp")
        await thread.archive()
        guild = made.bot.get_guild(made.guild.id)
        assert guild is not None
        await until(lambda: guild.get_thread(thread.id) is None)
        assert "**Blorps: flagged**" in (await message.use(made.mia, NAME)).ephemeral_text
        elsewhere = made.guild.add_channel("elsewhere")
        message = await elsewhere.say(made.max, "0.4 blorp")
        assert "do not hold here: Blorps." in (await message.use(made.mia, NAME)).ephemeral_text


async def test_a_message_that_became_a_case_shows_what_was_found_then(tmp_path: Path):
    async with stage(tmp_path, cogs=COGS) as made:
        await made.slash("policy add", starter="spam")
        message = await made.general.say(made.max, "0.4 hello")
        made.cases[message.id] = case_about()
        shown = (await message.use(made.mia, NAME)).ephemeral_text
        assert "Case 12: Harassment\\: R1" in shown
        assert "- Harassment: keyword “loser”" in shown


async def test_the_command_is_for_moderators_even_where_it_was_opened_to_all(tmp_path: Path):
    async with stage(tmp_path, cogs=COGS) as made:
        await made.slash("policy add", starter="spam")
        with pytest.raises(NotAllowed, match="hidden from max"):
            await ask(made, "hello", by=made.max)
        for command in made.discord.world.commands.of(None):
            command.definition["default_member_permissions"] = None
        refused = await ask(made, "0.4 hello", by=made.max)
        assert "Only moderators can do this" in refused
        assert "Spam" not in refused


async def test_the_command_goes_with_its_cog(tmp_path: Path):
    async with stage(tmp_path, cogs=COGS) as made:
        await made.bot.remove_cog("ExplainCog")
        assert NAME not in {command.name for command in made.bot.tree.get_commands()}


def shown(found: Found) -> str:
    reply = explained_page(found)
    assert limits_broken(reply.embed) == []
    return "\n".join(text for _, text in embed_texts(reply.embed.to_dict()))


def test_only_one_policy_is_shown_step_by_step_and_says_by_its_id_which():
    twin = POLICY.model_copy(update={"id": "twin"})
    found = told(explanation(explained(POLICY, KEYWORD), explained(twin, score=RICH)), POLICIES | {"twin": twin})
    text = shown(Found(found, (), None))
    assert "Harassment (twin), step by step" in text
    assert text.count("step by step") == 1  # the file has the others: an answer is read on a phone


HOSTILE = (
    "@everyone <@1> <#2> [x](https://x.example) ```\n# h `a` ||s|| <t:1:R> </x:1> \u202e\u05d0" + "\U0001f642" * 30
)


@pytest.mark.parametrize(
    "text", [HOSTILE, HOSTILE * 40, "\u0301" * 4000, "`" * 4000, "\U0001f642" * 2000, "\u05d0 " * 2000]
)
def test_the_largest_and_most_hostile_message_stays_within_limits_and_is_no_markup(text: str):
    found, policies = hostile(text)
    check_harmless(shown(Found(told(found, policies), (HOSTILE,) * 30, card(hostile_case(text[:500])))))


def test_titles_of_policies_and_what_was_found_then_are_no_markup_either():
    found = told(explanation(explained()), POLICIES)
    text = shown(Found(found, (HOSTILE[:60],), card(hostile_case(HOSTILE))))
    assert "do not hold here: \\@everyone" in text
    assert "What was found when it came in" in text
    check_harmless(text)


def check_harmless(text: str) -> None:
    bare = unescaped(outside_code_blocks(text))
    assert "@everyone" not in bare
    assert not [sign for sign in ("<@", "<#", "</", "<t:", "](", "||", "```", "\u202e") if sign in bare]


@given(st.text(max_size=200))
@settings(max_examples=25, deadline=None)
def test_any_message_can_be_explained(text: str):
    found, policies = hostile(text)
    assert shown(Found(told(found, policies), (), card(case_about(text or "x"))))
