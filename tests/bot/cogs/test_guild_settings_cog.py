"""`/safeguild settings`."""

from pathlib import Path

import pytest

from bot.guilds.settings import GuildSettings
from bot.language import Language
from tests.bot.cogs.command_stage import stage
from tests.discord_server import NotAllowed


async def test_what_is_named_is_set_and_the_rest_stays(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up(starter_policies="none")
        before = made.settings
        text = await made.slash("safeguild settings", blur=True, keep_days=7, language="de")
        assert made.settings == before.model_copy(
            update={"blur": True, "keep_days": 7, "language": Language.GERMAN}
        )
        assert "`keep_days`: **7 days**" in text
        assert "`blur`: **on**" in text
        await made.slash("safeguild settings", language="server")
        assert made.settings.language is None
        assert made.settings.blur


async def test_without_options_everything_is_shown_and_nothing_is_written(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        text = await made.slash("safeguild settings")
        for name in ("language", "keep_days", "notices", "appeals", "reports", "digest", "blur"):
            assert f"`{name}`" in text
        assert made.settings == GuildSettings()
        assert not (made.folder / "guilds" / f"{made.guild.id}.yaml").exists()


async def test_a_moderator_who_is_no_administrator_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        manager = made.guild.add_role("Manager", made.ada.permissions)
        await made.max.give(manager)
        await made.slash("safeguild settings", by=made.max, digest=False)
        assert not made.settings.digest
        with pytest.raises(NotAllowed, match="hidden"):
            await made.slash("safeguild settings", by=made.mia, digest=True)
        assert not made.settings.digest
