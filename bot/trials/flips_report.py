"""Verdicts that flip between two versions, in plain words."""

from collections.abc import Callable, Collection, Iterator
from typing import Final

from bot.language import marked, number, percent, tr, tr_n
from bot.severities import severity_word
from bot.trials.items import Item
from bot.trials.result import Flip, Flips, Turn
from bot.trials.wording import Say
from policies.verdict import Verdict

HOW_TO_READ: Final = marked("Before → now, each with how likely it takes a violation to be.")
_REASON: Final = 300
_TURNS: Final = {
    Turn.BETTER: marked("better"),
    Turn.WORSE: marked("worse"),
    Turn.OPEN: marked("nobody decided"),
    Turn.UNREADABLE: marked("unreadable"),
}


def flips_line(flips: Flips) -> str:
    """How many verdicts flip, and to whose good."""
    if not flips.gravest_first:
        return tr_n(
            "No verdict flips: {count} text was compared.",
            "No verdict flips: {count} texts were compared.",
            flips.compared,
        )
    return _unreadable_too(flips) if flips.count(Turn.UNREADABLE) else _all_read(flips)


def flip_line(flip: Flip, link: Callable[[str], str] = str) -> str:
    """How a verdict flips, and where the text is. `link`: how the surface shows an address."""
    return tr(
        "{turn} ({severity}): {before} → {after} {where}",
        turn=tr(_TURNS[flip.turn]),
        severity=severity_word(flip.severity),
        before=_word(flip.before),
        after=_word(flip.after),
        where=_where(flip.item, link),
    )


def reasons(flip: Flip, say: Say) -> Iterator[str]:
    """Why each version says what it says."""
    if flip.before and flip.before.rationale:
        yield tr("Before: {reason}", reason=say(flip.before.rationale, _REASON))
    if flip.after and flip.after.rationale:
        yield tr("Now: {reason}", reason=say(flip.after.rationale, _REASON))


def may_show(item: Item, shown: Collection[int]) -> bool:
    """Whether whoever reads this may see what was written. An example is the policy's own. `shown`: messages."""
    place = item.place
    return place is None or place.message_id in shown


def _all_read(flips: Flips) -> str:
    return tr_n(
        "{count} flip: {better} better, {worse} worse, {open} nobody decided.",
        "{count} flips: {better} better, {worse} worse, {open} nobody decided.",
        len(flips.gravest_first),
        better=number(flips.count(Turn.BETTER)),
        worse=number(flips.count(Turn.WORSE)),
        open=number(flips.count(Turn.OPEN)),
    )


def _unreadable_too(flips: Flips) -> str:
    return tr_n(
        "{count} flip: {better} better, {worse} worse, {open} nobody decided, {unreadable} unreadable.",
        "{count} flips: {better} better, {worse} worse, {open} nobody decided, {unreadable} unreadable.",
        len(flips.gravest_first),
        better=number(flips.count(Turn.BETTER)),
        worse=number(flips.count(Turn.WORSE)),
        open=number(flips.count(Turn.OPEN)),
        unreadable=number(flips.count(Turn.UNREADABLE)),
    )


def _word(verdict: Verdict | None) -> str:
    if verdict is None or verdict.violation is None:
        return tr("unreadable")
    word = tr("violation") if verdict.violation else tr("allowed")
    return word if verdict.probability is None else f"{word} {percent(verdict.probability)}"


def _where(item: Item, link: Callable[[str], str]) -> str:
    place = item.place
    if place is None:
        return tr("(an example)")
    address = f"https://discord.com/channels/{place.guild_id}/{place.channel_id}/{place.message_id}"
    shown = link(address)
    if item.violates and item.known and item.known.shared:
        return tr("(case {number}, confirmed for another policy, too; {link})", number=place.case_id, link=shown)
    return tr("(case {number}; {link})", number=place.case_id, link=shown)
