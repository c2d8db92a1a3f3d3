"""Which versions of policies the store has in force: new jobs get the version that was kept last."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot.case import Suspected
from bot.ports import PolicyNotKept, Store
from bot.rulebook import Rulebook

T = TypeVar("T")


class KeptVersions:
    """Keeps what a suspicion names before it is recorded, and remembers what was kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._in_force: dict[tuple[int, str], str] = {}

    async def recorded(self, suspected: Suspected, rulebook: Rulebook, record: Callable[[], Awaitable[T]]) -> T:
        """What `record` returns, with the policies in force that are named.

        Raises:
            StoreUnavailable: nothing was recorded.
        """
        await self._keep(suspected, rulebook)
        try:
            return await record()
        except PolicyNotKept:  # the guild was purged since its policies were kept, and has invited us again
            self.forget(suspected.message.guild_id)
            await self._keep(suspected, rulebook)
            return await record()

    def forget(self, guild_id: int) -> None:
        """Nothing of this guild is kept any more."""
        for key in [key for key in self._in_force if key[0] == guild_id]:
            del self._in_force[key]

    async def _keep(self, suspected: Suspected, rulebook: Rulebook) -> None:
        guild_id = suspected.message.guild_id
        for suspicion in suspected.suspicions:
            policy = rulebook.policy(guild_id, suspicion.policy_id)
            if self._in_force.get((guild_id, policy.id)) != policy.digest:
                await self._store.keep_policy(guild_id, policy)
                self._in_force[guild_id, policy.id] = policy.digest
