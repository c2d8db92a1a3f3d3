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


async def play(company: Company) -> Stage:
    """A busy day; two moderators decide on nearly everything."""
    stage, take = await company.stage(), company.camera.take
    for text in (*_QUIET, *_FLAGGED):
        await stage.general.say(stage.mallory, text)
    await stage.quiet()
    for number, card in enumerate(stage.cards[:-1]):
        await card.click((stage.ada, stage.bob)[number % 2], "Dismiss" if number % 4 == 3 else "Delete")
    await stage.quiet()
    stats = await stage.guild.slash(stage.ada, stage.review, "stats", period=7, policy="harassment")
    take("stats", stats)
    take("ledger", await stats.message.click(stage.ada, "Rules"))
    return stage
