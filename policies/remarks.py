"""What the linter says of a policy, as data. `bot.guilds.advice` says it in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Concern(StrEnum):
    """What weakens a policy although it is valid. The words in brackets are the keys of a remark's values."""

    TOO_LONG = "too long"
    """More tokens than a judge follows well. (tokens, most)"""
    TOO_SHORT = "too short"
    """So few tokens that the judge has to guess. (tokens, fewest)"""
    FEELING = "feeling"
    """A word tells how something feels, not what is said. (rule, word)"""
    DEGREE = "degree"
    """A word says "too much" without how much. (rule, word)"""
    HEDGE = "hedge"
    """A word makes a rule hold now and then. (rule, word)"""
    OPEN_END = "open end"
    """A word leaves the rest to the reader. (rule, word)"""
    RULES_ALIKE = "rules alike"
    """Two rules say nearly the same. (rule, other)"""
    RULE_ALLOWED = "rule allowed"
    """A rule and an allowed case say nearly the same. (rule, case)"""
    TERM_TWICE = "term twice"
    """One term belongs to two rules. (term, rule, other)"""
    UNRATED = "unrated"
    """A rule says neither how bad it is nor what to do. (rule)"""
    NO_SUGGESTION = "no suggestion"
    """A rule does not say what a moderator may want to do. (rule)"""
    NOTHING_ALLOWED = "nothing allowed"
    """No allowed case is written down. ()"""
    NO_EXAMPLES = "no examples"
    """There is no example at all. ()"""
    NO_ALLOWED_EXAMPLE = "no allowed example"
    """All examples break a rule. ()"""
    RULE_WITHOUT_EXAMPLE = "rule without example"
    """No example breaks this rule. (rule)"""
    CONTRADICTION = "contradiction"
    """One text has two verdicts. (example, verdict, other)"""
    REPETITION = "repetition"
    """One text stands there twice. (example)"""
    FITS_ANOTHER = "fits another"
    """An example of one rule holds a term of another. (example, verdict, other, term)"""
    NONE_SHOWN = "none shown"
    """The judge reads no example. ()"""
    ONE_SIDE_SHOWN = "one side shown"
    """The examples that the judge reads are all of one side. ()"""
    MANY_OF_ONE = "many of one"
    """The judge reads many examples of one verdict. (verdict, count)"""
    WILDCARD_INSIDE = "wildcard inside"
    """A `*` inside a keyword, where it stands for itself. (keyword)"""
    FITS_EMPTY = "fits empty"
    """A pattern that fits an empty text. (pattern)"""


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that an author may want to change."""

    concern: Concern
    values: Mapping[str, str | int] = field(default_factory=dict)
    """What the concern's description names. Texts are the author's own: whoever shows them escapes them."""
