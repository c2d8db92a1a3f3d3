"""Steps that most of the store's tests take."""

from bot.case import Action, CaseFile, CaseState, Claim
from bot.ports import Store
from tests.bot.store.samples import LEASE, decision, suspected, verdict


async def recorded(store: Store, message_id: int = 100, text: str = "you loser") -> int:
    case_id = await store.record(suspected(message_id, text))
    assert case_id is not None
    return case_id


async def claimed(store: Store) -> Claim:
    (claim,) = await store.claim(1, LEASE)
    return claim


async def opened(store: Store, message_id: int = 100) -> int:
    """A case that a violation has opened."""
    case_id = await recorded(store, message_id)
    assert await store.finish(await claimed(store), verdict(True)) is CaseState.OPEN
    return case_id


async def state(store: Store, case_id: int) -> CaseState:
    return (await store.case(case_id)).state


async def listed(store: Store, *states: CaseState) -> list[CaseFile]:
    return [case async for case in store.cases(*states)]


async def ended(store: Store, case_id: int, action: Action = Action.DELETE, *, enforced: bool = True) -> None:
    """A decision is made and carried out, or fails."""
    assert (await store.decide(decision(case_id, action=action)))[1]
    assert await store.settle(case_id, enforced=enforced, outcome="done" if enforced else "no permission")
