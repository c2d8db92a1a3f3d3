"""The judge is run on an answerer that says, at each look, what the test wants."""

from dataclasses import dataclass, field, replace

import pytest

from inference.answer import Answer, Question
from inference.answerer import TimedAnswer
from inference.judge import DeadlinePassed, JudgeBusy, UnreadableAnswer
from inference.judging import Budgets, PolicyJudge
from inference.prompt import Harmony
from inference.rendering import PROMPT_VERSION, Content
from inference.standin.notice import STANDIN_NAME, STANDIN_NOTICE
from inference.ticket import ORDINARY, Priority, Ticket
from policies.phrases import phrase
from policies.policy import Effort, Judging, Policy, Rule
from policies.verdict import FirstLook, Timing, Verdict

CONTENT = Content("you loser")
TIMING = Timing(queued=1, prefill=2, reasoning=3, answer=4)


def policy(judge: Judging) -> Policy:
    return Policy(id="p", title="P", goal="Be kind.", rules=(Rule(id="H1", text="Insults."),), judge=judge)


def answer(probability: float = 0.5, **changes: object) -> Answer:
    values: dict[str, object] = {
        "violation": probability >= 0.5,
        "probability": probability,
        "label_mass": 0.9,
        "rule_ids": ("H1",),
        "quotes": ("loser",),
        "rationale": "why",
        "analysis": "hm",
        "tokens": 10,
        "cut": False,
        "malformed": False,
    }
    return Answer(**(values | changes))  # type: ignore[arg-type]


@dataclass
class ScriptedAnswerer:
    """Gives one result after the other and remembers what it was asked. Each look takes `seconds`."""

    script: list[Answer | Exception]
    model_name: str = "a model"
    timing: Timing | None = TIMING
    seconds: float = 2.0
    now: float = 100.0
    asked: list[tuple[str, tuple[int, ...], Question, Ticket]] = field(default_factory=list)

    async def ask(
        self, prefix_key: str, prefix: tuple[int, ...], question: Question, ticket: Ticket = ORDINARY
    ) -> TimedAnswer:
        self.asked.append((prefix_key, prefix, question, ticket))
        self.now += self.seconds
        result = self.script.pop(0)
        if isinstance(result, Exception):
            raise result
        return TimedAnswer(result, self.timing)

    def clock(self) -> float:
        return self.now


async def judged(
    harmony: Harmony,
    script: list[Answer | Exception],
    judging: Judging,
    ticket: Ticket = ORDINARY,
    seed: int = 0,
    **changes: object,
) -> tuple[Verdict, ScriptedAnswerer]:
    answerer = replace(ScriptedAnswerer(script), **changes)  # type: ignore[arg-type]
    judge = PolicyJudge(answerer, harmony, "digest", clock=answerer.clock)
    return await judge.judge(policy(judging), CONTENT, ticket=ticket, seed=seed), answerer


AUTO = Judging(effort=Effort.AUTO, unsure=(0.3, 0.7))


async def test_a_sure_first_look_decides(harmony: Harmony) -> None:
    for probability in (0.29, 0.71):
        verdict, answerer = await judged(harmony, [answer(probability)], AUTO)
        assert verdict.violation is (probability > 0.5)
        assert verdict.effort is Effort.LOW
        assert verdict.first_look is None
        assert verdict.notes == ()
        assert len(answerer.asked) == 1


@pytest.mark.parametrize("probability", [0.3, 0.46, 0.7])
@pytest.mark.parametrize("second", [0.05, 0.95, 0.5])
async def test_an_unsure_first_look_is_followed_by_one_that_decides(
    harmony: Harmony, probability: float, second: float
) -> None:
    verdict, answerer = await judged(harmony, [answer(probability), answer(second, tokens=200)], AUTO)
    assert verdict.violation is (second >= 0.5)
    assert verdict.probability == second
    assert verdict.effort is Effort.MEDIUM
    assert verdict.first_look == FirstLook(effort=Effort.LOW, probability=probability, tokens=10)
    assert list(map(str, verdict.notes)) == [
        f"unsure at low effort ({probability:.0%}), so judged again at medium effort"
    ]
    assert len(answerer.asked) == 2


async def test_both_looks_count(harmony: Harmony) -> None:
    verdict, _ = await judged(harmony, [answer(0.5), answer(0.9, tokens=200)], AUTO)
    assert verdict.tokens == 210
    assert verdict.milliseconds == 4000
    assert verdict.timing == Timing(queued=2, prefill=4, reasoning=6, answer=8)


async def test_times_that_are_not_known_are_not_made_up(harmony: Harmony) -> None:
    verdict, _ = await judged(harmony, [answer(0.5), answer(0.9)], AUTO, timing=None)
    assert verdict.timing is None


