"""Log in, messages, interactions: an unmodified client lives in the loopback Discord."""

import discord
import pytest

from tests.discord_server import ActionKind, Deviation, NotAllowed
from tests.discord_server_tests.client import Client
from tests.discord_server_tests.conftest import Scene


async def test_a_client_logs_in_and_sees_the_guild(scene: Scene, client: Client) -> None:
    guild = client.get_guild(scene.guild.id)
    assert guild is not None
    assert guild.name == "Bramble"
    assert {channel.name for channel in guild.text_channels} == {"general", "review"}
    assert guild.me.guild_permissions.manage_messages


async def test_a_message_is_heard_edited_and_deleted(scene: Scene, client: Client) -> None:
    said = await scene.general.say(scene.mallory, "hello there")
    await client.until(lambda: client.messages)
    assert client.messages[0].content == "hello there"
    assert client.messages[0].author.id == scene.mallory.id
    await said.edit("hello again")
    await client.until(lambda: client.edits)
    assert client.edits[0].message.content == "hello again"
    await said.delete()
    await client.until(lambda: client.heard["MESSAGE_DELETE"])
    assert scene.general.messages == []


async def test_the_bot_posts_edits_and_deletes(scene: Scene, client: Client) -> None:
    said = await scene.general.say(scene.mallory, "out of line")
    channel = client.get_channel(scene.review.id)
    assert isinstance(channel, discord.TextChannel)
    card = await channel.send(embed=discord.Embed(title="Case 1", description="out of line"))
    await card.edit(content="decided")
    posted = await scene.review.wait_for_message()
    assert posted.content == "decided"
    assert "out of line" in posted.all_text
    general = client.get_channel(scene.general.id)
    assert isinstance(general, discord.TextChannel)
    await general.get_partial_message(said.id).delete()
    assert said.deleted
    assert [action.target_id for action in scene.server.actions_of(ActionKind.DELETE)] == [said.id]


async def test_a_button_is_answered_and_the_reply_is_private(scene: Scene, client: Client) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("only for you", ephemeral=True)

    card = await _card(scene, client, answer)
    reply = await card.click(scene.ada, "Reasoning")
    assert reply.ephemeral_text.strip() == "only for you"
    assert reply.public_text == ""
    assert not reply.failed
    assert reply.latency is not None
    assert reply.latency < 1


async def test_a_deferred_button_updates_the_card(scene: Scene, client: Client) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="done", view=None)

    card = await _card(scene, client, answer)
    await card.click(scene.ada, "Reasoning")
    await card.wait_until(lambda message: message.content == "done")
    assert card.button_labels == []


async def test_who_does_not_see_the_card_cannot_press_it(scene: Scene, client: Client) -> None:
    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.defer()

    card = await _card(scene, client, answer)
    with pytest.raises(NotAllowed):
        await card.click(scene.mallory, "Reasoning")


async def _card(scene: Scene, client: Client, answer):  # type: ignore[no-untyped-def]
    view = discord.ui.View(timeout=None)
    button: discord.ui.Button[discord.ui.View] = discord.ui.Button(label="Reasoning", custom_id="case:1:reasoning")
    button.callback = answer  # type: ignore[method-assign]
    view.add_item(button)
    channel = client.get_channel(scene.review.id)
    assert isinstance(channel, discord.TextChannel)
    await channel.send("a card", view=view)
    return await scene.review.wait_for_message()


async def test_a_slash_command_with_options_and_autocomplete(scene: Scene, client: Client) -> None:
    group = discord.app_commands.Group(name="policy", description="Policies")

    @group.command(name="mode", description="Set a mode")
    async def mode(interaction: discord.Interaction, policy: str, where: discord.TextChannel) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.followup.send(f"{policy} in {where.name}")

    @mode.autocomplete("policy")
    async def offer(_: discord.Interaction, typed: str) -> list[discord.app_commands.Choice[str]]:
        return [discord.app_commands.Choice(name=each, value=each) for each in ("spam", "hate") if typed in each]

    client.tree.add_command(group)
    await client.tree.sync()
    choices = await scene.guild.autocomplete(scene.ada, scene.general, "policy mode", policy="ha")
    assert [choice.value for choice in choices] == ["hate"]
    reply = await scene.guild.slash(scene.ada, scene.general, "policy mode", policy="hate", where=scene.review)
    assert reply.ephemeral_text.strip() == "hate in review"


async def test_a_modal_is_filled_in(scene: Scene, client: Client) -> None:
    class Note(discord.ui.Modal, title="Note"):
        text: discord.ui.TextInput[discord.ui.View] = discord.ui.TextInput(label="Text", custom_id="text")

        async def on_submit(self, interaction: discord.Interaction) -> None:
            await interaction.response.send_message(f"noted: {self.text.value}", ephemeral=True)

    async def answer(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Note())

    card = await _card(scene, client, answer)
    opened = await card.click(scene.ada, "Reasoning")
    assert opened.modal is not None
    assert opened.modal["title"] == "Note"
    assert "noted: be kind" in (await opened.submit({"text": "be kind"})).ephemeral_text


async def test_a_request_discord_does_not_describe_is_a_deviation(scene: Scene, client: Client) -> None:
    with pytest.raises(discord.NotFound):
        await client.http.request(discord.http.Route("GET", "/nonsense"))
    with pytest.raises(Deviation, match="GET /nonsense"):
        scene.server.raise_deviations()
