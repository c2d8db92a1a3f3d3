"""One policy, and the policies of one guild, ready to be held against texts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from inference.prefilter.keywords import KeywordHit
from inference.prefilter.knowledge import Knowledge
from inference.prefilter.look import Look, threshold_for
from inference.prefilter.normalise import Normaliser, Reading
from inference.prefilter.patterns import PatternHit, PatternSet
from inference.prefilter.scores.features import Features
from inference.prefilter.scores.head import Head
from inference.prefilter.scores.lesson import Learned
from inference.prefilter.scores.likeness import Anchor, Anchors, AnchorTable
from inference.prefilter.scores.panel import Panel, Scored
from inference.prefilter.scores.shelf import HeadShelf
from inference.prefilter.signals.domains import DomainList
from inference.prefilter.signals.signals import Signals
from inference.prefilter.suspicion import Evidence, EvidenceKind
from policies.policy import Policy

MAX_EVIDENCE = 16
"""Reasons kept for each policy."""
NEAR_COPY = 0.9
"""The cosine from which a text is taken for a copy: of a violating example, and suspicious whatever its score;
of an allowed one, and not suspicious."""
POINTED_AT = 0.35
"""The cosine from which a suspicious score points at the nearest example or rule: nearer than chance."""
SCORE_NAME = "score"
FURTHEST_BELOW = 0.75
"""A surprise so much lower than the policy's cold threshold flags nothing, however a guild's own threshold moves.
"""

Found = dict[str, list[Evidence]]
"""By policy id."""


@dataclass(frozen=True, slots=True)
class PreparedPolicy:
    """What was worked out for one policy, which depends on nothing but its words."""

    policy: Policy
    digest: str
    head: Head
    anchors: Anchors
    spelled: Mapping[str, Anchor]
    """The examples by how they read (`_spelled`)."""

    @classmethod
    def of(
        cls, policy: Policy, digest: str, knowledge: Knowledge, shelf: HeadShelf | None = None
    ) -> "PreparedPolicy":
        """Fit the policy's score, in tens of milliseconds, or take it from the shelf."""
        learned = shelf.learned(policy, digest, knowledge) if shelf else Learned.of(policy, knowledge)
        examples = (anchor for anchor in learned.anchors.items if anchor.kind is EvidenceKind.EXAMPLE)
        spelled = {_spelled(Normaliser.shipped().folded(anchor.name)): anchor for anchor in examples}
        return cls(policy, digest, learned.head, learned.anchors, spelled)


class _Held:
    """One text, held against all policies of a guild. What few texts need is worked out when it is asked for."""

    __slots__ = ("_anchors", "_by_score", "_nearest", "may_be_copy", "reading", "same", "scored", "surprises")

    def __init__(self, reading: Reading, scored: Scored, anchors: AnchorTable, same: Mapping[int, Anchor]) -> None:
        """`same`: examples that read the same, by policy: word vectors know no other language than English."""
        self.reading = reading
        self.scored = scored
        self.same = same
        self.surprises: list[float] = scored.surprises.tolist()
        """By policy."""
        self.may_be_copy = bool(np.maximum.reduce(scored.cosines) >= NEAR_COPY)
        """Whether it is so near to anything of any policy."""
        self._anchors = anchors
        self._nearest: list[float] | None = None
        self._by_score: Evidence | None = None

    def points_at(self, number: int) -> bool:
        """Whether any of a policy's rules and violating examples is near."""
        if self._nearest is None:
            self._nearest = self._anchors.nearest_cosines(self.scored.cosines).tolist()
        return self._nearest[number] >= POINTED_AT

    def by_score(self) -> Evidence:
        """What speaks for a suspicion that nothing is near to: one for all policies."""
        if self._by_score is None:
            self._by_score = _whole(EvidenceKind.SCORE, SCORE_NAME, None, self.reading)
        return self._by_score


