"""What a trial found, in plain words for every surface: its headline, and everything as one text.

Each surface escapes for itself: see `Say`.
"""

from collections.abc import Collection, Iterator
from typing import Final

from bot.language import number, tr
from bot.trials.figures_report import sections
from bot.trials.flips_report import HOW_TO_READ, flip_line, flips_line, may_show, reasons
from bot.trials.result import Flip, TrialResult
from bot.trials.wording import Say, between
from bot.visible import visible as readable

_NAME: Final = 80


def headline(result: TrialResult, say: Say) -> str:
    """What matters most, in one line."""
    title = say(result.policy.title, _NAME)
    if result.flips is not None:
        return tr("{title} against the other version: {flips}", title=title, flips=flips_line(result.flips))
    f1 = result.figures.as_it_runs.f1
    return tr("{title}: F1 {f1}.", title=title, f1=between(f1)) if f1 else tr("{title} was tested.", title=title)


def effort_line(result: TrialResult) -> str:
    """What it took."""
    return tr(
        "Answers by the model: {judged}. Known from before: {known}.",
        judged=number(result.judged),
        known=number(result.remembered),
    )


def full_report(result: TrialResult, shown: Collection[int]) -> str:
    """Everything, as plain text. What is hidden in a text is written out. `shown`: messages that may be quoted."""
    lines = [headline(result, _plain), effort_line(result)]
    for heading, said in sections(result, _plain, most_rules=len(result.figures.rules)).items():
        lines += ["", heading, *(f"  {line}" for line in said)]
    if result.flips and result.flips.gravest_first:
        lines += ["", tr("Verdicts that flip, the gravest first"), f"  {tr(HOW_TO_READ)}"]
        for flip in result.flips.gravest_first:
            lines += ["", *_told(flip, shown)]
    return "\n".join(lines) + "\n"


def _told(flip: Flip, shown: Collection[int]) -> Iterator[str]:
    yield flip_line(flip)
    if may_show(flip.item, shown):
        yield from (f"  | {line}" for line in readable(flip.item.text).splitlines())
        yield from (f"  {reason}" for reason in reasons(flip, _plain))


def _plain(text: str, _: int) -> str:
    return " ".join(readable(text).split())
