"""What nothing suspects is judged now and then all the same: violations are found, and misses are counted."""

import asyncio

from bot.cogs.policy_outlook import NOT_IN_FORCE
from tests.journeys.conftest import NewStage
from tests.journeys.stage import HARMLESS, JUDGED_WITHIN, Stage

OVERLOOKED = "what a lovely day for a blorp, see you at eight"
POLICY = """\
format: 1
title: Blorps
mode: live
goal: The plans of the next tournament stay secret.
rules:
  - {id: B1, text: Telling strangers which maps will be played., terms: [blorp], severity: high}
prefilter: {flag_rate: 0.0000001}
"""


async def test_a_random_check_finds_what_nothing_suspected_and_leaves_nothing_of_the_rest(own_stage: NewStage):
    stage = await own_stage(SAFEGUILD_PREFILTER__AUDIT_RATE="1")
    await stage.bot.wait_for_log("the model is ready")
    await only_policy(stage, "blorps", POLICY)
    said = await until_checked(stage, HARMLESS)
    missed = await stage.general.say(stage.mallory, OVERLOOKED)
    assert "random check" in (await stage.card_about(missed)).embed_text
    await stage.bot.until_stored("SELECT 1 FROM tally WHERE policy_id = 'blorps' AND missed = 1 AND cleared = 1")
    assert stage.memory.messages_with_cases() == {missed.id}, "nothing is left of what was harmless"
    assert stage.bot.query(
        "SELECT count(*) FROM revision WHERE opened('revision.message', message) LIKE '%morning%'"
    ) == [(0,)]
    assert "2 messages that nothing suspected, 1 violation" in await shown(stage, "blorps")
    assert await stage.bot.stop() == 0
    kept = "SELECT looked_at, flagged, drawn FROM tally WHERE policy_id = 'blorps'"
    assert stage.bot.query(kept) == [(said + 1, 0, 2)], "counts are kept at the end"


async def until_checked(stage: Stage, text: str) -> int:
    """Mallory writes a harmless text until one is drawn: nothing is before the gate has seen that the model is
    there. How often it was written."""
    for said in range(1, 10):
        await stage.general.say(stage.mallory, text)
        for _ in range(60):
            if stage.bot.query("SELECT 1 FROM tally WHERE policy_id = 'blorps' AND cleared = 1"):
                return said
            await asyncio.sleep(0.1)
    raise AssertionError("no harmless message was drawn")


async def only_policy(stage: Stage, policy_id: str, source: str) -> None:
    """Put this policy in force, and no other: each would have messages checked."""
    for starter in stage.policy_file(policy_id).parent.glob("*.yaml"):
        starter.unlink()
    await stage.put_policy(policy_id, source)
    async with asyncio.timeout(JUDGED_WITHIN):
        while NOT_IN_FORCE in await shown(stage, policy_id):  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0.05)


async def shown(stage: Stage, policy_id: str) -> str:
    return (await stage.guild.slash(stage.ada, stage.review, "policy show", policy=policy_id)).text
