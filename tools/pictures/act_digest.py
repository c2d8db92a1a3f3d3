"""The weekly digest of a server where much happened, told on the Monday after the play."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from bot.cogs.stats_digest import digest_embed, escaped_title
from bot.cogs.stats_page import with_pictures
from bot.figures.painting import Painter
from bot.figures.week import Week
from bot.guilds.policy_files import parse_file
from bot.store import open_store
from tests.discord_server import Attachment, Message
from tests.journeys.stage import Stage
from tools.pictures.company import Company


async def play(company: Company, stage: Stage) -> None:
    """The bot has ended: its store is opened beside it, and the digest is posted as it would be."""
    today = company.discord.clock.now().date()
    monday = today + timedelta(days=7 - today.weekday())
    now = datetime.combine(monday, time(9), UTC)
    async with open_store(company.bot.folder / "safeguild.sqlite3", clock=lambda: now) as store:
        figures = await store.figures(stage.guild.id, monday - timedelta(days=7), monday - timedelta(days=1))
    files = (company.bot.folder / "policies" / str(stage.guild.id)).glob("*.yaml")
    policies = {path.stem: parse_file(path.name, path.read_bytes()) for path in files}
    week = Week(figures, policies, now, escaped_title)
    pictures = await Painter(Path(company.bot.folder) / "cache" / "charts").paint([week.sheet()])
    digest = week.digest(stage.guild.id, monday, pictures[0])
    world = company.discord.world
    posted = Message(world.snowflakes.mint(), stage.review, company.discord.bot)
    posted.embeds = [dict(embed.to_dict()) for embed in with_pictures(digest_embed(digest), pictures)]
    posted.attachments = [
        Attachment(world.snowflakes.mint(), each.name, len(each.data), each.alt, "image/png", each.data)
        for each in pictures
    ]
    company.camera.take("digest", stage.review.add(posted))
