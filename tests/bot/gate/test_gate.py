import random

import pytest

from bot.case import Message
from bot.gate.gate import REMEMBERED, Gate, GateInspector
from bot.gate.meter import Meter
from bot.tallies import Traffic
from inference.prefilter.budget.quantile import MAX_RISE, cold
from inference.prefilter.suspicion import EvidenceKind, Suspicion
from policies.policy import Policy, Prefilter
from tests.bot.adapters import GUILD, START, make_message, make_policy
from tests.bot.gate.lookers import Timer, inspector_of, make_gate

POLICY = make_policy(keywords=["loser"])
"""5% of ordinary messages: a surprise of 1.301."""
HARMLESS, SUSPICIOUS, FORCED = "0.4 good morning", "2.1 nobody likes you", "you loser"


def say(inspector: GateInspector, text: str, number: int = 1, author: int = 55) -> tuple[Suspicion, ...]:
    return inspector.inspect_new(message(text, number, author), [POLICY.id])


def message(text: str, number: int, author: int = 55, channel: int = 70) -> Message:
    return make_message(number, text, author_id=author, channel_id=channel)


def meter_of(gate: Gate, inspector: GateInspector, policy_id: str = POLICY.id) -> Meter:
    return gate.meter(GUILD, inspector.book[GUILD][policy_id])


def kinds(suspicions: tuple[Suspicion, ...]) -> list[EvidenceKind]:
    return [item.kind for suspicion in suspicions for item in suspicion.evidence]


def with_signal(line: str) -> Policy:
    return POLICY.model_copy(update={"prefilter": Prefilter(signals=(line,))})


def test_scores_flag_from_the_threshold_on_and_exact_matches_always() -> None:
    inspector = inspector_of(make_gate(), POLICY)
    assert say(inspector, HARMLESS, 1) == ()
    assert kinds(say(inspector, SUSPICIOUS, 2)) == [EvidenceKind.SCORE]
    assert kinds(say(inspector, FORCED, 3)) == [EvidenceKind.KEYWORD]
    assert inspector.inspect(GUILD, SUSPICIOUS) == say(inspector, SUSPICIOUS, 4)


def test_a_guild_in_which_much_looks_suspicious_gets_a_higher_threshold() -> None:
    gate = make_gate()
    inspector, dice = inspector_of(gate, POLICY), random.Random(2)
    for number in range(1, 6000):
        say(inspector, f"{dice.uniform(0.1, 2.5):.3f} x", number, author=number)
    assert meter_of(gate, inspector).threshold == pytest.approx(2.38, abs=0.05)
    assert say(inspector, SUSPICIOUS, 7000) == ()
    assert inspector.inspect(GUILD, SUSPICIOUS) == (), "an edit is held against the same threshold"


def test_edits_and_dry_looks_count_nothing() -> None:
    gate = make_gate(audit_rate=1.0)
    inspector = inspector_of(gate, POLICY)
    for _ in range(50):
        assert inspector.inspect(GUILD, HARMLESS) == ()
    assert gate.take_unsaved(GUILD) == []


def test_exact_matches_say_nothing_of_scores_and_one_author_is_counted_twice_a_minute() -> None:
    timer = Timer()
    gate = make_gate(timer=timer)
    inspector = inspector_of(gate, POLICY)
    cold_weight = meter_of(gate, inspector)._surprises.weight
    for number in range(1, 200):
        say(inspector, "6.0 you loser", number, author=number)
        say(inspector, "6.0 flood", 1000 + number, author=7)
    weight = meter_of(gate, inspector)._surprises.weight
    assert weight - cold_weight == pytest.approx(2, abs=0.2)
    assert gate.take_unsaved(GUILD)[0].looked_at == 2 * 199


