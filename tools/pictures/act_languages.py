"""A server whose people speak German."""

from policies.starter import starter_text
from tools.pictures.company import Company


async def play(company: Company) -> None:
    """A card in the server's language, and an answer in the moderator's."""
    stage = await company.stage()
    await stage.guild.slash(stage.guild.owner, stage.review, "safeguild settings", language="de")
    stage.ada.user.locale = "de"
    await stage.put_policy("harassment", starter_text("harassment", "de"))
    message = await stage.until_flagged("@kara du versager, keiner will dich im Raid")
    company.camera.take("german-card", await stage.card_about(message))
    company.camera.take("german-queue", await stage.guild.slash(stage.ada, stage.review, "queue"))
