"""What an operator sees of a running bot: numbers, health, and a log at DEBUG that tells nobody's words."""

import asyncio
import urllib.error
import urllib.request

from tests.journeys.conftest import NewStage
from tests.journeys.stage import Stage

CANARY = "canary-7f3a"
"""In everything that people write and are called."""


def get(address: str, page: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://{address}{page}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


async def asked(stage: Stage, page: str) -> tuple[int, str]:
    served = await stage.bot.wait_for_log("metrics are served")
    return await asyncio.to_thread(get, served["address"], page)


async def becomes_ready(stage: Stage) -> None:
    """Until then it says why it is not: discord.py waits a moment for guilds that come late."""
    async with asyncio.timeout(20):
        while (told := await asked(stage, "/readyz")) != (200, "ready\n"):
            assert told[0] == 503
            assert told[1].startswith(("gateway: ", "judge: "))
            await asyncio.sleep(0.1)


async def test_an_operator_sees_numbers_and_health_and_nobodys_words(own_stage: NewStage):
    stage = await own_stage(
        SAFEGUILD_METRICS__ADDRESS="127.0.0.1:0",
        SAFEGUILD_METRICS__GUILDS="true",
        SAFEGUILD_LOG_LEVEL="debug",
    )
    await stage.bot.wait_for_log("the model is ready")
    assert await asked(stage, "/healthz") == (200, "alive\n")
    await becomes_ready(stage)
    await _people_write_and_decide(stage)
    await stage.quiet()
    status, told = await asked(stage, "/metrics")
    assert status == 200
    assert 'safeguild_verdicts_total{outcome="violation"} 1.0' in told
    assert 'safeguild_decisions_total{action="dismiss"} 1.0' in told
    assert "safeguild_open_cases 0.0" in told
    assert f'safeguild_guild_flagging_part{{guild="{stage.guild.id}"}}' in told
    assert "safeguild_model_steps_total" in told
    assert _value(told, "safeguild_messages_total") >= 2
    assert _value(told, "safeguild_acknowledgement_seconds_count") >= 2
    assert str(stage.mallory.id) not in told
    assert CANARY not in told
    assert await stage.bot.stop() == 0
    assert CANARY not in stage.bot.log
    assert [line for line in stage.bot.log.splitlines() if not line.startswith("{")] == []


async def _people_write_and_decide(stage: Stage) -> None:
    trudy = stage.guild.add_member(f"{CANARY}-trudy")
    ada = stage.guild.add_member(f"{CANARY}-ada", [stage.moderators])
    channel = stage.guild.add_channel(f"{CANARY}-channel")
    message = await channel.say(trudy, f"you loser {CANARY}", files=[f"{CANARY}.png"])
    card = await stage.card_about(message)
    await message.edit(f"now {CANARY} is harmless")
    await card.click(ada, "Reasoning")
    await card.click(ada, "Dismiss")
    case = stage.case(message)
    noted = await stage.guild.slash(ada, stage.review, "case note", case=case.id, text=f"a note {CANARY}")
    assert not noted.failed
    await channel.say(trudy, f"good morning {CANARY}")


def _value(told: str, name: str) -> float:
    return next(float(line.split()[1]) for line in told.splitlines() if line.startswith(f"{name} "))
