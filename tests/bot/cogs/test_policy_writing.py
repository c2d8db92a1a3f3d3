"""Policies by slash command, through real discord.py: forms, files, previews, and nothing lost on the way."""

import io
import zipfile
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.cogs.policy_editor import open_editor_with_example
from bot.guilds.drafts import LIFE_SECONDS
from bot.records.histories import Author, AuthorKind
from policies.policy import Mode
from policies.starter import starter_text
from tests.bot.cogs.command_stage import Stage, stage
from tests.bot.new_store import new_store
from tests.discord_server import Attachment, Reply
from tests.discord_server.people import Member
from tests.discord_server.permissions import Permission

TYPED = {
    "title": "Blorps",
    "goal": "Nobody calls anybody a blorp.",
    "rules": "B1 [high, delete]: Calling somebody a blorp. | terms: blorp",
    "allowed": "Blorps, the animals.",
    "examples": "B1: you blorp\nallowed: the blorp at the zoo",
}
YAML = """\
# Kept by hand.
format: 1
title: Snorps
goal: No snorps.  # really
rules:
  - {id: S1, text: Snorping., suggest: [delete]}
allowed: [Snorps in stories.]
"""


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Stage]:
    async with new_store(tmp_path / "store.db") as store, stage(tmp_path, store=store) as made:
        yield made
        assert made.discord.pings == []
        made.discord.raise_deviations()


async def command(made: Stage, words: str, by: Member | None = None, **options: Any) -> Reply:
    reply = await made.guild.slash(by or made.ada, made.general, f"policy {words}", **options)
    assert not reply.public_text
    return reply


async def typed(made: Stage, values: Mapping[str, str] = TYPED, **options: Any) -> Reply:
    """A new policy as it was typed: its preview, or what is wrong."""
    form = await command(made, "new", **options)
    return await sent(made, form, values)


def promote(made: Stage, *, back: bool = False) -> None:
    """Make Mia an administrator, or take that back."""
    role = made.mia.roles[0]
    role.permissions = (
        role.permissions & ~Permission.MANAGE_GUILD if back else role.permissions | Permission.MANAGE_GUILD
    )
    made.guild.announce("GUILD_ROLE_UPDATE", {"role": role.payload()})


async def press(made: Stage, reply: Reply, label: str, by: Member | None = None) -> Reply:
    """Press a button, and wait for what comes of it: the message changes, another one comes, or a form opens."""
    message = shown(reply)
    before = repr((message.embeds, message.components))
    pressed = await message.click(by or made.ada, label)

    def answered() -> bool:
        return bool(pressed.modal or pressed.messages) or repr((message.embeds, message.components)) != before

    await made.discord.wait_until(answered)
    return pressed


async def sent(made: Stage, form: Reply, values: Mapping[str, str]) -> Reply:
    """Send a form off, and wait for what comes of it."""
    source = form.interaction.source
    before = repr((source.embeds, source.components)) if source else ""
    reply = await form.submit(values)
    if source:
        await made.discord.wait_until(
            lambda: bool(reply.messages) or repr((source.embeds, source.components)) != before
        )
    return reply


def shown(reply: Reply) -> Any:
    """The message with the buttons: the answer, or the message that was changed in place."""
    if reply.messages:
        return reply.message
    assert reply.interaction.source is not None
    return reply.interaction.source


def text_of(reply: Reply) -> str:
    return str(shown(reply).all_text)


def fields_of(reply: Reply) -> dict[str, str]:
    """What stands in the form that opened."""
    assert reply.modal is not None
    inputs = [label["component"] for label in reply.modal["components"]]
    return {each["custom_id"]: each.get("value") or "" for each in inputs}


def file(made: Stage, name: str, text: str | bytes) -> Attachment:
    return made.discord.upload(name, text.encode() if isinstance(text, str) else text)


async def history(made: Stage, policy_id: str) -> list[tuple[str, int | None, str, Mode | None]]:
    assert made.store is not None
    found = await made.store.versions(made.guild.id, policy_id)
    return [(each.author.kind.value, each.author.id, each.author.reason, each.mode) for each in found]


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
