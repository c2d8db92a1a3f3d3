"""An administrator invites the bot and goes through the setup."""

from tests.journeys.stage import Stage
from tools.pictures.company import Company, changed, some_time_ago


async def play(company: Company) -> None:
    """From the first page to the status."""
    stage, take = await company.stage(set_up=False), company.camera.take
    for author, text in (("kara", "evening all, who is on tonight?"), ("rex", "what an absolute loser")):
        await some_time_ago(stage, author, text)
    owner, guild = stage.guild.owner, stage.guild
    bots = guild.add_channel("bot-commands")
    flow = await guild.slash(owner, stage.review, "safeguild setup")
    page = flow.message
    for scene, menu, chosen in (
        ("setup-cards", "review", stage.review.id),
        ("setup-people", "roles", stage.moderators.id),
        ("setup-places", "except_channels", bots.id),
    ):
        await page.select(owner, f"setup:{menu}", str(chosen))
        take(scene, flow)
        await page.click(owner, "Next")
    take("setup-policies", flow)
    tried = await page.click(owner, "Try them")
    take("setup-try", tried)
    await page.click(owner, "Next")
    take("setup-check", flow)
    await page.click(owner, "Set up")
    await changed(flow, "Safeguild is set up")
    take("setup-done", flow)
    await _afterwards(company, stage)


async def _afterwards(company: Company, stage: Stage) -> None:
    owner, guild, take = stage.guild.owner, stage.guild, company.camera.take
    await stage.quiet()
    take("settings", await guild.slash(owner, stage.review, "safeguild settings"))
    take("status", await guild.slash(owner, stage.review, "safeguild status"))
    form = await guild.slash(owner, stage.review, "safeguild texts")
    take("texts-form", form)
    take("texts-preview", await form.submit({}))
