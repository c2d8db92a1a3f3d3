"""Small values for the tests of trials."""

from datetime import UTC, datetime

from bot.case import Earlier
from bot.records.labels import KnownText, Label, LabelSource, Stratum
from bot.trials.items import Group, Item
from inference.prefilter.suspicion import Suspicion
from policies.policy import Example, Policy, Severity
from policies.verdict import Verdict
from tests.bot.adapters import GUILD, make_message, make_policy, make_verdict

WHEN = datetime(2030, 1, 2, tzinfo=UTC)


def policy_with(*examples: Example, terms: tuple[str, ...] = ("loser", "trash"), **fields: object) -> Policy:
    made = make_policy(terms=terms, severity=Severity.HIGH)
    return Policy.model_validate({**made.model_dump(), "examples": examples, **fields})


def example(text: str, verdict: str = "allowed", *, show: bool = False) -> Example:
    return Example(text=text, verdict=verdict, show=show)


def label(
    message_id: int = 100,
    *,
    violates: bool = True,
    stratum: Stratum = Stratum.OPENED,
    source: LabelSource = LabelSource.DECISION,
    rule_id: str | None = None,
    digest: str = "d",
) -> Label:
    return Label(
        guild_id=GUILD,
        policy_id="harassment",
        message_id=message_id,
        source=source,
        stratum=stratum,
        digest=digest,
        violates=violates,
        labelled_at=WHEN,
        labeller_id=900,
        rule_id=rule_id,
        case_id=message_id,
        revision=1,
    )


def known(
    message_id: int = 100,
    text: str = "you loser",
    *,
    of: Label | None = None,
    verdict: Verdict | None = None,
    suspicion: Suspicion | None = None,
    earlier: tuple[Earlier, ...] = (),
    shared: bool = False,
) -> KnownText:
    return KnownText(make_message(message_id, text), earlier, message_id, suspicion, verdict, of, shared)


def item(
    violates: bool | None = True, group: Group = Group.DECIDED, text: str = "you loser", *, shared: bool = False
) -> Item:
    return Item(text, group, violates, known=known(text=text, shared=shared))


def verdict(violation: bool | None = True, policy: Policy | None = None, **fields: object) -> Verdict:
    rules = ("R1",) if violation else ()
    return make_verdict(policy or policy_with(), violation=violation, **{"rule_ids": rules, **fields})
