"""Asked over completions, a model gives the very answer that it gives token by token."""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inference.answer import Answer, Question
from inference.http.asking import Asking
from inference.http.completion import Completion, Generation, Stop
from inference.http.dialect import Dialect
from inference.http.llama_server import LlamaServer
from inference.http.vllm import Vllm
from inference.prompt import Harmony
from inference.vocabulary import CONTROL_TOKENS
from tests.inference.http.completion_server import CompletionServer
from tests.inference.http.token_model import TokenModel, walked

PREFIX = (11, 12, 13)


def question(**changes: object) -> Question:
    values: dict[str, Any] = {
        "private": (1, 2, 3),
        "rule_ids": ("H1", "H2", "H12", "Q", "H1x"),
        "threshold": 1e-9,
        "explain": True,
        "reasoning_budget": 12,
    }
    return Question(**(values | changes))


def served(
    model: TokenModel, dialect: Dialect
) -> tuple[CompletionServer, Callable[[Generation], Awaitable[Completion]]]:
    """A server without a socket: requests and answers pass through the dialect as JSON would."""
    server = CompletionServer(model, kind=dialect.name)

    async def complete(generation: Generation) -> Completion:
        body = orjson.loads(orjson.dumps(dialect.body(generation, "", None)))
        server.asked.append(body)
        return dialect.read(orjson.dumps(server._answer(body)))

    return server, complete


async def asked(model: TokenModel, dialect: Dialect, of: Question) -> tuple[Answer, list[int], CompletionServer]:
    server, complete = served(model, dialect)
    asking = Asking(PREFIX, of, model.harmony, complete)
    return await asking.run(), asking.context, server


def same(first: Answer, second: Answer) -> bool:
    """Whether two answers are one; probabilities went through JSON and exponentials."""
    assert first.probability == pytest.approx(second.probability, abs=1e-4)
    assert first.label_mass == pytest.approx(second.label_mass, abs=1e-4)
    fields = ("violation", "rule_ids", "quotes", "rationale", "analysis", "tokens", "cut", "malformed")
    return all(getattr(first, field) == getattr(second, field) for field in fields)


@pytest.mark.parametrize("dialect", [LlamaServer(), Vllm()], ids=lambda dialect: dialect.name)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10**6),
    threshold=st.sampled_from([1e-9, 0.5]),
    explain=st.booleans(),
    budget=st.sampled_from([0, 1, 5, 40]),
    unsure=st.sampled_from([None, None, (0.0, 1.0), (0.1, 0.9)]),
)
async def test_an_answer_over_completions_is_the_answer_of_the_walk(
    harmony: Harmony,
    dialect: Dialect,
    seed: int,
    threshold: float,
    explain: bool,
    budget: int,
    unsure: tuple[float, float] | None,
) -> None:
    of = question(threshold=threshold, explain=explain, reasoning_budget=budget, unsure=unsure)
    model = TokenModel(harmony, seed, of.rule_ids, sure=True)
    expected, read = walked(model, PREFIX, of)
    answer, context, _ = await asked(model, dialect, of)
    assert same(answer, expected), (answer, expected)
    assert context[: len(read)] == read


@pytest.mark.parametrize("dialect", [LlamaServer(), Vllm()], ids=lambda dialect: dialect.name)
@pytest.mark.parametrize("seed", range(20))
async def test_a_server_that_scores_only_the_likeliest_tokens_gives_the_same_label(
    harmony: Harmony, dialect: Dialect, seed: int
) -> None:
    """What is not among the twenty likeliest counts as ruled out: it is off by less than a twentieth."""
    of = question(reasoning_budget=0)
    model = TokenModel(harmony, seed)
    expected, _ = walked(model, PREFIX, of)
    server, complete = served(model, dialect)
    server.picks_scores = False
    answer = await Asking(PREFIX, of, harmony, complete).run()
    assert answer.label_mass <= expected.label_mass + 1e-6
    assert answer.label_mass == pytest.approx(expected.label_mass, abs=0.05)


async def test_no_violation_takes_one_request_beside_the_analysis(harmony: Harmony) -> None:
    of = question(threshold=0.999999, explain=False, reasoning_budget=0)
    for seed in range(20):
        answer, _, server = await asked(TokenModel(harmony, seed), LlamaServer(), of)
        assert answer.violation or len(server.asked) == 1


async def test_each_request_goes_on_where_the_last_one_ended(harmony: Harmony) -> None:
    _, _, server = await asked(TokenModel(harmony, 3), LlamaServer(), question())
    prompts = [body["prompt"] for body in server.asked]
    for before, after in pairwise(prompts):
        assert after[: len(before)] == before


