"""What `/policy test` shows on Discord: how far a trial is, and what it found."""

from collections.abc import Collection, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Final

import discord

from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import code_block, escaped
from bot.language import number, tr, tr_n
from bot.trials.figures_report import sections
from bot.trials.flips_report import HOW_TO_READ, flip_line, may_show, reasons
from bot.trials.report import effort_line, full_report, headline
from bot.trials.result import TrialResult, Turn
from bot.trials.run import Progress
from policies.policy import Policy

FILE: Final = "policy-test.txt"
TOKEN_LIVES: Final = timedelta(minutes=14)
"""An interaction can be answered for 15 minutes."""
_NAME, _QUOTE = 80, 120
_MOST_FLIPS: Final = 5
"""Flips that are shown; the file has all of them."""


def progress_page(policy: Policy, progress: Progress) -> Reply:
    """A trial that is going on."""
    lines = [tr("Testing **{title}**.", title=escaped(policy.title, _NAME)), _counted(progress)]
    if progress.trouble:
        lines.append(tr("The model is not there at the moment. I wait for it and go on by myself."))
    elif left := progress.seconds_left:
        lines.append(_time_left(left))
        if progress.seconds + left > TOKEN_LIVES.total_seconds():
            lines.append(tr("You need not wait here: I post the result in the review channel."))
    lines.append(tr("It asks when nothing more urgent waits. If you cancel it, what was answered is kept."))
    return page(tr("Policy test"), lines, discord.Colour.blurple())


def _counted(progress: Progress) -> str:
    if not progress.total:
        return tr("I am gathering what people have decided.")
    done, total = number(progress.done), number(progress.total)
    return tr("{done} of {total} questions are answered.", done=done, total=total)


def _time_left(seconds: float) -> str:
    if seconds < 60:
        return tr("Less than a minute is left.")
    return tr_n("About {count} minute is left.", "About {count} minutes are left.", round(seconds / 60))


def result_page(result: TrialResult, shown: Collection[int]) -> Reply:
    """What a trial found. `shown`: the messages whose text whoever reads this may see."""
    fields = {tr("Verdicts that flip"): list(_flips(result, shown)), **sections(result, escaped)}
    file = discord.File(BytesIO(full_report(result, shown).encode("utf-8", "replace")), filename=FILE)
    lines = [f"**{headline(result, escaped)}**", effort_line(result), tr("The file has everything.")]
    return page(tr("Policy test"), lines, _colour(result), fields, file)


def _colour(result: TrialResult) -> discord.Colour:
    worse = result.flips.count(Turn.WORSE) if result.flips else 0
    return discord.Colour.orange() if worse else discord.Colour.green()


def _flips(result: TrialResult, shown: Collection[int]) -> Iterator[str]:
    found = result.flips.gravest_first[:_MOST_FLIPS] if result.flips else ()
    if found:
        yield tr(HOW_TO_READ)
    for flip in found:
        yield f"- {flip_line(flip, _jump)}"
        if may_show(flip.item, shown):
            yield code_block(flip.item.text, _QUOTE, rows=2)[0]
            yield from reasons(flip, lambda text, _: escaped(text, _QUOTE))


def _jump(link: str) -> str:
    return tr("[Jump to it]({link})", link=link)