def test_a_message_that_is_asked_about_again_gets_the_same_answer_and_counts_once() -> None:
    gate = make_gate(audit_rate=0.5)
    inspector = inspector_of(gate, POLICY)
    first = {number: say(inspector, HARMLESS, number) for number in range(1, 50)}
    assert {number: say(inspector, HARMLESS, number) for number in range(1, 50)} == first
    assert gate.take_unsaved(GUILD)[0].looked_at == 49
    assert inspector.inspect_new(message(HARMLESS, 1), ["another"]) == (), "only policies that are asked for"
    for number in range(100, 100 + REMEMBERED):
        say(inspector, HARMLESS, number)
    assert len(gate._answers) == REMEMBERED


@pytest.mark.parametrize(("rate", "expected"), [(0.0, 0), (1.0, 400), (0.1, 40)])
def test_what_nothing_suspects_is_drawn_at_the_audit_rate(rate: float, expected: int) -> None:
    inspector = inspector_of(make_gate(audit_rate=rate), POLICY)
    drawn = [found for number in range(1, 401) for found in say(inspector, HARMLESS, number, author=number)]
    assert all(suspicion.is_audit for suspicion in drawn)
    assert len(drawn) == pytest.approx(expected, abs=15 if 0 < rate < 1 else 0)


def test_each_policy_draws_for_itself_and_never_what_it_suspects() -> None:
    gate = make_gate(audit_rate=1.0)
    other = make_policy("spam", ["buy"])
    inspector = inspector_of(gate, POLICY, other)
    found = inspector.inspect_new(make_message(1, SUSPICIOUS + " buy"), ["harassment", "spam"])
    assert not any(suspicion.is_audit for suspicion in found)
    found = inspector.inspect_new(make_message(2, "0.2 buy"), ["harassment", "spam"])
    assert [(it.policy_id, it.is_audit) for it in found] == [("harassment", True), ("spam", False)]
    assert [traffic.flagged for traffic in gate.take_unsaved(GUILD)] == [1, 2], "random checks are not flagged"


def test_nothing_is_drawn_while_it_is_paused() -> None:
    gate = make_gate(audit_rate=1.0)
    gate.audits_paused = True
    assert say(inspector_of(gate, POLICY), HARMLESS) == ()


def test_repeats_force_a_look_where_a_policy_asks_for_them() -> None:
    inspector = inspector_of(make_gate(), with_signal("repeat 3 in 2m"))
    text = "join my great server now friends"
    said = [inspector.inspect_new(message(text, n, author=n, channel=70 + n % 2), [POLICY.id]) for n in (1, 2, 3)]
    assert said[:2] == [(), ()]
    assert said[2][0].evidence[0].kind is EvidenceKind.REPEAT
    assert said[2][0].evidence[0].name == "3 times within 2 minutes, in 2 channels, by 3 members"
    late = make_message(9, text, created_at=START.replace(hour=20))
    assert inspector.inspect_new(late, [POLICY.id]) == ()


def test_without_such_a_policy_no_text_is_remembered() -> None:
    gate = make_gate()
    say(inspector_of(gate, POLICY), "join my great server now friends")
    assert len(gate._repeats) == 0


def test_a_cut_raises_the_threshold_and_recovers() -> None:
    gate = make_gate()
    inspector = inspector_of(gate, POLICY)
    assert kinds(say(inspector, SUSPICIOUS, 1)) == [EvidenceKind.SCORE]
    gate.grant(GUILD, 0.1)
    assert meter_of(gate, inspector).threshold == pytest.approx(cold(0.005), abs=0.05)
    assert say(inspector, SUSPICIOUS, 2) == ()
    assert kinds(say(inspector, FORCED, 3)) == [EvidenceKind.KEYWORD], "exact matches are never cut"
    gate.grant(GUILD, 1.0)
    assert kinds(say(inspector, SUSPICIOUS, 4)) == [EvidenceKind.SCORE]


def test_demand_is_what_would_be_flagged_uncut_a_second() -> None:
    gate = make_gate()
    inspector = inspector_of(gate, POLICY)
    for second in range(600):
        say(inspector, HARMLESS, 2 * second + 1, author=second + 1)
        say(inspector, FORCED, 2 * second + 2, author=second + 1)
        gate.grant(GUILD, 0.2)
        demand = gate.pass_time(GUILD, 1.0)
    assert demand.forced == pytest.approx(1.0, rel=0.02)
    assert demand.wanted == pytest.approx(1.0 * meter_of(gate, inspector)._wanted, rel=0.02)
    assert gate.part(GUILD) == 0.2
    assert gate.pass_time(999, 1.0).wanted == 0


