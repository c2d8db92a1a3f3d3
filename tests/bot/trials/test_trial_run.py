"""A trial from its plan to its result: what is asked, what is remembered, and a judge in trouble."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Sequence

import pytest

from bot.records.labels import KnownText, Label
from bot.trials.items import Group, known_items
from bot.trials.memory import MOST, SECONDS, Memory, RememberingJudge, content_digest
from bot.trials.plan import Plan, plan_alone, plan_for
from bot.trials.result import TrialResult, Turn
from bot.trials.room import AlreadyRunning, TrialRoom
from bot.trials.run import Progress, TrialRun
from bot.trials.strata import Population
from inference.judge import JudgeUnavailable
from inference.patient import Patience
from inference.prefilter.budget.audit import Tally
from inference.rendering import Content
from inference.ticket import ORDINARY, Priority, Ticket
from policies.policy import Mode, Policy
from policies.score import Score
from policies.verdict import Verdict
from tests.bot.adapters import GUILD, MODEL, TermJudge, make_verdict
from tests.bot.trials.trial_samples import example, known, label, policy_with

NO_WAIT = Patience(first=0.0, longest=0.0, busy=0.0, busiest=0.0)


class Timer:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 0.5
        return self.now


class ExplainingJudge(TermJudge):
    """Gives its reason where one is asked for, and remembers where that was."""

    def __init__(self) -> None:
        super().__init__()
        self.explained: list[str] = []

    async def judge(
        self,
        policy: Policy,
        content: Content,
        *,
        explain: bool = False,
        seed: int = 0,
        ticket: Ticket = ORDINARY,
    ) -> Verdict:
        verdict = await super().judge(policy, content, explain=explain, seed=seed, ticket=ticket)
        if explain:
            self.explained.append(content.text)
        return verdict.model_copy(update={"rationale": f"asked: {content.text}"}) if explain else verdict


def remembering(judge: TermJudge, memory: Memory | None = None) -> RememberingJudge:
    return RememberingJudge(judge, MODEL, memory or Memory(Timer()), GUILD)


async def run(
    plan: Plan, judge: RememberingJudge, on_progress: Callable[[Progress], None] | None = None
) -> TrialResult:
    heard: list[Progress] = []
    trial = TrialRun(plan, judge, timer=Timer(), on_progress=on_progress or heard.append, patience=NO_WAIT)
    return await asyncio.wait_for(trial.run(), 10)


LOSER, TRASH = policy_with(terms=("loser",)), policy_with(terms=("trash",))
EXAMPLES = policy_with(example("you loser", "R1"), example("gg"), example("so slow", "R1"))


async def test_a_version_is_tried_on_its_own_examples():
    result = await run(plan_alone(EXAMPLES), remembering(TermJudge()))
    assert result.figures.examples == Score(tp=1, fn=1, tn=1)
    assert (result.judged, result.remembered, result.flips) == (3, 0, None)


async def test_it_asks_with_the_least_urgent_ticket_for_its_guild():
    judge = TermJudge()
    await run(Plan(EXAMPLES, plan_alone(EXAMPLES).items, guild_id=GUILD), remembering(judge))
    assert {(ticket.priority, ticket.tenant) for ticket in judge.tickets} == {(Priority.BACKFILL, GUILD)}


async def test_against_another_version_only_flips_are_told_each_with_both_reasons():
    judge = ExplainingJudge()
    texts = [example("you loser", "R1"), example("that is trash"), example("gg")]
    tried = policy_with(*texts, terms=("loser",))
    result = await run(plan_alone(tried, TRASH), remembering(judge))
    assert result.flips is not None
    assert {(flip.item.text, flip.turn) for flip in result.flips.gravest_first} == {
        ("you loser", Turn.BETTER),
        ("that is trash", Turn.BETTER),
    }
    for flip in result.flips.gravest_first:
        assert flip.after is not None
        assert flip.before is not None
        assert "" not in (flip.after.rationale, flip.before.rationale)
    assert sorted(judge.explained) == ["that is trash", "you loser"]  # a violation comes with its reason
    assert result.flips.compared == 3


async def test_the_second_run_asks_about_nothing_that_has_not_changed():
    judge, memory = TermJudge(), Memory(Timer())
    await run(plan_alone(EXAMPLES), remembering(judge, memory))
    again = await run(plan_alone(EXAMPLES), remembering(judge, memory))
    assert (again.judged, again.remembered, len(judge.asked)) == (0, 3, 3)
    more = policy_with(*EXAMPLES.examples, example("new", "R1"), mode=Mode.SHADOW)
    changed = await run(plan_alone(more), remembering(judge, memory))
    assert (changed.judged, changed.remembered) == (1, 3)  # the model reads the same policy
    other = policy_with(*EXAMPLES.examples, goal="Another goal.")
    assert (await run(plan_alone(other), remembering(judge, memory))).judged == 3


async def test_what_a_case_says_already_is_not_asked_again_of_the_same_version_and_model():
    judge = TermJudge()
    plan = _plan(LOSER, known(of=label(), verdict=make_verdict(LOSER, violation=False)))
    assert (await run(plan, remembering(judge))).figures.decided == Score(fn=1)
    assert judge.asked == []
    of_another = make_verdict(LOSER, violation=False, model_digest="1" * 64)
    plan = _plan(LOSER, known(of=label(), verdict=of_another))
    assert (await run(plan, remembering(judge))).figures.decided == Score(tp=1)


def _plan(policy: Policy, *texts: KnownText) -> Plan:
    return Plan(policy, tuple(known_items(texts, [policy])), guild_id=GUILD)


async def test_a_judge_that_is_away_is_waited_for_and_that_is_told():
    judge, heard = TermJudge(), list[Progress]()
    judge.away = 3
    result = await run(plan_alone(EXAMPLES), remembering(judge), heard.append)
    assert result.figures.examples.decided == 3
    assert "the engine is starting" in [progress.trouble for progress in heard]
    assert (heard[-1].trouble, heard[-1].done, heard[-1].total) == (None, 3, 3)


async def test_what_cannot_be_read_is_counted_apart_and_kept_out_of_the_figures():
    judge = TermJudge()
    judge.unanswerable.add("gg")
    result = await run(plan_alone(EXAMPLES), remembering(judge))
    assert result.unread == 1
    assert result.figures.examples == Score(tp=1, fn=1, undecided=1)


async def test_progress_tells_how_long_it_still_takes():
    heard: list[Progress] = []
    await run(plan_alone(EXAMPLES, TRASH), remembering(TermJudge()), heard.append)
    assert [progress.done for progress in heard[:6]] == [1, 2, 3, 4, 5, 6]
    assert heard[-1].total == 8  # both sides of one flip give their reasons
    assert Progress(0, 5, 1.0).seconds_left is None
    assert Progress(2, 6, 4.0).seconds_left == 8.0
    assert Progress(2, 6, 4.0, trouble="away").seconds_left is None


class TestMemory:
    CONTENT = Content(text="you loser")

    def key(self, number: int = 0, tenant: int = GUILD) -> tuple[int, str, str, str]:
        return (tenant, "p", "m", str(number))

    def test_verdicts_are_forgotten_after_a_day_when_there_are_too_many_and_when_asked_to(self) -> None:
        timer = Timer()
        memory, said = Memory(timer), make_verdict(LOSER, violation=True)
        memory.keep(self.key(), said, explain=False)
        assert memory.find(self.key(), explain=False) == said.model_copy(update={"reasoning": ""})
        timer.now += SECONDS
        assert memory.find(self.key(), explain=False) is None
        for number in range(MOST + 1):
            memory.keep(self.key(number), said, explain=False)
        assert memory.find(self.key(0), explain=False) is None
        assert memory.find(self.key(MOST), explain=False) is not None
        memory.keep(self.key(tenant=8), said, explain=False)
        memory.forget(GUILD)
        assert memory.find(self.key(MOST), explain=False) is None
        assert memory.find(self.key(tenant=8), explain=False) is not None

    def test_what_is_too_old_is_gone_and_not_only_passed_over(self) -> None:
        timer = Timer()
        memory, said = Memory(timer), make_verdict(LOSER, violation=True)
        for number in range(3):
            memory.keep(self.key(number), said, explain=False)
        timer.now += SECONDS + 1
        assert memory.find(self.key(), explain=False) is None
        assert memory.size == 0

    def test_a_reason_is_asked_for_once_where_none_was_given(self) -> None:
        memory, allowed = Memory(Timer()), make_verdict(LOSER, violation=False)
        memory.keep(self.key(), allowed, explain=False)
        assert memory.find(self.key(), explain=True) is None
        memory.keep(self.key(), allowed, explain=True)
        assert memory.find(self.key(), explain=True) is not None
        assert memory.find(self.key(), explain=False) is not None

    def test_contents_that_differ_in_anything_differ(self) -> None:
        one, other = Content(text="a", readings=("b",)), Content(text="a", about=("b",))
        assert content_digest(one) != content_digest(other)
        assert content_digest(one) == content_digest(Content(text="a", readings=("b",)))
        assert content_digest(Content(text="\ud800"))


class LabelShelf:
    """The part of a store that a trial reads."""

    def __init__(self, labelled: Sequence[KnownText] = (), unlabelled: Sequence[KnownText] = ()) -> None:
        self.labelled, self.unlabelled = list(labelled), list(unlabelled)
        self.more: list[Label] = []

    async def labels(self, *_: object) -> list[Label]:
        return [text.label for text in self.labelled if text.label] + self.more

    async def labelled_texts(self, *of: int) -> list[KnownText]:
        return self.labelled[: of[-1]]

    async def unlabelled_texts(self, *of: int) -> list[KnownText]:
        return self.unlabelled[: of[-1]]

    async def tally(self, *_: object) -> Tally:
        return Tally(looked_at=100, flagged=10, confirmed=4)


def room(shelf: LabelShelf, judge: TermJudge) -> TrialRoom:
    return TrialRoom(shelf, judge, MODEL, patience=NO_WAIT)  # type: ignore[arg-type]


async def test_a_plan_is_made_of_examples_decisions_and_only_against_another_version_of_open_cases():
    shelf = LabelShelf([known(1, of=label(1)), known(2, of=label(2, digest="e"))], [known(3)])
    shelf.more.append(label(4))
    alone = await plan_for(shelf, GUILD, EXAMPLES)  # type: ignore[arg-type]
    assert [item.group for item in alone.items] == [Group.EXAMPLE] * 3 + [Group.DECIDED] * 2
    assert (alone.left_out, alone.population) == (1, Population(opened=8, cleared=12, unflagged=180))
    compared = await plan_for(shelf, GUILD, EXAMPLES, TRASH)  # type: ignore[arg-type]
    assert [item.group for item in compared.items][-1] is Group.OPEN


async def test_a_guild_has_one_trial_at_a_time_and_others_have_theirs():
    judge = TermJudge()
    judge.gate = asyncio.Event()
    trials = room(LabelShelf(), judge)
    first = trials.begin(GUILD, EXAMPLES, None, begun_by=1)
    with pytest.raises(AlreadyRunning) as told:
        trials.begin(GUILD, LOSER, None, begun_by=2)
    assert told.value.trial is first is trials.going_on(GUILD)
    other = trials.begin(GUILD + 1, EXAMPLES, None, begun_by=3)
    judge.gate.set()
    assert (await first.outcome()).figures.examples.decided == 3
    await other.outcome()
    assert trials.going_on(GUILD) is None
    trials.begin(GUILD, LOSER, None, begun_by=2).cancel()


async def test_a_cancelled_trial_withdraws_its_questions_and_makes_room():
    judge = TermJudge()
    judge.gate = asyncio.Event()
    trials = room(LabelShelf(), judge)
    trial = trials.begin(GUILD, EXAMPLES, None, begun_by=1)
    while not judge.in_flight:  # noqa: ASYNC110 - the judge has no event for it
        await asyncio.sleep(0)
    trial.cancel()
    with pytest.raises(asyncio.CancelledError):
        await trial.outcome()
    assert (judge.in_flight, trial.is_over, trials.going_on(GUILD)) == (0, True, None)


async def test_what_was_remembered_goes_when_something_was_erased_in_the_guild():
    judge = TermJudge()
    trials = room(LabelShelf(), judge)
    await trials.begin(GUILD, EXAMPLES, None, begun_by=1).outcome()
    asked = len(judge.asked)
    trials.forget_words(GUILD)
    await trials.begin(GUILD, EXAMPLES, None, begun_by=1).outcome()
    assert len(judge.asked) == 2 * asked


async def test_a_guild_that_is_forgotten_loses_its_trial_and_what_was_remembered():
    judge = TermJudge()
    trials = room(LabelShelf(), judge)
    await trials.begin(GUILD, EXAMPLES, None, begun_by=1).outcome()
    trials.forget(GUILD)
    await trials.begin(GUILD, EXAMPLES, None, begun_by=1).outcome()
    assert len(judge.asked) == 6
    judge.gate = asyncio.Event()
    trial = trials.begin(GUILD, LOSER, None, begun_by=1)
    trials.forget(GUILD)
    assert trials.going_on(GUILD) is None
    with pytest.raises(asyncio.CancelledError):
        await trial.outcome()


async def test_what_a_trial_found_is_kept_by_nobody_but_whoever_waits_for_it():
    """Texts of members are in it, and those may be erased a minute later."""
    trials = room(LabelShelf([known(1, of=label(1))]), TermJudge())
    trial = trials.begin(GUILD, EXAMPLES, None, begun_by=1)
    gone = weakref.ref(trial)
    await trial.outcome()
    del trial
    await asyncio.sleep(0)
    gc.collect()
    assert gone() is None


async def test_a_judge_that_stays_away_for_too_long_ends_the_trial():
    judge = TermJudge()
    judge.away = 10_000
    trials = TrialRoom(
        LabelShelf(),  # type: ignore[arg-type]
        judge,
        MODEL,
        timer=Timer(),
        patience=Patience(first=0, longest=0, limit=3.0),
    )
    with pytest.raises(JudgeUnavailable):
        await trials.begin(GUILD, EXAMPLES, None, begun_by=1).outcome()
