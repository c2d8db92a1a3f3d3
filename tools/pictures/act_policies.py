"""An administrator writes policies; moderators read them."""

import re
from typing import Any

from tests.discord_server import Member, Reply
from tests.journeys.stage import Stage
from tools.pictures.company import Company, changed

TYPED = {
    "title": "Spoilers",
    "goal": "Nobody loses the fun of the story.",
    "rules": "S1 [medium, delete]: Telling how a story ends outside of its channel. | terms: dies, ending",
    "allowed": "",
    "examples": "S1: the captain dies in the last level\nallowed: no spoilers please, I am only in act two",
}
"""What Olga types on her phone."""
FIXED = TYPED | {"allowed": "Talk about trailers and patch notes."}
WRONG = TYPED | {"rules": "Telling how a story ends."}


async def play(company: Company) -> None:
    """A policy is written, changed by two at once, looked through, and goes live."""
    stage = await company.stage(starters="none")
    await _read(company, stage)
    await _written(company, stage)
    await _changed_by_two(company, stage)
    await _looked_through(company, stage)
    await _going_live(company, stage)
    await _files(company, stage)


async def _command(stage: Stage, words: str, by: Member | None = None, **options: Any) -> Reply:
    return await stage.guild.slash(by or stage.guild.owner, stage.review, f"policy {words}", **options)


async def _read(company: Company, stage: Stage) -> None:
    take = company.camera.take
    take("policy-add", await _command(stage, "add", starter="harassment"))
    await stage.quiet()
    take("policy-list", await _command(stage, "list", stage.ada))
    take("policy-show", await _command(stage, "show", stage.ada, policy="harassment"))
    take("policy-mode", await _command(stage, "mode", policy="harassment", mode="shadow"))


async def _written(company: Company, stage: Stage) -> None:
    take, olga = company.camera.take, stage.guild.owner
    form = await _command(stage, "new", reason="asked for in the town hall")
    take("policy-new-form", form, typed=TYPED)
    wrong = await form.submit(WRONG)
    take("policy-errors", wrong)
    again = await wrong.message.click(olga, "Fix")
    await again.submit(TYPED)
    await changed(wrong, "New policy: Spoilers")
    take("policy-preview", wrong)
    await wrong.message.click(olga, "Save")
    await changed(wrong, "is saved")
    take("policy-saved", wrong)
    await stage.quiet()


async def _changed_by_two(company: Company, stage: Stage) -> None:
    """Olga edits in the form while Ada, an administrator for a day, saves a change of hers."""
    take, olga = company.camera.take, stage.guild.owner
    admins = stage.guild.add_role("admins", olga.permissions)
    nora = stage.guild.add_member("nora", [admins])
    form = await _command(stage, "edit", policy="spoilers", reason="patch notes are fine")
    take("policy-edit-form", form)
    other = await _command(stage, "edit", nora, policy="spoilers", reason="the ending only")
    saved = await other.submit(_same(other) | {"goal": "Nobody is told the ending."})
    await saved.message.click(nora, "Save")
    await changed(saved, "is saved")
    mine = await form.submit(_same(form) | {"allowed": FIXED["allowed"]})
    await mine.message.click(olga, "Save")
    await mine.message.wait_until(lambda shown: "Edit again" in shown.button_labels)
    take("policy-conflict", mine)
    await mine.message.click(olga, "Save mine over it")
    await changed(mine, "is saved")
    await stage.quiet()


def _same(form: Reply) -> dict[str, str]:
    """What stands in a form that opened."""
    assert form.modal is not None
    inputs = [label["component"] for label in form.modal["components"]]
    return {each["custom_id"]: each.get("value") or "" for each in inputs}


async def _looked_through(company: Company, stage: Stage) -> None:
    take = company.camera.take
    take("policy-history", await _command(stage, "history", stage.ada, policy="spoilers"))
    choices = await stage.guild.autocomplete(
        stage.guild.owner, stage.review, "policy diff", policy="spoilers", old=""
    )
    oldest = str(choices[-1].value)
    take("policy-diff", await _command(stage, "diff", stage.ada, policy="spoilers", old=oldest))
    take("policy-restore", await _command(stage, "restore", policy="spoilers", version=oldest))


async def _going_live(company: Company, stage: Stage) -> None:
    message = await stage.general.say(stage.mallory, "haha the captain dies in the last level")
    await stage.case_about(message)
    await stage.general.say(stage.mallory, "what an absolute loser")
    await stage.quiet()
    company.camera.take("policy-going-live", await _command(stage, "mode", policy="spoilers", mode="live"))


async def _files(company: Company, stage: Stage) -> None:
    take = company.camera.take
    take("policy-export", await _command(stage, "export", stage.ada))
    source = stage.policy_file("harassment").read_text().replace("title: Harassment", "title: House rules")
    file = stage.discord.upload("house-rules.yaml", re.sub("clown", "goblin", source).encode())
    take("policy-import", await _command(stage, "import", file=file))
    take("policy-remove", await _command(stage, "remove", policy="harassment"))
