from pathlib import Path

import discord
import pytest
from discord import app_commands

from bot.cogs import policy, setup, sync
from bot.cogs.sync import digest
from tests.bot.cogs.command_stage import stage

ROUTE = "PUT /applications/{}/commands"


async def test_commands_are_synced_once_and_again_only_when_their_definition_changed(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        assert len(made.discord.requests_to(ROUTE)) == 1
        names = {command.name for command in made.discord.world.commands.of(None)}
        assert names == {"safeguild", "policy"}
        kept = made.folder / "kept" / "commands.sha256"
        await made.discord.wait_until(kept.is_file)
        assert not await sync.sync(made.bot.tree, made.bot.application_id, kept)
        assert len(made.discord.requests_to(ROUTE)) == 1
        made.bot.tree.remove_command("policy")
        assert await sync.sync(made.bot.tree, made.bot.application_id, kept)
        assert [command.name for command in made.discord.world.commands.of(None)] == ["safeguild"]


async def test_a_failed_sync_keeps_nothing_and_hinders_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        kept = tmp_path / "again"
        made.discord.faults.answer_next(ROUTE, 400)
        with pytest.raises(discord.HTTPException):
            await sync.sync(made.bot.tree, made.bot.application_id, kept)
        assert not kept.exists()
        assert await sync.sync(made.bot.tree, made.bot.application_id, kept)


async def test_the_cog_outlives_a_sync_that_fails(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.discord.faults.answer_next(ROUTE, 400)
        cog = sync.SyncCog(made.bot, tmp_path / "elsewhere")
        await cog.cog_load()
        assert cog._task is not None
        await cog._task
        assert not (tmp_path / "elsewhere").exists()
        assert "no policy" in await made.slash("policy list")


async def test_another_application_and_another_command_have_another_digest() -> None:
    client = discord.Client(intents=discord.Intents.none())
    tree = app_commands.CommandTree(client)
    empty = await digest(tree, 1)
    assert await digest(tree, 2) != empty

    @tree.command(description="one")
    async def one(_: discord.Interaction) -> None: ...

    described = await digest(tree, 1)
    assert described != empty
    one.description = "another"
    assert await digest(tree, 1) != described


def test_every_cog_module_can_be_set_up() -> None:
    assert all(callable(module.setup_cog) for module in (policy, setup, sync))
