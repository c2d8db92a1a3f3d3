"""`/safeguild texts`."""

from pathlib import Path

from bot.cogs.notices_text import HELP, NOTICE
from bot.language import Language, speaking, tr
from tests.bot.cogs.command_stage import Stage, stage
from tests.discord_server import Reply


async def opened(made: Stage) -> Reply:
    reply = await made.guild.slash(made.ada, made.general, "safeguild texts")
    assert reply.modal is not None
    return reply


async def filled(reply: Reply, notice: str, help_text: str) -> Reply:
    assert reply.modal is not None
    fields = [row["components"][0]["custom_id"] for row in reply.modal["components"]]
    return await reply.submit(dict(zip(fields, (notice, help_text), strict=True)))


async def test_the_form_holds_what_members_get_now_in_the_servers_language(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        reply = await opened(made)
        assert reply.modal is not None
        values = [row["components"][0]["value"] for row in reply.modal["components"]]
        assert values == [NOTICE, HELP]


async def test_own_words_are_kept_and_shown_as_members_would_get_them(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up(starter_policies="none")
        reply = await filled(await opened(made), "Hello from {server}. {decision} {tea}", HELP)
        assert made.settings.notice == "Hello from {server}. {decision} {tea}"
        assert made.settings.help_text is None, "the shipped words follow the language and newer versions"
        for words in (
            "Hello from Tea house. The moderators warn you.",
            "`tea` is no placeholder",
            "Notices are off",
        ):
            assert words in reply.ephemeral_text


async def test_words_with_marks_that_nobody_sees_are_kept_too(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up(starter_policies="none")
        await filled(await opened(made), "\u200f{server}: {decision}\u2028{reason}", HELP)
        assert made.settings.notice == "\u200f{server}: {decision}\u2028{reason}"
        assert made.bot.rooms.guild_book.problems(made.guild.id) == ()


async def test_an_emptied_text_goes_back_to_the_shipped_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up(starter_policies="none")
        await filled(await opened(made), "{decision}", "{reason}")
        await filled(await opened(made), "", "")
        assert (made.settings.notice, made.settings.help_text) == (None, None)


async def test_markup_in_the_servers_name_stays_a_name(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.guild.name = "**boom** @everyone"
        await made.guild.become_available()
        reply = await filled(await opened(made), "{server}: {decision}", HELP)
        assert "@everyone" in reply.ephemeral_text
        assert made.discord.pings == []


def test_the_shipped_words_are_in_every_language() -> None:
    for language in Language:
        with speaking(language):
            assert "{server}" in tr(NOTICE)
            assert "findahelpline.com" in tr(HELP)
