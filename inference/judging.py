"""A judge on top of any model that answers: a policy and a text go in, a verdict comes out.

With `effort: auto` the model looks at low effort first. Only where the label's probability then lies between the
policy's two thresholds it looks again, for longer, and the second look decides. A second answer that cannot be
read leaves the case to a person: what the first look was unsure of is never cleared by its own opinion.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from inference.answer import Answer, Question
from inference.answerer import Answerer
from inference.citation import CheckedQuotes, check_quotes
from inference.judge import DeadlinePassed, UnreadableAnswer
from inference.prompt import Harmony, Prompt
from inference.rendering import PROMPT_VERSION, Content
from inference.standin.notice import STANDIN_NAME, STANDIN_NOTE
from inference.ticket import ORDINARY, Ticket
from policies.phrases import Phrase, phrase
from policies.policy import Effort, Policy
from policies.verdict import FirstLook, Timing, Verdict

MIN_LABEL_MASS = 0.01
"""Below this share of all probability on the two labels, the model was not about to answer at all."""
RETRY_TEMPERATURE = 0.7
"""Of answers with a seed other than 0. Seed 0 takes the likeliest token throughout."""
_AT = {
    Effort.LOW: phrase("at low effort"),
    Effort.MEDIUM: phrase("at medium effort"),
    Effort.HIGH: phrase("at high effort"),
}
_JUDGED_AGAIN = phrase("unsure {at} ({share}%), so judged again {again}")
_LONG = phrase("the message is long: its middle was not read")
_CUT = phrase("the reasoning ran into its budget and was cut")
_MALFORMED = phrase("the reasoning ended in markup that does not belong there")
_DROPPED = phrase("{count} quote(s) were dropped: they do not occur in the message")


@dataclass(frozen=True, slots=True)
class Budgets:
    """Tokens of analysis at most, by effort. Real answers of the 20b take 91-190 at the median, 280-950 at p95."""

    low: int = 512
    medium: int = 1024
    high: int = 2048

    def of(self, effort: Effort) -> int:
        """The budget of one look."""
        return {Effort.LOW: self.low, Effort.MEDIUM: self.medium, Effort.HIGH: self.high}[effort]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What `judge` was called with, and when."""

    policy: Policy
    content: Content
    explain: bool
    seed: int
    ticket: Ticket
    started: float


@dataclass(frozen=True, slots=True)
class _Look:
    """One readable answer at one effort."""

    effort: Effort
    prompt: Prompt
    answer: Answer
    timing: Timing | None


