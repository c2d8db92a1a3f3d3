"""The local judge: a policy and a text go to the model on this machine, a verdict comes back."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from inference.answer import Answer, Question
from inference.citation import check_quotes
from inference.engine import Engine
from inference.engine_options import EngineOptions
from inference.judge import UnreadableAnswer
from inference.prompt import Harmony, Prompt, load_harmony
from inference.rendering import PROMPT_VERSION, Content
from inference.standin.notice import STANDIN_NAME, STANDIN_NOTICE
from inference.ticket import ORDINARY, Ticket
from policies.policy import Effort, Policy
from policies.verdict import Verdict

REASONING_BUDGET = {Effort.LOW: 512, Effort.MEDIUM: 1024, Effort.HIGH: 2048}
"""Tokens of analysis at most. Real answers of the 20b take 91-190 at the median, 280-950 at p95."""
MIN_LABEL_MASS = 0.01
"""Below this share of all probability on the two labels, the model was not about to answer at all."""
RETRY_TEMPERATURE = 0.7
"""Of answers with a seed other than 0. Seed 0 takes the likeliest token throughout."""


class LocalJudge:
    """A `Judge` on this machine's own model."""

    def __init__(
        self, engine: Engine, harmony: Harmony, model_digest: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.engine = engine
        self._harmony = harmony
        self._model_digest = model_digest
        self._clock = clock

    @property
    def model_name(self) -> str:
        """What the model file calls itself."""
        return self.engine.model_name

    @property
    def is_standin(self) -> bool:
        """Whether the stand-in is at work, which finds listed terms and understands nothing."""
        return self.engine.model_name == STANDIN_NAME

    async def judge(
        self,
        policy: Policy,
        content: Content,
        *,
        explain: bool = False,
        seed: int = 0,
        ticket: Ticket = ORDINARY,  # noqa: ARG002 - the port's signature
    ) -> Verdict:
        """See `inference.judge.Judge`."""
        started = self._clock()
        prompt = self._harmony.prompt(policy, content)
        key = f"{PROMPT_VERSION}:{policy.digest}:{policy.judge.effort}"
        answer = await self.engine.ask(key, prompt.prefix, _question(policy, prompt, explain, seed))
        if answer.label_mass < MIN_LABEL_MASS:
            raise UnreadableAnswer(f"only {answer.label_mass:.2g} of the probability is on the two labels")
        milliseconds = (self._clock() - started) * 1000
        return self._verdict(policy, content, prompt, answer, seed, milliseconds)

    def _verdict(
        self, policy: Policy, content: Content, prompt: Prompt, answer: Answer, seed: int, milliseconds: float
    ) -> Verdict:
        quotes = check_quotes(answer.quotes, content)
        return Verdict(
            violation=answer.violation,
            probability=answer.probability,
            label_mass=min(answer.label_mass, 1.0),
            rule_ids=answer.rule_ids,
            quotes=quotes.quotes,
            rationale=answer.rationale,
            reasoning=answer.analysis,
            notes=self._notes(prompt, answer, quotes.dropped),
            effort=policy.judge.effort,
            tokens=answer.tokens,
            milliseconds=milliseconds,
            policy_digest=policy.digest,
            model_digest=self._model_digest,
            model_name=self.engine.model_name,
            prompt_version=PROMPT_VERSION,
            seed=seed,
        )

    def _notes(self, prompt: Prompt, answer: Answer, dropped_quotes: int) -> tuple[str, ...]:
        notes = {
            STANDIN_NOTICE: self.is_standin,
            "the message is long: its middle was not read": prompt.cut,
            "the reasoning ran into its budget and was cut": answer.cut,
            "the reasoning ended in markup that does not belong there": answer.malformed,
            f"{dropped_quotes} quote(s) were dropped: they do not occur in the message": dropped_quotes > 0,
        }
        return tuple(note for note, holds in notes.items() if holds)


def _question(policy: Policy, prompt: Prompt, explain: bool, seed: int) -> Question:
    return Question(
        private=prompt.private,
        rule_ids=policy.rule_ids,
        threshold=policy.judge.threshold,
        explain=explain,
        reasoning_budget=REASONING_BUDGET[policy.judge.effort],
        temperature=RETRY_TEMPERATURE if seed else 0.0,
        seed=seed,
    )


@asynccontextmanager
async def open_local_judge(options: EngineOptions, model_digest: str) -> AsyncIterator[LocalJudge]:
    """Start the engine and give a judge on it.

    `model_digest` is the SHA-256 of the model file, which verdicts carry.

    Raises:
        ModelUnusable: the model cannot be loaded.
    """
    async with Engine(options) as engine:
        yield LocalJudge(engine, load_harmony(options.vocabulary), model_digest)
