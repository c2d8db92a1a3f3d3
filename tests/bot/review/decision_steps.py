"""A review as the tests of decisions want it."""

import asyncio

from bot.case import CaseState
from bot.ports import Store
from bot.review.decisions import Review
from tests.bot.adapters import RememberingDesk
from tests.bot.review.review_adapters import (
    QUICK_BACK_OFF,
    Arm,
    utc_now,
)


def a_review(store: Store, arm: Arm, shown: RememberingDesk | None = None, width: int = 4) -> Review:
    return Review(store, arm, shown or RememberingDesk(), clock=utc_now, back_off=QUICK_BACK_OFF, width=width)


async def until_settled(store: Store, *case_ids: int) -> None:
    async with asyncio.timeout(5):
        for case_id in case_ids:
            while (await store.case(case_id)).state is CaseState.DECIDED:  # noqa: ASYNC110 - looked at from outside
                await asyncio.sleep(0.001)
