"""What the keywords and patterns of a policy find, without the prefilter's folding of disguises."""

import re

from policies.patterns import compile_pattern
from policies.policy import Policy


def forces_a_look(policy: Policy, text: str) -> bool:
    """Keywords as whole words, `*` for any letters, and patterns."""
    keywords = (re.escape(word.casefold()).replace(r"\*", r"\w*") for word in policy.prefilter.keywords)
    by_keyword = re.search(rf"(?<!\w)(?:{'|'.join(keywords)})(?!\w)", text.casefold())
    return bool(by_keyword) or finds(policy, text)


def finds(policy: Policy, text: str) -> bool:
    """Whether one of its patterns fits."""
    return any(compile_pattern(pattern).search(text) for pattern in policy.prefilter.patterns)
