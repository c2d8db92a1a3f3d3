"""Cases and people, looked back on; and what members may ask about themselves."""

from tests.journeys.stage import Stage, case_of
from tools.pictures.company import Company, some_time_ago


async def play(company: Company) -> None:
    """Two cases of one member."""
    stage, take = await company.stage(), company.camera.take
    await some_time_ago(stage, "kara", "gg everyone, that last boss was tough")
    _, first = await stage.flagged("you are such a clown")
    await first.click(stage.bob, "Dismiss")
    await stage.quiet()
    _, card = await stage.flagged("@kara you pathetic loser, nobody wants you in our raid")
    warning = await card.click(stage.ada, "Delete + warn")
    await warning.submit({"reason": "Attack builds and plays, never people."})
    await card.wait_until(lambda shown: "Deleted and warned" in shown.embed_text)
    await stage.quiet()
    number = case_of(card)
    assert number is not None
    slash, review = stage.guild.slash, stage.review
    form = await slash(stage.bob, review, "case note", case=number)
    take("case-note-form", form)
    take("case-note", await slash(stage.bob, review, "case note", case=number, text="He says that it was a joke."))
    take("case-show", await slash(stage.ada, review, "case show", case=number))
    take("case-reopen", await slash(stage.bob, review, "case reopen", case=number, reason="Kara asked for it"))
    take("case-export", await slash(stage.ada, review, "case export"))
    take("history", await slash(stage.ada, review, "history", member=stage.mallory))
    await _privacy(company, stage)


async def _privacy(company: Company, stage: Stage) -> None:
    take, slash, rex = company.camera.take, stage.guild.slash, stage.mallory
    take("privacy-show", await slash(rex, stage.general, "privacy show"))
    take("privacy-export", await slash(rex, stage.general, "privacy export"))
    asked = await slash(rex, stage.general, "privacy delete")
    take("privacy-delete", asked)
    await asked.message.click(rex, "Erase what I wrote")
    await asked.message.wait_until(lambda page: "You asked on" in page.all_text)
    take("privacy-queued", asked)
