"""What comes into force and goes out of it by command, who may do that, and what is shown first."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from policies.policy import Mode
from policies.starter import starter_text
from tests.bot.cogs.command_stage import Stage
from tests.bot.cogs.writing_steps import YAML, command, file, history, press, text_of, typed, writing_stage


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Stage]:
    async with writing_stage(tmp_path) as made:
        yield made


async def test_a_removed_policy_is_out_of_force_and_can_be_brought_back(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "spam", Mode.LIVE)
    asked = await command(made, "remove", policy="spam", reason="too strict")
    assert "Remove **Noise and advertising** (`spam`)?" in text_of(asked) or "(`spam`)?" in text_of(asked)
    assert made.shop.modes(made.guild.id) == {"spam": Mode.LIVE}
    await press(made, asked, "Remove")
    assert made.shop.modes(made.guild.id) == {}
    assert (await history(made, "spam"))[0] == ("command", made.ada.id, "too strict", None)
    choices = await made.guild.autocomplete(made.ada, made.general, "policy restore", policy="sp")
    assert [(each.name, each.value) for each in choices] == [("spam (removed)", "spam")]
    preview = await command(made, "restore", policy="spam", version="#1")
    assert "Restore version \\#1" in text_of(preview)
    await press(made, preview, "Save")
    assert made.file("spam").read_text() == starter_text("spam")
    assert (await history(made, "spam"))[0][:2] == ("restore", made.ada.id)


async def test_history_pages_and_two_versions_are_compared(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "spam")
    for number in range(10):
        made.file("spam").write_text(starter_text("spam").replace("goal: ", f"goal: {number} "))
        await made.policy_book.set_mode(made.guild.id, "spam", Mode.OFF if number % 2 else Mode.SHADOW)
    first = await command(made, "history", policy="spam", by=made.mia)
    assert "**#20**" in text_of(first) or "#" in text_of(first)
    older = await press(made, first, "Older", made.mia)
    assert "found when" not in text_of(older)
    assert "changed by hand" in text_of(older)
    compared = await command(made, "diff", policy="spam", old="1", new="2")
    text = text_of(compared)
    assert "Goal: " in text
    assert "```\n--- \\#1" in text or "--- #1" in text
    assert "no version" in (await command(made, "diff", policy="spam", old="99")).ephemeral_text


async def test_a_defect_leaves_nobody_without_an_answer(made: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    preview = await typed(made)
    monkeypatch.setattr(made.policy_book, "save", broken)
    told = await (await preview.message.click(made.ada, "Save")).wait_for_text()
    assert "Something went wrong" in told
    assert "Save" in preview.message.button_labels, "what was typed is still there"


async def test_starter_policies_of_the_setup_have_an_author(made: Stage) -> None:
    await made.set_up()
    assert await history(made, "spam") == [("command", made.ada.id, "", Mode.LIVE)]


async def test_going_live_is_shown_first(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "spam", Mode.SHADOW)
    asked = await command(made, "mode", policy="spam", mode="live")
    assert "it found nothing in the last 7 days" in text_of(asked)
    assert "No review channel is set" in text_of(asked)
    assert made.shop.modes(made.guild.id) == {"spam": Mode.SHADOW}
    await made.set_up(starter_policies="none")
    done = await press(made, asked, "Go live")
    assert "Mode: **live**" in text_of(done)
    assert f"Cards appear in {made.review.mention}" in text_of(done)
    assert made.shop.modes(made.guild.id) == {"spam": Mode.LIVE}


async def test_going_live_is_shown_first_also_while_the_policy_is_being_prepared(
    made: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await made.policy_book.add(made.guild.id, "spam", Mode.SHADOW)
    monkeypatch.setattr(made.policy_book, "policies", lambda _: {})  # saved, and not in force yet
    asked = await command(made, "mode", policy="spam", mode="live")
    assert "Go live" in asked.message.button_labels
    assert made.shop.modes(made.guild.id) == {"spam": Mode.SHADOW}


async def test_what_changed_since_it_was_shown_does_not_go_live(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "spam", Mode.SHADOW)
    asked = await command(made, "mode", policy="spam", mode="live")
    made.file("spam").write_text(YAML + "mode: shadow\n")
    await made.policy_book.set_mode(made.guild.id, "spam", Mode.SHADOW)
    told = await press(made, asked, "Go live")
    assert "has changed meanwhile" in text_of(told)
    assert made.shop.modes(made.guild.id) == {"spam": Mode.SHADOW}


@pytest.mark.parametrize("words", ["new", "edit", "remove", "import", "restore"])
async def test_moderators_change_nothing(made: Stage, words: str) -> None:
    await made.policy_book.add(made.guild.id, "spam")
    options: dict[str, Any] = {
        "new": {},
        "edit": {"policy": "spam"},
        "remove": {"policy": "spam"},
        "import": {"file": file(made, "a.yaml", YAML)},
        "restore": {"policy": "spam", "version": "1"},
    }[words]
    told = await command(made, words, made.mia, **options)
    assert "You need the permission Manage Server" in told.ephemeral_text


async def test_names_are_offered_to_moderators_only(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "spam")
    for words in ("edit", "remove", "export", "history", "diff", "restore"):
        found = await made.guild.autocomplete(made.mia, made.general, f"policy {words}", policy="")
        assert [each.value for each in found] == ["spam"], words
