"""Steps of writing policies by slash command: typing, pressing, sending off, and what is read then."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from policies.policy import Mode
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


@asynccontextmanager
async def writing_stage(folder: Path) -> AsyncIterator[Stage]:
    """With a store; nobody is pinged, and nothing deviates from Discord."""
    async with new_store(folder / "store.db") as store, stage(folder, store=store) as made:
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
