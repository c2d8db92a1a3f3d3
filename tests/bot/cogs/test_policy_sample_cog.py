"""`/policy sample` as Discord shows it: what is drawn for whom, what is kept, and presses that come late."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from discord.utils import utcnow

from bot.case import Suspected
from bot.cogs import policy, policy_sample, setup, sync
from bot.cogs.policy_sample_page import Shown, rules_page, sample_page
from bot.cogs.rooms import Rooms
from bot.ports import Store
from bot.records.labels import Draw, LabelSource, Stratum
from bot.trials.room import TrialRoom
from policies.policy import Policy
from tests.bot.adapters import MODEL, START, TermJudge, make_earlier, make_message
from tests.bot.cogs.card_samples import embed_texts, limits_broken, outside_code_blocks, unescaped
from tests.bot.cogs.command_stage import Stage, stage
from tests.bot.new_store import new_store
from tests.bot.store.samples import LEASE, suspicion, verdict
from tests.bot.trials.trial_samples import policy_with
from tests.discord_server.replies import Reply

BLORP = """\
format: 1
title: Blorps
goal: Nobody calls anybody a blorp.
rules: [{id: B1, text: Calling somebody a blorp.}, {id: skip, text: Blorping.}]
prefilter: {keywords: [blorp]}
"""


class Samples:
    """Brings the cog in, with a store of its own."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def setup_cog(self, bot: Any, rooms: Rooms) -> None:
        trials = TrialRoom(self.store, TermJudge(), MODEL)
        await policy_sample.setup_cog(bot, replace(rooms, trials=trials, store=self.store, clock=utcnow))


@dataclass
class Scene:
    made: Stage
    store: Store

    @property
    def policy(self) -> Policy:
        return self.made.policy_book.policies(self.made.guild.id)["blorps"]

    async def ask(self, by: Any = None) -> Reply:
        """`/policy sample`."""
        made = self.made
        return await made.guild.slash(by or made.mia, made.review, "policy sample", policy="blorps")

    async def cleared(self, message_id: int, text: str, channel_id: int | None = None) -> int:
        """A case that the judge has cleared."""
        guild_id = self.made.guild.id
        await self.store.keep_policy(guild_id, self.policy)
        here = {"guild_id": guild_id, "channel_id": channel_id or self.made.general.id}
        message = make_message(message_id, text, **here)
        case_id = await self.store.record(Suspected(message=message, suspicions=(suspicion("blorps"),)))
        assert case_id is not None
        (claim,) = await self.store.claim(1, LEASE)
        await self.store.finish(claim, verdict(False))
        return case_id

    async def words(self) -> set[tuple[Stratum, bool, str | None]]:
        """What was labelled."""
        labels = await self.store.labels(self.made.guild.id)
        assert {label.source for label in labels} <= {LabelSource.SAMPLE}
        return {(label.stratum, label.violates, label.rule_id) for label in labels}


@asynccontextmanager
async def scene(folder: Path) -> AsyncIterator[Scene]:
    async with (
        new_store(folder / "store.db") as store,
        stage(folder, cogs=(setup, policy, Samples(store), sync)) as made,
    ):
        await made.slash("policy add", starter="spam")
        (made.file("spam").parent / "blorps.yaml").write_text(BLORP)
        made.file("spam").unlink()
        await made.slash("policy add", starter="spam")
        await made.set_up()
        yield Scene(made, store)
        assert made.discord.pings == []
        made.discord.raise_deviations()


async def press(reply: Reply, by: Any, label: str) -> str:
    """Press a button of the answer, and wait for what it says then."""
    before = reply.message.all_text
    await reply.message.click(by, label)
    await reply.message.wait_until(lambda message: message.all_text != before)
    return reply.message.all_text


async def test_messages_that_nothing_suspects_are_drawn_where_both_can_read(tmp_path: Path):
    async with scene(tmp_path) as it:
        made = it.made
        await made.general.say(made.max, "0.1 a quiet word")
        await made.general.say(made.max, "you blorp")
        await made.general.say(made.guild.add_member("robot", bot=True), "0.1 beep")
        await made.guild.add_channel("owners", private_to=[]).say(made.ada, "0.1 secret")
        await made.review.say(made.mia, "0.1 among us")
        reply = await it.ask()
        assert "message 1 of 1" in reply.ephemeral_text
        assert "0.1 a quiet word" in reply.ephemeral_text
        assert await it.store.labels(made.guild.id) == []
        assert "Sample labelled" in await press(reply, made.mia, "Allowed")
        assert await it.words() == {(Stratum.UNFLAGGED, False, None)}
        assert "There is nothing to label" in (await it.ask()).ephemeral_text


async def test_a_rule_may_be_named_whatever_it_is_called_and_need_not_be(tmp_path: Path):
    async with scene(tmp_path) as it:
        made = it.made
        for number in range(2):
            await made.general.say(made.max, f"0.1 word {number}")
        reply = await it.ask()
        assert "Which rule" in await press(reply, made.mia, "Violates")
        assert "message 1 of 2" in await press(reply, made.mia, "Back")
        await press(reply, made.mia, "Violates")
        await choose(reply, made.mia, "skip")
        await reply.message.wait_until(lambda message: "message 2 of 2" in message.all_text)
        await press(reply, made.mia, "Violates")
        await choose(reply, made.mia, "-")
        await reply.message.wait_until(lambda message: "Sample labelled" in message.all_text)
        assert await it.words() == {(Stratum.UNFLAGGED, True, "skip"), (Stratum.UNFLAGGED, True, None)}


