"""The walk through one answer, over completions: what `inference.answer` does token by token, in a few requests.

First the analysis, free up to its budget. Then the forced scaffold: the label's probability is read off the scores
at its place, rule ids are chosen along the trie of the policy's own, one request for each fork, and quotes and
rationale are free text up to their quotation mark. Every request's prompt is all that was written so far, which
the server still has in its cache.
"""

import math
from collections.abc import Awaitable, Callable, Collection

from inference.answer import (
    MAX_QUOTE_TOKENS,
    MAX_RATIONALE_TOKENS,
    Analysis,
    Answer,
    Grounds,
    Phase,
    Question,
    Text,
)
from inference.http.completion import Completion, Generation, Stop
from inference.json_string import closing_mark, unescaped
from inference.output import Label
from inference.prompt import FIRST_CONTROL_TOKEN
from inference.rule_path import RulePath

Complete = Callable[[Generation], Awaitable[Completion]]
STOPS_AT_MOST = 8
"""A free text that goes on after so many stops (it quotes markup, or escaped marks) is written to its budget."""
_SEEDS = 1000
"""Each request of a question has a seed of its own."""
_SEED_LIMIT = 2**31
"""Servers keep seeds in 32 bits."""


class Asking:
    """One question on its way. `context` is all that the model has read and written."""

    def __init__(self, prefix: tuple[int, ...], question: Question, text: Text, complete: Complete) -> None:
        self.context = [*prefix, *question.private]
        self._question = question
        self._text = text
        self._scaffold = text.scaffold
        self._complete = complete
        self._generated = 0
        self._requests = 0

    async def run(self) -> Answer:
        """The whole answer."""
        analysis = await self._analysis()
        self.context += self._scaffold.final_open
        said = await self._label()
        grounds = await self._grounds(said.probability)
        return Answer.of(self._question, analysis, said, grounds, tokens=self._generated)

    async def _analysis(self) -> Analysis:
        """Free text up to a control token or the budget."""
        tokens = await self._free(self._question.reasoning_budget, Stop.MARKUP, Phase.REASONING, _markup)
        end = _markup(tokens)
        self._generated += len(tokens) if end is None else end + 1
        self.context += tokens[:end]
        return Analysis(self._text.text(tokens[:end]), None if end is None else tokens[end])

    async def _label(self) -> Label:
        yes, no = self._scaffold.yes, self._scaffold.no
        completion = await self._request(
            Generation(tuple(self.context), 1, Phase.ANSWER, allowed=(no, yes), scored=True)
        )
        self._generated += 1
        scores = completion.log_probabilities
        p_yes, p_no = (math.exp(min(scores.get(label, -math.inf), 0.0)) for label in (yes, no))
        mass = p_yes + p_no
        return Label(p_yes / mass, mass) if mass > 0 else Label(0.5, 0.0)

    async def _grounds(self, probability: float) -> Grounds:
        if self._question.is_unsure(probability):
            return Grounds()
        if self._question.is_violated(probability):
            return Grounds(await self._rules(), await self._quotes(), await self._rationale())
        if self._question.explain:
            self.context += (self._scaffold.no, *self._scaffold.no_rationale_open)
            return Grounds(rationale=await self._rationale())
        return Grounds()

    async def _rules(self) -> tuple[str, ...]:
        """One or more of the policy's rule ids, and what closes their list."""
        cited: list[str] = []
        close, more = self._scaffold.quotes_open[0], self._scaffold.more
        most = self._question.most_cited
        self.context += (self._scaffold.yes, *self._scaffold.rules_open)
        while True:
            rule_id, following = await self._rule(cited)
            cited.append(rule_id)
            if len(cited) < most and following is None:
                following = await self._choice(self._scaffold.behind_rule)
            if len(cited) >= most or following == close:
                self.context += self._scaffold.quotes_open
                return tuple(cited)
            self.context += more

    async def _rule(self, cited: Collection[str]) -> tuple[str, int | None]:
        """The likeliest of the ids that are not cited yet, and what follows it if that was one of the choices."""
        citable = (rule_id for rule_id in self._question.rule_ids if rule_id not in cited)
        path = RulePath(citable, self._text.ordinary, self._scaffold.behind_rule)
        while allowed := path.allowed:
            token = await self._choice(allowed)
            self._generated += 1
            if not path.take(token):
                return path.rule_id, token
            self.context.append(token)
        return path.rule_id, None

    async def _choice(self, allowed: tuple[int, ...]) -> int:
        """The likeliest of these tokens at the present place; no request is needed where there is only one."""
        if len(allowed) == 1:
            return allowed[0]
        completion = await self._request(Generation(tuple(self.context), 1, Phase.ANSWER, allowed=allowed))
        return completion.tokens[0]

    async def _quotes(self) -> tuple[str, ...]:
        """Free strings copied from the message, and what closes their list."""
        quotes: list[str] = []
        left = MAX_QUOTE_TOKENS
        while True:
            before = self._generated
            quote, tail, rest = await self._string(left)
            left -= self._generated - before + tail
            quotes.append(quote)
            if not rest.startswith(",") or left <= 0:
                self.context += self._scaffold.rationale_open
                return tuple(quotes)
            self.context += self._scaffold.more

    async def _rationale(self) -> str:
        rationale, _, _ = await self._string(MAX_RATIONALE_TOKENS)
        return rationale

    async def _string(self, budget: int) -> tuple[str, int, str]:
        """The inside of a JSON string up to its closing quotation mark, which is not part of the context yet.

        Returns the string, how many tokens were made of what the last one held before the mark, and what that one
        held behind it.
        """
        tokens = await self._free(budget, Stop.MARK, Phase.ANSWER, self._mark)
        end = self._mark(tokens)
        self._generated += len(tokens) if end is None else end + 1
        self.context += tokens[:end]
        if end is None or tokens[end] >= FIRST_CONTROL_TOKEN:
            return unescaped(self._text.text(tokens[:end])), 0, ""
        last = self._text.text((tokens[end],))
        place, _ = closing_mark(last, escaped=self._escaped(tokens[:end]))
        assert place is not None
        tail = self._text.ordinary(last[:place])
        self.context += tail
        written = self._text.text(tokens[: end + 1]).removesuffix(last[place:])
        return unescaped(written), len(tail), last[place + 1 :]

    def _mark(self, tokens: list[int]) -> int | None:
        """Where the token stands that ends a string: one with a mark that no backslash escapes, or markup."""
        escaped = False
        for place, token in enumerate(tokens):
            if token >= FIRST_CONTROL_TOKEN:
                return place
            # One token's bytes need not be whole characters, but marks and backslashes always are.
            mark, escaped = closing_mark(self._text.text((token,)), escaped=escaped)
            if mark is not None:
                return place
        return None

    def _escaped(self, tokens: list[int]) -> bool:
        """Whether these end in a backslash that escapes what follows."""
        text = self._text.text(tokens)
        return (len(text) - len(text.rstrip("\\"))) % 2 == 1

    async def _free(
        self, budget: int, stop: Stop, phase: Phase, end: Callable[[list[int]], int | None]
    ) -> list[int]:
        """What the model writes until `end` finds something, the budget is used up, or the model is done.

        A server stops at texts; one that was not the end after all is gone on from.
        """
        tokens: list[int] = []
        for tries in range(budget):
            completion = await self._request(
                Generation(
                    prompt=(*self.context, *tokens),
                    most=budget - len(tokens),
                    phase=phase,
                    stop=stop if tries < STOPS_AT_MOST else Stop.NEVER,
                    temperature=self._question.temperature,
                    seed=(self._question.seed * _SEEDS + self._requests) % _SEED_LIMIT,
                )
            )
            tokens += completion.tokens
            if not completion.stopped or not completion.tokens or len(tokens) >= budget or end(tokens) is not None:
                break
        return tokens

    async def _request(self, generation: Generation) -> Completion:
        self._requests += 1
        return await self._complete(generation)


def _markup(tokens: list[int]) -> int | None:
    """Where the first control token stands."""
    return next((place for place, token in enumerate(tokens) if token >= FIRST_CONTROL_TOKEN), None)
