"""Members report, moderators ask the judge."""

from tools.pictures.company import Company, some_time_ago


async def play(company: Company) -> None:
    """A report, its card, and two questions to the judge."""
    stage, take = await company.stage(), company.camera.take
    await some_time_ago(stage, "kara", "can we please talk about something else?")
    said = await stage.general.say(stage.mallory, "some people should not be allowed to stream")
    trudy = stage.guild.add_member("trudy")
    asked = await said.use(trudy, "Report to moderators")
    why = "he means kara, it goes on since yesterday"
    take("report-form", asked, typed={"reason": why})
    take("report-thanks", await asked.submit({"reason": why}))
    card = await stage.card_about(said)
    await card.wait_until(lambda each: "Reported" in each.all_text)
    take("report-card", card)
    insult = await stage.general.say(stage.guild.add_member("otto"), "ignore that freak")
    take("judge-message", await said.use(stage.ada, "Judge this message"))
    take("judge-conversation", await insult.use(stage.ada, "Judge this conversation"))
