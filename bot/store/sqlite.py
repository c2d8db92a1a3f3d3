"""The store on one SQLite file: one connection writes, in groups; another one reads snapshots."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from bot.case import CaseFile, CaseState, Claim, Decision, JobState, Message, Suspected
from bot.ports import Backlog, Store, UnknownCase
from bot.store import audits as random_checks
from bot.store import cards, cases, decisions, guilds, jobs, queries, reading, tallies
from bot.store.connection import Connection, Work, connected
from bot.store.errors import explain
from bot.store.key_file import keys_beside
from bot.store.migration import prepare, version
from bot.store.resealing import seal_all
from bot.store.sealing import Keys
from bot.store.sqlite_appeals import SqliteAppeals
from bot.store.sqlite_events import SqliteEvents
from bot.store.sqlite_figures import SqliteFigures
from bot.store.sqlite_histories import SqliteHistories
from bot.store.sqlite_labels import SqliteLabels
from bot.store.sqlite_reports import SqliteReports
from bot.store.sqlite_retention import SqliteRetention
from bot.store.vault import Vault, check_keys, is_sealed, unlock
from bot.store.wiping import empty_log, write_anew
from bot.store.writer import group_writer
from bot.tallies import Traffic
from inference.prefilter.budget.audit import Tally
from policies.policy import Policy
from policies.verdict import Verdict

T = TypeVar("T")

PAGE: Final = 50
"""How many cases `cases()` holds in memory at a time."""
FORGOTTEN_TOGETHER: Final = 500
"""How many cases `purge` deletes in one transaction: other guilds' writes wait no longer than that takes."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_store(
    path: Path,
    *,
    keys: Keys | None = None,
    clock: Callable[[], datetime] = utc_now,
    tell_of_new_key: Callable[[Path], object] = lambda _: None,
) -> AsyncIterator[Store]:
    """Open the bot's memory at `path`, or start a new one there, readable by its owner only.

    Words of people are sealed with the newest of `keys`. Without any, it is that in the file `safeguild.key`
    beside the database; a new database gets a new one, which is told of. What is sealed otherwise, or not at all,
    is sealed first.

    `clock` gives the time of leases and records, with a time zone. Everything handed in before the end of the
    block is still written.

    Raises:
        StoreUnavailable: the file cannot be opened now.
        UnusableDatabase: the file is damaged, of another program or of a newer version.
        WrongKey: the keys do not open it. Nothing was changed.
    """

    def unlocked(db: sqlite3.Connection) -> Vault:
        return _unlocked(db, keys or _keys_beside(db, path.parent, tell_of_new_key))

    async with connected(path) as writing:
        vault = await _prepared(writing, unlocked)
        async with connected(path, read_only=True) as reading, group_writer(writing) as writer:
            await reading.run(vault.attach)
            yield SqliteStore(writer, reading, clock, vault.damages)


async def _prepared(connection: Connection, unlocked: Work[Vault]) -> Vault:
    try:
        return await connection.run(unlocked)
    except (OSError, sqlite3.Error) as error:
        raise explain(error) from error


def _keys_beside(db: sqlite3.Connection, folder: Path, tell: Callable[[Path], object]) -> Keys:
    file = keys_beside(folder, needed=version(db) > 0 and is_sealed(db))
    if file.made:
        tell(file.path)
    return file.keys


def _unlocked(db: sqlite3.Connection, keys: Keys) -> Vault:
    """The order matters: a wrong key is told before anything is changed."""
    version(db)
    check_keys(db, keys)
    fresh = prepare(db)
    vault = unlock(db, keys)
    vault.attach(db)
    seal_all(db, vault, fresh=fresh)
    return vault