async def test_each_look_has_an_effort_a_budget_and_a_prefix_of_its_own(harmony: Harmony) -> None:
    answerer = ScriptedAnswerer([answer(0.5), answer(0.9)])
    judging = Judging(effort=Effort.AUTO, second_effort=Effort.HIGH)
    judge = PolicyJudge(
        answerer, harmony, "digest", budgets=Budgets(low=7, medium=8, high=9), clock=answerer.clock
    )
    asked_of = policy(judging)
    await judge.judge(asked_of, CONTENT, seed=3)
    for (key, prefix, question, _), effort, budget in zip(answerer.asked, ("low", "high"), (7, 9), strict=True):
        assert key == f"digest:{PROMPT_VERSION}:{asked_of.digest}:{effort}"
        assert prefix == harmony.prefix(asked_of, Effort(effort))
        assert f"Reasoning: {effort}" in harmony.text(prefix)
        assert question.reasoning_budget == budget
        assert (question.seed, question.temperature) == (3, 0.7)
    assert [question.unsure for _, _, question, _ in answerer.asked] == [(0.2, 0.8), None]


@pytest.mark.parametrize("effort", [Effort.LOW, Effort.MEDIUM, Effort.HIGH])
async def test_without_auto_there_is_one_look_however_unsure(harmony: Harmony, effort: Effort) -> None:
    verdict, answerer = await judged(harmony, [answer(0.5)], Judging(effort=effort))
    assert verdict.effort is effort
    assert verdict.first_look is None
    assert len(answerer.asked) == 1
    assert answerer.asked[0][2].unsure is None
    assert answerer.asked[0][0].endswith(f":{effort}")


async def test_the_second_look_has_what_the_first_one_left_of_the_deadline(harmony: Harmony) -> None:
    ticket = Ticket(Priority.INTERACTIVE, tenant=5, deadline=10.0)
    _, answerer = await judged(harmony, [answer(0.5), answer(0.9)], AUTO, ticket)
    assert [asked[3] for asked in answerer.asked] == [ticket, replace(ticket, deadline=8.0)]


async def test_a_deadline_that_the_first_look_used_up_is_passed(harmony: Harmony) -> None:
    with pytest.raises(DeadlinePassed, match="before the second look"):
        await judged(harmony, [answer(0.5), answer(0.9)], AUTO, Ticket(deadline=2.0))


async def test_a_sure_first_look_just_in_time_is_a_verdict(harmony: Harmony) -> None:
    verdict, _ = await judged(harmony, [answer(0.9)], AUTO, Ticket(deadline=2.0))
    assert verdict.violation


@pytest.mark.parametrize("first", [0.31, 0.69])
@pytest.mark.parametrize("second", [answer(0.01, label_mass=0.001), UnreadableAnswer(phrase("gibberish"))])
async def test_a_second_look_that_cannot_be_read_leaves_the_case_to_a_person(
    harmony: Harmony, first: float, second: Answer | Exception
) -> None:
    verdict, _ = await judged(harmony, [answer(first), second], AUTO)
    assert verdict.violation is None
    assert verdict.probability is None
    assert verdict.effort is Effort.MEDIUM
    assert verdict.first_look == FirstLook(effort=Effort.LOW, probability=first, tokens=10)
    assert verdict.tokens == 10
    (note,) = verdict.notes
    assert str(note).startswith(
        f"unsure at low effort ({first:.0%}); the answer at medium effort could not be read: "
    )


async def test_a_first_look_that_cannot_be_read_is_said_so(harmony: Harmony) -> None:
    with pytest.raises(UnreadableAnswer, match=r"only 0\.001 of the probability"):
        await judged(harmony, [answer(0.5, label_mass=0.001)], AUTO)


async def test_a_judge_that_is_busy_at_the_second_look_has_judged_nothing(harmony: Harmony) -> None:
    with pytest.raises(JudgeBusy):
        await judged(harmony, [answer(0.5), JudgeBusy("full")], AUTO)


async def test_what_a_reader_should_know_is_noted_before_why_there_were_two_looks(harmony: Harmony) -> None:
    second = answer(0.9, quotes=("loser", "not there"), cut=True, malformed=True)
    verdict, _ = await judged(harmony, [answer(0.5), second], AUTO, model_name=STANDIN_NAME)
    assert verdict.quotes == ("loser",)
    assert list(map(str, verdict.notes)) == [
        STANDIN_NOTICE,
        "the reasoning ran into its budget and was cut",
        "the reasoning ended in markup that does not belong there",
        "1 quote(s) were dropped: they do not occur in the message",
        "unsure at low effort (50%), so judged again at medium effort",
    ]


async def test_an_undecided_verdict_of_the_stand_in_says_that_it_only_matches_terms(harmony: Harmony) -> None:
    verdict, _ = await judged(harmony, [answer(0.5), UnreadableAnswer(phrase("x"))], AUTO, model_name=STANDIN_NAME)
    assert str(verdict.notes[0]) == STANDIN_NOTICE
