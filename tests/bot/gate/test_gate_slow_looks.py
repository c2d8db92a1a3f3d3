"""Looks that take milliseconds, because a sentence encoder reads along: the event loop does not wait for them."""

import asyncio
import threading
from collections.abc import Collection
from dataclasses import dataclass, field

import pytest

from bot.case import Message
from bot.gate.gate import GateInspector, watched_book
from bot.moderation import Moderation
from bot.ports import Store
from bot.rulebook import Rulebook
from inference.prefilter.look import Look
from tests.bot.adapters import (
    GUILD,
    MODEL,
    Clock,
    RememberingDesk,
    TermJudge,
    make_message,
    make_policy,
    make_rulebook,
)
from tests.bot.gate.lookers import NumberLooker, Timer, make_gate

POLICY = make_policy(keywords=["loser"])


@dataclass
class SlowLooker:
    """Looks when it is allowed to, and notes in which order and in which threads."""

    allowed: threading.Event = field(default_factory=threading.Event)
    texts: list[str] = field(default_factory=list)
    threads: set[int] = field(default_factory=set)

    def look(self, guild_id: int, text: str, policy_ids: Collection[str] | None = None) -> tuple[Look, ...]:
        self.texts.append(text)
        self.threads.add(threading.get_ident())
        assert self.allowed.wait(10)
        return NumberLooker({GUILD: [POLICY]}).look(guild_id, text, policy_ids)


class LoopTimer(Timer):
    """The gate's clock, which is asked in the event loop's thread only."""

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def __call__(self) -> float:
        assert threading.get_ident() == self._thread
        return super().__call__()


@pytest.fixture
def looker() -> SlowLooker:
    return SlowLooker()


@pytest.fixture
def moderation(looker: SlowLooker, memory: Store, judge: TermJudge, desk: RememberingDesk) -> Moderation:
    gate = make_gate(timer=LoopTimer())
    inspector = GateInspector(gate, looker, watched_book({GUILD: [POLICY]}), takes_long=True)
    book = Rulebook({GUILD: {POLICY.id: POLICY}}, inspector)
    return Moderation(book, memory, judge, desk, model=MODEL, clock=Clock(), timer=lambda: 0.0)


async def begun(looker: SlowLooker) -> None:
    async with asyncio.timeout(10):
        while not looker.texts:  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.001)


async def test_the_loop_goes_on_while_a_message_is_looked_at_and_all_come_out_in_their_order(
    moderation: Moderation, looker: SlowLooker, memory: Store
) -> None:
    texts = ["you loser", "0.4 good morning", "2.1 nobody likes you", "1.1 fine"]
    messages = [make_message(number, text) for number, text in enumerate(texts, start=1)]
    receiving = [asyncio.create_task(moderation.receive(it, just_written=True)) for it in messages]
    await begun(looker)
    await asyncio.sleep(0.02)
    assert looker.texts == texts[:1], "one at a time"
    looker.allowed.set()
    found = await asyncio.gather(*receiving)
    assert [case_id is not None for case_id in found] == [True, False, True, False]
    assert looker.texts == texts, "each once"
    assert threading.get_ident() not in looker.threads


async def test_edits_and_previews_are_looked_at_in_a_thread_too(
    moderation: Moderation, looker: SlowLooker
) -> None:
    looker.allowed.set()
    first = make_message(1, "you loser")
    assert await moderation.receive(first, just_written=True)
    assert await moderation.revise(first.model_copy(update={"content": "you sore loser"}))
    preview = first.model_copy(update={"content": "you sore loser", "embeds": ("a page of a loser",)})
    assert await moderation.revise(preview)
    assert looker.texts == ["you loser", "you sore loser", "a page of a loser"]
    assert threading.get_ident() not in looker.threads


async def test_a_message_is_decided_by_the_policies_that_it_was_looked_at_with(
    moderation: Moderation, looker: SlowLooker
) -> None:
    receiving = asyncio.create_task(moderation.receive(make_message(1, "you loser"), just_written=True))
    await begun(looker)
    moderation.adopt(make_rulebook(make_policy("other", keywords=["hello"])))
    looker.allowed.set()
    assert await receiving is not None
    assert await moderation.receive(make_message(2, "you loser"), just_written=True) is None


async def test_a_message_that_no_policy_holds_for_is_not_looked_at(
    moderation: Moderation, looker: SlowLooker
) -> None:
    elsewhere: Message = make_message(1, "you loser", guild_id=GUILD + 1)
    assert await moderation.receive(elsewhere, just_written=True) is None
    assert looker.texts == []
