"""How moderation goes, in pictures; the week's digest of the same server follows when the bot has ended."""

from tests.journeys.stage import Stage
from tools.pictures.company import Company

_FLAGGED = (
    "what an absolute loser",
    "you are a clown",
    "kara is a freak",
    "I will stab you",
    "you pathetic idiot",
    "you worthless clown",
    "idiot move, loser",
    "such a freak show",
    "you loser",
    "this boss makes a loser out of me",
    "otto, you clown",
    "shut up, freak",
)
_QUIET = ("nobody here likes you", "good morning, who is up for a round?", "that patch is trash, honestly")


async def busy_day(company: Company) -> Stage:
    """Two moderators decide on nearly everything."""
    stage = await company.stage()
    for text in (*_QUIET, *_FLAGGED):
        await stage.general.say(stage.mallory, text)
    await stage.quiet()
    for number, card in enumerate(stage.cards[:-1]):
        await card.click((stage.ada, stage.bob)[number % 2], "Dismiss" if number % 4 == 3 else "Delete")
    await stage.quiet()
    return stage


async def play(company: Company, stage: Stage) -> None:
    """What came of it. How many messages were looked at is kept once a minute."""
    take = company.camera.take
    sql = "SELECT 1 FROM tally WHERE guild_id = ? AND looked_at >= ?"
    await stage.bot.until_stored(sql, stage.guild.id, len(_QUIET) + len(_FLAGGED), within=90)
    stats = await stage.guild.slash(stage.ada, stage.review, "stats", period=7, policy="harassment")
    take("stats", stats)
    take("ledger", await stats.message.click(stage.ada, "Rules"))
