"""More cases than one can look at: the line, the queue, and many decided at once."""

from tools.pictures.company import Company, changed

SPAM = "you loser, join my server"


async def play(company: Company) -> None:
    """A raid of one author, with a few others among it."""
    stage, take = await company.stage(), company.camera.take
    await stage.guild.slash(stage.guild.owner, stage.review, "safeguild settings", cards_per_minute=1)
    _, first = await stage.flagged(SPAM)
    for number in range(4):
        await stage.general.say(stage.mallory, f"{SPAM} {number}")
    await stage.general.say(stage.guild.add_member("trudy"), "I will stab you")
    await stage.general.say(stage.guild.add_member("otto"), "kara is a freak")
    line = await stage.review.wait_for_message(lambda each: "Open the queue" in each.button_labels, within=40)
    await stage.bot.until(lambda: stage.memory.waiting() == 0, 40, "the verdicts")
    await line.wait_until(lambda shown: "**1 more case" not in shown.all_text, 40)
    take("queue-line", line)
    opened = await line.click(stage.ada, "Open the queue")
    take("queue", await stage.guild.slash(stage.ada, stage.review, "queue"))
    taken = await opened.message.click(stage.ada, "Take the next one")
    take("queue-next", taken)
    panel = await first.click(stage.ada, "More")
    alike = await panel.message.click(stage.ada, "Cases like this")
    take("bulk", alike)
    label = next(each for each in alike.message.button_labels if each.startswith("Dismiss"))
    confirm = await alike.message.click(stage.ada, label)
    shown = confirm if confirm.messages else alike
    take("bulk-confirm", shown)
    label = next(each for each in shown.message.button_labels if "ismiss" in each)
    done = await shown.message.click(stage.ada, label)
    at_work = done if done.messages else shown
    await changed(at_work, "Undo")
    take("bulk-done", at_work)
