"""Explanations for the tests of what is said of them."""

from inference.prefilter.explanation import (
    Explanation,
    Nearest,
    PolicyExplanation,
    Readings,
    ScoreExplanation,
    Weight,
)
from inference.prefilter.look import threshold_for
from inference.prefilter.suspicion import Evidence, EvidenceKind
from policies.policy import Example, Policy
from tests.bot.adapters import make_policy

COLD = threshold_for(0.05)
POLICY = make_policy().model_copy(
    update={
        "examples": (
            Example(text="you're trash, uninstall", verdict="R1"),
            Example(text="this boss is trash", verdict="allowed"),
        )
    }
)
CALM = make_policy("calm")
POLICIES = {policy.id: policy for policy in (POLICY, CALM)}


def evidence(kind: EvidenceKind, name: str, quote: str = "", **fields: object) -> Evidence:
    values = {"kind": kind, "name": name, "start": 0, "end": len(quote), "quote": quote}
    return Evidence.model_validate(values | fields)


KEYWORD = evidence(EvidenceKind.KEYWORD, "loser", "l0ser", reading="loser")


def scored(surprise: float, threshold: float = COLD, **fields: object) -> ScoreExplanation:
    values = {"parts": (), "words": (), "forbidden": None, "allowed": None} | fields
    return ScoreExplanation(surprise, threshold, **values)  # type: ignore[arg-type]


RICH = scored(
    2.2,
    parts=(Weight("words and meaning", 1.24), Weight("letter patterns", -0.4), Weight("own keywords", 0.01)),
    words=(Weight("pathetic", 1.1), Weight("raid", -0.7), Weight("you", 0.02)),
    forbidden=Nearest("you're trash, uninstall", 0.812),
    allowed=Nearest("this boss is trash", 0.4),
)


def explained(
    policy: Policy = POLICY, *forced: Evidence, score: ScoreExplanation | None = None
) -> PolicyExplanation:
    found = score or scored(0.5)
    return PolicyExplanation(policy.id, forced, found, bool(forced) or found.surprise >= found.threshold)


def explanation(
    *policies: PolicyExplanation,
    written: str = "you l0ser",
    light: str | None = None,
    coarse: tuple[str, ...] = (),
) -> Explanation:
    return Explanation(Readings(written, written.lower() if light is None else light, coarse), policies)


def hostile(text: str) -> tuple[Explanation, dict[str, Policy]]:
    """Every text that can be anybody's is this one, in more policies than anybody reads."""
    every = tuple(
        evidence(kind, text, text, reading=text, score=0.5)
        for kind in EvidenceKind
        if kind not in (EvidenceKind.AUDIT, EvidenceKind.SCORE)
    )
    weights = tuple(Weight(text, sign * 2.0) for sign in (1, -1) for _ in range(9))
    score = scored(9.0, parts=weights, words=weights, forbidden=Nearest(text, 1.0), allowed=Nearest(text, -1.0))
    title = " ".join(text.encode(errors="replace").decode().split())[:80] or "x"
    policies = {
        f"p{number}": POLICY.model_copy(update={"id": f"p{number}", "title": title}) for number in range(18)
    }
    found = tuple(explained(policy, *every * 2, score=score) for policy in policies.values())
    return explanation(*found, written=text, light=text + "a", coarse=(text + "b", text + "c")), policies
