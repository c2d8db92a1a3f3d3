"""What a card offers first: what the cited rules suggest, the gravest first. Pure.

A suggestion is never carried out by itself, and everything that is not suggested is one press further away.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bot.attention import needs_a_look
from bot.case import Action, CaseFile
from bot.review.care import care_of, cited_rules
from policies.constraints import timeout_minutes
from policies.policy import Care, Rule, Severity

USUAL_TIMEOUT: Final = timedelta(hours=1)
"""Where no cited rule suggests another."""
MOST: Final = 2
"""Offers beside Delete and Dismiss: a phone shows five buttons in a row."""
_GRAVITY: Final = tuple(Severity)
_MILDEST_FIRST: Final = (Action.HELP, Action.WARN, Action.TIMEOUT, Action.KICK, Action.BAN)


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to be done to the author, and perhaps to the message with it."""

    action: Action
    timeout: timedelta | None = None
    also_delete: bool = False


def offers(case: CaseFile) -> tuple[Offer, ...]:
    """What is to be done about the author, if anything, by those who wrote the rules; two things at most.

    Where nothing at all is suggested, nor special care asked for, a timeout of an hour is offered; where nothing
    was found, nothing is.
    """
    care = care_of(case)
    if care is Care.SUPPORT:
        return (Offer(Action.HELP),)
    if not any(map(needs_a_look, case.findings)):
        return ()
    rules = sorted(cited_rules(case), key=lambda rule: _GRAVITY.index(rule.severity), reverse=True)
    if care is Care.USUAL and not any(rule.suggest for rule in rules):
        return (Offer(Action.TIMEOUT, USUAL_TIMEOUT),)
    found = {offer.action: offer for rule in reversed(rules) for offer in _suggested(rule)}
    gravest_first = sorted(found.values(), key=lambda offer: _MILDEST_FIRST.index(offer.action), reverse=True)
    return tuple(gravest_first[:MOST])


def timeout_for(case: CaseFile) -> timedelta:
    """How long a timeout is to last: as the gravest of the cited rules that suggest one says, else 1 hour."""
    suggested = [
        (_GRAVITY.index(rule.severity), minutes)
        for rule in cited_rules(case)
        for suggestion in rule.suggest
        if (minutes := timeout_minutes(suggestion))
    ]
    return timedelta(minutes=max(suggested)[1]) if suggested else USUAL_TIMEOUT


def _suggested(rule: Rule) -> Iterator[Offer]:
    """What one rule suggests: with `delete` among it, each thing together with deleting the message."""
    also_delete = "delete" in rule.suggest
    for suggestion in rule.suggest:
        if minutes := timeout_minutes(suggestion):
            yield Offer(Action.TIMEOUT, timedelta(minutes=minutes), also_delete)
        elif suggestion != "delete":
            yield Offer(Action(suggestion), None, also_delete)
