"""What is pressed when nobody is there for it any more is answered all the same, in the person's language."""

from pathlib import Path

from tests.bot.cogs.command_stage import Stage, stage
from tests.discord_server.messages import Message


async def _old_page(made: Stage) -> Message:
    """A page of an earlier process: its button is known to nobody."""
    page = await made.general.say(made.discord.bot)
    button = {"type": 2, "id": 2, "style": 2, "label": "Next", "custom_id": "a" * 32}
    page.components = [{"type": 1, "id": 1, "components": [button]}]
    return page


async def test_a_button_of_an_earlier_start_says_what_to_do(tmp_path: Path) -> None:
    async with stage(tmp_path) as made:
        page = await _old_page(made)
        reply = await page.click(made.ada, "Next")
        assert "use the command again" in reply.ephemeral_text
        assert not reply.public_text
