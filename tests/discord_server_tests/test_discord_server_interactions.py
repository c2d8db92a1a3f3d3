"""Commands and the life of an interaction over REST."""

from datetime import timedelta

import discord
import pytest
from discord.http import Route

from tests.discord_server import NotAllowed
from tests.discord_server_tests.client import Client
from tests.discord_server_tests.conftest import Refusal, Scene

POST = "POST /channels/{}/messages"


async def test_a_late_or_second_answer_is_refused(scene: Scene, client: Client) -> None:
    scene.server.interactions.answer_within = 0.2
    outcome: list[discord.HTTPException] = []

    async def late(interaction: discord.Interaction) -> None:
        await client.until(lambda: scene.server.interactions.by_id[interaction.id].expired)
        try:
            await interaction.response.send_message("too late")
        except discord.HTTPException as error:
            outcome.append(error)

    client.tree.command(name="late", description="late")(late)
    await client.tree.sync()
    reply = await scene.guild.slash(scene.ada, scene.general, "late")
    assert reply.failed
    await client.until(lambda: outcome)
    assert (outcome[0].status, outcome[0].code) == (404, 10062)


async def test_a_token_lives_fifteen_minutes_and_is_acknowledged_once(
    scene: Scene, client: Client, refusal: Refusal
) -> None:
    seen: list[discord.Interaction] = []

    async def note(interaction: discord.Interaction) -> None:
        seen.append(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)

    client.tree.command(name="note", description="note")(note)
    await client.tree.sync()
    reply = await scene.guild.slash(scene.ada, scene.general, "note", wait=False)
    assert reply.thinking
    again = Route(
        "POST",
        "/interactions/{webhook_id}/{webhook_token}/callback",
        webhook_id=seen[0].id,
        webhook_token=seen[0].token,
    )
    assert await refusal(client.http.request(again, json={"type": 5})) == (400, 40060)
    await seen[0].followup.send("first")
    assert reply.ephemeral_text.strip() == "first"
    scene.server.clock.shift(timedelta(minutes=16))
    assert await refusal(seen[0].followup.send("later")) == (401, 50027)


async def test_commands_are_hidden_from_those_without_the_default_permission(scene: Scene, client: Client) -> None:
    async def setup(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("ok")

    hidden = discord.app_commands.default_permissions(manage_guild=True)(setup)
    client.tree.command(name="setup", description="Set up")(hidden)
    await client.tree.sync()
    with pytest.raises(NotAllowed):
        await scene.guild.slash(scene.mallory, scene.general, "setup")
    assert (await scene.guild.slash(scene.guild.owner, scene.general, "setup")).public_text.strip() == "ok"


async def test_a_bad_command_name_is_refused(scene: Scene, client: Client, refusal: Refusal) -> None:
    command = {"name": "Not Valid", "description": "d", "type": 1}
    put = client.http.bulk_upsert_global_commands(scene.server.application.id, [command])
    assert await refusal(put) == (400, 50035)
    scene.server.check.deviations.clear()
