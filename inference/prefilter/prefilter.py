"""Which policies a message may break, and why: the first look at every message."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from inference.prefilter.embedding import Embedder
from inference.prefilter.keywords import KeywordHit, KeywordIndex
from inference.prefilter.normalise import Normaliser, Reading
from inference.prefilter.patterns import PatternHit, PatternSet
from inference.prefilter.similarity import Background, Likeness, Profile, Similarity
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Mode, Policy

MAX_EVIDENCE = 16
"""Reasons kept for each policy."""


@dataclass(frozen=True, slots=True)
class _Guild:
    policies: tuple[Policy, ...]
    patterns: PatternSet
    similarity: Similarity


class Prefilter:
    """The policies of all guilds, ready to be held against texts.

    Immutable once built and safe to share between threads: a change of a policy builds a new one and swaps it in.
    Policies whose mode is OFF are left out. Where a policy holds (its scope) is the caller's business.
    """

    def __init__(
        self,
        keywords: KeywordIndex,
        guilds: Mapping[int, _Guild],
        normaliser: Normaliser,
        embedder: Embedder,
    ) -> None:
        self._keywords = keywords
        self._guilds = guilds
        self._normaliser = normaliser
        self._embedder = embedder

    @classmethod
    def build(
        cls,
        policies_by_guild: Mapping[int, Sequence[Policy]],
        embedder: Embedder,
        previous: "Prefilter | None" = None,
    ) -> "Prefilter":
        """Prepare the policies of all guilds. What `previous` knows of unchanged policies is taken over.

        Raises:
            PatternError: RE2 cannot take a pattern.
        """
        normaliser = Normaliser.shipped()
        active = {
            guild_id: [policy for policy in policies if policy.mode is not Mode.OFF]
            for guild_id, policies in policies_by_guild.items()
        }
        keywords = KeywordIndex.build(
            {guild: _keywords(policies) for guild, policies in active.items()}, normaliser
        )
        known = {} if previous is None else previous.prepared(embedder)
        guilds = {
            guild_id: _unchanged(known.get(guild_id), policies) or _guild(policies, embedder, normaliser)
            for guild_id, policies in active.items()
        }
        return cls(keywords, guilds, normaliser, embedder)

    def prepared(self, embedder: Embedder) -> Mapping[int, _Guild]:
        """What was prepared for each guild with this embedder, for a new prefilter to take over."""
        return self._guilds if self._embedder is embedder else {}

    def inspect(
        self, guild_id: int, text: str, policy_ids: Collection[str] | None = None
    ) -> tuple[Suspicion, ...]:
        """The suspicions that a text raises, one per policy, in the order of the guild's policies.

        `policy_ids` restricts them to some policies. Never raises, whatever the text: at most `MAX_CHARACTERS`
        of it are read, lone surrogates read (and are quoted) as U+FFFD. An unknown guild has no policies.
        """
        guild = self._guilds.get(guild_id)
        wanted = () if guild is None else _wanted(guild.policies, policy_ids)
        if guild is None or not wanted:
            return ()
        evidence = self._evidence(guild_id, guild, self._normaliser.read(text))
        return tuple(
            Suspicion(policy_id=policy_id, evidence=tuple(evidence[policy_id][:MAX_EVIDENCE]))
            for policy_id in wanted
            if policy_id in evidence
        )

    def _evidence(self, guild_id: int, guild: _Guild, reading: Reading) -> dict[str, list[Evidence]]:
        evidence: dict[str, list[Evidence]] = defaultdict(list)
        for hit in self._keywords.find(guild_id, reading):
            evidence[hit.keyword.policy_id].append(_keyword_evidence(hit, reading))
        for match in guild.patterns.find(reading):
            evidence[match.pattern.policy_id].append(_pattern_evidence(match, reading))
        for likeness in guild.similarity.find(reading.light.text):
            evidence[likeness.policy_id].append(_likeness_evidence(likeness, reading))
        return evidence


def _wanted(policies: tuple[Policy, ...], policy_ids: Collection[str] | None) -> tuple[str, ...]:
    return tuple(policy.id for policy in policies if policy_ids is None or policy.id in policy_ids)


def _unchanged(known: _Guild | None, policies: Sequence[Policy]) -> _Guild | None:
    return known if known is not None and known.policies == tuple(policies) else None


def _guild(policies: Sequence[Policy], embedder: Embedder, normaliser: Normaliser) -> _Guild:
    background = Background.shipped(embedder, normaliser)
    profiles = [Profile.of(policy, embedder, normaliser, background) for policy in policies]
    return _Guild(tuple(policies), _patterns(policies), Similarity(profiles, embedder, background.whitening))


def _keywords(policies: Sequence[Policy]) -> list[tuple[str, str]]:
    return [(policy.id, keyword) for policy in policies for keyword in policy.prefilter.keywords]


def _patterns(policies: Sequence[Policy]) -> PatternSet:
    return PatternSet.build([(policy.id, pattern) for policy in policies for pattern in policy.prefilter.patterns])


def _keyword_evidence(hit: KeywordHit, reading: Reading) -> Evidence:
    return Evidence(
        kind=EvidenceKind.KEYWORD,
        name=hit.keyword.name,
        start=hit.start,
        end=hit.end,
        quote=reading.written[hit.start : hit.end],
        reading=hit.reading,
    )


def _pattern_evidence(hit: PatternHit, reading: Reading) -> Evidence:
    return Evidence(
        kind=EvidenceKind.PATTERN,
        name=hit.pattern.name,
        start=hit.start,
        end=hit.end,
        quote=reading.written[hit.start : hit.end],
    )


def _likeness_evidence(likeness: Likeness, reading: Reading) -> Evidence:
    return Evidence(
        kind=likeness.nearest.kind,
        name=likeness.nearest.name,
        start=0,
        end=len(reading.written),
        quote=reading.written,
        score=likeness.cosine,
    )
