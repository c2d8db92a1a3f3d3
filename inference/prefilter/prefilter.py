"""Which policies a message may break, and why: the first look at every message."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from inference.prefilter.explainer import Explainer, readings_of
from inference.prefilter.explanation import Explanation
from inference.prefilter.keywords import KeywordIndex
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.look import Look
from inference.prefilter.normalise import Normaliser, Reading
from inference.prefilter.prepared import GuildFilter, PreparedPolicy
from inference.prefilter.scores.features import Features
from inference.prefilter.scores.lesson import HeldOut
from inference.prefilter.scores.shelf import HeadShelf
from inference.prefilter.signals.domains import DomainList
from inference.prefilter.suspicion import Suspicion
from policies.policy import Mode, Policy

Thresholds = Mapping[str, float]
"""{policy id: the surprise from which its score alone is enough}."""


_WARMING = "h3llo w*rld, an example \N{GRINNING FACE} at https://example.org/ \N{CYRILLIC SMALL LETTER A}b"


@dataclass(frozen=True, slots=True)
class _Parts:
    keywords: KeywordIndex | None
    guilds: Mapping[int, GuildFilter]


class Prefilter:
    """The policies of all guilds, ready to be held against texts.

    Immutable once built and safe to share between threads: a change of a policy builds a new one and swaps it in.
    Policies whose mode is OFF are left out. Where a policy holds (its scope) is the caller's business.
    """

    def __init__(self, keywords: KeywordIndex, guilds: Mapping[int, GuildFilter], knowledge: Knowledge) -> None:
        self._keywords = keywords
        self._guilds = guilds
        self._knowledge = knowledge
        self._normaliser = Normaliser.shipped()

    @classmethod
    def build(
        cls,
        policies_by_guild: Mapping[int, Sequence[Policy]],
        knowledge: Knowledge,
        previous: "Prefilter | None" = None,
        domains: DomainList | None = None,
        shelf: HeadShelf | None = None,
    ) -> "Prefilter":
        """Prepare the policies of all guilds. What `previous` knows of unchanged policies is taken over.

        `domains`: those known for phishing, the shipped ones if left out. `shelf`: where fitted scores are kept
        between starts.

        Raises:
            PatternError: RE2 cannot take a pattern.
        """
        active = {
            guild_id: [policy for policy in policies if policy.mode is not Mode.OFF]
            for guild_id, policies in policies_by_guild.items()
        }
        known = previous.parts(knowledge) if previous else _Parts(None, {})
        pairs = {guild_id: _keywords(policies) for guild_id, policies in active.items()}
        index = KeywordIndex.build(pairs, Normaliser.shipped(), known.keywords)
        builder = _Builder(knowledge, domains or DomainList.shipped(), known.guilds, shelf)
        guilds = {guild_id: builder.guild(guild_id, policies) for guild_id, policies in active.items() if policies}
        built = cls(index, guilds, knowledge)
        built._warm_up()
        return built

    def parts(self, knowledge: Knowledge) -> "_Parts":
        """What was prepared with this knowledge, for a new prefilter to take over."""
        return _Parts(self._keywords, self._guilds) if self._knowledge is knowledge else _Parts(None, {})

    @property
    def digests(self) -> frozenset[str]:
        """Those of all policies that are not off."""
        return frozenset(digest for guild in self._guilds.values() for digest in guild.digests)

    def _warm_up(self) -> None:
        """Have the tables read now that the first message with a link, an emoji or a disguise would wait for."""
        for guild_id in self._guilds:
            self.look(guild_id, _WARMING)
            return

    def look(self, guild_id: int, text: str, policy_ids: Collection[str] | None = None) -> tuple[Look, ...]:
        """What each policy finds in a text, in the order of the guild's policies.

        `policy_ids` restricts them to some policies. Never raises, whatever the text: at most `MAX_CHARACTERS`
        of it are read, lone surrogates read (and are quoted) as U+FFFD. An unknown guild has no policies.
        """
        guild = self._guilds.get(guild_id)
        wanted = () if guild is None else _places(guild, policy_ids)
        if guild is None or not wanted:
            return ()
        reading = self._normaliser.read(text)
        return self._looks(guild_id, wanted, reading, self._knowledge.featuriser.of(reading))

    def inspect(
        self, guild_id: int, text: str, policy_ids: Collection[str] | None = None
    ) -> tuple[Suspicion, ...]:
        """The suspicions that a text raises by the policies' own flag rates, as `look` finds them."""
        looks = self.look(guild_id, text, policy_ids)
        if not looks:
            return ()
        thresholds = self._guilds[guild_id].thresholds
        found = [look.suspicion(thresholds[look.policy_id]) for look in looks]
        return tuple(filter(None, found))

    def held_out(self, guild_id: int, policy_id: str) -> HeldOut:
        """How a policy's own examples would score if it did not have them. Takes some fits: up to a second.

        Raises:
            KeyError: the guild has no such policy, or it is off.
        """
        return HeldOut.of(self._guilds[guild_id].prepared[policy_id].policy, self._knowledge)

    def explain(
        self,
        guild_id: int,
        text: str,
        policy_ids: Collection[str] | None = None,
        thresholds: Thresholds | None = None,
    ) -> Explanation:
        """Every step that `look` takes for a text, and why. `thresholds`: the policies' own flag rates, if left
        out."""
        guild = self._guilds.get(guild_id)
        reading = self._normaliser.read(text)
        wanted = () if guild is None else _places(guild, policy_ids)
        if guild is None or not wanted:
            return Explanation(readings_of(reading), ())
        features = self._knowledge.featuriser.of(reading)
        explainer = Explainer(guild, self._knowledge.featuriser, reading, features)
        looks = self._looks(guild_id, wanted, reading, features)
        asked = {**guild.thresholds, **(thresholds or {})}
        return Explanation(readings_of(reading), explainer.policies(looks, asked))

    def _looks(
        self, guild_id: int, wanted: Sequence[int], reading: Reading, features: Features
    ) -> tuple[Look, ...]:
        guild = self._guilds[guild_id]
        forced = guild.forced(reading, self._keywords.find(guild_id, reading))
        return guild.looks(wanted, reading, features, forced)