@pytest.mark.parametrize("dialect", [LlamaServer(), Vllm()], ids=lambda dialect: dialect.name)
async def test_a_server_stops_at_the_end_of_what_it_was_to_write(harmony: Harmony, dialect: Dialect) -> None:
    """Nothing is written behind markup, nor in a string behind its mark, that would only be thrown away."""
    for seed in range(10):
        model = TokenModel(harmony, seed, question().rule_ids)
        _, complete = served(model, dialect)

        async def watched(generation: Generation, complete: Any = complete) -> Completion:
            completion: Completion = await complete(generation)
            markup = [place for place, token in enumerate(completion.tokens) if token in CONTROL_TOKENS]
            assert markup in ([], [len(completion.tokens) - 1])
            if generation.stop is Stop.MARK:
                assert '"' not in harmony.text(completion.tokens[:-1])
            return completion

        await Asking(PREFIX, question(reasoning_budget=40), harmony, watched).run()


@pytest.mark.parametrize("quotes", [47, 48, 49, 95, 96])
async def test_a_model_that_repeats_itself_never_outgrows_what_is_set_aside(harmony: Harmony, quotes: int) -> None:
    """The token `.",` ends a quote and begins the next: more is in the context than the model wrote."""
    (again,), (word,) = harmony.ordinary('.",'), harmony.ordinary(" very")
    of = question(rule_ids=("H1",), reasoning_budget=0)
    written = 0

    async def complete(generation: Generation) -> Completion:
        nonlocal written
        if generation.allowed:
            return Completion(generation.allowed[-1:], stopped=False, log_probabilities={16: -0.1, 15: -9.0})
        written += 1
        return Completion((again,) if written <= quotes else (word,) * generation.most, stopped=written <= quotes)

    asking = Asking(PREFIX, of, harmony, complete)
    await asking.run()
    assert len(asking.context) - len(PREFIX) <= of.most_tokens


async def test_free_text_is_sampled_and_choices_are_not(harmony: Harmony) -> None:
    _, _, server = await asked(TokenModel(harmony, 3), LlamaServer(), question(temperature=0.7, seed=5))
    for body in server.asked:
        assert body["temperature"] == (0.0 if body["logit_bias"] else 0.7)
    seeds = [body["seed"] for body in server.asked if not body["logit_bias"]]
    assert len(set(seeds)) == len(seeds)
    assert all(seed // 1000 == 5 for seed in seeds)


async def test_a_model_that_only_quotes_markup_is_left_to_its_budget_after_some_stops(harmony: Harmony) -> None:
    """The text `<|end|>` in ordinary letters stops a server, and is no end."""
    letters = harmony.ordinary("<|end|>")
    script = list(letters) * 20

    async def complete(generation: Generation) -> Completion:
        if generation.allowed:
            return Completion(tokens=generation.allowed[:1], stopped=False, log_probabilities={15: -0.1})
        written = len(generation.prompt) - 6
        end = len(script) if generation.stop.name == "NEVER" else (written // len(letters) + 1) * len(letters)
        tokens.append(generation)
        return Completion(tokens=tuple(script[written : min(end, written + generation.most)]), stopped=True)

    tokens: list[Generation] = []
    of = question(threshold=1.0, explain=False, reasoning_budget=len(script))
    answer = await Asking(PREFIX, of, harmony, complete).run()
    assert answer.analysis == "<|end|>" * 20
    assert answer.cut
    assert not answer.malformed
    assert len(tokens) == 9


async def test_a_server_that_writes_nothing_more_ends_the_text(harmony: Harmony) -> None:
    async def complete(generation: Generation) -> Completion:
        if generation.allowed:
            return Completion(
                tokens=generation.allowed[-1:], stopped=False, log_probabilities={16: -0.1, 15: -4.0}
            )
        return Completion(tokens=(), stopped=True)

    answer = await Asking(PREFIX, question(), harmony, complete).run()
    assert answer.violation
    assert answer.analysis == answer.rationale == ""
    assert answer.rule_ids


async def test_labels_that_the_server_rules_out_leave_no_mass(harmony: Harmony) -> None:
    async def complete(generation: Generation) -> Completion:
        return Completion(tokens=generation.allowed[:1], stopped=False, log_probabilities={5: -0.1})

    answer = await Asking(
        PREFIX, question(threshold=0.6, explain=False, reasoning_budget=0), harmony, complete
    ).run()
    assert (answer.probability, answer.label_mass) == (0.5, 0.0)
