import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.scheduling.step_cost import StepCost


def learned(steps: list[tuple[int, float]]) -> StepCost:
    cost = StepCost()
    for tokens, seconds in steps:
        cost.learn(tokens, seconds)
    return cost


MIXED = [(1, 1), (200, 2), (64, 0), (8, 8), (300, 5), (5, 5), (120, 1)]
"""(tokens, outputs) of steps that tell everything."""
SPEEDS = [(0.0032, 0.00017, 0.00137), (0.02, 0.0078, 0.0188), (0.012, 0.00025, 0.0), (0.001, 0.0, 0.002)]


def seconds(speed: tuple[float, float, float], tokens: int, outputs: int) -> float:
    return speed[0] + speed[1] * tokens + speed[2] * outputs


def learned_with_outputs(speed: tuple[float, float, float], steps: list[tuple[int, int]]) -> StepCost:
    cost = StepCost()
    for tokens, outputs in steps:
        cost.learn(tokens, seconds(speed, tokens, outputs), outputs=outputs)
    return cost


@pytest.mark.parametrize("speed", SPEEDS)
def test_tokens_and_outputs_are_told_apart(speed: tuple[float, float, float]) -> None:
    cost = learned_with_outputs(speed, MIXED * 6)
    for tokens, outputs in ((1, 1), (8, 8), (100, 0), (400, 8)):
        assert cost.of(tokens, outputs) == pytest.approx(seconds(speed, tokens, outputs), rel=0.03)
    assert cost.per_token == pytest.approx(speed[1], rel=0.03, abs=1e-5)
    assert cost.per_output == pytest.approx(speed[2], rel=0.03, abs=1e-5)


@pytest.mark.parametrize("speed", SPEEDS[:2])
def test_hours_of_steps_all_alike_do_not_wash_out_what_others_told(speed: tuple[float, float, float]) -> None:
    cost = learned_with_outputs(speed, MIXED * 6 + [(8, 8)] * 20_000)
    assert (cost.fixed, cost.per_token, cost.per_output) == pytest.approx(speed, rel=0.05)


def test_while_only_decode_steps_were_seen_a_row_costs_what_it_does_and_a_prompt_is_not_taken_for_free() -> None:
    speed = (0.0032, 0.00017, 0.00137)
    cost = learned_with_outputs(speed, [(n, n) for n in (1, 4, 8, 3, 6)] * 10)
    assert cost.of_row(1, 1) == pytest.approx(0.00154, rel=0.02)
    assert cost.per_token >= 0.9 * 0.00154
    later = learned_with_outputs(speed, [(n, n) for n in (1, 4, 8, 3, 6)] * 10 + [(130, 2), (65, 1), (64, 0)])
    assert later.per_token == pytest.approx(0.00017, rel=0.1), "the first prompts set it right"


def test_nothing_is_said_before_a_few_steps_were_seen() -> None:
    assert not learned([(10, 0.1)] * 3).known
    assert learned([(10, 0.1)] * 6).known


def test_while_all_steps_are_alike_the_tokens_are_thought_to_cost_it_all() -> None:
    """A machine that is always full must not think that its tokens cost nothing."""
    cost = learned([(512, 4.0)] * 100)
    assert cost.of(51) == pytest.approx(0.4, rel=0.02)


@settings(max_examples=50)
@given(st.floats(0.001, 1.0), st.floats(1e-4, 0.1), st.integers(0, 2**32))
def test_a_line_is_found_again_in_spite_of_noise(fixed: float, per_token: float, seed: int) -> None:
    noise = random.Random(seed)
    sizes = [noise.choice([1, 8, 32, 200, 512]) for _ in range(60)]
    cost = learned([(n, (fixed + per_token * n) * noise.uniform(0.98, 1.02)) for n in sizes])
    for tokens in (8, 100, 512):
        assert cost.of(tokens) == pytest.approx(fixed + per_token * tokens, rel=0.25, abs=0.02 * per_token * 512)


@given(
    st.lists(st.tuples(st.integers(1, 512), st.integers(0, 64), st.floats(0.0, 100.0)), min_size=1, max_size=40)
)
def test_neither_a_step_nor_a_token_ever_costs_less_than_nothing(steps: list[tuple[int, int, float]]) -> None:
    cost = StepCost()
    for tokens, outputs, took in steps:
        cost.learn(tokens, took, outputs=min(tokens, outputs))
    assert cost.fixed >= 0
    assert cost.per_token >= 0
    assert cost.per_output >= 0


def test_steps_of_one_size_do_not_make_a_token_cheaper() -> None:
    cost = learned([(n, 0.02 + 0.001 * n) for n in (1, 100, 300, 8, 50)] + [(8, 0.028)] * 500)
    assert cost.per_token == pytest.approx(0.001, rel=0.01)
    assert cost.fixed == pytest.approx(0.02, rel=0.01)


def test_a_step_that_was_held_up_by_something_else_hardly_counts() -> None:
    usual = [(n, 0.02 + 0.001 * n) for n in (1, 100, 300, 8, 50)] * 10
    cost = learned([*usual, (8, 60.0)])
    assert cost.of(8) < 0.06


def test_a_machine_that_has_become_slower_is_noticed() -> None:
    sizes = (1, 100, 300, 8, 50)
    cost = learned([(n, 0.02 + 0.001 * n) for n in sizes * 20] + [(n, 0.04 + 0.002 * n) for n in sizes * 40])
    assert cost.of(100) == pytest.approx(0.24, rel=0.1)
