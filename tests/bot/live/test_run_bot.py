"""The real process, from its start to its end: what it says, what it survives, and with which code it ends."""

import asyncio
import shutil
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.discord_token import VARIABLE
from bot.errors import ExitCode
from tests.bot.live.conftest import PATIENCE, Launcher, Town
from tests.discord_server import ActionKind, Intent, Outage

BAD_WORDS = "what a loser, uninstall"


async def test_a_flagged_message_becomes_a_card_that_a_click_settles_and_nothing_secret_gets_anywhere(
    town: Town, bots: Launcher
):
    """No log line holds what anybody wrote, and the engine does not inherit the token. Ctrl-C is a clean end."""
    bot = await bots.start_connected(SAFEGUILD_LOG_LEVEL="debug")
    await bot.logged("connected to Discord")
    await town.set_up()
    said = await town.general.say(town.mallory, f"canary-41 {BAD_WORDS}")
    card = await town.card()
    assert "Harassment: H1" in card.all_text
    await said.edit(f"canary-42 {BAD_WORDS}, again")
    await card.wait_until(lambda card: "canary-42" in card.all_text, PATIENCE)
    await card.click(town.ada, "Delete")
    await town.discord.wait_until(lambda: said.deleted)
    environments = environments_of_children(bot.process.pid)
    assert environments
    assert not any(VARIABLE.encode() in environment for environment in environments)
    bot.send(signal.SIGINT)
    assert await bot.ended() == ExitCode.OK
    assert not town.discord.connected
    assert [action.target_id for action in town.discord.actions_of(ActionKind.DELETE)] == [said.id]
    events = [event["event"] for event in bot.events()]
    for event in ("starting", "logged in", "connected to Discord", "the model is ready", "stopping", "stopped"):
        assert events.count(event) == 1, event
    assert all(line.startswith("{") for line in bot.lines)
    assert not any(secret in bot.text for secret in ("canary", "mallory", town.discord.token))


async def test_a_stop_while_the_login_is_tried_again_is_clean(town: Town, bots: Launcher):
    await town.discord.begin_outage()
    bot = await bots.start()
    await bot.logged("Discord cannot be reached; the login is tried again", within=60)
    assert await bot.stop() == ExitCode.OK


async def test_messages_that_were_received_before_the_stop_are_in_the_next_start_s_cards(
    town: Town, bots: Launcher
):
    """However far they came: the queue is stored, and what was not stored is read again."""
    bot = await bots.start_connected()
    await town.set_up()
    for number in range(8):
        await town.general.say(town.mallory, f"{BAD_WORDS} {number}")
    assert await bot.stop() == ExitCode.OK
    again = await bots.start_connected()
    await town.discord.wait_until(lambda: len(town.review.messages) == 8, 30)
    assert await again.stop() == ExitCode.OK
    assert len(town.review.messages) == 8


async def test_the_login_waits_for_a_discord_that_is_away_and_a_token_that_is_reset_later_ends_it(
    town: Town, bots: Launcher
):
    async with town.discord.outage(Outage.REFUSED):
        bot = await bots.start()
        line = await bot.logged("Discord cannot be reached; the login is tried again")
        assert line["reason"].startswith("Discord cannot be reached")
    await town.discord.wait_connected(PATIENCE)
    await town.set_up()
    await town.discord.drop_sessions(4004, forget=True)
    assert await bot.ended() == ExitCode.USAGE
    assert "safeguild: Discord does not accept the token any more" in bot.lines


async def test_while_the_policies_are_put_in_force_commands_are_answered_and_no_message_passes_unseen(
    town: Town, bots: Launcher, tmp_path: Path
):
    first = await bots.start_connected()
    await town.set_up()
    assert await first.stop() == ExitCode.OK
    (tmp_path / "sitecustomize.py").write_text(SLOW_POLICIES)
    second = await bots.start_connected(PYTHONPATH=str(tmp_path))
    await town.general.say(town.mallory, BAD_WORDS)
    status = await town.guild.slash(town.guild.owner, town.general, "safeguild status")
    assert "Safeguild's status" in status.text
    assert (await town.card()).all_text
    assert await second.stop() == ExitCode.OK


async def test_a_token_that_discord_refuses_ends_it_with_what_to_do(bots: Launcher):
    bot = await bots.start(**{VARIABLE: "bm90LWEtYm90.wrong.token"})
    assert await bot.ended() == ExitCode.USAGE
    assert "safeguild: Discord does not accept the token" in bot.lines
    assert "`Reset Token`" in bot.lines[-1]
    assert "wrong.token" not in bot.text


async def test_a_missing_intent_ends_it_with_where_to_switch_it_on(town: Town, bots: Launcher):
    town.discord.application.privileged = Intent(0)
    bot = await bots.start()
    assert await bot.ended() == ExitCode.USAGE
    assert "safeguild: the Message Content intent is not switched on for this application" in bot.lines
    assert "page `Bot`, `Message Content Intent`" in bot.lines[-1]


async def test_a_model_file_that_is_cut_short_ends_it_before_it_connects(
    town: Town, bots: Launcher, standin_model: Path, tmp_path: Path
):
    cut = beginning_of(standin_model, tmp_path / "cut.gguf")
    bot = await bots.start(SAFEGUILD_MODEL__PATH=str(cut))
    assert await bot.ended() == ExitCode.ENVIRONMENT
    assert "cut.gguf is damaged" in bot.text
    assert "hint: get the file again" in bot.text
    assert town.discord.requests == []


