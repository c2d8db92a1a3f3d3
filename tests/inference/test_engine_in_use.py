"""The engine in use, on the stand-in: hundreds of asks, urgent and not, through crashes, in flat memory."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from inference.answer import Answer, Question
from inference.answerer import TimedAnswer
from inference.engine import Engine
from inference.engine_options import EngineOptions
from inference.judge import DeadlinePassed, Unanswerable
from inference.prompt import Harmony
from inference.rendering import Content
from inference.scheduling.counters import Counters
from inference.ticket import Priority, Ticket
from policies.policy import Effort, Policy, Rule
from policies.verdict import Timing

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

MIB = 1 << 20
POLICIES = [
    Policy(
        id=f"p{n}", title=f"Rules {n}", goal="Be kind.", rules=(Rule(id="H1", text="Insults.", terms=("loser",)),)
    )
    for n in range(3)
]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(standin_model: Path, vocabulary_folder: Path) -> AsyncIterator[Engine]:
    options = EngineOptions(standin_model, vocabulary_folder, threads=1, prefixes=2, context=8192)
    async with Engine(options) as opened:
        yield opened


class Asker:
    """Short asks: no analysis, no rationale, only the label."""

    def __init__(self, engine: Engine, harmony: Harmony) -> None:
        self._engine = engine
        self._prompts = {
            (policy.id, text): harmony.prompt(policy, Content(text), Effort.LOW)
            for policy in POLICIES
            for text in ("you loser", "nice game")
        }

    async def is_violation(self, number: int, ticket: Ticket | None = None, budget: int = 0) -> bool:
        """Whether the number's policy forbids the number's text: even ones insult."""
        policy = POLICIES[number % len(POLICIES)]
        prompt = self._prompts[policy.id, "nice game" if number % 2 else "you loser"]
        question = Question(prompt.private, ("H1",), 0.5, explain=False, reasoning_budget=budget)
        timed = await self._engine.ask(policy.id, prompt.prefix, question, ticket or Ticket())
        assert timed.timing is not None
        self.timing = timed.timing
        return timed.answer.violation


@pytest.fixture
def asker(engine: Engine, harmony: Harmony) -> Asker:
    return Asker(engine, harmony)


def private_bytes(engine: Engine) -> int:
    fields = Path(f"/proc/{engine.process_id}/statm").read_text().split()
    return (int(fields[1]) - int(fields[2])) * os.sysconf("SC_PAGE_SIZE")


async def counted(engine: Engine) -> Counters:
    """What it has counted, once it has nothing to do."""
    await asyncio.sleep(0.2)
    return engine.counters


async def test_hundreds_of_asks_leave_the_childs_memory_as_it_was(engine: Engine) -> None:
    """Three prefixes in two places: they come and go all the while. Every fifth ask is withdrawn."""
    question = Question((100, 200, 300), ("H1",), threshold=0.999999, explain=False, reasoning_budget=0)

    async def some(count: int) -> None:
        prefixes = {f"tiny {n}": tuple(range(1000 + n, 1010 + n)) for n in range(3)}
        asks = [
            asyncio.create_task(engine.ask(key, prefixes[key], question)) for key in [*prefixes] * (count // 3)
        ]
        await asyncio.sleep(0.01)
        for withdrawn in asks[::5]:
            withdrawn.cancel()
        results = await asyncio.gather(*asks, return_exceptions=True)
        assert sum(isinstance(result, TimedAnswer) for result in results) >= count * 4 // 5 - 1

    await some(60)
    before = private_bytes(engine)
    for _ in range(3):
        await some(60)
    assert private_bytes(engine) - before < 4 * MIB
    assert engine.counters.refused_steps == 0


async def test_an_answer_is_the_same_alone_and_in_batches_of_several_policies_that_push_each_other_out(
    engine: Engine, harmony: Harmony
) -> None:
    """Three policies in two places, of which one is longer than a step; texts join, leave and are withdrawn."""
    rules = tuple(Rule(id=f"S{n}", text="Do not do this. " * 20) for n in range(4))
    policies = [*POLICIES[:2], POLICIES[2].model_copy(update={"rules": (*POLICIES[2].rules, *rules)})]
    asked = [(policy, text) for policy in policies for text in ("what a loser you are", "nice game")]

    async def answer(policy: Policy, text: str, ticket: Ticket) -> Answer:
        prompt = harmony.prompt(policy, Content(text), Effort.LOW)
        question = Question(prompt.private, policy.rule_ids, 0.5, explain=False, reasoning_budget=4)
        return (await engine.ask(policy.digest, prompt.prefix, question, ticket)).answer

    assert len(harmony.prefix(policies[2], Effort.LOW)) > 512
    alone = [await answer(policy, text, Ticket()) for policy, text in asked]
    before = await counted(engine)
    priorities = [*Priority, Priority.LIVE, Priority.BACKFILL]
    tasks = [asyncio.create_task(answer(*asked[n % 6], Ticket(priorities[n % 5], n % 4))) for n in range(18)]
    await asyncio.sleep(0.3)
    for withdrawn in tasks[::8]:
        withdrawn.cancel()
    together = await asyncio.gather(*tasks, return_exceptions=True)
    for n, found in enumerate(together):
        if isinstance(found, Answer):
            expected = replace(alone[n % 6], probability=found.probability, label_mass=found.label_mass)
            assert found == expected
            assert found.probability == pytest.approx(alone[n % 6].probability, abs=0.02)
        else:
            assert n % 8 == 0
            assert isinstance(found, asyncio.CancelledError)
    after = await counted(engine)
    assert after.prefix_evictions > before.prefix_evictions
    assert after.occupancy - before.occupancy > 3 * (after.steps - before.steps)


async def test_killed_in_mid_flight_with_mixed_priorities_and_deadlines_nothing_is_lost(
    engine: Engine, asker: Asker
) -> None:
    restarts = engine.restarts
    tickets = [Ticket(priority, tenant, 60.0) for tenant in (1, 2) for priority in Priority]
    asks = [asyncio.create_task(asker.is_violation(n, ticket, 10)) for n, ticket in enumerate(tickets)]
    for _ in range(2):
        await asyncio.sleep(0.3)
        while engine.loading:  # noqa: ASYNC110 - the engine tells nobody
            await asyncio.sleep(0.01)
        assert engine.process_id is not None
        os.kill(engine.process_id, signal.SIGKILL)
    assert await asyncio.gather(*asks) == [n % 2 == 0 for n in range(len(tickets))]
    assert engine.restarts == restarts + 2


async def test_the_times_of_an_answer_add_up_to_what_it_took(engine: Engine, asker: Asker) -> None:
    started = asyncio.get_running_loop().time()
    await asker.is_violation(0, budget=10)
    took = (asyncio.get_running_loop().time() - started) * 1000
    timing: Timing = asker.timing
    parts = timing.queued + timing.prefill + timing.reasoning + timing.answer
    assert timing.prefill > 0
    assert timing.reasoning > 0
    assert timing.answer > 0
    assert took - 500 < parts <= took


async def test_counters_tell_what_was_done(engine: Engine, asker: Asker) -> None:
    before = engine.counters
    await asyncio.gather(*(asker.is_violation(n) for n in range(3)))
    await asyncio.sleep(0.2)
    after = engine.counters
    assert after.admitted.live - before.admitted.live >= 3
    assert after.running == after.waiting.live == 0
    assert after.model_seconds > before.model_seconds
    assert after.python_seconds > before.python_seconds


async def test_what_is_late_makes_room_and_what_never_fits_is_said_so(engine: Engine, asker: Asker) -> None:
    with pytest.raises(DeadlinePassed):
        await asker.is_violation(0, Ticket(deadline=0.1), budget=500)
    with pytest.raises(Unanswerable, match=r"engine\.context"):
        await asker.is_violation(0, budget=20_000)
    assert await asker.is_violation(0)
