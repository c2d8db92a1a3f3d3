"""A server whose people speak German."""

from tools.pictures.company import Company


async def play(company: Company) -> None:
    """A card in the server's language, and an answer in the moderator's."""
    stage = await company.stage()
    await stage.guild.slash(stage.guild.owner, stage.review, "safeguild settings", language="de")
    stage.ada.user.locale = "de"
    _, card = await stage.flagged("@kara du loser, keiner will dich im Raid")
    company.camera.take("german-card", card)
    company.camera.take("german-queue", await stage.guild.slash(stage.ada, stage.review, "queue"))
