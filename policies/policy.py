"""A moderation policy as its authors mean it: rules, allowed cases, examples and how to look for them.

`policies.document` reads and writes these values as YAML; nothing here knows about files.
"""

import hashlib
import re
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, field_validator, model_validator

from policies.constraints import (
    MAX_KEYWORDS,
    a_pair,
    limited_in_all,
    more_than_wildcards,
    not_blank,
    rising,
    valid_pattern,
    within_longest_timeout,
    without_hidden_characters,
    without_repeats,
)
from policies.frozen import Frozen
from policies.signals import MAX_SIGNALS, Signal, one_of_a_kind, parse_signal, tidy_signal

ALLOWED = "allowed"
"""The verdict of an example that breaks no rule."""

MAX_SHOWN_EXAMPLES = 6
"""How many examples are rendered into the prompt at most (4-6 boundary examples work best: OpenAI's guide)."""

Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, pattern=r"^[^\r\n]*\S[^\r\n]*$"),
    AfterValidator(without_hidden_characters),
]
"""One line of prose."""
Word = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, pattern=r"^[^\r\n,]*[^\r\n,\s][^\r\n,]*$"),
    AfterValidator(without_hidden_characters),
]
"""A listed term or keyword; no commas, since lists of them are joined with commas."""
PolicyId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
"""The file name without its ending; it appears in commands and in the store."""
RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,15}$")]
"""What a verdict cites, `H1` for instance."""
Probability = Annotated[float, Field(ge=0, le=1)]
Snowflake = Annotated[int, Field(ge=1, lt=2**63)]
"""A Discord id."""
Suggestion = Annotated[
    str,
    StringConstraints(pattern=r"^(delete|warn|kick|ban|timeout [1-9][0-9]{0,2}[mhd])$"),
    AfterValidator(within_longest_timeout),
]
"""What a moderator may want to do: a suggestion on the card, never an automatic action."""
SignalLine = Annotated[str, AfterValidator(tidy_signal)]
"""A line of `signals`, as `policies.signals` reads it."""


class Mode(StrEnum):
    """How much a policy does."""

    OFF = "off"
    """Nothing is looked at."""
    SHADOW = "shadow"
    """Messages are judged and counted, no card is shown."""
    LIVE = "live"
    """Violations become cards."""


class Care(StrEnum):
    """How cases of a policy are handled by people, beside deciding on them."""

    USUAL = "usual"
    """As any other."""
    SUPPORT = "support"
    """Where the cited rules suggest no sanction, the member is offered help instead of one."""
    WITHHOLD = "withhold"
    """What was written is never shown again, to nobody: it may be a crime to pass it on."""