async def choose(reply: Reply, by: Any, value: str) -> None:
    (menu,) = [
        item
        for row in reply.message.components
        for item in row["components"]
        if item["custom_id"].endswith(":rule")
    ]
    await reply.message.select(by, menu["custom_id"], value)


async def test_a_message_that_was_edited_or_deleted_meanwhile_is_not_labelled(tmp_path: Path):
    async with scene(tmp_path) as it:
        made = it.made
        message = await made.general.say(made.max, "0.1 as it was")
        reply = await it.ask()
        await message.edit("0.1 as it is")
        assert "0.1 as it is" in await press(reply, made.mia, "Allowed")
        assert await it.words() == set()
        await message.delete()
        told = await press(reply, made.mia, "Allowed")
        assert "1 is not there any more." in told
        assert await it.words() == set()


async def test_cleared_cases_come_from_channels_that_the_moderator_reads_and_not_once_they_are_opened(
    tmp_path: Path,
):
    async with scene(tmp_path) as it:
        made = it.made
        hidden = made.guild.add_channel("owners", private_to=[])
        await it.cleared(100, "0.1 one")
        await it.cleared(101, "0.1 two", hidden.id)
        case_id = await it.cleared(102, "0.1 three")
        reply = await it.ask()
        assert "of 2" in reply.ephemeral_text
        again = make_message(102, "edited", guild_id=made.guild.id, channel_id=made.general.id)
        await it.store.record(Suspected(message=again, suspicions=(suspicion("blorps"),)))
        (claim,) = await it.store.claim(1, LEASE)
        await it.store.finish(claim, verdict(True).model_copy(update={"rule_ids": ("B1",)}))
        seen = reply.ephemeral_text
        while "Sample labelled" not in seen:
            assert "edited" not in seen
            seen = await press(reply, made.mia, "Allowed")
        assert "1 is allowed." in seen
        assert "1 is not there any more." in seen
        assert [label.case_id for label in await it.store.labels(made.guild.id)] != [case_id]


async def test_a_sample_is_one_persons_and_ends_with_the_next_one(tmp_path: Path):
    async with scene(tmp_path) as it:
        made = it.made
        await made.general.say(made.max, "0.1 a word")
        reply = await it.ask()
        (draw,) = await it.store.draws(made.guild.id, "blorps", made.mia.id)
        forged = await made.review.say(made.discord.bot)
        mark = reply.message.buttons[0]["custom_id"].split(":")[2]
        for custom_id, told in (
            (f"sample:{draw.id}:{mark}:allowed", "handed to somebody else"),
            (f"sample:9999:{mark}:allowed", "This sample is over"),
        ):
            button = {"type": 2, "id": 2, "style": 4, "label": "Forged", "custom_id": custom_id}
            forged.components = [{"type": 1, "id": 1, "components": [button]}]
            await forged.click(made.ada, "Forged")
            await forged.wait_until(lambda message, told=told: told in message.all_text)
        assert await it.words() == set()
        assert "Sample labelled" in await press(reply, made.mia, "Skip")
        assert await it.words() == set()


async def test_what_cannot_be_sampled_is_said(tmp_path: Path):
    async with scene(tmp_path) as it:
        made = it.made
        assert "There is nothing to label" in (await it.ask()).ephemeral_text
        made.thresholds = None
        assert "being prepared" in (await it.ask()).ephemeral_text
        source = made.file("blorps").read_text()
        await rewritten(made, source.replace("format: 1", "format: 1\ncare: withhold"))
        assert "never shown again" in (await it.ask()).ephemeral_text
        await made.slash("policy mode", policy="blorps", mode="off")
        assert "This policy is off" in (await it.ask()).ephemeral_text


async def rewritten(made: Stage, source: str) -> None:
    made.file("blorps").write_text(source)
    await made.slash("policy mode", policy="blorps", mode="live")


HOSTILE = "@everyone <@1> [x](https://x.example) ```\n# h ||s|| <t:1:R> \u202eא" + "\U0001f642" * 1500


@pytest.mark.parametrize("text", [HOSTILE, "`" * 4000, "\U0001f642" * 2000, "א " * 2000])
def test_the_largest_and_most_hostile_message_stays_within_limits_and_is_no_markup(text: str):
    of = Draw(7, "harassment", "d", 900, Stratum.UNFLAGGED, 5, 100, START + timedelta(days=1), id=3)
    shown = Shown(of, make_message(100, text), tuple(make_earlier(number, 55, text) for number in range(1, 11)))
    tried = policy_with(title="T @everyone", goal=HOSTILE.replace("\n", " ").replace("\u202e", "")[:500])
    for made in (sample_page(tried, shown, 1, 10), rules_page(tried, shown)):
        assert limits_broken(made.embed) == []
        bare = unescaped(outside_code_blocks("\n".join(each for _, each in embed_texts(made.embed.to_dict()))))
        assert not [sign for sign in ("@everyone", "<@", "](", "||", "\u202e") if sign in bare]
