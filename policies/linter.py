"""Reads a valid policy as an experienced moderator would, and says what weakens it. Pure.

Length, examples of both sides and precise criteria follow OpenAI's gpt-oss-safeguard guide.
"""

from collections.abc import Iterator

from policies.lint_examples import remarks_on_examples
from policies.lint_rules import remarks_on_rules
from policies.patterns import compile_pattern
from policies.policy import Policy
from policies.remarks import Concern, Remark

__all__ = ["FEWEST_TOKENS", "MOST_TOKENS", "Concern", "Remark", "lint"]

FEWEST_TOKENS, MOST_TOKENS = 400, 650
"""Between these a policy is long enough to be clear and short enough to be followed (OpenAI's safeguard guide)."""
_ORDER = {
    concern: place
    for place, concern in enumerate(
        (
            Concern.CONTRADICTION,
            Concern.RULE_ALLOWED,
            Concern.RULES_ALIKE,
            Concern.NOTHING_ALLOWED,
            Concern.NO_EXAMPLES,
            Concern.NO_ALLOWED_EXAMPLE,
        )
    )
}
"""What misleads the judge most comes first; the rest as it is found."""


def lint(policy: Policy, tokens: int | None = None) -> tuple[Remark, ...]:
    """What its author may want to change, the weightiest first. `tokens`: its length for the model, if known."""
    found = [
        *_length(tokens),
        *remarks_on_rules(policy),
        *remarks_on_examples(policy),
        *_triggers(policy),
    ]
    return tuple(sorted(found, key=lambda remark: _ORDER.get(remark.concern, len(_ORDER))))


def _length(tokens: int | None) -> Iterator[Remark]:
    if tokens is not None and tokens > MOST_TOKENS:
        yield Remark(Concern.TOO_LONG, {"tokens": tokens, "most": MOST_TOKENS})
    if tokens is not None and tokens < FEWEST_TOKENS:
        yield Remark(Concern.TOO_SHORT, {"tokens": tokens, "fewest": FEWEST_TOKENS})


def _triggers(policy: Policy) -> Iterator[Remark]:
    """What RE2 and the keywords take, and the author hardly means."""
    for keyword in policy.prefilter.keywords:
        if "*" in keyword.strip("*"):
            yield Remark(Concern.WILDCARD_INSIDE, {"keyword": keyword})
    for pattern in policy.prefilter.patterns:
        if compile_pattern(pattern).search("") is not None:
            yield Remark(Concern.FITS_EMPTY, {"pattern": pattern})
