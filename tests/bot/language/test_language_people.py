"""Each person is answered in the language of their own client; commands are described in every language."""

from pathlib import Path

from bot.language import Language, speaking, tr
from tests.bot.cogs.command_stage import stage


async def test_two_administrators_read_the_same_page_in_their_own_languages(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up(starter_policies="none")
        boss = made.guild.add_role("Boss", made.ada.permissions)
        await made.max.give(boss)
        made.ada.user.locale, made.max.user.locale = "de", "es-419"
        german = await made.slash("safeguild settings")
        spanish = await made.slash("safeguild settings", by=made.max)
        for language, text in ((Language.GERMAN, german), (Language.SPANISH, spanish)):
            with speaking(language):
                assert tr("This server's settings") in text
        assert german != spanish


async def test_commands_are_described_in_every_language_and_keep_their_names(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        commands = {each.name: each.definition for each in made.discord.world.commands.usable_in(made.guild.id)}
        setup = next(each for each in commands["safeguild"]["options"] if each["name"] == "setup")
        assert setup["description_localizations"].keys() >= {"de", "es-ES", "es-419"}
        assert len(set(setup["description_localizations"].values()) | {setup["description"]}) == 3
        assert not setup.get("name_localizations")
