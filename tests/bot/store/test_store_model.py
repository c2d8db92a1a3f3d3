"""The store against a small model of DESIGN.md's states, over random histories."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.case import Action, CaseFile, CaseState, Claim, Decision, JobState, may_follow
from bot.ports import LeaseLost, UnknownCase
from bot.store import open_store
from tests.bot.store.samples import LEASE, Clock, decision, message, policy, suspected, verdict

GUILDS = (1, 2)
POLICIES = ("harassment", "spam")


@dataclass
class ModelJob:
    revision: int
    state: JobState = JobState.QUEUED
    needs_person: bool = False
    attempts: int = 0
    token: str | None = None
    until: datetime | None = None

    def ended(self, now: datetime) -> bool:
        return self.state is JobState.JUDGING and self.until is not None and self.until <= now

    def give_up_or_wait(self) -> None:
        """A try has failed: the fifth is the last."""
        if self.attempts >= 5:
            self.state, self.needs_person, self.token = JobState.UNDECIDED, True, None
        else:
            self.state = JobState.QUEUED


@dataclass
class ModelDecision:
    decision: Decision
    answers: int
    enforced: bool | None = None
    taken_back: bool = False

    @property
    def counts(self) -> bool:
        return not self.taken_back and self.decision.action is not Action.UNDO


@dataclass
class ModelCase:
    guild: int = 0
    texts: list[str] = field(default_factory=list)
    says: str = ""
    deleted_at: datetime | None = None
    changes: int = 0
    """How often something happened that a card shows, and how much of it people were shown."""
    shown: int = 0
    channel: int | None = None
    card: int | None = None
    jobs: dict[int, ModelJob] = field(default_factory=dict)
    decisions: list[ModelDecision] = field(default_factory=list)
    holder: int | None = None
    escalated: int | None = None

    @property
    def answers(self) -> list[Decision]:
        """What an undo would be about."""
        last = self.decisions[-1].answers if self.decisions else 0
        made = [made for made in self.decisions if made.answers == last and made.counts]
        return [each.decision for each in made if each.enforced is not False]

    @property
    def current(self) -> str | None:
        return None if self.says == self.texts[-1] else self.says

    @property
    def owes(self) -> bool:
        return self.changes > self.shown and (self.state is CaseState.OPEN or self.channel is not None)

    @property
    def findings(self) -> list[int]:
        """The revisions that a person has to look at, or had to."""
        return [job.revision for job in self.jobs.values() if job.needs_person]

    @property
    def state(self) -> CaseState:
        last = self.decisions[-1] if self.decisions else None
        if last and last.enforced is None:
            return CaseState.DECIDED
        answered = max((made.answers for made in self.decisions if made.counts), default=0)
        if max(self.findings, default=0) > answered:
            return CaseState.OPEN
        if last:
            return CaseState.ENFORCED if last.enforced else CaseState.FAILED
        states = {job.state for job in self.jobs.values()}
        if JobState.JUDGING in states:
            return CaseState.JUDGING
        return CaseState.QUEUED if JobState.QUEUED in states else CaseState.CLEARED


class StoreHistory(RuleBasedStateMachine):
    """Does the same to a store and to the model and compares what can be seen of both."""

    @initialize()
    def open(self) -> None:
        self.folder = TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.clock = Clock()
        self.model: dict[int, ModelCase] = {}
        self.ids: dict[tuple[int, int], int] = {}
        self.marks: dict[int, int] = {}
        self.claims: list[Claim] = []
        self.gone: set[int] = set()
        self.stack = AsyncExitStack()
        self.enter_store()
        for guild in GUILDS:
            for name in POLICIES:
                self.run(self.store.keep_policy(guild, policy(name)))

    def enter_store(self) -> None:
        opening = open_store(Path(self.folder.name) / "store.db", clock=self.clock)
        self.store = self.run(self.stack.enter_async_context(opening))

    def run(self, call: Any) -> Any:
        return self.runner.run(call)

    def teardown(self) -> None:
        self.run(self.stack.aclose())
        self.runner.close()
        self.folder.cleanup()

    @property
    def jobs(self) -> dict[int, ModelJob]:
        return {number: job for case in self.model.values() for number, job in case.jobs.items()}

    @rule(
        guild=st.sampled_from(GUILDS),
        message_id=st.integers(1, 3),
        text=st.sampled_from("abcd"),
        policies=st.sets(st.sampled_from(POLICIES), min_size=1),
    )
    def record(self, guild: int, message_id: int, text: str, policies: set[str]) -> None:
        case_id = self.run(self.store.record(suspected(message_id, text, guild, tuple(policies))))
        known = self.ids.get((guild, message_id))
        if known and text in self.model[known].texts:
            assert case_id is None
            self.model[known].changes += self.model[known].says != text
            self.model[known].says = text
            return
        assert case_id == (known or case_id)
        self.ids[guild, message_id] = case_id
        case = self.model.setdefault(case_id, ModelCase(guild))
        case.texts.append(text)
        case.says = text
        case.changes += 1
        for finding in self.run(self.store.case(case_id)).findings[len(case.jobs) :]:
            case.jobs[finding.job_id] = ModelJob(revision=len(case.texts))

    @rule(limit=st.integers(0, 4))
    def claim(self, limit: int) -> None:
        for case in self.model.values():
            for job in case.jobs.values():
                if job.ended(self.clock.now):
                    job.give_up_or_wait()
                    case.changes += job.state is JobState.UNDECIDED
        waiting = {number for number, job in self.jobs.items() if job.state is JobState.QUEUED}
        claims = self.run(self.store.claim(limit, LEASE))
        assert len(claims) == min(limit, len(waiting))
        assert {claim.job_id for claim in claims} <= waiting
        for claim in claims:
            job = self.jobs[claim.job_id]
            job.state, job.token, job.until = JobState.JUDGING, claim.token, claim.leased_until
            job.attempts += 1
            assert (claim.attempt, claim.revision) == (job.attempts, job.revision)
        self.claims += claims

    def held(self, data: st.DataObject) -> tuple[Claim | None, ModelJob | None]:
        """Some claim, held or lost; the job is None when it was lost."""
        if not self.claims:
            return None, None
        claim = data.draw(st.sampled_from(self.claims))
        if claim.job_id in self.gone:
            return claim, None
        job = self.jobs[claim.job_id]
        return claim, job if job.token == claim.token else None

    @rule(data=st.data(), violation=st.sampled_from([True, False, None]))
    def finish(self, data: st.DataObject, violation: bool | None) -> None:
        claim, job = self.held(data)
        if claim and job:
            job.state = JobState.UNDECIDED if violation is None else JobState.JUDGED
            job.needs_person, job.token = violation is not False, None
            self.model[claim.case_id].changes += 1
            assert self.run(self.store.finish(claim, verdict(violation))) is self.model[claim.case_id].state
        elif claim:
            with pytest.raises(LeaseLost):
                self.run(self.store.finish(claim, verdict(violation)))

    @rule(data=st.data(), failed=st.booleans())
    def release(self, data: st.DataObject, failed: bool) -> None:
        claim, job = self.held(data)
        if claim and job:
            job.attempts -= not failed
            job.give_up_or_wait()
            job.token = None
            self.model[claim.case_id].changes += job.state is JobState.UNDECIDED
            assert self.run(self.store.release(claim, failed=failed)) is job.state
        elif claim:
            with pytest.raises(LeaseLost):
                self.run(self.store.release(claim, failed=failed))

    @rule(data=st.data())
    def renew(self, data: st.DataObject) -> None:
        claim, job = self.held(data)
        if claim:
            renewed = self.run(self.store.renew([claim], LEASE))
            assert len(renewed) == (job is not None)
            if job:
                job.state, job.until = JobState.JUDGING, renewed[0].leased_until

    @rule(seconds=st.sampled_from([1, 59, 60, 200]))
    def time_passes(self, seconds: int) -> None:
        self.clock.pass_by(timedelta(seconds=seconds))

    def some_case(self, data: st.DataObject) -> tuple[int, ModelCase]:
        """Some case, or one that does not exist."""
        case_id = data.draw(st.sampled_from([*self.model, 999]))
        return case_id, self.model.get(case_id, ModelCase())

    @rule(
        data=st.data(),
        moderator=st.integers(1, 9),
        action=st.sampled_from([Action.DISMISS, Action.DELETE, Action.TIMEOUT, Action.UNDO]),
    )
    def decide(self, data: st.DataObject, moderator: int, action: Action) -> None:
        case_id, case = self.some_case(data)
        word = decision(case_id, moderator, action)
        last = case.decisions[-1].decision if case.decisions else None
        wanted = case.state is CaseState.OPEN and (action is not Action.UNDO or case.answers)
        if wanted or (case.state is not CaseState.OPEN and last and may_follow(last, case.state, action)):
            about = case.decisions[-1].answers if action is Action.UNDO else max(case.findings)
            case.decisions.append(ModelDecision(word, answers=about))
            case.changes += 1
            assert self.run(self.store.decide(word)) == (word, True)
        elif last and case.state is not CaseState.OPEN:
            assert self.run(self.store.decide(word)) == (last, False)
        else:
            with pytest.raises(UnknownCase):
                self.run(self.store.decide(word))

    @rule(data=st.data(), enforced=st.booleans())
    def settle(self, data: st.DataObject, enforced: bool) -> None:
        case_id, case = self.some_case(data)
        pending = bool(case.decisions) and case.decisions[-1].enforced is None
        if pending:
            case.decisions[-1].enforced = enforced
            case.changes += 1
        if pending and enforced and case.decisions[-1].decision.action is Action.UNDO:
            for made in case.decisions:
                made.taken_back |= made.answers == case.decisions[-1].answers
        assert self.run(self.store.settle(case_id, enforced=enforced, outcome="done")) is pending

    @rule(data=st.data(), moderator=st.integers(1, 2))
    def take_on(self, data: st.DataObject, moderator: int) -> None:
        case_id, case = self.some_case(data)
        if not case.guild:
            with pytest.raises(UnknownCase):
                self.run(self.store.take_on(case_id, moderator, self.clock.now))
            return
        case.changes += case.holder != moderator
        case.holder = moderator
        assert self.run(self.store.take_on(case_id, moderator, self.clock.now)).moderator_id == moderator

    @rule(data=st.data())
    def let_go(self, data: st.DataObject) -> None:
        case_id, case = self.some_case(data)
        held, case.holder = case.holder is not None, None
        case.changes += held
        assert self.run(self.store.let_go(case_id, 1, self.clock.now)) is held

    @rule(data=st.data(), back=st.booleans())
    def escalate(self, data: st.DataObject, back: bool) -> None:
        case_id, case = self.some_case(data)
        if not case.guild:
            return
        news = (case.escalated is None) is not back
        case.changes += news
        case.escalated = (None if back else 1) if news else case.escalated
        change = self.store.calm if back else self.store.escalate
        assert self.run(change(case_id, 1, self.clock.now)) is news

    @rule(guild=st.sampled_from(GUILDS), message_id=st.integers(1, 3), text=st.sampled_from("abyz"))
    def note_edit(self, guild: int, message_id: int, text: str) -> None:
        noted = self.run(self.store.note_edit(message(message_id, text, guild)))
        known = self.ids.get((guild, message_id))
        case = self.model[known] if known else None
        if case is None or case.says == text:
            assert noted is None
            return
        case.says = text
        case.changes += 1
        assert noted == known

    @rule(guild=st.sampled_from(GUILDS), message_ids=st.sets(st.integers(1, 4), max_size=2))
    def note_deletion(self, guild: int, message_ids: set[int]) -> None:
        ids = {self.ids[guild, number] for number in message_ids if (guild, number) in self.ids}
        news = sorted(case_id for case_id in ids if self.model[case_id].deleted_at is None)
        assert self.run(self.store.note_deletion(guild, message_ids, self.clock.now)) == news
        for case_id in news:
            self.model[case_id].deleted_at = self.clock.now
            self.model[case_id].changes += 1

    @rule(data=st.data(), channel=st.sampled_from([71, 72]))
    def begin_card(self, data: st.DataObject, channel: int) -> None:
        case_id, case = self.some_case(data)
        if not case.guild:
            with pytest.raises(UnknownCase):
                self.run(self.store.begin_card(case_id, channel))
            return
        self.run(self.store.begin_card(case_id, channel))
        case.channel, case.card, case.shown = channel, None, 0

    @rule(data=st.data(), guild=st.sampled_from(GUILDS), needs_card=st.booleans())
    def card_shown(self, data: st.DataObject, guild: int, needs_card: bool) -> None:
        """A case is shown, and something may happen to it before that is noted."""
        owed = self.run(self.store.cards_owed(guild, 3))
        if not owed:
            return
        read: CaseFile = data.draw(st.sampled_from(owed))
        case, changes = self.model[read.id], self.model[read.id].changes
        if data.draw(st.booleans()):
            self.note_edit(guild, read.message.id, data.draw(st.sampled_from("abyz")))
        self.run(self.store.card_shown(read.id, read.version, 900 if needs_card else None))
        if case.channel or not needs_card:
            case.shown, case.card = changes, 900 if needs_card else case.card

    @rule(data=st.data())
    def forget_card(self, data: st.DataObject) -> None:
        case_id, case = self.some_case(data)
        self.run(self.store.forget_card(case_id))
        case.channel, case.card, case.shown = None, None, 0

    @precondition(lambda self: len(self.model) > 2)
    @rule(guild=st.sampled_from(GUILDS), sure=st.integers(0, 5))
    def purge(self, guild: int, sure: int) -> None:
        if sure:  # else most histories would stay short
            return
        self.run(self.store.purge(guild))
        assert guild not in self.run(self.store.guilds())
        for key in [key for key in self.ids if key[0] == guild]:
            self.gone |= self.model.pop(self.ids.pop(key)).jobs.keys()
        if guild == 1:
            self.marks = {}
        for name in POLICIES:
            self.run(self.store.keep_policy(guild, policy(name)))

    @rule(marks=st.dictionaries(st.integers(1, 3), st.integers(1, 9)))
    def advance(self, marks: dict[int, int]) -> None:
        self.run(self.store.advance(1, marks))
        self.marks |= {channel: max(mark, self.marks.get(channel, 0)) for channel, mark in marks.items()}

    @rule()
    def restart(self) -> None:
        self.run(self.stack.aclose())
        self.enter_store()

    @invariant()
    def cases_are_as_in_the_model(self) -> None:
        found = {case.id: case for case in self.run(self.everything())}
        assert found.keys() == self.model.keys()
        for case_id, model in self.model.items():
            case = found[case_id]
            assert case.state is model.state
            assert [revision.content for revision in case.revisions] == model.texts
            assert {finding.job_id: finding.state for finding in case.findings} == {
                number: job.state for number, job in model.jobs.items()
            }
            history = (*case.earlier_decisions, *([case.decision] if case.decision else []))
            assert history == tuple(made.decision for made in model.decisions)
            assert (case.current.content if case.current else None) == model.current
            assert case.deleted_at == model.deleted_at
            assert (case.holder.moderator_id if case.holder else None) == model.holder
            assert (case.escalated.moderator_id if case.escalated else None) == model.escalated
            assert list(case.answers) == model.answers
            assert (case.card.channel_id if case.card else None) == model.channel
            assert (case.card.message_id if case.card else None) == model.card

    @invariant()
    def cards_are_owed_as_in_the_model(self) -> None:
        owing = {
            guild: sorted(
                (case.card is None, case_id) for case_id, case in self.model.items() if self.owes(guild, case)
            )
            for guild in GUILDS
        }
        for guild, cases in owing.items():
            found = self.run(self.store.cards_owed(guild, 100))
            assert [case.id for case in found] == [case_id for _, case_id in cases]
        assert self.run(self.store.guilds_owing_cards()) == [guild for guild, cases in owing.items() if cases]

    def owes(self, guild: int, case: ModelCase) -> bool:
        return case.guild == guild and case.owes

    @invariant()
    def counts_and_watermarks_are_as_in_the_model(self) -> None:
        states = [job.state for job in self.jobs.values()]
        assert self.run(self.store.job_counts()) == {state: states.count(state) for state in JobState}
        states = [case.state for case in self.model.values()]
        assert self.run(self.store.case_counts()) == {state: states.count(state) for state in CaseState}
        assert self.run(self.store.watermarks(1)) == self.marks

    async def everything(self) -> list[Any]:
        return [case async for case in self.store.cases(*CaseState)]


def test_random_histories_lead_to_the_states_of_the_model() -> None:
    bounds = settings(max_examples=25, stateful_step_count=40, deadline=None, derandomize=True)
    run_state_machine_as_test(StoreHistory, settings=bounds)
