"""The walk through one answer: free analysis, then the forced scaffold with its few choices.

The model writes its analysis freely, up to a budget. The final answer is not left to it: the JSON around the
values is fed token by token, the label is read off the two candidates' logits, rule ids are chosen along a trie of
the policy's own ids, and only quotes and rationale are free text. So an answer always parses, cites known rules,
and its label has a probability. A grammar would cost 40-60 ms a token and can abort the process.

A walk is a generator: it yields tokens to feed and is sent what the model says after the last of them. It knows no
model, no batch and no clock.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple, Protocol, Self

import numpy as np

from inference.json_string import closing_mark, unescaped
from inference.output import Label, Logits, Output, highest, read_label
from inference.prompt import END, FIRST_CONTROL_TOKEN, RETURN, Scaffold
from inference.rule_path import RulePath
from inference.sampling import sample


class Phase(IntEnum):
    """What a walk is at, in this order; for telling where the time went."""

    PREFILL = 0
    """The question is read."""
    REASONING = 1
    """The analysis is written."""
    ANSWER = 2
    """The final answer is forced and filled in."""


class Feed(NamedTuple):
    """Tokens to feed, and what they are part of. The time until the model has read them belongs to that phase."""

    tokens: tuple[int, ...]
    phase: Phase


Walk = Generator[Feed, Output, "Answer"]
"""Yields what to feed, is sent the output behind it, returns the answer. Raises `UnreadableAnswer`."""
MAX_QUOTE_TOKENS = 96
MAX_RATIONALE_TOKENS = 160
MAX_CITED_RULES = 4


class Text(Protocol):
    """Tokens to text and back, as `inference.prompt.Harmony` does it."""

    scaffold: Scaffold

    def text(self, tokens: "tuple[int, ...] | list[int]") -> str:
        """The text of tokens."""
        ...

    def ordinary(self, text: str) -> tuple[int, ...]:
        """The tokens of a text without markup."""
        ...


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer has to know of what was asked."""

    private: tuple[int, ...]
    """The tokens after the shared prefix; the analysis begins behind them."""
    rule_ids: tuple[str, ...]
    threshold: float
    explain: bool
    """Whether a rationale is written when nothing is violated, too."""
    reasoning_budget: int
    """The most tokens of analysis; it is cut there and the answer follows."""
    temperature: float = 0.0
    """0 takes the likeliest token; above it, tokens are sampled."""
    seed: int = 0
    unsure: tuple[float, float] | None = None
    """With a probability from the first of these to the second, both included, the answer ends at its label: it
    is going to be asked again, and nobody will read why."""

    def is_unsure(self, probability: float) -> bool:
        """Whether the answer ends at its label."""
        return self.unsure is not None and self.unsure[0] <= probability <= self.unsure[1]

    def is_violated(self, probability: float) -> bool:
        """Whether the policy is, with this probability of the label."""
        return probability >= self.threshold

    @property
    def most_cited(self) -> int:
        """The most rules that an answer cites."""
        return min(MAX_CITED_RULES, len(self.rule_ids))

    @property
    def most_tokens(self) -> int:
        """The most tokens that the walk can feed, forced ones included."""
        citing = MAX_CITED_RULES * (max(len(rule_id) for rule_id in self.rule_ids) + 2)
        free = self.reasoning_budget + MAX_QUOTE_TOKENS + MAX_RATIONALE_TOKENS
        return len(self.private) + free + citing + 64


class Analysis(NamedTuple):
    """What the model thought."""

    text: str
    ended_by: int | None
    """The control token behind it; None where it ran into its budget."""


