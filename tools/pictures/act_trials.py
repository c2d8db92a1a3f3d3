"""Moderators try a policy before they trust it."""

import re
from typing import Any

from tests.discord_server import Reply
from tests.journeys.stage import HARMLESS, SUSPICIOUS, Stage
from tools.pictures.company import Company

_END = "The file has everything"


async def play(company: Company) -> None:
    """A few decisions, then every way to try a policy."""
    stage, take = await company.stage(), company.camera.take
    await _decided(stage)
    take("policy-test", await _tried(stage, policy="harassment"))
    source = stage.policy_file("harassment").read_text()
    draft = stage.discord.upload("draft.yaml", re.sub(r"\bloser, ", "", source).encode())
    take("policy-flips", await _tried(stage, policy="harassment", draft=draft, against="in force"))
    one = await stage.guild.slash(
        stage.ada, stage.review, "policy test", policy="harassment", message="you are a clown, rex"
    )
    take("policy-test-message", one)
    sample = await stage.guild.slash(stage.ada, stage.review, "policy sample", policy="harassment")
    take("policy-sample", sample)
    await _labelled(stage, sample)
    take("policy-sample-done", sample)


async def _decided(stage: Stage) -> None:
    for text, press in (
        ("what an absolute loser", "Delete"),
        ("you are a clown and a freak", "Delete"),
        ("this boss makes a loser out of me", "Dismiss"),
    ):
        _, card = await stage.flagged(text)
        await card.click(stage.ada, press)
    for text in (HARMLESS, SUSPICIOUS, "that patch is trash, honestly"):
        await stage.general.say(stage.mallory, text)
    await stage.quiet()


async def _tried(stage: Stage, **options: Any) -> Reply:
    reply = await stage.guild.slash(stage.ada, stage.review, "policy test", **options)
    await reply.message.wait_until(lambda message: _END in message.all_text, 60)
    return reply


async def _labelled(stage: Stage, sample: Reply) -> None:
    """Everything is allowed, to the last message."""
    for _ in range(10):
        if "Allowed" not in sample.message.button_labels:
            return
        await _labelled_one(stage, sample)


async def _labelled_one(stage: Stage, sample: Reply) -> None:
    before = sample.message.all_text
    await sample.message.click(stage.ada, "Allowed")
    await sample.message.wait_until(lambda message: message.all_text != before)
