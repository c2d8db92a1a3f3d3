from dataclasses import replace
from pathlib import Path

import pytest

from bot.guilds.status_report import EngineState, EngineStatus, Flagging
from bot.health import JudgeHealth
from bot.intake.state import ChannelProblem, IntakeState
from bot.ports import StoreUnavailable
from policies.policy import Mode
from policies.starter import starter_text
from tests.bot.cogs.command_stage import STARTED, Stage, stage
from tests.discord_server.permissions import Permission


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (EngineStatus(EngineState.READY, "gpt-oss", stand_in=False), ["Ready", "gpt"]),
        (EngineStatus(EngineState.READY, "safeguild-standin", stand_in=True), ["understands nothing", "fetch"]),
        (
            EngineStatus(EngineState.LOADING, "gpt-oss", stand_in=False, since=STARTED),
            ["Loading", "<t:1893456000"],
        ),
        (
            EngineStatus(EngineState.AWAY, "gpt-oss", False, STARTED, "out of @everyone GPU memory"),
            ["Away", "<t:1893456000:R>", "GPU memory", "nothing is lost"],
        ),
        (
            EngineStatus(EngineState.RESTARTING, "gpt-oss", False, STARTED, "killed by SIGKILL"),
            ["Starting the model again", "<t:1893456000:R>", "SIGKILL", "judged again"],
        ),
        (
            EngineStatus(
                EngineState.READY,
                "gpt-oss",
                False,
                STARTED,
                health=JudgeHealth(8, 3, together=6.42, prefix_hits=0.984, restarts=2),
                busy=True,
            ),
            [
                "Judging 8, 3 waiting in the engine. There is no room for more at the moment.",
                "6.4 judged together on average.",
                "98% of the policies were in memory when needed.",
                "Started again 2 times.",
            ],
        ),
        (
            EngineStatus(
                EngineState.READY, "gpt-oss", False, STARTED, health=JudgeHealth(0, 0, servers=3, servers_away=1)
            ),
            ["Judging 0, 0 waiting in the engine.", "1 of 3 servers away."],
        ),
        (EngineStatus(EngineState.READY, "gpt-oss", False, STARTED, busy=True), ["There is no room for more"]),
    ],
)
async def test_the_engine_is_told_as_it_is(tmp_path: Path, engine: EngineStatus, words: list[str]) -> None:
    async with stage(tmp_path) as made:
        made.report = replace(made.report, engine=engine)
        text = await made.slash("safeguild status")
        assert [word for word in words if word not in text.replace("\\", "")] == []
        assert made.discord.pings == []


async def test_everything_that_is_wrong_in_the_guild_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up()
        await _break_everything(made)
        text = await made.slash("safeguild status")
        for words in (
            *(
                "3 wait for a verdict, 2 for a person (9 wait for a verdict in all servers)",
                "2 channels to go",
                "7 messages arriving",
                "The disk sleeps",
            ),
            *("no cards today", "4 live, 1 shadow, 0 off", "`hate.yaml` line", "I lack Send Messages"),
            *("`review_channel` must be", "0.1.0", "<t:1893456000:R>"),
        ):
            assert words in text.replace("\\", "")
        assert "The other disk" not in text


async def _break_everything(made: Stage) -> None:
    guild_id = made.guild.id
    made.report = replace(made.report, behind={guild_id: 2, 1: 9}, intake_waiting=7)
    made.intake.state = IntakeState(
        problems=(
            ChannelProblem(guild_id, made.general.id, "The disk sleeps"),
            ChannelProblem(1, 2, "The other disk sleeps"),
        )
    )
    made.outbox.trouble = "There are no cards today."
    made.file("hate").write_text(starter_text("hate").replace("mode: live", "mode: lively"))
    await made.policy_book.set_mode(guild_id, "spam", Mode.SHADOW)
    await made.guild_book.save(guild_id, made.settings)
    (made.folder / "guilds" / f"{guild_id}.yaml").write_text("format: 1\nreview_channel: general\n")
    await made.guild_book._look(again=True)
    made.problem_in_review(Permission.SEND_MESSAGES)


async def test_an_up_to_date_guild_without_trouble_gets_a_short_answer(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up()
        text = await made.slash("safeguild status")
        assert "Up to date" in text
        assert "To look at" not in text
        assert "Files with errors" not in text


async def test_how_much_is_flagged_is_told_in_a_line(tmp_path: Path) -> None:
    told = {
        Flagging(1.0, None): "Policies flag as much as they may. The model's pace is not known yet.",
        Flagging(1.0, 1234.5, audits_paused=True): "about 1,234 verdicts a minute. Random checks pause.",
        Flagging(0.4, 12.0): "Likeness flags 40% of what it may, since all servers together want more",
    }
    async with stage(tmp_path) as made:
        for flagging, words in told.items():
            made.report = replace(made.report, flagging=flagging)
            assert words in await made.slash("safeguild status")


async def test_a_review_channel_that_became_public_or_vanished_is_told(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up()
        made.review.overwrites.clear()
        made.review.announce("CHANNEL_UPDATE")
        assert "Everyone can read" in await made.slash("safeguild status")
        await made.review.delete()
        assert "does not exist any more" in await made.slash("safeguild status")


async def test_a_bot_that_is_administrator_is_told_to_give_that_up(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        assert made.guild.bot_member is not None
        await made.guild.bot_member.roles[0].edit(permissions=Permission.ADMINISTRATOR)
        assert "take it away" in await made.set_up()


async def test_a_store_that_is_away_is_told_in_plain_words(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        made.failure = StoreUnavailable("/secret/path is full")
        text = await made.slash("safeguild status")
        assert "My memory does not answer" in text
        assert "/secret" not in text


async def test_the_longest_status_stays_within_discords_limits(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        await made.set_up()
        long = "x, @everyone [a](https://b.example) " * 200
        made.report = replace(
            made.report, version=long, engine=EngineStatus(EngineState.AWAY, long, True, STARTED, long)
        )
        made.intake.state = IntakeState(
            problems=tuple(ChannelProblem(made.guild.id, 10**18 + n, long) for n in range(50)), away=long
        )
        made.outbox.trouble = long
        for n in range(40):
            path = made.file(f"bad-{n}")
            path.write_text(f"title: {long}\n[")
        for n in range(30):
            made.guild.add_channel(f"attic-{n}", private_to=[]).overwrites.popitem()
        await made.policy_book.set_mode(made.guild.id, "spam", Mode.SHADOW)
        text = await made.slash("safeguild status")
        assert "more" in text
        assert made.discord.pings == []
