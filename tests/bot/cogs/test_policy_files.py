"""Policies in files: handed in, given out, carried to another server."""

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.records.histories import Author, AuthorKind
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
    shown,
    text_of,
    typed,
    writing_stage,
)


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Stage]:
    async with writing_stage(tmp_path) as made:
        yield made


async def test_a_long_policy_is_handed_in_as_a_file_and_stored_as_it_is(made: Stage) -> None:
    preview = await command(made, "new", file=file(made, "snorps.yaml", YAML))
    assert "New policy: Snorps" in text_of(preview)
    await press(made, preview, "Save and go live")
    assert made.file("snorps").read_text() == YAML.replace("goal:", "mode: live\ngoal:")
    changed = YAML.replace("Snorps in stories.", "Snorps in songs.")
    preview = await command(made, "edit", policy="snorps", file=file(made, "x.yaml", changed))
    assert "Allowed now: Snorps in songs" in text_of(preview)
    await press(made, preview, "Save")
    assert made.file("snorps").read_text() == changed


async def test_errors_in_a_file_come_back_with_their_line(made: Stage) -> None:
    told = await command(made, "new", file=file(made, "snorps.yaml", YAML.replace("S1,", "1S,")))
    assert "there are errors in snorps\\.yaml" in text_of(told)
    assert "`snorps.yaml` line 6:" in text_of(told)
    told = await command(made, "new", file=file(made, "bad.yaml", b"\xff\xfe"))
    assert "not UTF\\-8" in text_of(told)


async def test_a_form_that_came_back_as_a_file_can_be_handed_in_again(made: Stage) -> None:
    wrong = TYPED | {"examples": "B9: x"}
    told = await typed(made, wrong)
    (kept,) = shown(told).attachments
    again = await command(made, "new", file=file(made, kept.filename, kept.content))
    assert "**Examples, line 1**" in text_of(again)
    form = await press(made, again, "Fix")
    assert fields_of(form) == wrong


async def test_export_and_import_carry_policies_to_another_server(made: Stage) -> None:
    for name in ("spam", "hate"):
        await made.policy_book.add(made.guild.id, name, Mode.LIVE)
    (one,) = (await command(made, "export", policy="spam", by=made.mia)).message.attachments
    assert one.content.decode() == starter_text("spam")
    (pack,) = (await command(made, "export")).message.attachments
    for name in ("spam", "hate"):
        await made.policy_book.remove(made.guild.id, name, Author(AuthorKind.COMMAND))
    reply = await command(
        made, "import", file=file(made, "policies.zip", pack.content), reason="from the old server"
    )
    await made.discord.wait_until(lambda: len(reply.messages) == 2)
    for preview in list(reply.messages):
        assert "Mode: **shadow**" in preview.all_text
        await preview.click(made.ada, "Save")
    await made.discord.wait_until(lambda: len(made.shop.modes(made.guild.id)) == 2)
    assert made.shop.modes(made.guild.id) == {"spam": Mode.SHADOW, "hate": Mode.SHADOW}
    assert (await history(made, "hate"))[0] == ("import", made.ada.id, "from the old server", Mode.SHADOW)


async def test_an_import_never_overwrites_silently_and_keeps_the_mode(made: Stage) -> None:
    await made.policy_book.add(made.guild.id, "spam", Mode.LIVE)
    other = starter_text("spam").replace("goal: ", "goal: Other. ")
    preview = await command(made, "import", file=file(made, "spam.yaml", other))
    assert "What changes" in text_of(preview)
    assert made.file("spam").read_text() == starter_text("spam")
    await press(made, preview, "Save")
    assert made.file("spam").read_text() == other


async def test_hostile_packs_are_refused_in_plain_words(made: Stage) -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("evil.yaml", b"a" * 50_000_000)
    told = await command(made, "import", file=file(made, "bomb.zip", bomb.getvalue()))
    assert "larger than 384 KB" in text_of(told)
    for name, data, words in (
        ("broken.zip", b"PK\x03\x04rubbish", "cannot be read"),
        ("empty.yaml", b"# nothing\n", "There is no policy in"),
        ("many.yaml", b"\n---\n".join([b"a: 1"] * 20), "There are 20 policies"),
    ):
        assert words in text_of(await command(made, "import", file=file(made, name, data)))


async def test_several_documents_in_one_file_are_several_policies(made: Stage) -> None:
    reply = await command(
        made, "import", file=file(made, "both.yaml", f"{YAML}---\n{YAML.replace('Snorps', 'Blorps')}---\nbad")
    )
    await made.discord.wait_until(lambda: len(reply.messages) == 3)
    assert ["Snorps" in reply.messages[0].all_text, "Blorps" in reply.messages[1].all_text] == [True, True]
    assert "document 3" in reply.messages[2].all_text