def test_a_changed_policy_goes_on_from_what_the_guild_writes() -> None:
    gate = make_gate()
    inspector, dice = inspector_of(gate, POLICY), random.Random(2)
    for number in range(1, 4000):
        say(inspector, f"{dice.uniform(0.1, 2.5):.3f} x", number, author=number)
    gate.grant(GUILD, 0.5)
    before = meter_of(gate, inspector)
    changed = inspector_of(gate, POLICY.model_copy(update={"goal": "Keep members safe."}))
    after = meter_of(gate, changed)
    assert after is not before
    assert after.threshold == pytest.approx(before.threshold, abs=0.05)
    assert (after.part, after.messages) == (0.5, 0)


def test_what_was_kept_is_gone_on_from() -> None:
    gate = make_gate()
    inspector, dice = inspector_of(gate, POLICY), random.Random(2)
    for number in range(1, 4000):
        say(inspector, f"{dice.uniform(0.1, 2.5):.3f} x", number, author=number)
    (kept,) = gate.take_unsaved(GUILD)
    assert kept.looked_at == 3999
    restarted = make_gate()
    restarted.load([kept, Traffic(GUILD, "broken", "d", b"?")])
    again = meter_of(restarted, inspector)
    assert again.threshold == pytest.approx(meter_of(gate, inspector).threshold, abs=0.01)
    restarted.load([kept])
    restarted.forget(GUILD)
    assert meter_of(restarted, inspector).threshold == pytest.approx(cold(0.05)), "also what was not asked for yet"
    restarted.forget(GUILD)
    restarted.load([kept])
    changed = inspector_of(restarted, POLICY.model_copy(update={"goal": "Keep members safe."}))
    assert meter_of(restarted, changed).threshold == pytest.approx(again.threshold, abs=0.05)


def test_what_could_not_be_kept_is_counted_on() -> None:
    gate = make_gate()
    inspector = inspector_of(gate, POLICY)
    say(inspector, FORCED, 1)
    unsaved = gate.take_unsaved(GUILD)
    gate.put_back(unsaved)
    say(inspector, HARMLESS, 2)
    assert [(it.looked_at, it.flagged) for it in gate.take_unsaved(GUILD)] == [(2, 1)]
    changed = inspector_of(gate, POLICY.model_copy(update={"goal": "Keep members safe."}))
    say(changed, HARMLESS, 3)
    gate.put_back(unsaved)
    assert [it.looked_at for it in gate.take_unsaved(GUILD)] == [1], "counts of another version are let go"
    gate.forget(GUILD)
    gate.put_back(unsaved)
    assert gate.take_unsaved(GUILD) == []


def test_a_guild_that_is_forgotten_starts_cold() -> None:
    gate = make_gate()
    inspector = inspector_of(gate, with_signal("repeat 2 in 2m"))
    for number in range(1, 100):
        say(inspector, "7.5 flood", number, author=number)
    say(inspector, "words that are remembered", 100)
    assert len(gate._repeats) == 1
    assert meter_of(gate, inspector).threshold > cold(0.05)
    gate.forget(GUILD)
    assert (gate.guilds, len(gate._repeats), len(gate._answers)) == ((), 0, 0)
    assert meter_of(gate, inspector).threshold == pytest.approx(cold(0.05))


def test_whatever_is_written_the_clear_cases_are_flagged() -> None:
    """A thousand accounts flood a guild with texts that score high, and then attack with one that scores less."""
    inspector = inspector_of(make_gate(), POLICY)
    for number in range(1, 10_000):
        say(inspector, "7.9 flood", number, author=number)
    clear = f"{cold(0.05) + MAX_RISE + 0.01:.3f} the attack"
    assert kinds(say(inspector, clear, 20_000)) == [EvidenceKind.SCORE]
