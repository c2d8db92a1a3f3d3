"""What models were seen to write instead of an answer, each through the walk and the judge.

Every one ends in a verdict that says what was wrong, or in `UnreadableAnswer`; none is cleared by accident, and
none feeds more than was set aside for it. Cases: ggml-org/llama.cpp#27720 (broken channel headers),
openai/harmony#80 (refusals without markup), and what a model with damaged numbers does.
"""

import random
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.answer import MAX_RATIONALE_TOKENS, Question
from inference.answerer import TimedAnswer
from inference.judge import UnreadableAnswer
from inference.judging import Budgets, PolicyJudge
from inference.prompt import END, FIRST_CONTROL_TOKEN, RETURN, Harmony
from inference.rendering import Content
from inference.ticket import ORDINARY, Ticket
from policies.policy import Policy, Rule
from policies.verdict import Verdict
from tests.inference.scripted_logits import NOTHING, VOCABULARY, Row, ask, drive, drive_rows, row, script

START, CHANNEL, MESSAGE, CONSTRAIN, CALL = 200006, 200005, 200008, 200003, 200012
END_OF_TEXT, LAST_ID = 199999, 201_087
NOT_NUMBERS = Row(np.full(VOCABULARY, np.nan, np.float32))
FOREIGN = "markup that does not belong there"
CUT = "ran into its budget"
POLICY = Policy(
    id="p",
    title="P",
    goal="Be kind.",
    rules=(Rule(id="H1", text="Insults."), Rule(id="S2", text="Spam.")),
)
CONTENT = Content("you loser")
WORD = " very"


@dataclass(frozen=True, slots=True)
class ScriptedModel:
    """An `Answerer` whose logits are a script's. When that has ended, all tokens are alike."""

    harmony: Harmony
    rows: list[Row]
    model_name: str = "a model"

    async def ask(
        self,
        prefix_key: str,  # noqa: ARG002 - the port's signature
        prefix: tuple[int, ...],  # noqa: ARG002
        question: Question,
        ticket: Ticket = ORDINARY,  # noqa: ARG002
    ) -> TimedAnswer:
        answer, fed = drive_rows(self.harmony, question, self.rows)
        assert len(fed) <= question.most_tokens
        return TimedAnswer(answer, None)


async def judged(harmony: Harmony, *parts: "str | int | Row") -> Verdict:
    rows = [
        each for part in parts for each in ([part] if isinstance(part, Row) else map(row, script(harmony, part)))
    ]
    judge = PolicyJudge(ScriptedModel(harmony, rows), harmony, "digest", budgets=Budgets(low=12))
    return await judge.judge(POLICY, CONTENT)


WRITTEN = ("H1", '"],', "loser", '"],', " It insults.", '"}')
MALFORMED = {
    "a second channel header in the analysis": (" Hm", CHANNEL),
    "a header of the commentary channel": (CHANNEL,),
    "a new message in the midst of the analysis": (" Hm.", START),
    "a message mark without a channel": (MESSAGE,),
    "a call of a tool": (" Hm", CALL),
    "a constraint on the answer's type": (" Hm", CONSTRAIN),
    "the end of all text": (END_OF_TEXT,),
    "an id that means nothing": (" Hm", LAST_ID),
}
WELL_FORMED = {
    "an empty analysis": (END,),
    "an immediate return": (RETURN,),
    "an analysis that ends with return": (" Hm.", RETURN),
    "an answer in the analysis itself": (' {"violation":0}', END),
}
ENDLESS = {
    "an analysis that repeats one word": (WORD,) * 13,
    "an analysis that goes in circles": (*(" and", " so", " on") * 4, " and"),
}
UNREADABLE: dict[str, tuple["str | int | Row", ...]] = {
    "a refusal that skips the markup and returns again at the label": (" I'm sorry.", RETURN, RETURN),
    "a refusal that begins at the label": (END, "I"),
    "a channel's name at the label": (" Hm", CHANNEL, " commentary"),
    "one end after the other": (END, END),
    "a message that begins anew at the label": (" Hm", START, START),
    "an analysis that goes on at the label": (*(WORD,) * 12, WORD),
    "a call at the label": (CALL, CALL),
    "numbers that are none from the beginning": (NOT_NUMBERS,),
    "numbers that are none from the second token on": (" Hm", *(NOT_NUMBERS,) * 300),
    "numbers that are none at the label": (" Hm", END, NOT_NUMBERS),
    "a label that is as likely as every other token": (" Hm", END, NOTHING),
}


