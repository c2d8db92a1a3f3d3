"""Labelled texts are judged by a small judge that does, at each question, what the test wants."""

import asyncio
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from inference.evaluate import Asked, Labelled, Manner, Outcome, evaluate, judge_all
from inference.judge import DeadlinePassed, JudgeBusy, JudgeUnavailable, Unanswerable, UnreadableAnswer
from inference.patient import Patience
from inference.rendering import Content
from inference.ticket import ORDINARY, Priority, Ticket
from policies.phrases import phrase
from policies.policy import Effort, Policy, Rule
from policies.score import Judged
from policies.verdict import Verdict

POLICY = Policy(id="p", title="P", goal="Be kind.", rules=(Rule(id="H1", text="Insults."),))


def verdict(violation: bool | None, seed: int = 0) -> Verdict:
    return Verdict(
        violation=violation,
        probability=None if violation is None else 0.9 if violation else 0.1,
        rule_ids=("H1",) if violation else (),
        effort=Effort.LOW,
        tokens=1,
        milliseconds=1,
        policy_digest=POLICY.digest,
        model_digest="m",
        model_name="a model",
        prompt_version=1,
        seed=seed,
    )


@dataclass
class WordJudge:
    """Says that texts with `bad` violate; raises, for each text, what its script holds first."""

    script: dict[str, list[Exception]] = field(default_factory=dict)
    asked: list[tuple[str, int, Ticket]] = field(default_factory=list)
    now_asked: int = 0
    most_at_once: int = 0
    cancelled: int = 0
    never_answers: str = "slow"
    """Texts that begin so."""

    async def judge(
        self,
        policy: Policy,  # noqa: ARG002 - the port's
        content: Content,
        *,
        explain: bool = False,  # noqa: ARG002 - the port's
        seed: int = 0,
        ticket: Ticket = ORDINARY,
    ) -> Verdict:
        self.asked.append((content.text, seed, ticket))
        self.now_asked += 1
        self.most_at_once = max(self.most_at_once, self.now_asked)
        try:
            await asyncio.sleep(3600 if content.text.startswith(self.never_answers) else 0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.now_asked -= 1
        if self.script.get(content.text):
            raise self.script[content.text].pop(0)
        return verdict("bad" in content.text, seed)


class Time:
    """Passes by sleeping, at once."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sleeps: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)


def labelled(text: str, violates: bool = False, **fields: str) -> Labelled:
    return Labelled(Content(text), violates, **fields)


def many(*texts: str) -> list[Asked]:
    return [Asked(POLICY, labelled(text)) for text in texts]


def manner(time: Time, at_once: int = 1, **patience: float) -> Manner:
    return Manner(at_once=at_once, timer=time, sleep=time.sleep, patience=Patience(**patience))


async def test_verdicts_stand_beside_their_labels_in_the_order_of_the_texts() -> None:
    items = [labelled("bad one", True, rule_id="H1", group="chat"), labelled("fine", True), labelled("bad", False)]
    outcomes = await evaluate(WordJudge(), POLICY, items, at_once=3)
    assert [outcome.judged for outcome in outcomes] == [
        Judged(True, True, 0.9, "H1", ("H1",), "chat"),
        Judged(True, False, 0.1),
        Judged(False, True, 0.9, None, ("H1",)),
    ]


async def test_texts_may_come_one_by_one() -> None:
    async def source() -> AsyncIterator[Labelled]:
        for number in range(5):
            await asyncio.sleep(0)
            yield labelled(f"text {number}")

    outcomes = await evaluate(WordJudge(), POLICY, source(), at_once=2)
    assert [outcome.labelled.content.text for outcome in outcomes] == [f"text {number}" for number in range(5)]


async def test_no_more_are_at_the_judge_than_asked_for_and_all_of_those_are() -> None:
    judge = WordJudge()
    await evaluate(judge, POLICY, [labelled(str(number)) for number in range(20)], at_once=4)
    assert judge.most_at_once == 4


async def test_it_stands_behind_everything_urgent_in_its_tenant_s_turn() -> None:
    judge = WordJudge()
    await evaluate(judge, POLICY, [labelled("a")], tenant=7)
    assert judge.asked == [("a", 0, Ticket(Priority.BACKFILL, tenant=7))]


async def test_an_answer_that_cannot_be_read_is_asked_for_once_more_with_another_seed() -> None:
    judge = WordJudge({"bad": [UnreadableAnswer(phrase("garbled"))]})
    (outcome,) = await judge_all(judge, many("bad"))
    assert [seed for _, seed, _ in judge.asked] == [0, 1]
    assert outcome.judged.verdict is True


async def test_unreadable_twice_is_undecided_and_says_why() -> None:
    judge = WordJudge({"bad": [UnreadableAnswer(phrase("garbled")), UnreadableAnswer(phrase("a refusal"))]})
    (outcome,) = await judge_all(judge, many("bad"))
    assert (outcome.verdict, outcome.problems) == (None, (phrase("garbled"), phrase("a refusal")))
    assert outcome.judged == Judged(False, None)


async def test_what_can_never_be_judged_is_not_asked_again() -> None:
    judge = WordJudge({"endless": [Unanswerable(phrase("too long"))]})
    (outcome,) = await judge_all(judge, many("endless"))
    assert (len(judge.asked), outcome.problems) == (1, (phrase("too long"),))


async def test_an_undecided_verdict_stays_undecided() -> None:
    class Unsure(WordJudge):
        async def judge(self, *_: object, **__: object) -> Verdict:
            return verdict(None)

    (outcome,) = await judge_all(Unsure(), many("a"))
    assert outcome.judged == Judged(False, None)


async def test_an_absent_judge_is_waited_for_longer_each_time_and_no_text_is_lost() -> None:
    time, told = Time(), []
    judge = WordJudge({"b": [JudgeUnavailable("starting")] * 4})
    how = Manner(at_once=1, timer=time, sleep=time.sleep, patience=Patience(longest=3), on_trouble=told.append)
    outcomes = await judge_all(judge, many("a", "b", "c"), manner=how)
    assert [outcome.judged.verdict for outcome in outcomes] == [False, False, False]
    assert time.sleeps == [1, 2, 3, 3]
    assert told == ["starting"] * 4 + [None]


async def test_while_the_judge_is_away_only_one_task_tries() -> None:
    time = Time()
    texts = [f"text {number}" for number in range(6)]
    judge = WordJudge({text: [JudgeUnavailable("away")] for text in texts})
    judge.script["text 0"] *= 3
    await judge_all(judge, many(*texts), manner=manner(time, at_once=6))
    after_the_first_six = judge.asked[6:]
    assert time.sleeps == [1, 2, 1]  # the first six failed together, which is one failed try
    assert len(after_the_first_six) == 6 + 2


async def test_a_judge_that_is_away_for_days_is_waited_for_by_whoever_has_the_patience() -> None:
    time = Time()
    judge = WordJudge({"a": [JudgeUnavailable("no GPU")] * 3000})
    (outcome,) = await judge_all(judge, many("a"), manner=manner(time, limit=math.inf))
    assert outcome.verdict is not None
    assert max(time.sleeps) == 60


async def test_patience_ends() -> None:
    time = Time()
    judge = WordJudge({"a": [JudgeUnavailable("no GPU")] * 99})
    with pytest.raises(JudgeUnavailable, match="no GPU"):
        await judge_all(judge, many("a", "b"), manner=manner(time, at_once=2, limit=60))
    assert 60 <= time.now < 130


async def test_a_judge_without_room_is_asked_again_and_never_given_up() -> None:
    time = Time()
    judge = WordJudge({"a": [JudgeBusy("full"), DeadlinePassed("late")] * 100})
    (outcome,) = await judge_all(judge, many("a"), manner=manner(time, limit=10))
    assert outcome.verdict is not None
    assert 0.25 <= time.sleeps[0] <= 0.75
    assert max(time.sleeps) <= 12
    assert time.now > 200


async def test_cancelling_withdraws_what_is_at_the_judge_and_what_was_told_is_whole() -> None:
    told: list[Outcome] = []
    judge = WordJudge()
    asked = many("a", "b", "slow 1", "slow 2", "c", "never")
    work = asyncio.create_task(judge_all(judge, asked, manner=Manner(at_once=2), on_verdict=told.append))
    while judge.now_asked < 2 or len(told) < 2:  # noqa: ASYNC110 - no event of the judge's says this
        await asyncio.sleep(0.001)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [outcome.labelled.content.text for outcome in told] == ["a", "b"]
    assert (judge.cancelled, judge.now_asked) == (2, 0)


async def test_an_error_of_whoever_keeps_the_verdicts_ends_the_work() -> None:
    def full(outcome: Outcome) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        await judge_all(WordJudge(), many("a", "b", "c"), manner=Manner(at_once=2), on_verdict=full)


async def test_a_defect_of_the_judge_is_not_taken_for_an_answer() -> None:
    with pytest.raises(ZeroDivisionError):
        await judge_all(WordJudge({"a": [ZeroDivisionError()]}), many("a"))


def test_nothing_at_once_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Manner(at_once=0)
