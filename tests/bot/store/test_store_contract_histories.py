"""What every `Store` must do about versions of policies."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from bot.ports import Store
from bot.records.histories import Author, AuthorKind, NewVersion, Version
from policies.document import dump_policy
from policies.policy import Mode
from tests.bot.store.conftest import Opener
from tests.bot.store.samples import GUILD, START, Clock, policy, suspected, verdict
from tests.bot.store.steps import claimed

ADA = Author(AuthorKind.COMMAND, 5, "because of Mallory's \U0001f525")
MONTH = timedelta(days=30)


def version(
    goal: str = "One.", policy_id: str = "spam", guild_id: int = GUILD, author: Author = ADA
) -> NewVersion:
    made = policy(policy_id, goal)
    return NewVersion(guild_id, policy_id, author, START, dump_policy(made).encode(), made.digest, made.mode)


def removal(policy_id: str = "spam") -> NewVersion:
    return NewVersion(GUILD, policy_id, ADA, START, b"")


async def goals(store: Store, policy_id: str = "spam") -> list[tuple[int, bool]]:
    return [(each.number, each.mode is None) for each in await store.versions(GUILD, policy_id)]


class TestVersions:
    async def test_a_version_comes_back_with_author_time_reason_and_its_file_byte_for_byte(
        self, store: Store, opener: Opener
    ) -> None:
        kept = version()
        kept = replace(kept, source=b"\xef\xbb\xbf# ours\r\n" + kept.source)
        await store.keep_versions([kept])
        async with opener() as later:
            (found,) = await later.versions(GUILD, "spam")
            assert found == Version(GUILD, "spam", 1, ADA, START, kept.file_hash, kept.digest, Mode.LIVE)
            assert await later.version_source(GUILD, "spam", 1) == kept.source

    async def test_versions_are_numbered_for_each_policy_and_come_newest_first(self, store: Store) -> None:
        await store.keep_versions([version("One."), version("Two."), version("One.", "hate"), version("Three.")])
        assert await goals(store) == [(3, False), (2, False), (1, False)]
        assert await goals(store, "hate") == [(1, False)]
        assert [each.number for each in await store.versions(GUILD, "spam", before=3, limit=1)] == [2]

    async def test_the_same_file_again_adds_nothing_and_an_older_one_does(self, store: Store) -> None:
        await store.keep_versions([version("One."), version("One.")])
        await store.keep_versions([version("One.")])
        assert await goals(store) == [(1, False)]
        await store.keep_versions([version("Two."), version("One.")])
        assert await goals(store) == [(3, False), (2, False), (1, False)]

    async def test_a_removal_is_a_version_without_a_file_and_told_once(self, store: Store) -> None:
        await store.keep_versions([removal(), version(), removal(), removal(), version()])
        assert await goals(store) == [(3, False), (2, True), (1, False)]
        assert await store.version_source(GUILD, "spam", 2) is None
        assert await store.version_source(GUILD, "spam", 9) is None

    async def test_the_newest_version_of_each_policy(self, store: Store) -> None:
        await store.keep_versions([version("One."), version("Two."), version(policy_id="hate"), removal("hate")])
        await store.keep_versions([version(guild_id=8)])
        found = {each.policy_id: (each.number, each.mode) for each in await store.newest_versions(GUILD)}
        assert found == {"spam": (2, Mode.LIVE), "hate": (2, None)}
        assert [(each.guild_id, each.policy_id) for each in await store.newest_versions()] == [
            (GUILD, "hate"),
            (GUILD, "spam"),
            (8, "spam"),
        ]

    async def test_a_purged_guild_has_no_history(self, store: Store) -> None:
        await store.keep_versions([version(), version(guild_id=8)])
        assert set(await store.guilds()) >= {GUILD, 8}
        await store.purge(8)
        assert await store.versions(8, "spam") == []
        assert 8 not in await store.guilds()
        assert await goals(store) == [(1, False)]


class TestShadow:
    async def shadowed(self, store: Store, count: int, *, first: int = 100, violation: bool | None = True) -> None:
        for number in range(first, first + count):
            assert await store.record(suspected(number)) is not None
            await store.finish(await claimed(store), verdict(violation))

    async def test_what_a_policy_in_shadow_found_is_counted_by_day_and_rule(
        self, store: Store, clock: Clock
    ) -> None:
        shadow = policy(mode=Mode.SHADOW)
        await store.keep_policy(GUILD, shadow)
        await self.shadowed(store, 2)
        clock.pass_by(timedelta(days=1))
        await self.shadowed(store, 1, first=200)
        await self.shadowed(store, 1, first=300, violation=False)
        await self.shadowed(store, 1, first=400, violation=None)
        record = await store.shadow_record(GUILD, "harassment", shadow.digest, START - MONTH, newest=2)
        assert record.days == {date(2030, 1, 1): 2, date(2030, 1, 2): 1}
        assert (record.rules, record.undecided, record.violations) == ({"H1": 3}, 1, 3)
        newest = [(await store.case(each.case_id)).message.id for each in record.newest]
        assert newest == [200, 101]
        assert [(each.revision, each.rule_ids) for each in record.newest] == [(1, ("H1",))] * 2
        assert (record.older, record.more) == (0, False)
        later = await store.shadow_record(GUILD, "harassment", shadow.digest, START + timedelta(hours=1))
        assert later.violations == 1

    async def test_what_it_found_while_it_was_live_is_not_counted(self, store: Store) -> None:
        await self.shadowed(store, 1)
        record = await store.shadow_record(GUILD, "harassment", policy().digest, START - MONTH)
        assert (record.violations, record.newest) == (0, ())

    async def test_what_an_older_wording_found_is_told_apart(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy(goal="Old.", mode=Mode.SHADOW))
        await self.shadowed(store, 2)
        new = policy(goal="New.", mode=Mode.SHADOW)
        await store.keep_policy(GUILD, new)
        await self.shadowed(store, 1, first=200)
        record = await store.shadow_record(GUILD, "harassment", new.digest, START - MONTH)
        assert (record.violations, record.older) == (3, 2)

    @pytest.mark.parametrize("guild_id", [8, GUILD + 1])
    async def test_another_guild_sees_nothing_of_it(self, store: Store, guild_id: int) -> None:
        shadow = policy(mode=Mode.SHADOW)
        await store.keep_policy(GUILD, shadow)
        await self.shadowed(store, 1)
        assert (await store.shadow_record(guild_id, "harassment", shadow.digest, START - MONTH)).violations == 0
