"""`safeguild policy test`, with the stand-in."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from bot.case import Action, Decision
from bot.guilds.files import write_private
from bot.store import DATABASE, open_store
from policies.document import load_policy
from tests.bot.store.samples import START, suspected, verdict

GUILD = 1_301_000_000_000_000_001
BLORP = """\
format: 1
title: Blorps
goal: Nobody calls anybody a blorp.
rules: [{id: B1, text: Calling somebody a blorp., terms: [TERM]}]
examples:
  - {text: "you blorp", verdict: B1}
  - {text: "good morning", verdict: allowed}
  - {text: "such a blorp, really", verdict: B1, show: true}
"""


@pytest.fixture
def blorps(place, standin_model: Path, vocabulary_folder: Path) -> Path:
    """A policy that the stand-in follows, and its model where the command looks for it."""
    for made, name in ((standin_model.parent, "standin"), (vocabulary_folder, "vocabulary")):
        (place.data / name).mkdir(parents=True)
        for file in made.iterdir():
            os.link(file, place.data / name / file.name)
    path: Path = place.work / "blorps.yaml"
    path.write_text(BLORP.replace("TERM", "blorp"))
    return path


def test_a_file_is_tried_on_its_own_examples(inside, blorps):
    ended = inside("policy", "test", "blorps.yaml")
    assert ended.code == 0, ended.err
    assert "Not in the prompt: precision 1 of 1, 100%" in ended.out
    assert "In the prompt, which proves little" in ended.out
    assert "With `--guild ID` it is tried on what that server's moderators" in ended.out
    assert "/policy sample" not in ended.out


def test_a_version_that_is_worse_ends_with_1_and_says_where_in_json(inside, blorps):
    blorps.with_name("other.yaml").write_text(BLORP.replace("TERM", "blarp"))
    ended = inside("policy", "test", "other.yaml", "--against", "blorps.yaml", "--json")
    assert ended.code == 1, ended.err
    found = json.loads(ended.out)
    assert (found["flips"]["worse"], found["flips"]["better"], found["flips"]["compared"]) == (1, 0, 2)
    (flip,) = found["flips"]["gravest_first"]
    assert (flip["example"], flip["before"]["violation"], flip["after"]["violation"]) == ("you blorp", True, False)
    assert found["figures"]["as_it_runs"]["recall"] is None
    assert found["figures"]["lacking"] == ["opened", "cleared", "unflagged"]


def test_a_draft_is_tried_on_what_a_servers_moderators_decided(inside, blorps, place):
    asyncio.run(decided(place.data, blorps))
    draft = place.work / "drafts" / "blorps.yaml"
    draft.parent.mkdir()
    draft.write_text(BLORP.replace("TERM", "blarp"))
    ended = inside("policy", "test", str(draft), "--against", "blorps", "--guild", str(GUILD), "--show-texts")
    assert ended.code == 1, ended.err
    assert "2 flips: 0 better, 2 worse" in ended.out
    assert "Precision on cards that came up: unknown." in ended.out
    assert "Violations that moderators confirmed: it finds 0 of 1." in ended.out
    assert "all blorps here, you blorp" in ended.out


def put(folder: Path, policy: Path) -> None:
    folder.mkdir(parents=True)
    write_private(folder / policy.name, policy.read_bytes())


async def decided(data: Path, policy: Path) -> None:
    """A moderator deleted a message under the policy."""
    await asyncio.to_thread(put, data / "policies" / str(GUILD), policy)
    async with open_store(data / DATABASE) as store:
        await store.keep_policy(GUILD, load_policy(policy))
        text = "all blorps here, you blorp"
        case_id = await store.record(suspected(100, text, guild_id=GUILD, policies=("blorps",)))
        assert case_id is not None
        (claim,) = await store.claim(1, (START - START.replace(year=2029)))
        await store.finish(claim, verdict(True).model_copy(update={"rule_ids": ("B1",)}))
        word = Decision(case_id=case_id, action=Action.DELETE, moderator_id=900, decided_at=START)
        await store.decide(word)
        await store.settle(case_id, enforced=True, outcome="done")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nothing-like-it"], "there is no policy 'nothing-like-it'"),
        (["blorps.yaml", "--guild", str(GUILD)], "there are no policies of a server"),
        (["blorps.yaml", "--against", "3"], "older versions are kept for servers only"),
    ],
)
def test_what_cannot_be_tried_is_told_in_one_line(inside, blorps, arguments, told):
    ended = inside("policy", "test", *arguments)
    assert ended.code == 1
    assert told in ended.err
    assert "hint:" in ended.err


def test_a_draft_under_another_name_is_not_taken_for_a_policy_without_cases(inside, blorps, place):
    asyncio.run(decided(place.data, blorps))
    blorps.with_name("draft.yaml").write_text(blorps.read_text())
    ended = inside("policy", "test", "draft.yaml", "--guild", str(GUILD))
    assert ended.code == 1
    assert "call the file like the policy that it is a draft of; there are: blorps" in ended.err


def test_a_version_that_was_never_kept_is_told(inside, blorps, place):
    asyncio.run(decided(place.data, blorps))
    ended = inside("policy", "test", "blorps", "--guild", str(GUILD), "--against", "#7")
    assert "there is no version 7 of blorps" in ended.err
