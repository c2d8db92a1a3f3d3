"""`/policy test` as Discord shows it: progress, cancelling, one at a time, and what becomes of a late result."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import discord
import pytest
from discord.utils import utcnow

from bot.case import CaseFile, CaseState
from bot.cogs import policy, policy_trial, policy_trial_following, setup, sync
from bot.cogs.policy_trial_page import result_page
from bot.cogs.rooms import Rooms
from bot.ports import DiscordAway, UnknownCase
from bot.records.histories import Author, AuthorKind, Version
from bot.records.labels import KnownText
from bot.trials.figures import Answered, figures, flips
from bot.trials.items import known_items
from bot.trials.report import full_report
from bot.trials.result import TrialResult
from bot.trials.room import TrialRoom
from bot.trials.strata import Population
from inference.patient import Patience
from inference.prefilter.budget.audit import Tally
from policies.policy import Mode
from tests.bot.adapters import MODEL, START, TermJudge, make_message
from tests.bot.cogs.card_samples import embed_texts, limits_broken, outside_code_blocks, unescaped
from tests.bot.cogs.command_stage import Stage, stage
from tests.bot.cogs.housemates import until
from tests.bot.new_store import new_store
from tests.bot.trials.trial_samples import known, label, policy_with, verdict
from tests.discord_server.channels import Channel
from tests.discord_server.replies import Reply

BLORP = """\
format: 1
title: Blorps
goal: Nobody calls anybody a blorp.
rules: [{id: B1, text: Calling somebody a blorp., terms: [blorp], severity: high}]
examples: [{text: you blorp, verdict: B1}, {text: good morning, verdict: allowed}]
prefilter: {keywords: [blorp]}
"""


class TrialStore:
    """The part of a store that the command needs."""

    def __init__(self) -> None:
        self.texts: list[KnownText] = []
        self.cases: dict[int, CaseFile] = {}
        self.sources: dict[int, bytes] = {}

    async def labels(self, *_: Any) -> list[Any]:
        return [text.label for text in self.texts if text.label]

    async def labelled_texts(self, *_: Any) -> list[KnownText]:
        return self.texts

    async def unlabelled_texts(self, *_: Any) -> list[KnownText]:
        return []

    async def tally(self, *_: Any) -> Tally:
        return Tally()

    async def version_source(self, _: int, __: str, number: int) -> bytes | None:
        return self.sources.get(number)

    async def versions(self, guild_id: int, policy_id: str, *, limit: int) -> list[Version]:
        made = Author(AuthorKind.COMMAND, 1, "First try")
        return [
            Version(guild_id, policy_id, number, made, START, "", "", Mode.LIVE) for number in sorted(self.sources)
        ][:limit]

    async def case(self, case_id: int) -> CaseFile:
        if case_id not in self.cases:
            raise UnknownCase("gone")
        return self.cases[case_id]


class Trials:
    """Brings the cog in, with a judge and a store of its own."""

    def __init__(self, clock: Callable[[], datetime] = utcnow, store: Any = None) -> None:
        self.judge = TermJudge()
        self.store = store or TrialStore()
        self.clock = clock
        self.room: TrialRoom | None = None

    async def setup_cog(self, bot: Any, rooms: Rooms) -> None:
        store: Any = self.store
        self.room = TrialRoom(store, self.judge, MODEL, patience=Patience(first=0, longest=0, busy=0, busiest=0))
        await policy_trial.setup_cog(bot, replace(rooms, trials=self.room, store=store, clock=self.clock))


async def blorps(made: Stage) -> None:
    await made.slash("policy add", starter="spam")
    (made.file("spam").parent / "blorps.yaml").write_text(BLORP)
    made.file("spam").unlink()
    await made.slash("policy add", starter="spam")
    await made.set_up()


@pytest.fixture(autouse=True)
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_trial_following, "EVERY", 0.02)


async def asked(made: Stage, **options: Any) -> Reply:
    """Use the command; returns at the first answer, for the trial may go on."""
    return await made.guild.slash(made.mia, made.review, "policy test", policy="blorps", **options)


async def test_progress_is_shown_and_then_the_result(tmp_path: Path):
    trials = Trials()
    async with stage(tmp_path, cogs=(setup, policy, trials, sync)) as made:
        await blorps(made)
        trials.judge.gate = asyncio.Event()
        reply = await asked(made)
        assert "Testing **Blorps**" in reply.ephemeral_text
        await reply.message.wait_until(lambda message: "0 of 2 questions" not in message.all_text)
        trials.judge.gate.set()
        await reply.message.wait_until(lambda message: "Blorps was tested." in message.all_text)
        assert "precision 1 of 1" in reply.message.all_text
        assert reply.message.buttons == []
        assert made.discord.pings == []
        made.discord.raise_deviations()


async def test_a_second_test_is_told_of_the_first_and_either_can_be_cancelled(tmp_path: Path):
    trials = Trials()
    async with stage(tmp_path, cogs=(setup, policy, trials, sync)) as made:
        await blorps(made)
        trials.judge.gate = asyncio.Event()
        first = await asked(made)
        await until(lambda: trials.judge.in_flight)
        second = await asked(made)
        assert "A test is running here already: Blorps" in second.ephemeral_text
        told = await second.message.click(made.mia, "Cancel")
        assert "is being cancelled" in told.ephemeral_text
        await first.message.wait_until(lambda message: "was cancelled" in message.all_text)
        assert trials.judge.in_flight == 0
        assert "No test is running" in (await second.message.click(made.mia, "Cancel")).ephemeral_text


async def test_a_result_that_comes_too_late_for_the_answer_goes_to_the_review_channel(tmp_path: Path):
    late = {"by": timedelta(0)}
    trials = Trials(lambda: utcnow() + late["by"])
    async with stage(tmp_path, cogs=(setup, policy, trials, sync)) as made:
        await blorps(made)
        trials.judge.gate = asyncio.Event()
        await asked(made)
        await until(lambda: trials.judge.in_flight)
        late["by"] = timedelta(minutes=15)
        trials.judge.gate.set()
        posted = await made.review.wait_for_message(lambda message: "your test has ended" in message.all_text)
        assert "Blorps was tested." in posted.all_text
        assert made.discord.pings == []


async def test_an_absent_model_is_waited_for_and_that_is_said(tmp_path: Path):
    trials = Trials()
    async with stage(tmp_path, cogs=(setup, policy, trials, sync)) as made:
        await blorps(made)
        trials.judge.away = 10**9
        reply = await asked(made)
        await reply.message.wait_until(lambda message: "I wait for it" in message.all_text)
        trials.judge.away = 0
        await reply.message.wait_until(lambda message: "Blorps was tested." in message.all_text)
        assert "I wait for it" not in reply.message.all_text


async def test_members_cannot_test_and_what_does_not_exist_is_told(tmp_path: Path):
    trials = Trials()
    async with stage(tmp_path, cogs=(setup, policy, trials, sync)) as made:
        await blorps(made)
        for command in made.discord.world.commands.of(None):
            command.definition["default_member_permissions"] = None
        assert "Only moderators" in await made.slash("policy test", by=made.max, policy="blorps")
        assert "There is no policy “nope”" in await made.slash("policy test", policy="nope")
        assert "There is no version “9”" in await made.slash("policy test", policy="blorps", version="9")
        trials.store.sources[1] = b"title: [\n"
        assert "`blorps.yaml` line" in await made.slash("policy test", policy="blorps", against="1")
        assert trials.judge.asked == []
        choices = await made.guild.autocomplete(
            made.mia, made.review, "policy test", policy="blorps", against="first"
        )
        assert [choice.value for choice in choices] == ["1"]


async def test_an_older_version_is_compared_and_texts_of_unreadable_channels_are_not_shown(tmp_path: Path):
    trials = Trials()
    async with stage(tmp_path, cogs=(setup, policy, trials, sync)) as made:
        await blorps(made)
        flip_in(made, trials, made.general, made.guild.add_channel("owners", private_to=[]))
        reply = await asked(made, against="1")
        await reply.message.wait_until(lambda message: "3 flips: 3 better" in message.all_text)
        assert "blorp number 1" in reply.message.all_text
        assert "blorp number 2" not in reply.message.all_text
        (file,) = reply.message.attachments
        assert b"blorp number 1" in file.content
        assert b"blorp number 2" not in file.content


async def test_a_result_is_told_without_texts_when_discord_does_not_say_who_may_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async def away(*_: Any) -> None:
        raise DiscordAway("no answer")

    monkeypatch.setattr(policy_trial_following, "place_of", away)
    trials = Trials()
    async with stage(tmp_path, cogs=(setup, policy, trials, sync)) as made:
        await blorps(made)
        flip_in(made, trials, made.general)
        reply = await asked(made, against="1")
        await reply.message.wait_until(lambda message: "2 flips: 2 better" in message.all_text)
        assert "blorp number" not in reply.message.all_text


def flip_in(made: Stage, trials: Trials, *channels: Channel) -> None:
    """Version 1 finds nothing in what was written in these channels, and moderators confirmed it."""
    trials.store.sources[1] = BLORP.replace("terms: [blorp]", "terms: [blarp]").encode()
    for number, channel in enumerate(channels, start=1):
        text = known(number, f"blorp number {number}", of=label(number))
        message = text.message.model_copy(update={"channel_id": channel.id, "guild_id": made.guild.id})
        trials.store.texts.append(replace(text, message=message))
        trials.store.cases[number] = a_case(made, number)


async def test_a_version_that_the_history_knows_is_compared_by_its_number(tmp_path: Path):
    async with new_store(tmp_path / "store.db") as store:
        trials = Trials(store=store)
        async with stage(tmp_path, cogs=(setup, policy, trials, sync), store=store) as made:
            await blorps(made)
            made.file("blorps").write_text(BLORP.replace("terms: [blorp]", "terms: [blarp]"))
            await made.slash("policy mode", policy="blorps", mode="shadow")
            newest, *_, oldest = await store.versions(made.guild.id, "blorps", limit=10)
            assert newest.number > oldest.number
            reply = await asked(made, against=f"#{oldest.number}")
            await reply.message.wait_until(lambda message: "1 flip: 0 better, 1 worse" in message.all_text)
            assert trials.store is store
            offered = await made.guild.autocomplete(
                made.mia, made.review, "policy test", policy="blorps", against=str(oldest.number)
            )
            assert str(oldest.number) in [choice.value for choice in offered]


def a_case(made: Stage, case_id: int) -> CaseFile:
    message = make_message(case_id)
    return CaseFile(
        id=case_id,
        guild_id=made.guild.id,
        state=CaseState.ENFORCED,
        opened_at=START,
        revisions=(message,),
        earlier=(),
        findings=(),
        decision=None,
        outcome=None,
    )


HOSTILE = "@everyone <@1> <#2> [x](https://x.example) ```\n# h `a` ||s|| <t:1:R> </x:1> ‮א" + "\U0001f642" * 300


def a_result(text: str, count: int = 1, **fields: Any) -> TrialResult:
    tried, other = policy_with(title="T @everyone `x`", **fields), policy_with()
    texts = [known(number + 1, text, of=label(number + 1)) for number in range(count)]
    said = verdict(True, rationale=HOSTILE[:400])
    answered = [
        Answered(item, said, verdict(False, rationale=HOSTILE[:400]))
        for item in known_items(texts, [tried, other])
    ]
    return TrialResult(
        policy=tried,
        against=other,
        figures=figures(answered, Population()),
        flips=flips(answered, tried, other),
        judged=2,
        remembered=0,
        unread=1,
        left_out=1,
        seconds=1.0,
    )


@pytest.mark.parametrize("count", [1, 300])
def test_the_largest_and_most_hostile_result_stays_within_limits_and_is_no_markup(count: int):
    result = a_result(HOSTILE, count)
    told = result_page(result, {number + 1 for number in range(count)})
    assert limits_broken(told.embed) == []
    text = "\n".join(each for _, each in embed_texts(told.embed.to_dict()))
    text, links = re.subn(r"\[Jump to it\]\(https://discord\.com/channels/[0-9/]+\)", "", text)
    assert links
    bare = unescaped(outside_code_blocks(text))
    assert "@everyone" not in bare
    assert not [sign for sign in ("<@", "<#", "</", "<t:", "](", "||", "‮") if sign in bare]
    assert told.embed.colour == discord.Colour.green()


def test_what_was_written_is_not_shown_to_whoever_may_not_read_it():
    result = a_result("a secret")
    assert "a secret" not in str(result_page(result, frozenset()).embed.to_dict())
    assert "a secret" not in full_report(result, frozenset())
    assert "a secret" in full_report(result, {1})