class SqliteStore(
    SqliteAppeals,
    SqliteEvents,
    SqliteFigures,
    SqliteHistories,
    SqliteLabels,
    SqliteReports,
    SqliteRetention,
):
    """A `Store`; see the Protocol for what each call does. Opened with `open_store`."""

    async def keep_policy(self, guild_id: int, policy: Policy) -> None:
        """See `Store`. A version that is kept again is in force again."""
        await self._writer.write(lambda db: guilds.keep_policy(db, guild_id, policy, self._clock()))

    async def record(self, suspected: Suspected) -> int | None:
        """See `Store`.

        Raises:
            PolicyNotKept: a suspicion is by a policy that was never kept.
            ValueError: there is no suspicion, or a policy has two.
        """
        policy_ids = [suspicion.policy_id for suspicion in suspected.suspicions]
        if not policy_ids or len(set(policy_ids)) < len(policy_ids):
            raise ValueError("A suspected message needs one suspicion per policy, and at least one.")
        return await self._writer.write(lambda db: cases.record(db, suspected, self._clock()))

    async def advance(self, guild_id: int, watermarks: Mapping[int, int]) -> None:
        """See `Store`."""
        await self._writer.write(lambda db: guilds.advance(db, guild_id, watermarks))

    async def watermarks(self, guild_id: int) -> dict[int, int]:
        """See `Store`."""
        return await self._read(lambda db: guilds.watermarks(db, guild_id))

    async def claim(self, limit: int, lease: timedelta, *, audits: int = 1) -> list[Claim]:
        """See `Store`. A job whose fifth lease has ended becomes UNDECIDED here, and its case OPEN."""
        if limit < 0 or audits < 0:
            raise ValueError(f"A worker cannot claim {limit} jobs, {audits} of them random checks.")
        return await self._writer.write(lambda db: jobs.claim(db, limit, lease, audits, self._clock()))

    async def renew(self, claims: Sequence[Claim], lease: timedelta) -> list[Claim]:
        """See `Store`."""
        return await self._writer.write(lambda db: jobs.renew(db, claims, lease, self._clock()))

    async def end_leases(self) -> None:
        """See `Store`."""
        await self._writer.write(lambda db: jobs.end_leases(db, self._clock()))

    async def finish(self, claim: Claim, verdict: Verdict) -> CaseState:
        """See `Store`."""
        return await self._writer.write(lambda db: jobs.finish(db, claim, verdict, self._clock()))

    async def release(self, claim: Claim, *, failed: bool) -> JobState:
        """See `Store`."""
        return await self._writer.write(lambda db: jobs.release(db, claim, failed, self._clock()))

    async def decide(self, decision: Decision, *, after: Decision | None = None) -> tuple[Decision, bool]:
        """See `Store`."""
        return await self._writer.write(lambda db: decisions.decide(db, decision, after))

    async def settle(self, case_id: int, *, enforced: bool, outcome: str) -> bool:
        """See `Store`. When a later revision was found to violate meanwhile, the case is OPEN again afterwards."""
        return await self._writer.write(lambda db: decisions.settle(db, case_id, enforced, outcome, self._clock()))

    async def case(self, case_id: int) -> CaseFile:
        """See `Store`."""
        found = await self._read(lambda db: reading.read(db, [case_id]))
        if not found:
            raise UnknownCase(f"There is no case {case_id}.")
        return found[0]

    async def cases(self, *states: CaseState) -> AsyncIterator[CaseFile]:
        """See `Store`."""
        after = 0
        while found := await self._page(states, after):
            for case in found:
                yield case
            after = found[-1].id

    async def find(self, guild_id: int, message_id: int) -> CaseFile | None:
        """See `Store`."""
        return await self._read(lambda db: reading.find(db, guild_id, message_id))

    async def note_edit(self, message: Message) -> int | None:
        """See `Store`. An edit that is older than what is known changes nothing."""
        return await self._writer.write(lambda db: cases.note_edit(db, message))

    async def note_deletion(self, guild_id: int, message_ids: Collection[int], at: datetime) -> list[int]:
        """See `Store`."""
        return await self._writer.write(lambda db: cases.note_deletion(db, guild_id, message_ids, at))

    async def guilds_owing_cards(self) -> list[int]:
        """See `Store`."""
        return await self._read(cards.guilds_owing)

    async def cards_owed(self, guild_id: int, limit: int) -> list[CaseFile]:
        """See `Store`."""
        if limit < 0:
            raise ValueError(f"There cannot be {limit} cards.")
        return await self._read(lambda db: cards.owed(db, guild_id, limit))

    async def begin_card(self, case_id: int, channel_id: int) -> None:
        """See `Store`. Begun again in the same channel, an unconfirmed card keeps the time of its first try."""
        await self._writer.write(lambda db: cards.begin(db, case_id, channel_id, self._clock()))

    async def card_shown(self, case_id: int, version: int, message_id: int | None) -> None:
        """See `Store`. Where no card was begun, and in a case that was purged, nothing is noted."""
        await self._writer.write(lambda db: cards.shown(db, case_id, version, message_id))

    async def forget_card(self, case_id: int) -> None:
        """See `Store`. In a case that was purged, nothing is noted."""
        await self._writer.write(lambda db: cards.forget(db, case_id))

    async def bind(self, application_id: int) -> int:
        """See `Store`."""
        return await self._writer.write(lambda db: guilds.bind(db, application_id))

    async def guilds(self) -> list[int]:
        """See `Store`. By id."""
        return await self._read(guilds.known)

    async def purge(self, guild_id: int) -> None:
        """Forget everything about a guild, in steps that let other guilds' writes pass in between.

        When it returns, no byte of the guild is in the database, its -wal or its -shm file. Not covered: copies
        that others made (backups, the file system's old blocks). Leases on the guild's jobs are lost. The file is
        written anew: that takes time, and free space for two more copies of the database. Until all is done,
        `guilds` still names the guild.

        Raises:
            StoreUnavailable: part of the guild, or traces of it in the files, may be left. Purge it again.
        """
        while await self._writer.write(lambda db: guilds.forget_cases(db, guild_id, FORGOTTEN_TOGETHER)):
            pass
        if await self._writer.write(lambda db: guilds.forget(db, guild_id)):
            await write_anew(self._writer)
            await self._writer.write(lambda db: guilds.forget_number(db, guild_id))
            await empty_log(self._writer)

    async def job_counts(self) -> dict[JobState, int]:
        """See `Store`."""
        return dict.fromkeys(JobState, 0) | await self._counts(queries.COUNT_JOBS, JobState)

    async def case_counts(self) -> dict[CaseState, int]:
        """See `Store`."""
        return dict.fromkeys(CaseState, 0) | await self._counts(queries.COUNT_CASES, CaseState)

    async def backlog(self, guild_id: int) -> Backlog:
        """See `Store`."""
        return await self._read(lambda db: guilds.backlog(db, guild_id))

    async def keep_traffic(self, kept: Sequence[Traffic]) -> None:
        """See `Store`."""
        await self._writer.write(lambda db: tallies.keep_traffic(db, kept, self._clock()))

    async def traffic(self) -> list[Traffic]:
        """See `Store`."""
        return await self._read(tallies.traffic)

    async def tally(self, guild_id: int, policy_id: str, digest: str) -> Tally:
        """See `Store`."""
        return await self._read(lambda db: tallies.tally(db, guild_id, policy_id, digest))

    async def waiting_suspicions(self) -> int:
        """See `Store`."""
        return await self._read(lambda db: random_checks.waiting(db, audit=False))

    async def waiting_audits(self) -> int:
        """See `Store`."""
        return await self._read(lambda db: random_checks.waiting(db, audit=True))

    async def drop_audits(self) -> int:
        """See `Store`."""
        return await self._writer.write(random_checks.drop_waiting)

    async def _page(self, states: Sequence[CaseState], after: int) -> list[CaseFile]:
        return await self._read(lambda db: reading.page(db, states, after=after, limit=PAGE))

    async def _counts(self, query: str, key: Callable[[str], T]) -> dict[T, int]:
        found = await self._read(lambda db: db.execute(query).fetchall())
        return {key(row["state"]): row["number"] for row in found}
