"""What the doctor asks Discord, asked of the loopback Discord."""

from pathlib import Path

import discord
import pytest
from pydantic import SecretStr

from bot.app import ask_discord
from bot.cogs import probe
from bot.cogs.client import point_at
from bot.discord_token import Token
from bot.guilds.book import GuildBook
from bot.guilds.settings import GuildSettings
from bot.settings import DiscordSettings, Settings
from bot.standing import NOTHING, GuildStanding, Needed, ProbeFailure, Standing
from tests.bot.live.conftest import Town
from tests.discord_server import Intent, Outage, Permission
from tests.discord_server.permissions import NONE

LEAST = Permission(
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.MANAGE_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.READ_MESSAGE_HISTORY
    | Permission.MODERATE_MEMBERS
)


@pytest.fixture(autouse=True)
def _pointed_back_afterwards(monkeypatch):
    """discord.py keeps its addresses in its classes."""
    monkeypatch.setattr(discord.http.Route, "BASE", discord.http.Route.BASE)
    gateway = discord.gateway.DiscordWebSocket
    monkeypatch.setattr(gateway, "DEFAULT_GATEWAY", gateway.DEFAULT_GATEWAY)
    monkeypatch.setattr(discord.asset.Asset, "BASE", discord.asset.Asset.BASE)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


async def ask(town: Town, data: Path, *, token: str | None = None, **changes) -> Standing | ProbeFailure:
    address = {"api": town.discord.api_url, "gateway": town.discord.gateway_url}
    settings = Settings(data_folder=data, discord=DiscordSettings(**address, **changes))
    return await ask_discord(settings, Token(SecretStr(token or town.discord.token), "the test"))


async def ask_about_the_guild(town: Town, data: Path) -> GuildStanding:
    found = await ask(town, data)
    assert isinstance(found, Standing)
    (guild,) = found.guilds
    return guild


async def review_in(data: Path, guild_id: int, channel_id: int) -> None:
    book = await GuildBook.open(data / "guilds")
    await book.save(guild_id, GuildSettings(review_channel=channel_id))


async def test_a_bot_that_was_invited_with_the_link_lacks_nothing(town, data):
    await review_in(data, town.guild.id, town.review.id)
    guild = await ask_about_the_guild(town, data)
    assert (guild.id, guild.name, guild.problem) == (town.guild.id, "Bramble", "")
    assert (guild.missing, guild.administrator, guild.hidden_channels) == (NOTHING, False, 0)
    assert guild.review is not None
    assert (guild.review.exists, guild.review.missing, guild.review.public) == (True, NOTHING, False)


async def test_it_asks_for_little_and_connects_to_no_gateway(town, data):
    await ask(town, data)
    assert {request.method for request in town.discord.requests} == {"GET"}
    assert len(town.discord.requests) <= 7
    assert not town.discord.connected
    assert not data.exists()


@pytest.mark.parametrize(
    "lost", [Needed.VIEW_CHANNELS, Needed.MANAGE_MESSAGES, Needed.MODERATE_MEMBERS, Needed.READ_MESSAGE_HISTORY]
)
async def test_a_permission_that_is_missing_is_found(town, data, lost):
    (role,) = town.guild.bot_member.roles
    await role.edit(permissions=Permission(LEAST & ~Permission(int(lost))))
    await town.guild.everyone.edit(permissions=NONE)
    assert (await ask_about_the_guild(town, data)).missing is lost


async def test_an_administrator_lacks_nothing_and_is_told_of(town, data):
    (role,) = town.guild.bot_member.roles
    await role.edit(permissions=Permission.ADMINISTRATOR)
    guild = await ask_about_the_guild(town, data)
    assert (guild.missing, guild.administrator) == (NOTHING, True)


async def test_channels_that_the_bot_cannot_read_are_counted(town, data):
    everyone = town.guild.everyone
    await town.general.allow(everyone, deny=Permission.VIEW_CHANNEL)
    assert (await ask_about_the_guild(town, data)).hidden_channels == 1


async def test_a_review_channel_that_everyone_reads_is_found(town, data):
    await review_in(data, town.guild.id, town.general.id)
    review = (await ask_about_the_guild(town, data)).review
    assert review is not None
    assert review.public


async def test_a_review_channel_where_the_bot_may_not_write_is_found(town, data):
    await review_in(data, town.guild.id, town.review.id)
    await town.review.allow(town.guild.bot_member, Permission.VIEW_CHANNEL, deny=Permission.SEND_MESSAGES)
    review = (await ask_about_the_guild(town, data)).review
    assert review is not None
    assert Needed.SEND_MESSAGES in review.missing


async def test_a_review_channel_that_is_gone_is_found(town, data):
    await review_in(data, town.guild.id, 1)
    review = (await ask_about_the_guild(town, data)).review
    assert review is not None
    assert not review.exists


@pytest.mark.parametrize(("privileged", "on"), [(Intent.MESSAGE_CONTENT, True), (Intent.GUILD_MEMBERS, False)])
async def test_the_message_content_intent_is_read_from_the_application(town, data, privileged, on):
    town.discord.application.privileged = privileged
    found = await ask(town, data)
    assert isinstance(found, Standing)
    assert found.message_content is on
    assert found.application_id == town.discord.application.id


async def test_only_allowed_guilds_are_looked_at_and_absent_ones_are_named(town, data):
    other = town.discord.add_guild("Elsewhere")
    found = await ask(town, data, guilds=(other.id, 1))
    assert isinstance(found, Standing)
    assert [guild.id for guild in found.guilds] == [other.id]
    assert found.absent == (1,)


async def test_not_more_guilds_than_some_are_looked_at(town, data, monkeypatch):
    monkeypatch.setattr(probe, "LOOKED_AT", 2)
    for number in range(3):
        town.discord.add_guild(f"guild {number}")
    found = await ask(town, data)
    assert isinstance(found, Standing)
    assert (len(found.guilds), found.unseen) == (2, 2)


async def test_a_guild_that_discord_tells_nothing_of_hides_no_other(town, data):
    other = town.discord.add_guild("Elsewhere")
    town.discord.faults.answer_next("GET /guilds/{}/channels", 403)
    found = await ask(town, data)
    assert isinstance(found, Standing)
    assert sorted(bool(guild.problem) for guild in found.guilds) == [False, True]
    assert {guild.id for guild in found.guilds} == {town.guild.id, other.id}


async def test_a_refused_token_is_told_from_a_discord_that_is_away(town, data):
    refused = await ask(town, data, token="bm90LWEtYm90.wrong.token")
    assert isinstance(refused, ProbeFailure)
    assert refused.refused
    async with town.discord.outage(Outage.REFUSED):
        away = await ask(town, data)
    assert isinstance(away, ProbeFailure)
    assert not away.refused
    assert "cannot be reached" in away.message


async def test_a_discord_that_hangs_is_not_waited_for_for_long(town):
    point_at(town.discord.api_url, town.discord.gateway_url)
    async with town.discord.outage(Outage.HANGING):
        found = await probe.probe(town.discord.token, probe.Asked(lambda _: None, seconds=0.5))
    assert isinstance(found, ProbeFailure)
    assert not found.refused
