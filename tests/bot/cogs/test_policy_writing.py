"""Policies by slash command, through real discord.py: forms, previews, and nothing lost on the way."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.cogs import policy_editor
from bot.cogs.policy_editor import open_editor_with_example
from bot.guilds.drafts import LIFE_SECONDS
from bot.ports import StoreUnavailable
from policies.policy import Mode
from policies.starter import starter_text
from tests.bot.cogs.command_stage import Stage
from tests.bot.cogs.writing_steps import (
    TYPED,
    YAML,
    command,
    fields_of,
    file,
    history,
    press,
    promote,
    sent,
    shown,
    text_of,
    typed,
    writing_stage,
)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Stage]:
    async with writing_stage(tmp_path) as made:
        yield made


async def test_a_policy_is_written_on_a_phone_seen_before_it_is_saved_and_starts_in_shadow(made: Stage) -> None:
    preview = await typed(made, reason="they are rude")
    text = text_of(preview)
    for words in ("New policy: Blorps", "Mode: **shadow**", "**B1** (high): Calling somebody a blorp"):
        assert words in text
    assert "reads 2 of its 2 examples" in text
    assert made.policy_book.policies(made.guild.id) == {}
    saved = await press(made, preview, "Save")
    assert "**Blorps** is saved. Mode: **shadow**" in text_of(saved)
    assert made.shop.modes(made.guild.id) == {"blorps": Mode.SHADOW}
    assert await history(made, "blorps") == [("command", made.ada.id, "they are rude", Mode.SHADOW)]


async def test_what_is_wrong_is_told_with_its_line_and_the_text_is_there_again(made: Stage) -> None:
    wrong = TYPED | {"rules": "no id\n" + TYPED["rules"], "examples": "B9: x\n" + TYPED["examples"]}
    told = await typed(made, wrong)
    text = text_of(told)
    assert "there are 2 problems" in text
    assert "**Rules, line 1**: a rule begins with its id" in text
    assert "**Examples, line 1**" in text
    assert [each.filename for each in shown(told).attachments] == ["blorps.txt"]
    form = await press(made, told, "Fix")
    assert fields_of(form) == wrong
    preview = await sent(made, form, TYPED)
    assert "New policy: Blorps" in text_of(preview)
    assert "problems" not in text_of(preview)


async def test_an_edit_says_what_changes_and_keeps_what_the_form_does_not_show(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "harassment", Mode.LIVE)
    form = await command(made, "edit", policy="harassment")
    values = fields_of(form)
    assert values["rules"].startswith("H1 [medium, delete, warn]: An insult aimed at a member")
    preview = await sent(made, form, values | {"allowed": values["allowed"] + "\nShouting at a boss."})
    text = text_of(preview)
    assert "Change: Harassment" in text
    assert "Allowed now: Shouting at a boss\\." in text
    assert "will be lost" not in text
    assert "Save and go live" not in shown(preview).button_labels
    await press(made, preview, "Save")
    wanted = starter_text("harassment").replace("examples:\n", "  - Shouting at a boss.\nexamples:\n", 1)
    assert made.file("harassment").read_text() == wanted


async def test_comments_that_a_command_would_lose_are_told_before(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "spam")
    made.file("spam").write_text(YAML)
    form = await command(made, "edit", policy="spam")
    preview = await sent(made, form, fields_of(form) | {"goal": "Fewer snorps."})
    assert "Comments in the file that will be lost" in text_of(preview)
    assert "\\# really" in text_of(preview)
    assert made.file("spam").read_text() == YAML


async def test_two_who_edit_at_once_lose_nothing(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "harassment")
    promote(made)
    ada, mia = (
        await command(made, "edit", policy="harassment"),
        await command(made, "edit", made.mia, policy="harassment"),
    )
    hers = await sent(made, mia, fields_of(mia) | {"goal": "Mia's goal."})
    mine = await sent(made, ada, fields_of(ada) | {"title": "Ada's title"})
    await press(made, hers, "Save", made.mia)
    told = await press(made, mine, "Save")
    text = text_of(told)
    assert "has changed while you wrote" in text
    assert f"It was saved by <@{made.mia.id}>" in text
    assert "Goal: Keep members free from attacks on their person\\., now Mia's goal\\." in text.replace("\\'", "'")
    assert shown(told).button_labels == ["Look at both", "Save mine over it", "Edit again", "Cancel"]
    both = await press(made, told, "Look at both")
    assert "lines with + are yours" in text_of(both)
    assert [each.filename for each in both.message.attachments] == ["harassment.diff.txt"]
    again = await press(made, told, "Edit again")
    assert fields_of(again)["title"] == "Ada's title"
    preview = await sent(made, again, fields_of(again))
    assert "Title: Harassment, now Ada's title" in text_of(preview).replace("\\'", "'")
    await press(made, preview, "Save")
    assert "title: Ada's title" in made.file("harassment").read_text().replace('"', "")


async def test_one_can_save_over_what_was_shown_and_over_nothing_that_came_later(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "spam")
    form = await command(made, "edit", policy="spam")
    mine = await sent(made, form, fields_of(form) | {"title": "Mine"})
    made.file("spam").write_text(starter_text("spam") + "# theirs\n")
    told = await press(made, mine, "Save")
    assert "only its file differs" in text_of(told)
    made.file("spam").write_text(starter_text("spam") + "# later\n")
    told = await press(made, told, "Save mine over it")
    assert "has changed while you wrote" in text_of(told)
    assert "# later" in made.file("spam").read_text()
    await press(made, told, "Save mine over it")
    assert "title: Mine" in made.file("spam").read_text()


async def test_a_draft_that_is_forgotten_says_what_to_do(made: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    preview, form = await typed(made), await command(made, "new")
    drafts = made.bot.rooms.writing.drafts
    monkeypatch.setattr(drafts, "_timer", lambda: 10**9 + LIFE_SECONDS)
    told = await press(made, preview, "Save")
    assert "I do not have this text in my memory any more" in told.ephemeral_text
    assert [each.filename for each in shown(preview).attachments] == ["blorps.yaml"]
    told = await sent(made, form, TYPED)
    assert "your text is in the file below" in text_of(told)
    (kept,) = shown(told).attachments
    assert "you blorp" in kept.content.decode()
    assert made.policy_book.policies(made.guild.id) == {}


@pytest.mark.parametrize("trouble", [StoreUnavailable("the disk is full"), RuntimeError("a defect")])
async def test_what_is_in_the_way_of_a_preview_costs_nobody_what_they_typed(
    made: Stage, trouble: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise trouble

    form = await command(made, "new")
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(policy_editor, "look_at", broken)
        told = await sent(made, form, TYPED)
    assert "all that you wrote is still there" in text_of(told)
    (kept,) = shown(told).attachments
    assert "you blorp" in kept.content.decode()
    again = await press(made, told, "Fix")
    assert fields_of(again) == TYPED
    assert "New policy: Blorps" in text_of(await sent(made, again, TYPED))


async def test_a_form_that_outlived_a_restart_is_handed_back(made: Stage) -> None:
    form = await command(made, "new")
    made.bot._connection._view_store._modals.clear()
    made.bot.rooms.writing.drafts.forget(made.guild.id)
    told = await sent(made, form, TYPED)
    assert "I was started anew while you wrote" in text_of(told)
    assert "you blorp" in shown(told).attachments[0].content.decode()


async def test_a_draft_is_its_authors_alone(made: Stage) -> None:
    preview = await typed(made)
    promote(made)
    reply = await command(made, "list", made.mia)
    forged = reply.message
    forged.components = shown(preview).components
    told = await forged.click(made.mia, "Save")
    assert "I do not have this text" in told.ephemeral_text
    assert made.policy_book.policies(made.guild.id) == {}


async def test_who_lost_the_permission_meanwhile_saves_nothing(made: Stage) -> None:
    promote(made)
    form = await command(made, "new", made.mia)
    preview = await sent(made, form, TYPED)
    promote(made, back=True)
    told = await press(made, preview, "Save", made.mia)
    assert "You need the permission Manage Server" in told.ephemeral_text
    assert made.policy_book.policies(made.guild.id) == {}


async def test_a_policy_that_does_not_fit_the_form_is_given_as_a_file(made: Stage) -> None:
    examples = "".join(f"  - {{text: {'x' * 300}{number}, verdict: S1}}\n" for number in range(20))
    preview = await command(made, "new", file=file(made, "snorps.yaml", YAML + "examples:\n" + examples))
    assert "It does not fit the form" in text_of(preview)
    assert "Change" not in shown(preview).button_labels
    await press(made, preview, "Save")
    told = await command(made, "edit", policy="snorps")
    assert "does not fit Discord's form" in told.ephemeral_text
    assert [each.filename for each in told.message.attachments] == ["snorps.yaml"]


async def test_a_name_that_is_taken_or_no_name_is_told_before_anything_is_typed(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "spam")
    assert "already" in (await command(made, "new", name="spam")).ephemeral_text
    assert "cannot be a policy's name" in (await command(made, "new", name="No Spam")).ephemeral_text
    preview = await typed(made, TYPED | {"title": "Spam"})
    assert "`spam-2`" in text_of(preview)


async def test_a_phone_s_capital_letter_is_no_obstacle(made: Stage) -> None:
    preview = await typed(made, name="Blorps ")
    assert "`blorps`" in text_of(preview)


async def test_a_name_that_is_taken_while_one_writes_loses_nothing(made: Stage) -> None:
    preview = await typed(made, name="blorps")
    made.file("blorps").parent.mkdir(parents=True)
    made.file("blorps").write_text(YAML)
    told = await press(made, preview, "Save")
    assert "There is a policy `blorps` already" in text_of(told)
    assert made.file("blorps").read_text() == YAML


async def test_a_message_is_added_as_an_example_for_rewording(
    made: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made.policy_book.add(made.guild.id, "harassment")

    async def instead(interaction: Any, policy_id: str, **_: Any) -> None:
        await open_editor_with_example(interaction, made.guild.id, policy_id, "you\nmuppet # 1", "H1")

    monkeypatch.setattr("bot.cogs.policy_writing.open_editor", instead)
    form = await command(made, "edit", policy="harassment")
    assert fields_of(form)["examples"].endswith("\nH1: you\n> muppet # 1 #")
    preview = await sent(made, form, fields_of(form))
    assert "Example of H1 is new: you muppet \\# 1" in text_of(preview)


async def test_a_form_that_was_opened_from_a_public_card_leaves_the_card_alone(made: Stage) -> None:
    preview = await typed(made)
    card = await made.review.say(made.discord.bot, "a card")
    card.components = shown(preview).components
    before = (card.content, card.components, card.embeds)
    form = await card.click(made.ada, "Change")
    told = await form.submit(TYPED)
    assert "New policy: Blorps" in told.ephemeral_text
    assert not told.public_text
    assert (card.content, card.components, card.embeds) == before