class GuildFilter:
    """The policies of a guild, but for their keywords, which all guilds share. Immutable."""

    def __init__(self, prepared: Sequence[PreparedPolicy], knowledge: Knowledge, domains: DomainList) -> None:
        """At least one policy. Raises PatternError if RE2 cannot take a pattern."""
        self.policies = tuple(item.policy for item in prepared)
        self.policy_ids = tuple(policy.id for policy in self.policies)
        self.digests = tuple(item.digest for item in prepared)
        self.prepared = {item.policy.id: item for item in prepared}
        self.domains = domains
        self._patterns = PatternSet.build(list(_named_patterns(self.policies)))
        self.patterns_reach = self._patterns.reach
        self._signals = Signals.build(self.policies, domains)
        self._anchors = AnchorTable([item.anchors for item in prepared])
        self.panel = Panel([item.head for item in prepared], self._anchors, knowledge.generic)
        self._same: dict[str, dict[int, Anchor]] = defaultdict(dict)
        for number, item in enumerate(prepared):
            for spelling, anchor in item.spelled.items():
                self._same[spelling][number] = anchor
        self.thresholds = {policy.id: threshold_for(policy.prefilter.flag_rate) for policy in self.policies}
        """{policy id: the surprise from which its score alone is enough, by its own flag rate}."""
        self._floors = [max(self.thresholds[policy_id] - FURTHEST_BELOW, 0) for policy_id in self.policy_ids]

    def forced(self, reading: Reading, keywords: Iterable[KeywordHit]) -> Found:
        """What forces a look, by exact matches."""
        found: Found = {}
        for hit in keywords:
            found.setdefault(hit.keyword.policy_id, []).append(_keyword_evidence(hit, reading))
        for match in self._patterns.find(reading):
            found.setdefault(match.pattern.policy_id, []).append(_pattern_evidence(match, reading))
        for policy_id, evidence in self._signals.find(reading.written, reading.light):
            found.setdefault(policy_id, []).append(evidence)
        return found

    def looks(
        self, numbers: Sequence[int], reading: Reading, features: Features, forced: Found
    ) -> tuple[Look, ...]:
        """The looks of some of the guild's policies, by their places in `policies`."""
        same = self._same.get(_spelled(reading.light.text), {})
        text = _Held(reading, self.panel.score(features), self._anchors, same)
        looks = []
        for number in numbers:
            policy_id, surprise = self.policy_ids[number], text.surprises[number]
            exact = tuple(forced[policy_id][:MAX_EVIDENCE]) if policy_id in forced else ()
            if surprise > self._floors[number] or same or text.may_be_copy:
                looks.append(self._look(number, text, exact))
            else:
                looks.append(Look(policy_id, exact, surprise))
        return tuple(looks)

    def nearest(self, number: int, scored: Scored, *, violating: bool) -> tuple[Anchor, float] | None:
        """What of a policy is nearest to a text, and its cosine."""
        return self._anchors.nearest(number, scored.cosines, violating=violating)

    def _look(self, number: int, text: _Held, exact: tuple[Evidence, ...]) -> Look:
        """At a text whose score may be enough, or that may be a copy."""
        policy_id, surprise = self.policy_ids[number], text.surprises[number]
        copied = self._copied(number, text)
        if copied is not None and copied[0].violates:
            return Look(policy_id, (*exact, _likeness(*copied, text.reading)), surprise)
        if copied is not None:
            return Look(policy_id, exact, copied=copied[0].name)
        learned = self._learned(number, text) if surprise > self._floors[number] else None
        return Look(policy_id, exact, surprise, learned)

    def _copied(self, number: int, text: _Held) -> tuple[Anchor, float] | None:
        """The example that a text is a copy of, if it is."""
        if number in text.same:
            return text.same[number], 1.0
        if not text.may_be_copy:
            return None
        either = [self.nearest(number, text.scored, violating=violating) for violating in (True, False)]
        best = max((found for found in either if found), key=lambda found: found[1])
        return best if best[0].kind is EvidenceKind.EXAMPLE and best[1] >= NEAR_COPY else None

    def _learned(self, number: int, text: _Held) -> Evidence:
        """What the score points at."""
        nearest = self.nearest(number, text.scored, violating=True) if text.points_at(number) else None
        return _likeness(*nearest, text.reading) if nearest else text.by_score()


def _spelled(light: str) -> str:
    return " ".join(light.split())


def _named_patterns(policies: Sequence[Policy]) -> Iterator[tuple[str, str]]:
    for policy in policies:
        for pattern in policy.prefilter.patterns:
            yield policy.id, pattern


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


def _likeness(anchor: Anchor, cosine: float, reading: Reading) -> Evidence:
    return _whole(anchor.kind, anchor.name, cosine, reading)


def _whole(kind: EvidenceKind, name: str, score: float | None, reading: Reading) -> Evidence:
    """Evidence that is about the text as a whole."""
    return Evidence(kind=kind, name=name, start=0, end=len(reading.written), quote=reading.written, score=score)
