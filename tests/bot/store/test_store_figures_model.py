"""The figures that are kept along the way are those that going through everything from the start would give."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.case import Action
from bot.records.waits import bin_of
from bot.store import decisions, open_store
from bot.store.sqlite import SqliteStore
from tests.bot.store.samples import GUILD, LEASE, START, Clock, decision, policy, suspected, verdict

RULES = ("H1", "H2")
POLICIES = ("harassment", "spam")
ACTIONS = (Action.DELETE, Action.DISMISS, Action.UNDO)

Step = tuple[str, int, Any]
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(1, 2), st.integers(0, 10**6)),
        st.tuples(st.just("judge"), st.just(0), st.sampled_from([True, True, False, None])),
        st.tuples(st.just("decide"), st.integers(1, 2), st.tuples(st.sampled_from(ACTIONS), st.booleans())),
        st.tuples(st.just("decide"), st.just(1), st.tuples(st.sampled_from(ACTIONS), st.just(True))),
        st.tuples(st.just("wait"), st.just(0), st.integers(1, 100_000)),
    ),
    min_size=15,
    max_size=40,
)


@dataclass
class Found:
    """A finding, as the history tells of it."""

    case_id: int
    revision: int
    policy_id: str
    said: bool | None
    rules: tuple[str, ...]
    at: datetime
    first: datetime | None = None
    opinion: bool | None = None
    answered_by: int | None = None


@dataclass
class Decided:
    """A decision, as the history tells of it."""

    case_id: int
    action: Action
    at: datetime
    enforced: bool
    known: int
    """How many findings there were before."""
    revision: int = 0


@dataclass
class History:
    """Everything that happened, in order."""

    found: list[Found] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)

    def replay(self) -> None:
        """Go through all decisions again, one by one."""
        made: dict[int, list[Decided]] = {}
        for word in self.decided:
            earlier = made.setdefault(word.case_id, [])
            own = [each for each in self.found[: word.known] if each.case_id == word.case_id]
            undoes = word.action is Action.UNDO
            word.revision = earlier[-1].revision if undoes else max(each.revision for each in own)
            earlier.append(word)
            self._apply(
                word, [number for number, each in enumerate(earlier) if each.revision == word.revision], own
            )

    def _apply(self, word: Decided, on_revision: list[int], own: list[Found]) -> None:
        if word.action is Action.UNDO:
            for each in own:
                if word.enforced and each.answered_by in on_revision:
                    each.answered_by = each.opinion = None
            return
        for each in own:
            if each.revision == word.revision or each.answered_by is None:
                each.first = each.first or word.at
                if word.enforced:
                    each.answered_by = on_revision[-1]
                    each.opinion = None if each.said is None else word.action is not Action.DISMISS

    def opinions(self) -> Counter[tuple[date, str, bool]]:
        told = [each for each in self.found if each.first and each.opinion is not None]
        return Counter((each.first.date(), each.policy_id, each.opinion) for each in told if each.first)

    def rules(self) -> Counter[tuple[str, str, str]]:
        counts: Counter[tuple[str, str, str]] = Counter()
        for each in self.found:
            for rule in each.rules:
                counts[each.policy_id, rule, "cited"] += 1
                if each.opinion is not None:
                    counts[each.policy_id, rule, "confirmed" if each.opinion else "overturned"] += 1
                if each.first:
                    counts[each.policy_id, rule, f"wait {bin_of(each.first - each.at)}"] += 1
        return counts

    def waits(self) -> Counter[tuple[date, str, int]]:
        told = [(each, each.first) for each in self.found if each.first]
        return Counter((first.date(), each.policy_id, bin_of(first - each.at)) for each, first in told)


@settings(max_examples=15, deadline=None)
@given(history=steps)
def test_going_through_everything_again_gives_the_same(history: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(check_again(Path(folder), history))


async def check_again(folder: Path, steps: list[Step]) -> None:
    clock, told = Clock(), History()
    async with open_store(folder / "store.db", clock=clock) as store:
        assert isinstance(store, SqliteStore)
        for name in POLICIES:
            own = policy(name)
            rules = tuple(own.rules[0].model_copy(update={"id": rule_id}) for rule_id in RULES)
            await store.keep_policy(GUILD, own.model_copy(update={"rules": rules}))
        for step in steps:
            await do(store, clock, told, step)
        told.replay()
        figures = await store.figures(GUILD, START.date(), START.date() + timedelta(days=60))
    assert told.opinions() == opinions_of(figures.days)
    assert told.rules() == rules_of(figures.rules)
    kept = Counter(
        {
            (each.day, each.policy_id, number): count
            for each in figures.waits
            for number, count in each.waits.bins.items()
            if each.policy_id
        }
    )
    assert told.waits() == kept


def opinions_of(days: Any) -> Counter[tuple[date, str, bool]]:
    found: Counter[tuple[date, str, bool]] = Counter()
    for each in days:
        found[each.day, each.policy_id, True] += each.counts.agreed
        found[each.day, each.policy_id, False] += each.counts.overturned
    return +found


def rules_of(rules: Any) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for each in rules:
        key = (each.policy_id, each.rule_id)
        for name in ("cited", "confirmed", "overturned"):
            found[*key, name] += getattr(each, name)
        for number, count in each.waits.bins.items():
            found[*key, f"wait {number}"] += count
    return +found


async def do(store: SqliteStore, clock: Clock, told: History, step: Step) -> None:
    what, message_id, detail = step
    if what == "wait":
        clock.pass_by(timedelta(seconds=detail))
    elif what == "write":
        await store.record(suspected(message_id, f"text {detail}", policies=POLICIES))
    elif what == "judge":
        await judge(store, clock, told, detail)
    else:
        await decide(store, clock, told, message_id, *detail)


async def judge(store: SqliteStore, clock: Clock, told: History, said: bool | None) -> None:
    for claim in await store.claim(4, LEASE):
        rules = RULES[: 1 + claim.job_id % 2] if said else ()
        await store.finish(claim, verdict(said).model_copy(update={"rule_ids": rules}))
        if said is not False:
            policy_id = claim.policy.id
            told.found.append(Found(claim.case_id, claim.revision, policy_id, said, rules, clock.now))


async def decide(
    store: SqliteStore, clock: Clock, told: History, message_id: int, action: Action, enforced: bool
) -> None:
    """Written past the rules of what may follow what: the figures have to hold for whatever those will be."""
    case = await store.find(GUILD, message_id)
    if case is None or not any(each.case_id == case.id for each in told.found):
        return
    if action is Action.UNDO and not any(each.case_id == case.id for each in told.decided):
        return
    word = decision(case.id, action=action).model_copy(update={"decided_at": clock.now})
    await store._writer.write(lambda db: decisions._add(db, word))
    await store.settle(case.id, enforced=enforced, outcome="done")
    told.decided.append(Decided(case.id, action, clock.now, enforced, len(told.found)))
