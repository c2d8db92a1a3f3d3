"""Starter policies come in the language of the server, or in one that is wished for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cogs.rooms import Rooms
from bot.cogs.setting_up import ESSENTIAL
from bot.language import Language
from policies.mode_line import with_mode
from policies.policy import Mode
from policies.starter import starter_policies, starter_text
from tests.bot.cogs.command_stage import Stage, stage
from tests.bot.cogs.test_setup_flow import begun, finished, to_the_end


def as_set(rooms: Rooms) -> Rooms:
    """The language that the server's settings name."""

    def language(guild_id: int) -> Language:
        return rooms.guild_book.settings(guild_id).language or Language.ENGLISH

    return replace(rooms, language=language)


async def speak(made: Stage, language: Language) -> None:
    await made.guild_book.save(made.guild.id, made.settings.model_copy(update={"language": language}))


def titles(made: Stage) -> set[str]:
    return {policy.title for policy in made.policy_book.policies(made.guild.id).values()}


def titles_of(language: Language, wanted: Callable[[str], bool]) -> set[str]:
    return {policy.title for name, policy in starter_policies(language).items() if wanted(name)}


async def test_a_german_server_gets_the_german_policy(tmp_path: Path) -> None:
    async with stage(tmp_path, change=as_set) as made:
        await speak(made, Language.GERMAN)
        offered = await made.guild.autocomplete(made.ada, made.general, "policy add", starter="droh")
        assert [(choice.name, choice.value) for choice in offered] == [("Drohungen (threats)", "threats")]
        text = (await made.slash("policy add", starter="threats", mode="live")).replace("\\", "")
        assert "Drohungen" in text
        assert "Ankündigen, einen echten Menschen zu töten" in text
        assert made.file("threats").read_text("utf-8") == starter_text("threats", "de")


async def test_another_language_can_be_wished_for(tmp_path: Path) -> None:
    async with stage(tmp_path, change=as_set) as made:
        await speak(made, Language.GERMAN)
        offered = await made.guild.autocomplete(made.ada, made.general, "policy add", language="es", starter="")
        assert {choice.value for choice in offered} == set(starter_policies())
        assert "Amenazas (threats)" in {choice.name for choice in offered}
        await made.slash("policy add", starter="threats", language="es")
        wanted = with_mode(
            starter_text("threats", "es").encode(), Mode.SHADOW, policy_id="threats", filename="threats.yaml"
        )
        assert made.file("threats").read_bytes() == wanted
        assert "already" in await made.slash("policy add", starter="threats", language="en")


async def test_a_server_that_says_nothing_gets_english(tmp_path: Path) -> None:
    async with stage(tmp_path, change=as_set) as made:
        await made.slash("policy add", starter="threats", mode="live")
        assert made.file("threats").read_text("utf-8") == starter_text("threats")


@pytest.mark.parametrize("language", list(Language))
async def test_the_setup_adds_those_of_the_servers_language(tmp_path: Path, language: Language) -> None:
    async with stage(tmp_path, change=as_set) as made:
        await speak(made, language)
        await made.set_up()
        assert titles(made) == titles_of(language, ESSENTIAL.__contains__)


async def test_the_guided_setup_shows_tries_and_adds_them_in_the_language_that_is_chosen(tmp_path: Path) -> None:
    tried = []

    def listening(rooms: Rooms) -> Rooms:
        async def rehearse(_: int, policies: object, __: object) -> object:
            tried.append(policies)
            return await rooms.rehearse(0, (), ())

        return replace(as_set(rooms), rehearse=rehearse)  # type: ignore[arg-type]

    async with stage(tmp_path, change=listening) as made:
        await speak(made, Language.SPANISH)
        flow = await begun(made)
        await to_the_end(made, flow)
        assert "Amenazas" in flow.all_text
        await flow.click(made.ada, "Back")
        assert "Español" in flow.all_text
        await flow.select(made.ada, "setup:language", "de")
        assert "Deutsch" in flow.all_text
        await flow.click(made.ada, "Try them")
        assert {policy.title for policy in tried[0]} == titles_of(Language.GERMAN, ESSENTIAL.__contains__)
        await flow.click(made.ada, "Next")
        assert "Drohungen" in flow.all_text
        await finished(made, flow)
        assert titles(made) == titles_of(Language.GERMAN, ESSENTIAL.__contains__)
        assert made.settings.language is Language.SPANISH, "the language of cards is another matter"
