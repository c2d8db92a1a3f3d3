"""The kinds of answers whose cost on the host is measured."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.open_loop.arrivals import Mix, Request, at_once, prefixes, requests
from benchmarks.open_loop.load import NEVER
from inference.answer import Question
from inference.prompt import Harmony
from inference.rendering import Content
from inference.ticket import Priority
from policies.policy import Effort
from policies.starter import starter_policies

PREFIXES = (500, 500, 1500, 1500)
MIX = Mix(len(PREFIXES), private=(50, 150), budgets=(32, 64, 96, 128)).only(Priority.INTERACTIVE)
"""All of one priority, and of the one that may fill the whole batch. Lengths differ, so that some always join."""
STANDIN_BUDGET = 512
STANDIN_POLICIES = ("harassment", "spam", "threats")
STANDIN_TEXTS = (
    "patch 3.{} is out, the boss in the third cave drops better loot now",
    "you are such a loser, number {}, nobody wants you here",
    "has anybody seen the new episode, part {}? no spoilers please",
    "kill yourself already, that is the {}. time i say it",
)


@dataclass(frozen=True, slots=True)
class Asks:
    """What is asked in one mode."""

    policies: Sequence[tuple[int, ...]]
    requests: Iterator[Request]
    """Without end."""
    question: Callable[[Request], Question]


def random_asks(*, threshold: float = NEVER, temperature: float = 0.0, seed: int = 0) -> Asks:
    """Texts that mean nothing, for a model that means nothing."""

    def question(request: Request) -> Question:
        return Question(
            private=request.private,
            rule_ids=("A1", "A2", "B1", "B2"),
            threshold=threshold,
            explain=False,
            reasoning_budget=request.budget,
            temperature=temperature,
            seed=request.private[0],
        )

    return Asks(prefixes(len(PREFIXES), PREFIXES, seed), _endless(seed), question)


def _endless(seed: int) -> Iterator[Request]:
    random = np.random.default_rng(seed)
    while True:
        yield from requests(MIX, at_once(1), random)


def standin_asks(harmony: Harmony) -> Asks:
    """Real prompts, which the stand-in answers in full: an analysis, a label, a quote, a rationale."""
    library = starter_policies()
    policies = [library[name] for name in STANDIN_POLICIES]

    def all_requests() -> Iterator[Request]:
        number = 0
        while True:
            for text in STANDIN_TEXTS:
                policy = number % len(policies)
                prompt = harmony.prompt(policies[policy], Content(text.format(number)), Effort.LOW)
                yield Request(0.0, policy, prompt.private, STANDIN_BUDGET, Priority.INTERACTIVE, 0)
                number += 1

    def question(request: Request) -> Question:
        policy = policies[request.policy]
        return Question(
            private=request.private,
            rule_ids=policy.rule_ids,
            threshold=policy.judge.threshold,
            explain=False,
            reasoning_budget=request.budget,
        )

    return Asks([harmony.prefix(policy, Effort.LOW) for policy in policies], all_requests(), question)