@pytest.mark.parametrize("case", MALFORMED)
async def test_an_analysis_that_ends_in_markup_leads_to_a_verdict_that_says_so(
    harmony: Harmony, case: str
) -> None:
    verdict = await judged(harmony, *MALFORMED[case], "1", *WRITTEN)
    assert verdict.violation
    assert verdict.rule_ids == ("H1",)
    assert verdict.quotes == ("loser",)
    assert verdict.rationale == "It insults."
    assert any(FOREIGN in str(note) for note in verdict.notes)
    cleared = await judged(harmony, *MALFORMED[case], "0")
    assert cleared.violation is False
    assert any(FOREIGN in str(note) for note in cleared.notes)


@pytest.mark.parametrize("case", WELL_FORMED)
async def test_odd_but_whole_analyses_lead_to_what_the_label_says(harmony: Harmony, case: str) -> None:
    assert (await judged(harmony, *WELL_FORMED[case], "1", *WRITTEN)).violation
    cleared = await judged(harmony, *WELL_FORMED[case], "0")
    assert cleared.violation is False
    assert cleared.notes == ()


@pytest.mark.parametrize("case", ENDLESS)
async def test_an_analysis_without_an_end_is_cut_and_says_so(harmony: Harmony, case: str) -> None:
    verdict = await judged(harmony, *ENDLESS[case], "1", *WRITTEN)
    assert verdict.violation
    assert any(CUT in str(note) for note in verdict.notes)


@pytest.mark.parametrize("case", UNREADABLE)
async def test_what_is_no_answer_is_unreadable_and_never_cleared(harmony: Harmony, case: str) -> None:
    with pytest.raises(UnreadableAnswer):
        await judged(harmony, *UNREADABLE[case])


@pytest.mark.parametrize("token", [END, RETURN, START, CHANNEL, CALL, LAST_ID])
async def test_markup_in_a_quote_or_a_rationale_ends_it(harmony: Harmony, token: int) -> None:
    verdict = await judged(harmony, END, "1", "H1", '"],', "loser", token, " It insults", token)
    assert verdict.quotes == ("loser",)
    assert verdict.rationale == "It insults"


async def test_quotes_and_a_rationale_without_an_end_are_cut(harmony: Harmony) -> None:
    verdict = await judged(harmony, END, "1", "H1", '"],', *(WORD,) * 400)
    assert verdict.violation
    assert any("dropped" in str(note) for note in verdict.notes)
    assert verdict.rationale == " ".join(["very"] * MAX_RATIONALE_TOKENS)


async def test_a_rule_that_does_not_exist_is_not_cited(harmony: Harmony) -> None:
    verdict = await judged(harmony, END, "1", "Z9", *("Z9",) * 30)
    assert verdict.violation
    assert set(verdict.rule_ids) <= {"H1", "S2"}


@pytest.mark.parametrize("numbers", ["rules", "quotes", "rationale"])
async def test_numbers_that_are_none_behind_the_label_still_end(harmony: Harmony, numbers: str) -> None:
    upto = {"rules": 0, "quotes": 2, "rationale": 4}[numbers]
    verdict = await judged(harmony, END, "1", *WRITTEN[:upto], *(NOT_NUMBERS,) * 400)
    assert verdict.violation
    assert set(verdict.rule_ids) <= {"H1", "S2"}


@pytest.mark.parametrize(
    "escape", ["\\", "\\u", "\\ud83d", "\\ud83d\\ud83d", "\\udc00\\ud83d", "\\x", "\x00", "\n"]
)
def test_broken_escapes_end_in_text_that_can_be_sent(harmony: Harmony, escape: str) -> None:
    wish = script(harmony, END, "1", "H1", '"],', f"a{escape} b", '"],', f"a{escape} b", '"}')
    answer, _ = drive(harmony, ask(), wish)
    for text in (*answer.quotes, answer.rationale):
        assert text.encode()
        assert text.startswith("a")


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), temperature=st.sampled_from([0.0, 0.7]), budget=st.integers(0, 80))
def test_whatever_the_numbers_are_the_walk_ends_within_what_was_set_aside(
    harmony: Harmony, seed: int, temperature: float, budget: int
) -> None:
    """`drive_rows` counts what is fed."""
    chance = random.Random(seed)
    question = ask(threshold=1e-9, reasoning_budget=budget, temperature=temperature, seed=seed, explain=True)
    marks = [
        token for text in ('"', '."', '",', '"],', "\\", '\\"', '":{"', " ") for token in harmony.ordinary(text)
    ]
    rows = [
        row(chance.choice([chance.randrange(FIRST_CONTROL_TOKEN), *marks]), chance.choice([0.0, 5.0, 40.0]))
        for _ in range(400)
    ]
    answer, _ = drive_rows(harmony, question, rows)
    assert set(answer.rule_ids) <= set(question.rule_ids)
    assert 0 <= answer.probability <= 1
