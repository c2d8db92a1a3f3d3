"""What moderators do behind "More": the panel, and the form that it opens."""

from tests.discord_server import Member, Message, Reply
from tests.journeys.stage import case_of


async def more(card: Message, member: Member) -> Message:
    """The panel of a case, which only this person sees."""
    return (await card.click(member, "More")).message


async def time_out(
    card: Message, member: Member, *, minutes: int = 60, also_delete: bool = False, wait: bool = True
) -> Reply:
    """Time the author out, and perhaps delete the message with it."""
    panel = await more(card, member)
    form = await panel.select(member, f"case:{case_of(card)}:act", "timeout")
    chosen = {"amount": str(minutes), "delete": "delete" if also_delete else "leave"}
    return await form.submit(chosen, wait=wait)
