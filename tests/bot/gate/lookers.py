"""A prefilter for the gate's tests: it reads the surprise out of the text (`2.5 hello`) and knows keywords."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from bot.gate.gate import Gate, GateInspector, watched_book
from inference.prefilter.explanation import Explanation, PolicyExplanation, Readings, ScoreExplanation
from inference.prefilter.look import Look, threshold_for
from inference.prefilter.suspicion import Evidence, EvidenceKind
from policies.policy import Policy
from tests.bot.adapters import GUILD


@dataclass(frozen=True)
class Examples:
    violating: tuple[float, ...] = ()
    allowed: tuple[float, ...] = ()
    knows_language: bool = True


@dataclass(frozen=True)
class NumberLooker:
    policies: Mapping[int, Sequence[Policy]]
    examples: Examples = Examples()

    def look(self, guild_id: int, text: str, policy_ids: Collection[str] | None = None) -> tuple[Look, ...]:
        asked = [it for it in self.policies.get(guild_id, ()) if policy_ids is None or it.id in policy_ids]
        return tuple(self._look(policy, text) for policy in asked)

    def held_out(self, guild_id: int, policy_id: str) -> Examples:
        assert policy_id in {policy.id for policy in self.policies[guild_id]}
        return self.examples

    def explain(
        self,
        guild_id: int,
        text: str,
        policy_ids: Collection[str] | None = None,
        thresholds: Mapping[str, float] | None = None,
    ) -> Explanation:
        known = thresholds or {}
        looks = self.look(guild_id, text, policy_ids)
        found = tuple(_explained(look, known.get(look.policy_id, COLD)) for look in looks)
        return Explanation(Readings(text, text.lower(), ()), found)

    def _look(self, policy: Policy, text: str) -> Look:
        found = [word for word in policy.prefilter.keywords if word in text]
        forced = tuple(evidence(EvidenceKind.KEYWORD, word, text) for word in found)
        surprise = float(text.split()[0]) if text[:1].isdigit() else 0.0
        learned = evidence(EvidenceKind.SCORE, "score", text) if surprise else None
        return Look(policy.id, forced, surprise, learned)


COLD = threshold_for(0.05)


def _explained(look: Look, threshold: float) -> PolicyExplanation:
    score = ScoreExplanation(look.surprise, threshold, (), (), None, None)
    return PolicyExplanation(look.policy_id, look.forced, score, look.suspicion(threshold) is not None)


def evidence(kind: EvidenceKind, name: str, text: str) -> Evidence:
    return Evidence(kind=kind, name=name, start=0, end=len(text), quote=text)


class Timer:
    """Seconds that a test turns by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def make_gate(audit_rate: float = 0.0, timer: Timer | None = None) -> Gate:
    return Gate(timer or Timer(), audit_rate, Random(1))


def inspector_of(gate: Gate, *policies: Policy, guild_id: int = GUILD) -> GateInspector:
    book = {guild_id: policies}
    return GateInspector(gate, NumberLooker(book), watched_book(book))
