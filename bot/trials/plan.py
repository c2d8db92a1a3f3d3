"""What a trial is about to do: which versions, on which texts. Gathered before anything is asked."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.ports import Store
from bot.records.labels import Label
from bot.trials.items import Item, examples_of, known_items
from bot.trials.strata import Population
from policies.policy import Policy

MOST_LABELLED: Final = 1_000
"""The newest labels that a trial is run on."""
MOST_OPEN: Final = 200
"""The newest texts without a label that are compared between versions."""
_MOST_VERSIONS: Final = 20
"""The newest versions whose counted messages are added up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A trial that can be run."""

    policy: Policy
    """The version that is tried."""
    items: tuple[Item, ...]
    against: Policy | None = None
    population: Population = field(default_factory=Population)
    left_out: int = 0
    """Labels whose text is no longer kept, or that were too many."""
    guild_id: int = 0
    """0: there is nothing but the policy's own examples."""

    @property
    def questions(self) -> int:
        """How often a judge is asked at most, rationales of flips aside."""
        return len(self.items) * (2 if self.against else 1)


def plan_alone(policy: Policy, against: Policy | None = None) -> Plan:
    """A trial on the policy's own examples."""
    others = (against,) if against else ()
    return Plan(policy, tuple(examples_of(policy, *others)), against)


async def plan_for(store: Store, guild_id: int, policy: Policy, against: Policy | None = None) -> Plan:
    """A trial on the policy's own examples, and on what people of a guild said under it.

    Against another version, texts that nobody has labelled are compared, too. Raises StoreUnavailable.
    """
    versions = (policy, against) if against else (policy,)
    labels = await store.labels(guild_id, policy.id)
    labelled = await store.labelled_texts(guild_id, policy.id, MOST_LABELLED)
    unlabelled = await store.unlabelled_texts(guild_id, policy.id, MOST_OPEN) if against else []
    return Plan(
        policy=policy,
        items=(*examples_of(*versions), *known_items([*labelled, *unlabelled], versions)),
        against=against,
        population=await _population(store, guild_id, policy.id, labels),
        left_out=len({label.message_id for label in labels}) - len({text.message.id for text in labelled}),
        guild_id=guild_id,
    )


async def _population(store: Store, guild_id: int, policy_id: str, labels: Sequence[Label]) -> Population:
    """What was counted of the versions that the labels are about."""
    tallies = [await store.tally(guild_id, policy_id, digest) for digest in _digests(labels)]
    return Population.of(tallies)


def _digests(labels: Iterable[Label]) -> list[str]:
    """Of the newest versions, each once."""
    return list(dict.fromkeys(label.digest for label in labels))[:_MOST_VERSIONS]
