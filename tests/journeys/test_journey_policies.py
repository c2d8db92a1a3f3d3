"""What policies do, and how people change them while the bot runs."""

from tests.journeys.policies import BLORP, blorp_policy
from tests.journeys.stage import INSULT, THREAT_AND_INSULT, Stage


async def command(stage: Stage, words: str, **options: str) -> str:
    """The owner uses a command: what they, and only they, read."""
    reply = await stage.guild.slash(stage.guild.owner, stage.review, words, **options)
    assert reply.public_text == ""
    return reply.ephemeral_text


async def test_a_shadow_policy_is_judged_and_counted_and_gives_no_card(stage: Stage):
    told = await command(stage, "policy mode", policy="harassment", mode="shadow")
    assert "no card appears" in told
    message = await stage.general.say(stage.mallory, INSULT)
    await stage.quiet()
    case = stage.case(message)
    assert (case.state, case.questions) == ("open", (("harassment", 1),))
    _, later = await stage.flagged("I will stab you")
    assert stage.cards == [later]


async def test_a_shadow_policy_is_marked_on_the_card_that_a_live_one_gives(stage: Stage):
    await command(stage, "policy mode", policy="harassment", mode="shadow")
    message, card = await stage.flagged(THREAT_AND_INSULT)
    await stage.quiet()
    assert stage.cards_about(message) == [card]
    assert card.embeds[0]["title"].startswith("Critical · Threats: T1")
    assert "(shadow: counted only)" in card.embed_text
    assert card.button_labels[0] == "Delete + ban"


async def test_the_modes_of_a_policy_take_effect_with_the_next_message(stage: Stage):
    await command(stage, "policy mode", policy="harassment", mode="off")
    ignored = await stage.general.say(stage.mallory, INSULT)
    await stage.assert_nothing_came_of(ignored)
    asked = await stage.guild.slash(
        stage.guild.owner, stage.review, "policy mode", policy="harassment", mode="live"
    )
    assert f"Cards appear in {stage.review.mention}" in asked.ephemeral_text
    await asked.message.click(stage.guild.owner, "Go live")
    await stage.discord.wait_until(lambda: "Mode: **live**" in asked.message.all_text)
    _, card = await stage.flagged()
    assert stage.cards == [card]
    assert stage.memory.case(ignored.id) is None
    assert "mode: live" in stage.policy_file("harassment").read_text()


async def test_a_policy_that_is_added_holds_from_the_next_message_on(stage: Stage):
    address = "her real name is Mika and her postcode is 90210"
    before = await stage.general.say(stage.mallory, address)
    await stage.assert_nothing_came_of(before)
    told = await command(stage, "policy add", starter="doxxing", mode="live")
    assert "Added: Doxxing" in told
    _, card = await stage.flagged(address)
    assert card.embeds[0]["title"] == "Critical · Doxxing: D1"
    assert "Delete + 7 days" in card.button_labels
    assert "already" in await command(stage, "policy add", starter="doxxing")


async def test_a_file_that_is_written_by_hand_is_picked_up_while_the_bot_runs(stage: Stage):
    await stage.put_policy("blorps", blorp_policy())
    card = await stage.card_about(await stage.until_flagged(BLORP))
    assert card.embeds[0]["title"] == "High · Blorps: B1"
    assert card.button_labels[0] == "Delete + 10 min"
    await stage.put_policy("blorps", blorp_policy(word="snorp"))
    await stage.card_about(await stage.until_flagged("you snorp"))
    unharmed = await stage.general.say(stage.mallory, BLORP)
    await stage.assert_nothing_came_of(unharmed)
    stage.policy_file("blorps").unlink()
    removed = {"event": "policy removed", "guild": stage.guild.id, "policy": "blorps"}
    await stage.bot.until(
        lambda: any(removed.items() <= event.items() for event in stage.bot.events), 20, "notice of the removal"
    )
    assert "Blorps" not in await command(stage, "policy list")


