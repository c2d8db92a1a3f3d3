"""What the judge says of messages that a moderator asked about, as a private page."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import discord
from discord.ui import View

from bot.asking import Answer, Silence
from bot.case import CaseFile, Message
from bot.cogs.policy_pages import mode_name
from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import code_block, escaped, one_line, shortened
from bot.cogs.words import card_link, person, sure
from bot.explaining.line import isolated
from bot.language import marked, tr, tr_in, tr_n
from policies.policy import Mode

_TITLE, _RULE, _REASON, _EXCERPT = 80, 40, 500, 60
_OPTION: Final = 100
"""Characters of an option of a menu."""
_DRY = marked("Nothing was kept: this is the judge's opinion and nobody was told of it.")
_NO_POLICY = marked("No policy of this server holds for this message. `/policy list` shows them.")
_SILENCES: Final = {
    Silence.AWAY: marked("The judge is not there at the moment. `/safeguild status` says more."),
    Silence.LATE: marked("The judge has too much to do at the moment. Try again in a minute."),
    Silence.UNREADABLE: marked("The judge's answer could not be read. Please judge for yourself."),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A message and what the judge says of it."""

    message: Message
    answers: tuple[Answer, ...]
    """Violations first."""

    @property
    def violations(self) -> tuple[Answer, ...]:
        """Those that say that a policy is violated."""
        return tuple(answer for answer in self.answers if answer.verdict and answer.verdict.violation)

    @property
    def label(self) -> str:
        """The message as an option of a menu; plain text there."""
        return shortened(f"{isolated(one_line(self.message.author_name))}: {one_line(self.message.text)}", _OPTION)


def message_page(judged: Judged, case: CaseFile | None, view: View | None) -> Reply:
    """All verdicts on one message, with the reasons."""
    if not judged.answers:
        return replace(page(tr("Judged"), [tr(_NO_POLICY)]), view=view)
    lines = [code_block(judged.message.text, 700, rows=8)[0], tr(_DRY), *_known(case)]
    fields = dict(_opinions(judged.answers))
    return replace(page(_headline([judged]), lines, _colour([judged]), fields), view=view)


def conversation_page(judged: Sequence[Judged], chosen_id: int, view: View | None) -> Reply:
    """One line for each message, oldest first."""
    lines = [line for each in judged for line in _lines(each, is_chosen=each.message.id == chosen_id)]
    return replace(page(_headline(judged), [tr(_DRY), *lines], _colour(judged)), view=view)


def opened_page(cases: Sequence[CaseFile]) -> Reply:
    """Cases that a moderator has opened."""
    told = tr_n(
        "{count} case is open for people now. Its card appears in the review channel.",
        "{count} cases are open for people now. Their cards appear in the review channel.",
        len(cases),
    )
    return page("", [told, *(f"- {tr('Case {number}', number=case.id)}" for case in cases)])


def _headline(judged: Sequence[Judged]) -> str:
    found = sum(bool(each.violations) for each in judged)
    if found:
        return tr_n("{count} message violates a policy", "{count} messages violate a policy", found)
    if any(
        answer.verdict is None or answer.verdict.violation is None for each in judged for answer in each.answers
    ):
        return tr("No violation found; not everything could be judged")
    return tr("No violation found")


def _colour(judged: Sequence[Judged]) -> discord.Colour:
    return discord.Colour.orange() if any(each.violations for each in judged) else discord.Colour.green()


def _known(case: CaseFile | None) -> Iterator[str]:
    if case is None:
        return
    yield tr("This message has a case already: case {number}.", number=case.id) + _card(case)


def _card(case: CaseFile) -> str:
    link = card_link(case)
    return f" [{tr('Card')}]({link})" if link else ""


def _heading(answer: Answer) -> str:
    title = escaped(answer.policy.title, _TITLE)
    shadow = f" ({mode_name(Mode.SHADOW)})" if answer.policy.mode is Mode.SHADOW else ""
    return f"{title}{shadow} · {answer.policy.id}"


def _opinions(answers: Sequence[Answer]) -> Iterator[tuple[str, list[str]]]:
    """Each with its reasons; of several policies that allow the message one line is enough."""
    allowing = [answer for answer in answers if answer.verdict and answer.verdict.violation is False]
    together = allowing if len(allowing) > 1 else []
    for answer in answers:
        if answer not in together:
            yield _heading(answer), list(_reasons(answer))
    if together:
        yield tr("Allowed, with how likely a violation is"), [" · ".join(map(_briefly, together))]


def _briefly(answer: Answer) -> str:
    verdict = answer.verdict
    likely = f" {sure(verdict.probability)}" if verdict and verdict.probability is not None else ""
    return f"{escaped(answer.policy.title, _TITLE)}{likely}"


def _reasons(answer: Answer) -> Iterator[str]:
    yield f"**{_word(answer)}**"
    verdict = answer.verdict
    if verdict is None:
        return
    for rule_id in verdict.rule_ids:
        yield f"{escaped(rule_id, _RULE)}: {escaped(answer.policy.rule(rule_id).text, _REASON)}"
    if verdict.rationale:
        yield escaped(verdict.rationale, _REASON)


def _word(answer: Answer) -> str:
    verdict = answer.verdict
    if answer.silence is not None or verdict is None or verdict.violation is None:
        return tr(_SILENCES[answer.silence or Silence.UNREADABLE])
    likely = "" if verdict.probability is None else sure(verdict.probability)
    if verdict.violation:
        return tr("Violation, {likely} likely", likely=likely) if likely else tr("Violation")
    return tr("Allowed, a violation is {likely} likely", likely=likely) if likely else tr_in("verdict", "Allowed")


def _lines(judged: Judged, *, is_chosen: bool) -> Iterator[str]:
    who, said = person(judged.message.author_id), escaped(judged.message.text, _EXCERPT)
    mark = "➡️ " if is_chosen else ""
    yield f"{mark}{who}: {said}"
    if not judged.violations:
        unknown = any(answer.silence for answer in judged.answers)
        yield f"- {tr('not judged under every policy')}" if unknown else f"- {tr('nothing found')}"
    for answer in judged.violations:
        rules = ", ".join(escaped(rule_id, _RULE) for rule_id in answer.verdict.rule_ids) if answer.verdict else ""
        yield f"- **{escaped(answer.policy.title, _TITLE)}**: {rules or tr('no rule named')}, {_word(answer)}"