async def test_a_model_that_cannot_be_loaded_ends_it_with_a_reason(
    bots: Launcher, standin_model: Path, tmp_path: Path
):
    """Its head is in order, so the bot connects; the engine finds out."""
    spoiled = without_a_needed_key(standin_model, tmp_path / "spoiled.gguf")
    bot = await bots.start(SAFEGUILD_MODEL__PATH=str(spoiled))
    assert await bot.ended() == ExitCode.ENVIRONMENT
    assert "`safeguild doctor` looks for the cause" in bot.lines[-1]


async def test_a_data_folder_is_one_processs_and_one_applications(bots: Launcher):
    first = await bots.start_connected()
    second = await bots.start()
    assert await second.ended() == ExitCode.ENVIRONMENT
    assert f"(process {first.process.pid}, since " in second.text
    assert await first.stop() == ExitCode.OK
    with closing(sqlite3.connect(bots.data / "safeguild.sqlite3")) as db, db:
        assert db.execute("UPDATE owner SET application_id = 42").rowcount == 1
    third = await bots.start()
    assert await third.ended() == ExitCode.USAGE
    assert "belongs to the application 42, and the token to " in third.text


async def test_a_store_that_is_away_for_a_while_ends_and_loses_nothing_and_a_second_signal_ends_all_at_once(
    town: Town, bots: Launcher
):
    bot = await bots.start_connected()
    await town.set_up()
    with locked(bots.data / "safeguild.sqlite3"):
        await town.general.say(town.mallory, BAD_WORDS)
        await asyncio.sleep(8)
    card = await town.card()
    assert "H1" in card.all_text
    assert bot.process.returncode is None
    with locked(bots.data / "safeguild.sqlite3"):
        await town.general.say(town.mallory, BAD_WORDS)
        await asyncio.sleep(0.5)
        bot.send(signal.SIGTERM)
        await bot.logged("stopping")
        bot.send(signal.SIGTERM)
        assert await bot.ended(within=5) == ExitCode.STOPPED


async def test_a_guild_that_was_left_leaves_nothing_behind(town: Town, bots: Launcher):
    bot = await bots.start_connected()
    await town.set_up()
    await town.general.say(town.mallory, f"canary-43 {BAD_WORDS}")
    await town.card()
    await town.guild.remove_bot()
    await bot.logged("purged a server that was left", guild_id=town.guild.id)
    assert await bot.stop() == ExitCode.OK
    assert not (bots.data / f"guilds/{town.guild.id}.yaml").exists()
    assert not (bots.data / f"policies/{town.guild.id}").exists()
    left = [path for path in bots.data.rglob("*") if path.is_file() and b"canary-43" in path.read_bytes()]
    assert left == []


async def test_a_bug_in_one_part_ends_all_cleanly_with_a_code_that_systemd_restarts(
    town: Town, bots: Launcher, tmp_path: Path
):
    (tmp_path / "sitecustomize.py").write_text(BROKEN_OUTBOX)
    bot = await bots.start(PYTHONPATH=str(tmp_path), TMPDIR=str(tmp_path))
    assert await bot.ended() == ExitCode.INTERNAL
    line = bot.event("a part failed, the bot ends", part="outbox")
    assert line is not None
    assert line["exception"] == "ZeroDivisionError"
    assert "canary-44" not in bot.text
    assert not town.discord.connected
    assert not (bots.data / "safeguild.sqlite3-wal").exists()  # the store was closed


SLOW_POLICIES = """
import sys
if "run" in sys.argv:
    import time, warnings
    warnings.simplefilter("ignore")
    from bot.guilds.rebuilding import PrefilterBuilder
    quick = PrefilterBuilder.__call__
    def slow(self, policies):
        time.sleep(2.5)
        return quick(self, policies)
    PrefilterBuilder.__call__ = slow
"""
BROKEN_OUTBOX = """
import sys
if "run" in sys.argv:
    import warnings
    warnings.simplefilter("ignore")
    from bot.review.outbox import CardOutbox
    async def run(self):
        raise ZeroDivisionError("canary-44")
    CardOutbox.run = run
"""


def beginning_of(model: Path, cut: Path) -> Path:
    """A download that stopped."""
    with model.open("rb") as file:
        cut.write_bytes(file.read(1_000_000))
    return cut


def without_a_needed_key(model: Path, spoiled: Path) -> Path:
    """A file whose head is in order, and which llama.cpp refuses."""
    shutil.copy(model, spoiled)
    with spoiled.open("rb+") as file:
        file.seek(file.read(4_000_000).index(b"gpt-oss.attention.layer_norm_rms_epsilon"))
        file.write(b"gpt-oss.attention.layer_norm_rms_epsilom")
    return spoiled


def environments_of_children(pid: int) -> list[bytes]:
    """What the children of a process were given."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [Path(f"/proc/{child}/environ").read_bytes() for child in children]


class locked:  # noqa: N801 - read as a statement: with locked(path)
    """Nobody else can write the database inside the block."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_: object) -> None:
        self._db.execute("ROLLBACK")
        self._db.close()
