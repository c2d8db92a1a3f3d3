"""The judge's word on any message, for somebody who waits."""

import asyncio

from bot.asking import Asking, Silence
from bot.case import Message
from inference.ticket import Priority
from policies.policy import Mode, Policy
from tests.bot.adapters import TermJudge, make_earlier, make_message, make_policy

HARASSMENT, SHADOW = make_policy(context=2), make_policy("shadow", ("zzz",), mode=Mode.SHADOW)


def asking(judge: TermJudge, *policies: Policy, patience: float = 5.0) -> Asking:
    def all_of_them(_: Message) -> tuple[Policy, ...]:
        return policies

    return Asking(judge, all_of_them, patience=patience)


async def test_every_policy_is_asked_and_violations_come_first(judge: TermJudge):
    answers = await asking(judge, SHADOW, HARASSMENT).ask(make_message(text="you loser"))
    assert [(each.policy.id, each.verdict and each.verdict.violation) for each in answers] == [
        ("harassment", True),
        ("shadow", False),
    ]
    assert {ticket.priority for ticket in judge.tickets} == {Priority.INTERACTIVE}


async def test_the_judge_reads_what_each_policy_wants_to_read(judge: TermJudge):
    made = asking(judge, HARASSMENT)
    assert made.context_wanted(make_message()) == 2
    await made.ask(make_message(), [make_earlier(number, 5, f"line {number}") for number in range(1, 5)])
    ((_, content, _),) = judge.asked
    assert [line.text for line in content.context] == ["line 3", "line 4"]


async def test_a_judge_that_is_away_busy_or_unreadable_is_told_apart(judge: TermJudge):
    judge.away = 1
    assert (await asking(judge, HARASSMENT).ask(make_message()))[0].silence is Silence.AWAY
    judge.unreadable = {"you loser": {0}}
    assert (await asking(judge, HARASSMENT).ask(make_message()))[0].silence is Silence.UNREADABLE
    judge.places = 0
    assert (await asking(judge, HARASSMENT).ask(make_message()))[0].silence is Silence.LATE


async def test_nobody_waits_for_ever(judge: TermJudge):
    judge.gate = asyncio.Event()
    (answer,) = await asking(judge, HARASSMENT, patience=0.01).ask(make_message())
    assert answer.silence is Silence.LATE
    assert judge.in_flight in (0, 1)


async def test_without_words_or_policies_nothing_is_asked(judge: TermJudge):
    assert await asking(judge, HARASSMENT).ask(make_message(text="")) == ()
    assert await asking(judge).ask(make_message()) == ()
    assert await Asking.of_nobody().ask(make_message()) == ()
