import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.prompt import FIRST_CONTROL_TOKEN, MAX_CONTENT_TOKENS, Harmony, load_harmony
from inference.rendering import Content, ContextLine
from policies.policy import Effort, Example, Policy, Rule

MARKUP = [
    "<|startoftext|>", "<|endoftext|>", "<|return|>", "<|constrain|>", "<|channel|>", "<|start|>", "<|end|>",
    "<|message|>", "<|call|>", "<|endofprompt|>", "<|reserved_200000|>", "assistant", "final", "analysis",
]  # fmt: skip
EXPECTED_CONTROLS = 4  # end of the user's message, start, channel and message of the analysis


def policy(text: str = "Insults.") -> Policy:
    return Policy(
        id="p",
        title="P",
        goal=text,
        rules=(Rule(id="H1", text=text),),
        examples=(Example(text=text, verdict="H1", show=True),),
    )


def controls(tokens: tuple[int, ...]) -> list[int]:
    return [token for token in tokens if token >= FIRST_CONTROL_TOKEN]


def test_the_prompt_is_true_harmony(harmony: Harmony) -> None:
    prompt = harmony.prompt(policy(), Content("hello"), Effort.LOW)
    text = harmony.text(prompt.prefix + prompt.private)
    assert text.startswith("<|start|>system<|message|>You are ChatGPT")
    assert (
        "Reasoning: low\n\n# Valid channels: analysis, final. Channel must be included for every message." in text
    )
    assert "<|end|><|start|>developer<|message|># Instructions\n\n" in text
    assert text.endswith("| hello<|end|><|start|>assistant<|channel|>analysis<|message|>")


def test_the_system_message_has_no_date(harmony: Harmony) -> None:
    assert "Current date" not in harmony.text(harmony.prefix(policy(), Effort.LOW))


def test_the_effort_reaches_the_system_message(harmony: Harmony) -> None:
    assert "Reasoning: high" in harmony.text(harmony.prefix(policy(), Effort.HIGH))


def test_auto_is_no_effort_of_a_single_look(harmony: Harmony) -> None:
    with pytest.raises(ValueError, match="`auto` is no effort"):
        harmony.prefix(policy(), Effort.AUTO)


def test_all_texts_under_one_policy_share_the_prefix(harmony: Harmony) -> None:
    first, second = (harmony.prompt(policy(), Content(text), Effort.LOW) for text in ("one", "two"))
    assert first.prefix == second.prefix
    assert first.private != second.private


def test_the_scaffold_is_the_format_that_the_prompt_states(harmony: Harmony) -> None:
    scaffold = harmony.scaffold
    ids = harmony.ordinary("ID")
    quote = harmony.ordinary("words copied from the message")
    why = harmony.ordinary("why, in one or two sentences")
    label = scaffold.final_open[6:]
    violating = (*label, scaffold.yes, *scaffold.rules_open, *ids, *scaffold.quotes_open, *quote,
                 *scaffold.rationale_open, *why, *harmony.ordinary('"}'))  # fmt: skip
    allowed = (*label, scaffold.no, *scaffold.no_rationale_open, *why, *harmony.ordinary('"}'))
    stated = harmony.text(harmony.prefix(policy(), Effort.LOW))
    assert stated.count(harmony.text(violating)) == 2
    assert stated.count(harmony.text(allowed)) == 2


@given(st.lists(st.one_of(st.sampled_from(MARKUP), st.text(max_size=8)), max_size=12).map("".join))
def test_no_text_of_a_member_becomes_a_control_token(harmony: Harmony, text: str) -> None:
    content = Content(text, (ContextLine("author", text),), readings=(text,), about=(text,))
    assert len(controls(harmony.prompt(policy(), content, Effort.LOW).private)) == EXPECTED_CONTROLS


def test_twenty_thousand_strings_of_markup_and_noise_give_no_control_token(harmony: Harmony) -> None:
    chance = random.Random(4)
    for _ in range(20_000):
        noise = "".join(
            chance.choice(MARKUP) if chance.random() < 0.4 else chr(chance.randrange(0x110000)) for _ in range(8)
        )
        assert not controls(harmony.ordinary(noise))


@given(st.sampled_from(MARKUP))
def test_no_text_of_a_policy_becomes_a_control_token(harmony: Harmony, markup: str) -> None:
    plain, marked = (harmony.prefix(policy(text), Effort.LOW) for text in ("x", f"{markup} x"))
    assert controls(plain) == controls(marked)


def test_a_lone_surrogate_is_read_as_a_replacement_character(harmony: Harmony) -> None:
    assert harmony.text(harmony.ordinary("a\ud83db")) == "a\ufffdb"


def test_the_middle_of_a_very_long_message_is_left_out_and_said_so(harmony: Harmony) -> None:
    prompt = harmony.prompt(policy(), Content("first " + "ᚠᛇᚻ" * 4000 + " last"), Effort.LOW)
    text = harmony.text(prompt.private)
    assert prompt.cut
    short = harmony.prompt(policy(), Content("x"), Effort.LOW).private
    opening = len(short) - harmony.count("## Message to judge\n| x")
    assert MAX_CONTENT_TOKENS - 1 <= len(prompt.private) - opening <= MAX_CONTENT_TOKENS
    assert "first" in text
    assert "last<|end|>" in text


def test_no_amount_of_context_hides_the_beginning_of_the_message(harmony: Harmony) -> None:
    dense = "ᚠᛇᚻ" * 1000
    context = tuple(ContextLine("author", dense) for _ in range(10))
    content = Content(f"first {dense} last", context, readings=("loser",), about=("attachment: a.png",))
    prompt = harmony.prompt(policy(), content, Effort.LOW)
    text = harmony.text(prompt.private)
    assert prompt.cut
    assert len(prompt.private) < MAX_CONTENT_TOKENS + 50
    assert "\n\n## Message to judge\n| first ᚠ" in text
    assert "last\n\n## About the message\n| attachment: a.png\n\n## Disguised words" in text
    assert text.endswith("| loser<|end|><|start|>assistant<|channel|>analysis<|message|>")


def test_context_that_is_shortened_does_not_make_the_message_a_cut_one(harmony: Harmony) -> None:
    context = tuple(ContextLine("author", "ᚠᛇᚻ" * 1000) for _ in range(10))
    prompt = harmony.prompt(policy(), Content("all of it", context), Effort.LOW)
    assert not prompt.cut
    assert "| all of it<|end|>" in harmony.text(prompt.private)


def test_a_missing_vocabulary_is_an_error_and_no_download(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="o200k"):
        load_harmony(tmp_path)


@given(st.text(), st.integers(0, 3))
def test_the_tokens_of_a_text_give_the_text_back_however_long_its_words_are(
    harmony: Harmony, text: str, times: int
) -> None:
    long = text + "🔥" * 900 * times + " " * 500 * times + text
    assert harmony.text(harmony.ordinary(long)) == long


def test_a_long_run_without_a_space_is_encoded_in_pieces(harmony: Harmony) -> None:
    whole, piece = "x" * 4001, "x" * 400
    assert harmony.ordinary(whole) == harmony.ordinary(piece) * 10 + harmony.ordinary("x")