class PolicyJudge:
    """A `Judge` that asks an `Answerer`."""

    def __init__(
        self,
        answerer: Answerer,
        harmony: Harmony,
        model_digest: str,
        *,
        budgets: Budgets | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`model_digest` is the SHA-256 of the model file, which verdicts carry; `clock` gives seconds."""
        self._answerer = answerer
        self._harmony = harmony
        self._model_digest = model_digest
        self._budgets = budgets or Budgets()
        self._clock = clock

    @property
    def model_name(self) -> str:
        """What the model calls itself."""
        return self._answerer.model_name

    @property
    def is_standin(self) -> bool:
        """Whether the stand-in is at work, which finds listed terms and understands nothing."""
        return self.model_name == STANDIN_NAME

    async def judge(
        self,
        policy: Policy,
        content: Content,
        *,
        explain: bool = False,
        seed: int = 0,
        ticket: Ticket = ORDINARY,
    ) -> Verdict:
        """See `inference.judge.Judge`. A verdict without a decision is one whose second look was unreadable."""
        asked = _Asked(policy, content, explain, seed, ticket, self._clock())
        if policy.judge.effort is not Effort.AUTO:
            return self._verdict(asked, await self._look(asked, policy.judge.effort, ticket))
        first = await self._look(asked, Effort.LOW, ticket, unsure=policy.judge.unsure)
        if not policy.judge.is_unsure(first.answer.probability):
            return self._verdict(asked, first)
        return await self._look_again(asked, first)

    async def _look_again(self, asked: _Asked, first: _Look) -> Verdict:
        effort = asked.policy.judge.second_effort
        ticket = _what_is_left(asked.ticket, self._clock() - asked.started)
        try:
            second = await self._look(asked, effort, ticket)
        except UnreadableAnswer as unreadable:
            return self._undecided(asked, first, effort, unreadable)
        return self._verdict(asked, second, first)

    async def _look(
        self, asked: _Asked, effort: Effort, ticket: Ticket, *, unsure: tuple[float, float] | None = None
    ) -> _Look:
        """Ask at one effort. Where the answer is `unsure`, it says no more than its probability.

        Raises:
            UnreadableAnswer: the model was about to say something else than a label.
        """
        prompt = self._harmony.prompt(asked.policy, asked.content, effort)
        question = Question(
            private=prompt.private,
            rule_ids=asked.policy.rule_ids,
            threshold=asked.policy.judge.threshold,
            explain=asked.explain,
            reasoning_budget=self._budgets.of(effort),
            temperature=RETRY_TEMPERATURE if asked.seed else 0.0,
            seed=asked.seed,
            unsure=unsure,
        )
        key = f"{self._model_digest}:{PROMPT_VERSION}:{asked.policy.digest}:{effort}"
        timed = await self._answerer.ask(key, prompt.prefix, question, ticket)
        if timed.answer.label_mass < MIN_LABEL_MASS:
            mass = timed.answer.label_mass
            raise UnreadableAnswer(phrase("only {mass} of the probability is on the two labels", mass=mass))
        return _Look(effort, prompt, timed.answer, timed.timing)

    def _verdict(self, asked: _Asked, look: _Look, before: _Look | None = None) -> Verdict:
        """What the look says; `before` is the unsure one that it followed."""
        answer = look.answer
        quotes = check_quotes(answer.quotes, asked.content)
        return Verdict(
            violation=answer.violation,
            probability=answer.probability,
            label_mass=min(answer.label_mass, 1.0),
            rule_ids=answer.rule_ids,
            quotes=quotes.quotes,
            rationale=answer.rationale,
            reasoning=answer.analysis,
            notes=(*self._notes(look, quotes), *_why_again(look, before)),
            effort=look.effort,
            first_look=_first_look(before) if before else None,
            tokens=answer.tokens + (before.answer.tokens if before else 0),
            milliseconds=(self._clock() - asked.started) * 1000,
            timing=_sum(before.timing, look.timing) if before else look.timing,
            policy_digest=asked.policy.digest,
            model_digest=self._model_digest,
            model_name=self.model_name,
            prompt_version=PROMPT_VERSION,
            seed=asked.seed,
        )

    def _undecided(self, asked: _Asked, first: _Look, effort: Effort, unreadable: UnreadableAnswer) -> Verdict:
        """For a person: the first look was unsure, and the second one said nothing."""
        what = _unsure(
            phrase("unsure {at} ({share}%); the answer {again} could not be read: {why}", why=unreadable.why),
            first,
            effort,
        )
        return Verdict(
            violation=None,
            notes=(STANDIN_NOTE, what) if self.is_standin else (what,),
            effort=effort,
            first_look=_first_look(first),
            tokens=first.answer.tokens,
            milliseconds=(self._clock() - asked.started) * 1000,
            policy_digest=asked.policy.digest,
            model_digest=self._model_digest,
            model_name=self.model_name,
            prompt_version=PROMPT_VERSION,
            seed=asked.seed,
        )

    def _notes(self, look: _Look, quotes: CheckedQuotes) -> tuple[Phrase, ...]:
        notes = {
            STANDIN_NOTE: self.is_standin,
            _LONG: look.prompt.cut,
            _CUT: look.answer.cut,
            _MALFORMED: look.answer.malformed,
            _DROPPED.about(count=quotes.dropped): quotes.dropped > 0,
        }
        return tuple(note for note, holds in notes.items() if holds)


def _what_is_left(ticket: Ticket, elapsed: float) -> Ticket:
    """The ticket of the second look; its time began with the first one."""
    if ticket.deadline is None:
        return ticket
    if elapsed >= ticket.deadline:
        raise DeadlinePassed("the deadline passed before the second look")
    return replace(ticket, deadline=ticket.deadline - elapsed)


def _first_look(look: _Look) -> FirstLook:
    return FirstLook(effort=look.effort, probability=look.answer.probability, tokens=look.answer.tokens)


def _why_again(look: _Look, before: _Look | None) -> tuple[Phrase, ...]:
    return (_unsure(_JUDGED_AGAIN, before, look.effort),) if before else ()


def _unsure(told: Phrase, first: _Look, second: Effort) -> Phrase:
    """What is told of a second look, with how sure the first one was."""
    return told.about(at=_AT[first.effort], share=round(first.answer.probability * 100), again=_AT[second])


def _sum(first: Timing | None, second: Timing | None) -> Timing | None:
    """The times of both looks together, where both are known."""
    if first is None or second is None:
        return None
    return Timing(
        queued=first.queued + second.queued,
        prefill=first.prefill + second.prefill,
        reasoning=first.reasoning + second.reasoning,
        answer=first.answer + second.answer,
    )
