"""An explanation as plain text: for a terminal, and for a file beside an answer that has no room for all of it."""

from collections.abc import Callable, Iterable, Iterator

from bot.explaining.line import Line, plain
from bot.explaining.told import PolicyTold, Told
from bot.language import marked, tr, tr_n

MEANING = marked("Flagged means that the model reads it. Nothing is done to anybody without a person.")
LONGEST = 400
"""Characters of anybody's words. Longer ones are cut: they stand elsewhere in full."""


def everything(_: PolicyTold) -> bool:
    """Shows every policy with all its steps."""
    return True


def full_text(told: Told, whole: Callable[[PolicyTold], bool] = everything) -> str:
    """All lines. `whole`: which policies are shown with all their steps; of the others there is one line."""
    in_steps = [each for each in told.policies if whole(each)]
    others = [_verdict(each) for each in told.policies if each not in in_steps]
    paragraphs = [_head(told), *map(_steps, in_steps), *([others] if others else [])]
    return "\n\n".join(map("\n".join, paragraphs))


def headline(told: Told) -> str:
    """How many policies flag the text."""
    count, of = len(told.flagged), len(told.policies)
    if not count:
        return tr_n("Flagged by none of {count} policy.", "Flagged by none of {count} policies.", of)
    return tr_n(
        "Flagged by {flagging} of {count} policy.",
        "Flagged by {flagging} of {count} policies.",
        of,
        flagging=count,
    )


def if_wrong(policy: PolicyTold) -> str:
    """What stands above the advice."""
    return tr("If it should not be flagged:") if policy.flagged else tr("If it should be flagged:")


def verdict(policy: PolicyTold) -> str:
    """ "flagged" or "not flagged"."""
    return tr("flagged") if policy.flagged else tr("not flagged")


def _head(told: Told) -> Iterator[str]:
    yield f"{headline(told)} {tr(MEANING)}"
    if told.readings:
        yield tr("How it was read, besides as written:")
        yield from _indented(told.readings)


def _verdict(policy: PolicyTold) -> str:
    return _one_line((f"{policy.policy_id}: {verdict(policy)}: ", *policy.reason))


def _steps(policy: PolicyTold) -> Iterator[str]:
    yield _verdict(policy)
    yield from _indented(policy.steps)
    yield f"  {if_wrong(policy)}"
    yield from _indented(policy.advice, "    ")


def _indented(lines: Iterable[Line], by: str = "  ") -> Iterator[str]:
    return (by + _one_line(line) for line in lines)


def _one_line(line: Line) -> str:
    return " ".join(plain(line, LONGEST).split())
