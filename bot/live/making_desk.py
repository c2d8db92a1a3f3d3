"""Makes the parts that people meet: policies, cards, notices, appeals, digests."""

from dataclasses import replace
from pathlib import Path

from bot.app import open_harmony
from bot.cogs.appeals_board import DirectMessages, DiscordAppealBoard
from bot.cogs.board import DiscordBoard
from bot.cogs.bulk_doing import DiscordManyDeleter
from bot.cogs.card_drawing import CardDrawing
from bot.cogs.client import SafeguildBot
from bot.cogs.enforcement import DiscordEnforcer
from bot.cogs.languages import guild_language
from bot.cogs.notices import MemberNotices
from bot.cogs.policy_news import DiscordPolicyNews
from bot.cogs.queue_line import DiscordLines
from bot.cogs.stats_digest import DiscordDigestBoard, escaped_title
from bot.figures.digest import DigestGuilds, DigestKeeper
from bot.figures.painting import Painter
from bot.gate.reception import Reception
from bot.guilds.book import GuildBook
from bot.guilds.herald import Herald
from bot.guilds.history import Historian
from bot.guilds.policies import PolicyBook
from bot.guilds.rebuilding import PrefilterBuilder
from bot.guilds.writing import PolicyWriting
from bot.live.ground import Ground, unreadable
from bot.live.policy_measures import Spotter, TokenCounter
from bot.moderation import Moderation
from bot.retention.times import KeepingTimes
from bot.review.appeal_court import AppealCourt, Guilds, Outside
from bot.review.decisions import Review
from bot.review.held_cards import HeldCards
from bot.review.outbox import CardOutbox
from bot.review.retracting import Retracting
from bot.review.together import DeletingTogether
from bot.rulebook import Rulebook
from bot.settings import Settings


async def open_guild_book(folder: Path) -> GuildBook:
    """The guilds' settings. Raises EnvironmentProblem if they cannot be read."""
    try:
        return await GuildBook.open(folder / "guilds")
    except OSError as error:
        raise unreadable(folder / "guilds", error) from error


def herald_of(ground: Ground, bot: SafeguildBot, guild_book: GuildBook) -> Herald:
    """Tells review channels of policy files with errors."""
    news = DiscordPolicyNews(bot, guild_language(bot, guild_book.settings))
    folder = ground.folder / "policies"
    return Herald(folder, lambda guild_id: guild_book.settings(guild_id).review_channel, news)


async def open_policy_book(
    ground: Ground, reception: Reception, moderation: Moderation, guild_book: GuildBook, herald: Herald
) -> PolicyBook:
    """The guilds' policies, not in force yet. Raises EnvironmentProblem if they cannot be read."""

    def adopt(rulebook: Rulebook) -> None:
        moderation.adopt(replace(rulebook, scope=lambda guild_id: guild_book.settings(guild_id).scope))

    folder, history = ground.folder / "policies", Historian(ground.store, ground.clock)
    try:
        return await PolicyBook.open(folder, reception, adopt, in_force=False, history=history, tell=herald.hear)
    except OSError as error:
        raise unreadable(folder, error) from error


def policy_writing(ground: Ground, builder: PrefilterBuilder) -> PolicyWriting:
    """What writing a policy takes: drafts, its length in tokens, what the prefilter makes of its examples."""
    counter = TokenCounter(lambda: open_harmony(ground.settings))
    return PolicyWriting(tokens=counter.count, spotted=Spotter(builder.aside).spotted)


def digest_keeper(
    ground: Ground, bot: SafeguildBot, guild_book: GuildBook, policy_book: PolicyBook
) -> DigestKeeper:
    """Posts the weekly digests."""

    def channel(guild_id: int) -> int | None:
        settings = guild_book.settings(guild_id)
        return settings.review_channel if settings.digest else None

    guilds = DigestGuilds(channel, policy_book.policies, guild_language(bot, guild_book.settings), escaped_title)
    painter = Painter(ground.folder / "cache" / "charts")
    return DigestKeeper(ground.store, DiscordDigestBoard(bot), painter.paint, guilds, ground.clock)


def keeping_times(settings: Settings, guild_book: GuildBook) -> KeepingTimes:
    """How long each guild keeps what members wrote."""
    return KeepingTimes(
        lambda guild_id: guild_book.settings(guild_id).keep_days,
        most_days=settings.store.keep_days_at_most,
        forget_days=settings.store.forget_after_days,
    )


def held_cards(ground: Ground, bot: SafeguildBot, guild_book: GuildBook) -> HeldCards:
    """The cards that wait for room."""
    lines = DiscordLines(bot, guild_language(bot, guild_book.settings))
    return HeldCards(
        ground.store, lines, lambda guild_id: guild_book.settings(guild_id).cards_per_minute, clock=ground.clock
    )


def appeal_court(ground: Ground, bot: SafeguildBot, review: Review, guild_book: GuildBook) -> AppealCourt:
    """Takes appeals and carries their answers out."""
    language = guild_language(bot, guild_book.settings)
    return AppealCourt(
        ground.store,
        Retracting(ground.store, review.decide, clock=ground.clock),
        Outside(DiscordAppealBoard(bot, language), DirectMessages(bot)),
        Guilds(guild_book.settings, language),
        clock=ground.clock,
    )


def outbox_of(ground: Ground, bot: SafeguildBot, guild_book: GuildBook) -> CardOutbox:
    """Hangs up cards."""
    settings = guild_book.settings
    return CardOutbox(
        ground.store,
        DiscordBoard(bot, CardDrawing(bot, settings, guild_language(bot, settings))),
        lambda guild_id: settings(guild_id).review_channel,
        clock=ground.clock,
        held=held_cards(ground, bot, guild_book),
    )


def enforcer_of(ground: Ground, bot: SafeguildBot, guild_book: GuildBook) -> DeletingTogether:
    """Carries decisions out, many deletions at once."""
    settings = guild_book.settings
    notices = MemberNotices(bot, ground.store, settings)
    language = guild_language(bot, settings)
    enforcer = DiscordEnforcer(bot, ground.clock, notices, language)
    return DeletingTogether(enforcer, DiscordManyDeleter(bot, language))