class Severity(StrEnum):
    """How bad a violation is, for the order in which people see cases."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Effort(StrEnum):
    """How long the model may reason (the harmony system message's `Reasoning:` line)."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    AUTO = "auto"
    """Low; and once more at a higher effort where low is unsure."""


class Rule(Frozen):
    """One thing that members must not do."""

    id: RuleId
    text: Line
    terms: Annotated[tuple[Word, ...], AfterValidator(without_repeats)] = Field(default=(), max_length=40)
    """A reference list that the judge reads (names, slang, slurs). Not a trigger: see `Prefilter.keywords`."""
    severity: Severity = Severity.MEDIUM
    suggest: tuple[Suggestion, ...] = Field(default=(), max_length=4)


class Example(Frozen):
    """A message and what this policy says of it: a rule id, or `allowed`."""

    text: Annotated[
        str,
        StringConstraints(min_length=1, max_length=2000),
        AfterValidator(not_blank),
        AfterValidator(without_hidden_characters),
    ]
    verdict: RuleId
    note: Line | None = None
    show: bool = False
    """Whether the example is rendered into the prompt. All examples feed the prefilter and the policy's tests."""

    @property
    def violates(self) -> bool:
        """Whether the message breaks a rule."""
        return self.verdict != ALLOWED


class Scope(Frozen):
    """Where a policy holds. Empty `channels` means everywhere."""

    channels: tuple[Snowflake, ...] = Field(default=(), max_length=500)
    except_channels: tuple[Snowflake, ...] = Field(default=(), max_length=500)
    except_roles: tuple[Snowflake, ...] = Field(default=(), max_length=500)

    def covers(self, channel_ids: frozenset[int], role_ids: frozenset[int]) -> bool:
        """Whether a message in this channel, by a member with these roles, is looked at.

        A message in a thread is in two: the thread and the channel that it belongs to.
        """
        listed = not self.channels or not channel_ids.isdisjoint(self.channels)
        excepted = not channel_ids.isdisjoint(self.except_channels)
        return listed and not excepted and role_ids.isdisjoint(self.except_roles)


class Prefilter(Frozen):
    """What makes a message worth the model's time."""

    keywords: Annotated[
        tuple[Annotated[Word, AfterValidator(more_than_wildcards)], ...], AfterValidator(without_repeats)
    ] = Field(default=(), max_length=MAX_KEYWORDS)
    """Words or phrases; each one forces a look. `*` at either end stands for any letters."""
    patterns: Annotated[
        tuple[Annotated[Line, AfterValidator(valid_pattern)], ...], BeforeValidator(limited_in_all)
    ] = Field(default=(), max_length=50)
    """RE2 expressions, matched on the text as written and on its folded view."""
    signals: Annotated[tuple[SignalLine, ...], AfterValidator(one_of_a_kind)] = Field(
        default=(), max_length=MAX_SIGNALS
    )
    """What besides words forces a look: links, mentions, repeats. One line for each kind at most."""
    flag_rate: float = Field(default=0.05, gt=0, le=1)
    """The share of ordinary messages that similarity alone may flag."""

    @property
    def parsed_signals(self) -> tuple[Signal, ...]:
        """What the lines of `signals` stand for, in their order."""
        return tuple(map(parse_signal, self.signals))


class Judging(Frozen):
    """How the model is asked. `unsure` and `second_effort` are for `effort: auto` only."""

    effort: Effort = Effort.LOW
    context: int = Field(default=4, ge=0, le=10)
    """How many earlier messages of the channel the model sees."""
    threshold: float = Field(default=0.5, gt=0, lt=1)
    """The label is "violation" when its probability is at least this."""
    unsure: Annotated[tuple[Probability, Probability], BeforeValidator(a_pair), AfterValidator(rising)] = (
        0.2,
        0.8,
    )
    """A look at low effort whose probability lies between these two, both included, is followed by another."""
    second_effort: Literal[Effort.MEDIUM, Effort.HIGH] = Effort.MEDIUM
    """How long the model may reason when it looks again."""

    @model_validator(mode="after")
    def _second_look_makes_sense(self) -> Self:
        if self.effort is not Effort.AUTO and (self.unsure, self.second_effort) != SECOND_LOOK_DEFAULTS:
            raise ValueError("`unsure` and `second_effort` do nothing without `effort: auto`")
        if self.effort is Effort.AUTO and not self.is_unsure(self.threshold):
            raise ValueError("`threshold` must lie between the two numbers of `unsure`")
        return self

    def is_unsure(self, probability: float) -> bool:
        """Whether a look at low effort with this result is followed by another."""
        lower, upper = self.unsure
        return lower <= probability <= upper


SECOND_LOOK_DEFAULTS = (Judging.model_fields["unsure"].default, Judging.model_fields["second_effort"].default)
_SECOND_LOOK = {"judge": {"unsure", "second_effort"}}
"""What only `effort: auto` reads: the digests of all other policies are what they were before these keys."""
_SIGNALS = {"prefilter": {"signals"}}
"""Left out where there are none: such a policy's digest is what it was before this key."""
_CARE: dict[str, Any] = {"care": True}
"""Left out where it is the usual one, for the same reason."""


class Policy(Frozen):
    """Everything one policy says. Rule ids are unique and every example cites one of them or `allowed`."""

    id: PolicyId
    format: Literal[1] = 1
    title: Annotated[Line, StringConstraints(max_length=80)]
    mode: Mode = Mode.LIVE
    care: Care = Care.USUAL
    goal: Line
    definitions: dict[Word, Line] = Field(default_factory=dict, max_length=20)
    rules: tuple[Rule, ...] = Field(min_length=1, max_length=20)
    allowed: tuple[Line, ...] = Field(default=(), max_length=30)
    examples: tuple[Example, ...] = Field(default=(), max_length=400)
    scope: Scope = Scope()
    prefilter: Prefilter = Prefilter()
    judge: Judging = Judging()

    @field_validator("rules")
    @classmethod
    def _rule_ids_are_unique(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        seen: set[str] = set()
        for rule in rules:
            if rule.id == ALLOWED:
                raise ValueError(f'a rule may not be called "{ALLOWED}"')
            if rule.id in seen:
                raise ValueError(f'the rule id "{rule.id}" is used twice')
            seen.add(rule.id)
        return rules

    @model_validator(mode="after")
    def _examples_fit_the_rules(self) -> Self:
        known = {*self.rule_ids, ALLOWED}
        for example in self.examples:
            if example.verdict not in known:
                raise ValueError(f'an example cites the unknown rule "{example.verdict}"')
        if len(self.shown_examples) > MAX_SHOWN_EXAMPLES:
            raise ValueError(f"more than {MAX_SHOWN_EXAMPLES} examples are marked `show: true`")
        return self

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """The ids that a verdict may cite, in the order of the file."""
        return tuple(rule.id for rule in self.rules)

    @property
    def shown_examples(self) -> tuple[Example, ...]:
        """The examples that are rendered into the prompt."""
        return tuple(example for example in self.examples if example.show)

    def rule(self, rule_id: str) -> Rule:
        """The rule with this id; KeyError if there is none."""
        return next((rule for rule in self.rules if rule.id == rule_id), None) or _no_rule(rule_id)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of everything the policy says: two policies with one digest are the same policy."""
        unread: dict[str, Any] = {} if self.judge.effort is Effort.AUTO else _SECOND_LOOK
        if not self.prefilter.signals:
            unread = unread | _SIGNALS
        if self.care is Care.USUAL:
            unread = unread | _CARE
        return hashlib.sha256(self.model_dump_json(exclude=unread).encode()).hexdigest()


def _no_rule(rule_id: str) -> Rule:
    raise KeyError(rule_id)


def is_policy_id(name: str) -> bool:
    """Whether a file's name (without its ending) can be a policy's id."""
    return re.fullmatch(r"[a-z0-9-]{1,40}", name) is not None
