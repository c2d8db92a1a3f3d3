"""How long the timeout lasts that a card offers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.case import CaseFile, Finding
from bot.ports import Store
from bot.review.offers import USUAL_TIMEOUT, timeout_for
from policies.policy import Mode, Policy, Rule, Severity
from tests.bot.adapters import make_policy, make_verdict
from tests.bot.review.review_adapters import (
    open_case,
)


def found(case: CaseFile, policy: Policy, *rule_ids: str, violation: bool | None = True) -> Finding:
    """The case's finding, as if it had been made under this policy."""
    verdict = make_verdict(policy, violation=violation, rule_ids=rule_ids)
    return replace(case.findings[0], policy=policy, verdict=verdict)


def a_policy(*rules: tuple[str, Severity, tuple[str, ...]], mode: Mode = Mode.LIVE) -> Policy:
    made = tuple(
        Rule(id=rule_id, text="Do not.", severity=severity, suggest=suggest)
        for rule_id, severity, suggest in rules
    )
    return make_policy(mode=mode).model_copy(update={"rules": made})


GRADED = (
    ("L", Severity.LOW, ("timeout 1d",)),
    ("M", Severity.MEDIUM, ("delete", "timeout 10m")),
    ("N", Severity.MEDIUM, ("timeout 2h",)),
    ("C", Severity.CRITICAL, ("delete", "ban")),
)


@pytest.mark.parametrize(
    ("cited", "length"),
    [
        ((), USUAL_TIMEOUT),
        (("C",), USUAL_TIMEOUT),
        (("L",), timedelta(days=1)),
        (("L", "M"), timedelta(minutes=10)),
        (("M", "N"), timedelta(hours=2)),
        (("C", "L"), timedelta(days=1)),
    ],
)
async def test_the_gravest_cited_rule_that_suggests_a_timeout_says_how_long(
    store: Store, cited: tuple[str, ...], length: timedelta
) -> None:
    case = await store.case(await open_case(store))
    assert timeout_for(replace(case, findings=(found(case, a_policy(*GRADED), *cited),))) == length


async def test_shadow_policies_and_findings_without_violation_suggest_no_timeout(store: Store) -> None:
    case = await store.case(await open_case(store))
    shadow = found(case, a_policy(*GRADED, mode=Mode.SHADOW), "L")
    cleared = found(case, a_policy(*GRADED), "L", violation=False)
    waiting = replace(cleared, verdict=None)
    assert timeout_for(replace(case, findings=(shadow, cleared, waiting))) == USUAL_TIMEOUT
