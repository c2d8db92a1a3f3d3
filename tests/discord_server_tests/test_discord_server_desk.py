"""What a moderators' desk takes: files, presses in direct messages, menus in modals, AutoMod, locales."""

from typing import Any

import discord
import pytest

from tests.discord_server import NotAllowed, Permission, automod
from tests.discord_server_tests.client import Client, intents
from tests.discord_server_tests.conftest import Scene

AutoModEvents = list[discord.AutoModAction]


async def test_a_command_takes_a_file_and_the_bot_can_read_it(scene: Scene, client: Client) -> None:
    async def take(interaction: discord.Interaction, file: discord.Attachment) -> None:
        await interaction.response.send_message((await file.read()).decode() + file.filename)

    client.tree.command(name="take", description="take")(take)
    await client.tree.sync()
    file = scene.server.upload("policy.yaml", b"format: 1 ")
    reply = await scene.guild.slash(scene.ada, scene.general, "take", file=file)
    assert reply.message.content == "format: 1 policy.yaml"


async def test_people_are_answered_in_their_language(scene: Scene, client: Client) -> None:
    seen: list[discord.Interaction] = []

    async def note(interaction: discord.Interaction) -> None:
        seen.append(interaction)
        await interaction.response.send_message("noted")

    client.tree.command(name="note", description="note")(note)
    await client.tree.sync()
    scene.ada.user.locale, scene.guild.locale = "de", "es-ES"
    await scene.guild.slash(scene.ada, scene.general, "note")
    assert (seen[0].locale, seen[0].guild_locale) == (discord.Locale.german, discord.Locale.spain_spanish)


async def test_a_button_in_direct_messages_is_pressed_by_an_account_also_after_it_left(
    scene: Scene, client: Client
) -> None:
    pressed: list[tuple[int | None, type[object]]] = []

    class Panel(discord.ui.View):
        @discord.ui.button(label="Appeal", custom_id="appeal:1")
        async def appeal(self, interaction: discord.Interaction, _: Any) -> None:
            pressed.append((interaction.guild_id, type(interaction.user)))
            await interaction.response.send_modal(Why())

    class Why(discord.ui.Modal, title="Why?"):
        words: discord.ui.TextInput["Why"] = discord.ui.TextInput(label="Why", custom_id="why")

        async def on_submit(self, interaction: discord.Interaction, /) -> None:
            await interaction.response.send_message(self.words.value)

    user = await client.fetch_user(scene.mallory.id)
    await user.send("You were banned.", view=Panel(timeout=None))
    await scene.mallory.leave()
    notice = scene.server.direct_channel(scene.mallory.user).latest
    with pytest.raises(NotAllowed):
        await notice.click(scene.ada.user, "Appeal")
    reply = await notice.click(scene.mallory.user, "Appeal")
    assert (await reply.submit({"why": "it was a joke"})).message.content == "it was a joke"
    assert pressed == [(None, discord.User)]


async def test_a_modal_has_menus_and_only_what_they_offer_is_chosen(scene: Scene, client: Client) -> None:
    class Form(discord.ui.Modal, title="Form"):
        rule: discord.ui.Label["Form"] = discord.ui.Label(
            text="Which rule?",
            component=discord.ui.Select(
                custom_id="rule", options=[discord.SelectOption(label=each, value=each) for each in ("H1", "H2")]
            ),
        )

        async def on_submit(self, interaction: discord.Interaction, /) -> None:
            assert isinstance(self.rule.component, discord.ui.Select)
            await interaction.response.send_message(self.rule.component.values[0])

    async def ask(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Form())

    client.tree.command(name="ask", description="ask")(ask)
    await client.tree.sync()
    reply = await scene.guild.slash(scene.ada, scene.general, "ask")
    with pytest.raises(NotAllowed):
        await reply.submit({"rule": "H3"})
    assert (await reply.submit({"rule": "H2"})).message.content == "H2"


@pytest.mark.parametrize("may_manage", [True, False])
async def test_automod_tells_bots_that_may_manage_the_guild(scene: Scene, may_manage: bool) -> None:
    heard: AutoModEvents = []
    if may_manage:
        manager = scene.guild.add_role("manager", Permission.MANAGE_GUILD)
        assert scene.guild.bot_member is not None
        await scene.guild.bot_member.give(manager)
    async with scene.client(intents(auto_moderation_execution=True)) as client:

        async def on_automod_action(execution: discord.AutoModAction) -> None:
            heard.append(execution)

        client.event(on_automod_action)
        message = await scene.general.say(scene.mallory, "a bad word")
        automod.flag(message, scene.mallory, "bad", scene.review)
        automod.block(scene.general, scene.mallory, "a worse word", "worse")
        await client.until(lambda: len(heard) == 2 or not may_manage)
        await scene.server.world.drain()
    if may_manage:
        assert [(each.message_id, each.content) for each in heard] == [
            (message.id, "a bad word"),
            (None, "a worse word"),
        ]
    else:
        assert heard == []