class _Builder:
    """Prepares each policy once, however many guilds have it."""

    def __init__(
        self,
        knowledge: Knowledge,
        domains: DomainList,
        known: Mapping[int, GuildFilter],
        shelf: HeadShelf | None,
    ) -> None:
        self._shelf = shelf
        self._knowledge = knowledge
        self._domains = domains
        self._known = known
        guilds = {id(guild): guild for guild in known.values()}.values()
        self._prepared = {item.digest: item for guild in guilds for item in guild.prepared.values()}
        self._built = {guild.digests: guild for guild in guilds if guild.domains is domains}

    def guild(self, guild_id: int, policies: Sequence[Policy]) -> GuildFilter:
        known = self._known.get(guild_id)
        if known is not None and known.policies == tuple(policies) and known.domains is self._domains:
            return known
        digests = tuple(policy.digest for policy in policies)
        if digests not in self._built:
            prepared = [self._prepare(policy, digest) for policy, digest in zip(policies, digests, strict=True)]
            self._built[digests] = GuildFilter(prepared, self._knowledge, self._domains)
        return self._built[digests]

    def _prepare(self, policy: Policy, digest: str) -> PreparedPolicy:
        if digest not in self._prepared:
            self._prepared[digest] = PreparedPolicy.of(policy, digest, self._knowledge, self._shelf)
        return self._prepared[digest]


def _keywords(policies: Sequence[Policy]) -> list[tuple[str, str]]:
    return [(policy.id, keyword) for policy in policies for keyword in policy.prefilter.keywords]


def _places(guild: GuildFilter, policy_ids: Collection[str] | None) -> Sequence[int]:
    if policy_ids is None:
        return range(len(guild.policies))
    return [number for number, policy_id in enumerate(guild.policy_ids) if policy_id in policy_ids]
