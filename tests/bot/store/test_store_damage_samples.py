"""Samples whose texts are damaged do not keep those behind them from being judged."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.case import Suspected
from bot.records.labels import Draw, SampleAnswer, Stratum
from bot.store import DATABASE, open_store
from tests.bot.store.samples import GUILD, START, Clock, message, policy

MODERATOR = 900
POLICY = "harassment"


async def labelled(path: Path, clock: Clock, numbers: range) -> None:
    """A moderator has answered a sample of each of these messages."""
    async with open_store(path, clock=clock) as store:
        await store.keep_policy(GUILD, policy())
        draws = [
            Draw(GUILD, POLICY, policy().digest, MODERATOR, Stratum.UNFLAGGED, 5, number, START)
            for number in numbers
        ]
        await store.add_draws(draws)
        for drawn in await store.draws(GUILD, POLICY, MODERATOR):
            shown = Suspected(message=message(drawn.message_id, f"text {drawn.message_id}"), suspicions=())
            assert await store.answer_draw(drawn.id, SampleAnswer.ALLOWED, shown=shown)


async def test_however_many_are_damaged_the_next_one_is_judged(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / DATABASE
    await labelled(path, clock, range(500, 505))
    with closing(sqlite3.connect(path)) as db, db:
        spoilt = "UPDATE revision SET message = substr(message, 1, 40) WHERE case_id <= 3"
        assert db.execute(spoilt).rowcount == 3
    async with open_store(path, clock=clock) as store:
        assert [known.message.id for known in await store.unjudged_samples(1)] == [503]
        assert [known.message.id for known in await store.unjudged_samples(9)] == [503, 504]