class Grounds(NamedTuple):
    """Why, as far as it is asked: nothing of it for a text without a violation that needs no explanation."""

    rule_ids: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    rationale: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said."""

    violation: bool
    probability: float
    label_mass: float
    rule_ids: tuple[str, ...]
    quotes: tuple[str, ...]
    rationale: str
    analysis: str
    tokens: int
    """Generated, forced ones not counted."""
    cut: bool
    """Whether the analysis ran into its budget."""
    malformed: bool
    """Whether the analysis ended in markup that does not belong there."""

    @classmethod
    def of(cls, question: Question, analysis: Analysis, said: Label, grounds: Grounds, *, tokens: int) -> Self:
        """Put together from its parts, as the model wrote them: blanks around and repeated quotes are left out."""
        quotes = (quote.strip() for quote in grounds.quotes)
        return cls(
            violation=question.is_violated(said.probability),
            probability=said.probability,
            label_mass=said.mass,
            rule_ids=grounds.rule_ids,
            quotes=tuple(dict.fromkeys(quote for quote in quotes if quote)),
            rationale=grounds.rationale.strip(),
            analysis=analysis.text.strip(),
            tokens=tokens,
            cut=analysis.ended_by is None and question.reasoning_budget > 0,
            malformed=analysis.ended_by not in (None, END, RETURN),
        )


def walk(question: Question, text: Text) -> Walk:
    """Walk through the answer to a question. It feeds at most `question.most_tokens`, whatever the model says.

    Raises (when sent an output):
        UnreadableAnswer: the model's numbers are none.
    """
    return _Walk(question, text).run()


class _Walk:
    def __init__(self, question: Question, text: Text) -> None:
        self._question = question
        self._text = text
        self._scaffold = text.scaffold
        self._random = np.random.default_rng(question.seed)
        self._generated = 0

    def run(self) -> Walk:
        """The whole answer, from the end of the prompt."""
        output = yield Feed(self._question.private, Phase.PREFILL)
        highest(output.logits)
        analysis = yield from self._analysis(output)
        output = yield Feed(self._scaffold.final_open, Phase.ANSWER)
        self._generated += 1
        said = read_label(output.logits, yes=self._scaffold.yes, no=self._scaffold.no)
        grounds = yield from self._grounds(said.probability)
        return Answer.of(self._question, analysis, said, grounds, tokens=self._generated)

    def _analysis(self, output: Output) -> Generator[Feed, Output, Analysis]:
        """Free text up to a control token or the budget."""
        tokens: list[int] = []
        while len(tokens) < self._question.reasoning_budget:
            token = self._choose(output)
            if token >= FIRST_CONTROL_TOKEN:
                return Analysis(self._text.text(tokens), token)
            tokens.append(token)
            output = yield Feed((token,), Phase.REASONING)
        return Analysis(self._text.text(tokens), None)

    def _grounds(self, probability: float) -> Generator[Feed, Output, Grounds]:
        if self._question.is_unsure(probability):
            return Grounds()
        if self._question.is_violated(probability):
            rule_ids, opening = yield from self._rules()
            quotes, opening = yield from self._quotes(opening)
            return Grounds(rule_ids, quotes, (yield from self._rationale(opening)))
        if self._question.explain:
            opening = (self._scaffold.no, *self._scaffold.no_rationale_open)
            return Grounds(rationale=(yield from self._rationale(opening)))
        return Grounds()

    def _rules(self) -> Generator[Feed, Output, tuple[tuple[str, ...], tuple[int, ...]]]:
        """One or more of the policy's rule ids; returns them and what closes the list."""
        cited: list[str] = []
        opening = (self._scaffold.yes, *self._scaffold.rules_open)
        while True:
            rule_id, row, closing = yield from self._rule(opening, cited)
            cited.append(rule_id)
            close = self._scaffold.quotes_open[0]
            opening = self._scaffold.more
            may_cite_more = len(cited) < self._question.most_cited
            if closing == close or not may_cite_more or row[close] >= row[opening[0]]:
                return tuple(cited), self._scaffold.quotes_open

    def _rule(
        self, opening: tuple[int, ...], cited: Sequence[str]
    ) -> Generator[Feed, Output, tuple[str, Logits, int | None]]:
        """The likeliest of the ids that are not cited yet, the row behind it, and its choice if that had one."""
        citable = (rule_id for rule_id in self._question.rule_ids if rule_id not in cited)
        path = RulePath(citable, self._text.ordinary, self._scaffold.behind_rule)
        row = (yield Feed(opening, Phase.ANSWER)).logits
        while allowed := path.allowed:
            token = allowed[int(np.argmax(row[list(allowed)]))]
            self._generated += 1
            if not path.take(token):
                return path.rule_id, row, token
            row = (yield Feed((token,), Phase.ANSWER)).logits
        return path.rule_id, row, None

    def _quotes(
        self, opening: tuple[int, ...]
    ) -> Generator[Feed, Output, tuple[tuple[str, ...], tuple[int, ...]]]:
        """Free strings copied from the message; returns them and what closes the list."""
        quotes: list[str] = []
        left = MAX_QUOTE_TOKENS
        while True:
            before = self._generated
            quote, tail, rest = yield from self._string(opening, left)
            left -= self._generated - before + len(tail)
            quotes.append(quote)
            if not rest.startswith(",") or left <= 0:
                return tuple(quotes), (*tail, *self._scaffold.rationale_open)
            opening = (*tail, *self._scaffold.more)

    def _rationale(self, opening: tuple[int, ...]) -> Generator[Feed, Output, str]:
        rationale, _, _ = yield from self._string(opening, MAX_RATIONALE_TOKENS)
        return rationale

    def _string(
        self, opening: tuple[int, ...], budget: int
    ) -> Generator[Feed, Output, tuple[str, tuple[int, ...], str]]:
        """The inside of a JSON string, up to its closing quotation mark.

        Returns the string, the tokens of what its last token held before the mark (not fed yet), and what that
        token held behind it.
        """
        tokens: list[int] = []
        escaped = False
        output = yield Feed(opening, Phase.ANSWER)
        while len(tokens) < budget:
            token = self._choose(output)
            if token >= FIRST_CONTROL_TOKEN:
                break
            # One token's bytes need not be whole characters, but marks and backslashes always are.
            piece = self._text.text((token,))
            mark, escaped = closing_mark(piece, escaped=escaped)
            if mark is not None:
                written = self._text.text([*tokens, token]).removesuffix(piece[mark:])
                return unescaped(written), self._text.ordinary(piece[:mark]), piece[mark + 1 :]
            tokens.append(token)
            output = yield Feed((token,), Phase.ANSWER)
        return unescaped(self._text.text(tokens)), (), ""

    def _choose(self, output: Output) -> int:
        """The likeliest token, or, above temperature 0, one by its probability."""
        self._generated += 1
        if self._question.temperature <= 0:
            return output.greedy
        highest(output.logits)
        return sample(output.logits, self._question.temperature, float(self._random.random()))