async def test_a_bad_file_keeps_the_last_good_version_in_force_and_is_reported_with_its_line(stage: Stage):
    await stage.put_policy("blorps", blorp_policy())
    await stage.until_flagged(BLORP)
    await stage.put_policy("blorps", blorp_policy().replace("mode: live", "mode: loud"))
    news = await stage.review.wait_for_message(lambda each: "has errors" in each.all_text)
    assert "`blorps.yaml` line 4:" in news.all_text
    await stage.card_about(await stage.general.say(stage.mallory, f"{BLORP}, again"))
    for words in ("policy list", "safeguild status"):
        told = await command(stage, words)
        assert "Files with errors\n" in told
        assert "`blorps.yaml` line 4:" in told
    errors = await command(stage, "policy mode", policy="blorps", mode="off")
    assert "This policy's file has errors" in errors
    stage.policy_file("blorps").write_text(blorp_policy(word="snorp"))
    await stage.until_flagged("you snorp")
    assert "Files with errors" not in await command(stage, "policy list")


async def test_a_command_changes_nothing_but_the_mode_in_a_file_that_people_wrote(stage: Stage):
    await stage.put_policy("blorps", blorp_policy())
    await command(stage, "policy mode", policy="blorps", mode="shadow")
    assert stage.policy_file("blorps").read_text() == blorp_policy(mode="shadow")


async def test_policies_can_be_listed_and_read_with_their_file(stage: Stage):
    told = await command(stage, "policy list")
    for line in ("**Harassment** (`harassment`): live, 4 rules", "(`scams`): live"):
        assert line in told
    reply = await stage.guild.slash(stage.ada, stage.review, "policy show", policy="harassment")
    assert "**H1** (medium): An insult aimed at a member" in reply.ephemeral_text
    assert [each.filename for each in reply.message.attachments] == ["harassment.yaml"]
    choices = await stage.guild.autocomplete(stage.ada, stage.review, "policy show", policy="har")
    assert [choice.value for choice in choices] == ["harassment"]
    assert "Did you mean `harassment`?" in await command(stage, "policy show", policy="harasment")


async def test_a_policy_is_written_tried_in_shadow_and_goes_live_with_what_it_would_have_flagged(stage: Stage):
    owner = stage.guild.owner
    await stage.without("harassment", "hate", "spam")
    form = await stage.guild.slash(owner, stage.review, "policy new", reason="we had enough of it")
    preview = await form.submit(
        {
            "title": "Blorps",
            "goal": "Nobody calls anybody a blorp.",
            "rules": "B1 [high, delete]: Calling somebody a blorp. | terms: blorp",
            "allowed": "The animal.",
            "examples": "\n".join(["B1: you blorp", "B1: what a blorp you are", "allowed: the blorp at the zoo"]),
        }
    )
    for words in ("New policy: Blorps", "tokens", "Mode: **shadow**", "fewer than 400"):
        assert words in preview.ephemeral_text
    await preview.message.click(owner, "Save")
    await stage.discord.wait_until(lambda: "is saved" in preview.message.all_text)
    message = await stage.until_flagged(BLORP)
    await stage.quiet()
    assert stage.cards_about(message) == []
    asked = await stage.guild.slash(owner, stage.review, "policy mode", policy="blorps", mode="live")
    assert "it would have made" in asked.ephemeral_text
    assert f"/{message.channel.id}/" in asked.ephemeral_text
    assert BLORP in asked.ephemeral_text
    await asked.message.click(owner, "Go live")
    await stage.discord.wait_until(lambda: "Mode: **live**" in asked.message.all_text)
    told = await command(stage, "policy history", policy="blorps")
    assert "we had enough of it" in told
    assert "**#2**" in told


async def test_an_edit_in_the_form_keeps_the_file_and_a_version_comes_back(stage: Stage):
    await stage.put_policy("blorps", blorp_policy())
    form = await stage.guild.slash(stage.guild.owner, stage.review, "policy edit", policy="blorps")
    assert form.modal is not None
    values = {
        each["component"]["custom_id"]: each["component"].get("value") or "" for each in form.modal["components"]
    }
    preview = await form.submit(values | {"goal": "No blorps."})
    await preview.message.click(stage.guild.owner, "Save")
    await stage.discord.wait_until(lambda: "is saved" in preview.message.all_text)
    assert stage.policy_file("blorps").read_text() == blorp_policy().replace(
        "Nobody calls anybody a blorp.", "No blorps."
    )
    restored = await stage.guild.slash(
        stage.guild.owner, stage.review, "policy restore", policy="blorps", version="1"
    )
    assert "Goal: No blorps" in restored.ephemeral_text
    await restored.message.click(stage.guild.owner, "Save")
    await stage.discord.wait_until(lambda: "is saved" in restored.message.all_text)
    assert stage.policy_file("blorps").read_text() == blorp_policy()
