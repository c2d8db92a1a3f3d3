"""What `/policy sample` shows: one message at a time, without a word of what the bot thinks of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import discord
from discord.ui import Button, Item, Select, View

from bot.case import Earlier, Message
from bot.cogs.replies import Reply, page
from bot.cogs.safe_text import code_block, escaped, one_line, shortened
from bot.language import marked, tr, tr_in, tr_n
from bot.question import speaker_labels
from bot.records.labels import Draw, SampleAnswer
from policies.policy import Policy

UNSURE_RULE: Final = "-"
"""Chosen where the person cannot name one rule."""
_TITLE, _GOAL, _RULE, _OPTION = 80, 200, 120, 100
_TEXT, _CONTEXT = 1800, 900
_HOW: Final = marked(
    "Does this message violate the policy? Judge for yourself: you are not told what the bot thinks of it. "
    "Skip what you cannot decide."
)
_OVER: Final = marked(
    "Thank you. `/policy test` tells what it comes to. Each further `/policy sample` makes its figures surer."
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as it is handed to a moderator."""

    draw: Draw
    message: Message
    earlier: Sequence[Earlier]

    @property
    def mark(self) -> str:
        """Part of the text's digest: the answer is about this text, and not about what an edit makes of it."""
        return self.message.digest[:8]


def sample_page(policy: Policy, shown: Shown, number: int, of: int) -> Reply:
    """The message with what came before it, and the buttons."""
    text, _ = code_block(shown.message.text, _TEXT)
    fields = {
        tr("Said before"): _context(shown),
        tr("The policy"): [escaped(policy.goal, _GOAL), *_rules(policy)],
    }
    title = tr("{title}: message {number} of {of}", title=escaped(policy.title, _TITLE), number=number, of=of)
    return replace(page(title, [text, tr(_HOW)], discord.Colour.blurple(), fields), view=_buttons(shown))


def rules_page(policy: Policy, shown: Shown) -> Reply:
    """Which rule is violated."""
    text, _ = code_block(shown.message.text, _TEXT)
    return replace(
        page(tr("Which rule does it violate?"), [text], discord.Colour.blurple()), view=_choice(policy, shown)
    )


def over_page(draws: Sequence[Draw]) -> Reply:
    """All that was handed out is answered."""
    count = {answer: sum(draw.answer is answer for draw in draws) for answer in SampleAnswer}
    lines = [
        tr_n("{count} violates the policy.", "{count} violate the policy.", count[SampleAnswer.VIOLATES]),
        tr_n("{count} is allowed.", "{count} are allowed.", count[SampleAnswer.ALLOWED]),
    ]
    if count[SampleAnswer.SKIPPED]:
        lines.append(tr_n("{count} was skipped.", "{count} were skipped.", count[SampleAnswer.SKIPPED]))
    if count[SampleAnswer.GONE]:
        gone = count[SampleAnswer.GONE]
        lines.append(tr_n("{count} is not there any more.", "{count} are not there any more.", gone))
    return page(tr("Sample labelled"), [*lines, tr(_OVER)], discord.Colour.green())


def custom_id(shown: Shown, press: str) -> str:
    """What Discord sends back."""
    return f"sample:{shown.draw.id}:{shown.mark}:{press}"


def _context(shown: Shown) -> list[str]:
    labels = speaker_labels(shown.message.author_id, shown.earlier)
    lines = [f"{labels[line.author_id]}: {line.text}" for line in shown.earlier]
    return [code_block("\n".join(lines), _CONTEXT)[0]] if lines else []


def _rules(policy: Policy) -> Iterator[str]:
    for rule in policy.rules:
        yield f"- **{escaped(rule.id, 40)}**: {escaped(rule.text, _RULE)}"


def _buttons(shown: Shown) -> View:
    style = discord.ButtonStyle.secondary
    labels = (("violates", tr("Violates")), ("allowed", tr_in("button", "Allowed")), ("skip", tr("Skip")))
    return _silent(
        *(Button(label=label, style=style, custom_id=custom_id(shown, press)) for press, label in labels)
    )


def _choice(policy: Policy, shown: Shown) -> View:
    options = [
        discord.SelectOption(label=rule.id, value=rule.id, description=shortened(one_line(rule.text), _OPTION))
        for rule in policy.rules
    ]
    options.append(discord.SelectOption(label=tr("I cannot name one rule"), value=UNSURE_RULE))
    menu: Select[View] = Select(custom_id=custom_id(shown, "rule"), options=options)
    back: Button[View] = Button(label=tr("Back"), custom_id=custom_id(shown, "back"))
    return _silent(menu, back)


def _silent(*items: Item[View]) -> View:
    """Presses find their handler by the custom id alone, also after a restart."""
    view = View(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    return view
