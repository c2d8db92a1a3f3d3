"""What `/stats` tells: figures of a guild and a time, in words and in pictures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.figures import ledger, words
from bot.figures.painting import Paint, Picture
from bot.figures.sheets import Told, sheets
from bot.figures.span import Period, Span, day_name
from bot.language import tr
from bot.ports import Store
from bot.records.figures import GuildFigures
from policies.policy import Policy


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody wants to know."""

    guild_id: int
    period: Period
    policy_id: str | None = None
    """None: of all policies."""


@dataclass(frozen=True, slots=True)
class Overview:
    """The answer."""

    days: str
    lines: list[str]
    pictures: list[Picture]
    """None where they could not be drawn."""


@dataclass(frozen=True, slots=True)
class RuleBookPage:
    """A policy's rules, and what became of each."""

    days: str
    lines: list[str]
    advice: list[str]


class Statistics:
    """Answers. Every call raises StoreUnavailable."""

    def __init__(
        self,
        store: Store,
        paint: Paint,
        policies: Callable[[int], Mapping[str, Policy]],
        clock: Callable[[], datetime],
    ) -> None:
        """`policies`: those of a guild, by their ids."""
        self._store = store
        self._paint = paint
        self._policies = policies
        self._clock = clock

    async def overview(self, question: Question) -> Overview:
        """What happened, in a few lines and some charts, in the language that is spoken."""
        figures, now = await self._figures(question), self._clock()
        titles = {policy_id: policy.title for policy_id, policy in self._policies(question.guild_id).items()}
        pictures = await self._paint(sheets(Told(figures, titles, now)))
        return Overview(_days(figures), words.overview(figures, now), pictures)

    async def rules(self, question: Question, policy: Policy) -> RuleBookPage:
        """The clause ledger of a policy."""
        figures = await self._figures(question)
        return RuleBookPage(_days(figures), ledger.ledger_lines(figures, policy), ledger.advice(figures, policy))

    async def _figures(self, question: Question) -> GuildFigures:
        span = Span.until(self._clock().date(), question.period)
        figures = await self._store.figures(question.guild_id, span.first, span.last)
        return figures if question.policy_id is None else figures.of_policy(question.policy_id)


def _days(figures: GuildFigures) -> str:
    return tr("{first} to {last} (UTC)", first=day_name(figures.first), last=day_name(figures.last))
