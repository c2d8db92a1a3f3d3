"""What every `Store` must do: what people said of messages, and blind samples."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.case import Action, CaseState, Report, ReportKind, Suspected
from bot.ports import Store
from bot.records.appeals import Answer, NewAppeal
from bot.records.labels import Draw, Label, LabelSource, SampleAnswer, Stratum
from bot.records.reports import QueueView
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Mode
from policies.verdict import Verdict
from tests.bot.store.samples import (
    GUILD,
    LEASE,
    SECRET,
    START,
    Clock,
    decision,
    message,
    policy,
    suspected,
    suspicion,
    verdict,
)
from tests.bot.store.steps import claimed, ended, opened, recorded

MODERATOR = 900
POLICY = "harassment"


async def judged(store: Store, message_id: int, **verdicts: bool | None) -> int:
    """A case with a verdict of each of these policies."""
    for policy_id in verdicts:
        await store.keep_policy(GUILD, policy(policy_id))
    case_id = await store.record(suspected(message_id, policies=tuple(verdicts)))
    assert case_id is not None
    for claim in await store.claim(len(verdicts), LEASE):
        await store.finish(claim, verdict(verdicts[claim.policy.id]))
    return case_id


async def words(store: Store, guild_id: int = GUILD) -> dict[str, tuple[bool, bool | None]]:
    """{policy id: (the person's word, the judge's)}."""
    return {label.policy_id: (label.violates, label.verdict) for label in await store.labels(guild_id)}


async def cleared(store: Store, message_id: int, text: str = "all is well") -> int:
    case_id = await recorded(store, message_id, text)
    assert await store.finish(await claimed(store), verdict(False)) is CaseState.CLEARED
    return case_id


def a_draw(message_id: int = 500, case_id: int | None = None, moderator_id: int = MODERATOR) -> Draw:
    return Draw(
        guild_id=GUILD,
        policy_id=POLICY,
        digest=policy().digest,
        moderator_id=moderator_id,
        stratum=Stratum.CLEARED if case_id else Stratum.UNFLAGGED,
        channel_id=5,
        message_id=message_id,
        drawn_at=START,
        case_id=case_id,
    )


async def handed_out(store: Store, *draws: Draw) -> list[Draw]:
    await store.add_draws(draws)
    return await store.draws(GUILD, POLICY, draws[0].moderator_id)


class TestDecisionsMakeLabels:
    async def test_a_dismissal_says_that_nothing_was_violated_and_a_deletion_that_something_was(
        self, store: Store
    ) -> None:
        await ended(store, await opened(store, 100), Action.DISMISS)
        await ended(store, await opened(store, 101), Action.DELETE)
        newest, oldest = sorted(await store.labels(GUILD), key=lambda label: -label.message_id)
        assert oldest == Label(
            guild_id=GUILD,
            policy_id=POLICY,
            message_id=100,
            source=LabelSource.DECISION,
            stratum=Stratum.OPENED,
            digest=policy().digest,
            violates=False,
            labelled_at=START,
            labeller_id=MODERATOR,
            verdict=True,
            probability=verdict(True).probability,
            rule_ids=("H1",),
            case_id=oldest.case_id,
            revision=1,
        )
        assert (newest.message_id, newest.violates) == (101, True)

    async def test_no_label_comes_before_a_decision_is_carried_out_nor_when_it_failed(self, store: Store) -> None:
        case_id = await opened(store)
        await store.decide(decision(case_id))
        assert await store.labels(GUILD) == []
        await store.settle(case_id, enforced=False, outcome="no permission")
        assert await store.labels(GUILD) == []

    async def test_a_sanction_tells_nothing_of_a_policy_that_was_found_to_be_kept(self, store: Store) -> None:
        await ended(store, await judged(store, 100, harassment=True, spam=False), Action.BAN)
        assert await words(store) == {"harassment": (True, True)}

    async def test_a_dismissal_speaks_of_every_policy_that_was_asked_about(self, store: Store) -> None:
        await ended(store, await judged(store, 100, harassment=True, spam=False), Action.DISMISS)
        assert await words(store) == {"harassment": (False, True), "spam": (False, False)}

    async def test_what_could_not_be_read_is_labelled_when_nothing_else_was_found(self, store: Store) -> None:
        await ended(store, await judged(store, 100, harassment=None))
        assert await words(store) == {"harassment": (True, None)}
        await ended(store, await judged(store, 101, harassment=None, spam=True))
        assert (await words(store))["spam"] == (True, True)
        assert len(await store.labels(GUILD)) == 2

    async def test_policies_in_shadow_get_their_labels_too(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy("spam", mode=Mode.SHADOW))
        case_id = await store.record(suspected(100, policies=("harassment", "spam")))
        assert case_id
        for claim in await store.claim(2, LEASE):
            await store.finish(claim, verdict(True))
        await ended(store, case_id)
        assert set(await words(store)) == {"harassment", "spam"}

    async def test_what_is_still_waiting_for_the_judge_gets_none(self, store: Store) -> None:
        await store.keep_policy(GUILD, policy("spam"))
        case_id = await store.record(suspected(100, policies=("harassment", "spam")))
        assert case_id
        await store.finish(await claimed(store), verdict(True))
        await ended(store, case_id)
        assert len(await store.labels(GUILD)) == 1

    async def test_only_the_revision_that_was_decided_on_is_labelled(self, store: Store) -> None:
        case_id = await opened(store)
        await recorded(store, text="edited")
        await store.finish(await claimed(store), verdict(True))
        await ended(store, case_id)
        (label,) = await store.labels(GUILD)
        assert label.revision == 2

    async def test_a_later_decision_takes_the_place_of_the_first(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.DISMISS)
        await recorded(store, text="edited")
        await store.finish(await claimed(store), verdict(True))
        await ended(store, case_id, Action.DELETE)
        (label,) = await store.labels(GUILD)
        assert (label.violates, label.revision) == (True, 2)

    async def test_an_undone_decision_takes_its_labels_back(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id, Action.DISMISS)
        other = await opened(store, 101)
        await ended(store, other)
        await ended(store, case_id, Action.UNDO)
        assert [label.case_id for label in await store.labels(GUILD)] == [other]

    async def test_a_case_that_is_opened_again_takes_the_labels_of_its_decision_back(self, store: Store) -> None:
        case_id, other = await opened(store), await opened(store, 101)
        await ended(store, case_id, Action.DISMISS)
        await ended(store, other)
        assert await store.reopen(case_id, MODERATOR, "too hasty", START)
        assert [label.case_id for label in await store.labels(GUILD)] == [other]
        await ended(store, case_id, Action.DELETE)
        assert {label.case_id: label.violates for label in await store.labels(GUILD)} == {
            case_id: True,
            other: True,
        }

    async def test_what_another_moderator_said_on_an_appeal_outlives_that_the_case_is_opened_again(
        self, store: Store
    ) -> None:
        case_id = await opened(store)
        await ended(store, case_id)
        appeal, _ = await store.add_appeal(NewAppeal(GUILD, case_id, 1, member_id=55, text="why?", made_at=START))
        await store.answer_appeal(appeal.id, Answer(901, START, granted=False, text=""))
        await store.reopen(case_id, MODERATOR, "", START)
        assert [label.source for label in await store.labels(GUILD)] == [LabelSource.APPEAL]

    async def test_a_sanction_on_a_card_of_two_policies_speaks_of_both_as_a_dismissal_does(
        self, store: Store
    ) -> None:
        await ended(store, await judged(store, 100, harassment=True, spam=True), Action.DELETE)
        assert await words(store) == {"harassment": (True, True), "spam": (True, True)}
        await ended(store, await judged(store, 101, harassment=True, spam=True), Action.DISMISS)
        assert {label.violates for label in await store.labels(GUILD) if label.message_id == 101} == {False}

    async def test_labels_are_told_by_policy_and_time(self, store: Store) -> None:
        await ended(store, await judged(store, 100, harassment=True, spam=True))
        assert [label.policy_id for label in await store.labels(GUILD, "spam")] == ["spam"]
        assert await store.labels(GUILD, since=START + timedelta(seconds=1)) == []
        assert len(await store.labels(GUILD, since=START)) == 2
        assert await store.labels(GUILD + 1) == []

    @pytest.mark.parametrize("granted", [True, False])
    async def test_an_answer_to_an_appeal_is_a_label_and_the_later_word_counts(
        self, store: Store, granted: bool
    ) -> None:
        case_id = await opened(store)
        await ended(store, case_id)
        made = NewAppeal(GUILD, case_id, decision=1, member_id=55, text="why?", made_at=START)
        appeal, _ = await store.add_appeal(made)
        later = START + timedelta(hours=1)
        await store.answer_appeal(appeal.id, Answer(901, later, granted=granted, text=""))
        await store.answer_appeal(appeal.id, Answer(902, later, granted=not granted, text=""))
        by_source = {label.source: label for label in await store.labels(GUILD)}
        assert by_source[LabelSource.DECISION].violates
        again = by_source[LabelSource.APPEAL]
        assert (again.violates, again.labeller_id, again.labelled_at) == (not granted, 901, later)
        (known,) = await store.labelled_texts(GUILD, POLICY, 10)
        assert known.label == again


class TestTexts:
    async def test_a_labelled_text_comes_with_its_context_suspicion_and_verdict(self, store: Store) -> None:
        await ended(store, await opened(store))
        (known,) = await store.labelled_texts(GUILD, POLICY, 10)
        assert known.message == message(100)
        assert [line.text for line in known.earlier] == ["gg", "no"]
        assert known.suspicion == suspicion()
        assert known.verdict == verdict(True)
        assert known.label is not None
        assert known.label.violates

    async def test_the_newest_labels_come_first_and_no_more_than_asked_for(self, store: Store) -> None:
        for number in range(3):
            case_id = await opened(store, 100 + number)
            word = decision(case_id).model_copy(update={"decided_at": START + timedelta(hours=number)})
            await store.decide(word)
            await store.settle(case_id, enforced=True, outcome="done")
        assert [known.message.id for known in await store.labelled_texts(GUILD, POLICY, 2)] == [102, 101]
        assert await store.labelled_texts(GUILD, "spam", 10) == []

    async def test_what_nobody_decided_is_told_apart(self, store: Store) -> None:
        await ended(store, await opened(store, 100))
        waiting = await opened(store, 101)
        fine = await cleared(store, 102)
        await recorded(store, 103)  # not judged yet
        found = await store.unlabelled_texts(GUILD, POLICY, 10)
        assert [known.case_id for known in found] == [fine, waiting]
        assert [known.verdict and known.verdict.violation for known in found] == [False, True]
        assert await store.unlabelled_texts(GUILD, "spam", 10) == []
        assert len(await store.unlabelled_texts(GUILD, POLICY, 1)) == 1

    async def test_it_is_told_whether_another_policy_was_found_in_the_same_text(self, store: Store) -> None:
        await ended(store, await judged(store, 100, harassment=True, spam=True))
        await ended(store, await judged(store, 101, harassment=True, spam=False))
        await ended(store, await judged(store, 102, harassment=True))
        found = await store.labelled_texts(GUILD, POLICY, 10)
        assert {known.message.id: known.shared for known in found} == {100: True, 101: False, 102: False}

    async def test_of_what_is_erased_nothing_is_left_but_the_label(self, store: Store, clock: Clock) -> None:
        await ended(store, await opened(store, 100))
        await cleared(store, 101)
        case_id = await cleared(store, 102)
        of_case, unflagged = await handed_out(store, a_draw(102, case_id), a_draw(500))
        await store.answer_draw(of_case.id, SampleAnswer.ALLOWED)
        shown = Suspected(message=message(500, SECRET), earlier=suspected().earlier, suspicions=())
        await store.answer_draw(unflagged.id, SampleAnswer.VIOLATES, shown=shown)
        assert len(await store.labelled_texts(GUILD, POLICY, 10)) == 3
        clock.pass_by(timedelta(days=30))
        assert await store.erase_expired(GUILD, clock(), 100) == 4
        assert await store.labelled_texts(GUILD, POLICY, 10) == []
        assert await store.unlabelled_texts(GUILD, POLICY, 10) == []
        assert await store.unjudged_samples(10) == []
        assert await store.cleared_cases(GUILD, POLICY, 10) == []
        assert {label.message_id for label in await store.labels(GUILD)} == {100, 102, 500}

    async def test_a_member_who_wants_their_words_erased_has_those_erased_that_were_handed_out(
        self, store: Store
    ) -> None:
        (drawn,) = await handed_out(store, a_draw(500))
        shown = Suspected(message=message(500, SECRET), earlier=suspected().earlier, suspicions=())
        await store.answer_draw(drawn.id, SampleAnswer.VIOLATES, shown=shown)
        (known,) = await store.labelled_texts(GUILD, POLICY, 10)
        bystander = known.earlier[0].author_id
        assert [text.content for text in await store.texts_of(GUILD, known.message.author_id)] == [SECRET]
        for member_id in (bystander, known.message.author_id):
            wish, _ = await store.ask_for_erasure(GUILD, member_id, "en-US")
            await store.carry_out(wish, 10)
            assert await store.texts_of(GUILD, member_id) == []
        assert await store.labelled_texts(GUILD, POLICY, 10) == []

    async def test_the_label_outlives_the_text(self, store: Store) -> None:
        await ended(store, await opened(store))
        await store.purge(GUILD + 1)
        assert await store.labels(GUILD)
        await store.purge(GUILD)
        assert await store.labels(GUILD) == []


class TestSamples:
    async def test_cleared_cases_are_drawn_but_not_those_with_a_label_or_in_a_draw(self, store: Store) -> None:
        cases = [await cleared(store, 100 + number, f"text {number}") for number in range(4)]
        await opened(store, 200)
        found = await store.cleared_cases(GUILD, POLICY, 10)
        assert sorted(each.case_id for each in found) == cases
        assert {(each.message_id, each.channel_id, each.parent_id) for each in found} == {
            (100 + number, 5, None) for number in range(4)
        }
        assert len(await store.cleared_cases(GUILD, POLICY, 2)) == 2
        assert await store.cleared_cases(GUILD, "spam", 10) == []
        first, _ = await handed_out(store, a_draw(100, cases[0]), a_draw(101, cases[1]))
        await store.answer_draw(first.id, SampleAnswer.ALLOWED)
        assert sorted(each.case_id for each in await store.cleared_cases(GUILD, POLICY, 10)) == cases[2:]
        assert await store.sampled(GUILD, POLICY) == {100, 101}

    async def test_what_was_handed_out_is_told_in_its_order_until_the_next_draw(self, store: Store) -> None:
        drawn = await handed_out(store, a_draw(500), a_draw(501))
        assert [each.message_id for each in drawn] == [500, 501]
        assert await store.draw(drawn[1].id) == drawn[1]
        again = await handed_out(store, a_draw(502))
        assert [each.message_id for each in again] == [502]
        assert await store.draw(drawn[1].id) is None
        assert again[0].id > drawn[1].id

    async def test_draws_of_others_stay_but_old_ones_go(self, store: Store, clock: Clock) -> None:
        await store.add_draws([a_draw(500, moderator_id=1)])
        await store.add_draws([a_draw(501, moderator_id=2)])
        assert len(await store.draws(GUILD, POLICY, 1)) == 1
        clock.pass_by(timedelta(days=8))
        await store.add_draws([replace(a_draw(502, moderator_id=2), drawn_at=clock.now)])
        assert await store.draws(GUILD, POLICY, 1) == []

    @pytest.mark.parametrize("unknown", [0, -1, 12345, 2**63, 10**30])
    async def test_an_unknown_draw_is_none(self, store: Store, unknown: int) -> None:
        assert await store.draw(unknown) is None

    async def test_a_random_check_that_finds_nothing_in_an_edit_does_not_take_the_labelled_text_along(
        self, store: Store
    ) -> None:
        (drawn,) = await handed_out(store, a_draw(500))
        shown = Suspected(message=message(500, "all is well"), suspicions=())
        await store.answer_draw(drawn.id, SampleAnswer.VIOLATES, shown=shown)
        check = Evidence(kind=EvidenceKind.AUDIT, name="", start=0, end=0, quote="")
        suspicions = (Suspicion(policy_id=POLICY, evidence=(check,)),)
        await store.record(Suspected(message=message(500, "edited", edited_after=9), suspicions=suspicions))
        (claim,) = await store.claim(1, LEASE)
        await store.finish(claim, verdict(False))
        (known,) = await store.labelled_texts(GUILD, POLICY, 10)
        assert known.message.content == "all is well"

    async def test_an_answer_is_noted_once_and_labels_the_cleared_case(self, store: Store) -> None:
        case_id = await cleared(store, 100)
        (drawn,) = await handed_out(store, a_draw(100, case_id))
        assert await store.answer_draw(drawn.id, SampleAnswer.VIOLATES, rule_id="H1")
        assert not await store.answer_draw(drawn.id, SampleAnswer.ALLOWED)
        (label,) = await store.labels(GUILD)
        assert (label.source, label.stratum, label.violates) == (LabelSource.SAMPLE, Stratum.CLEARED, True)
        assert (label.rule_id, label.verdict, label.labeller_id) == ("H1", False, MODERATOR)
        (known,) = await store.labelled_texts(GUILD, POLICY, 10)
        assert known.message.content == "all is well"
        assert await store.unjudged_samples(10) == []

    @pytest.mark.parametrize("answer", [SampleAnswer.SKIPPED, SampleAnswer.GONE])
    async def test_no_label_is_made_of_what_was_skipped_or_gone(self, store: Store, answer: SampleAnswer) -> None:
        (drawn,) = await handed_out(store, a_draw(500))
        assert await store.answer_draw(drawn.id, answer)
        assert await store.labels(GUILD) == []
        assert [each.answer for each in await store.draws(GUILD, POLICY, MODERATOR)] == [answer]

    async def test_an_unflagged_message_is_kept_as_a_cleared_case_with_the_label(self, store: Store) -> None:
        (drawn,) = await handed_out(store, a_draw(500))
        shown = Suspected(message=message(500, SECRET), earlier=suspected().earlier, suspicions=())
        assert await store.answer_draw(drawn.id, SampleAnswer.ALLOWED, shown=shown)
        (known,) = await store.labelled_texts(GUILD, POLICY, 10)
        assert (known.message, known.earlier) == (shown.message, shown.earlier)
        assert known.verdict is None
        case = await store.case(known.case_id)
        assert (case.state, case.findings, case.message) == (CaseState.CLEARED, (), shown.message)

    async def test_a_case_that_came_up_meanwhile_is_left_as_it_is(self, store: Store) -> None:
        (drawn, other) = await handed_out(store, a_draw(500), a_draw(501))
        case_id = await opened(store, 500)
        await opened(store, 501)
        edited = Suspected(message=message(500, "something else"), suspicions=())
        await store.answer_draw(drawn.id, SampleAnswer.ALLOWED, shown=edited)
        same = Suspected(message=message(501), suspicions=())
        await store.answer_draw(other.id, SampleAnswer.VIOLATES, shown=same)
        assert len((await store.case(case_id)).revisions) == 1
        assert {label.message_id: label.revision for label in await store.labels(GUILD)} == {500: None, 501: 1}

    async def test_a_sample_that_is_reported_later_is_hidden_from_who_cannot_read_its_channel(
        self, store: Store
    ) -> None:
        await store.keep_policy(GUILD, policy())
        (drawn,) = await handed_out(store, a_draw(500))
        shown = Suspected(message=message(500, SECRET), suspicions=())
        await store.answer_draw(drawn.id, SampleAnswer.ALLOWED, shown=shown)
        told = await store.report(shown, Report(ReportKind.MEMBER, 77, "", START))
        seen = await store.queue_page(QueueView(GUILD, MODERATOR), 0, 10)
        assert [case.id for case in seen.cases] == [told.case_id]
        hidden = frozenset({shown.message.channel_id})
        assert (await store.queue_page(QueueView(GUILD, MODERATOR, hidden), 0, 10)).cases == ()

    async def test_the_judges_word_is_put_beside_a_sample_once(self, store: Store) -> None:
        drawn = await handed_out(store, a_draw(500), a_draw(501))
        for number, each in enumerate(drawn):
            shown = Suspected(message=message(500 + number, f"text {number}"), suspicions=())
            await store.answer_draw(each.id, SampleAnswer.ALLOWED, shown=shown)
        first, second = await store.unjudged_samples(10)
        assert first.label is not None
        assert second.label is not None
        await store.note_verdict(first.label, _by(policy().digest, violation=True))
        assert [known.message.id for known in await store.unjudged_samples(10)] == [501]
        await store.note_verdict(second.label, None)
        assert await store.unjudged_samples(10) == []
        assert {label.message_id: label.verdict for label in await store.labels(GUILD)} == {500: True, 501: None}
        await store.note_verdict(first.label, _by(policy().digest, violation=False))
        assert {label.message_id: label.verdict for label in await store.labels(GUILD)} == {500: True, 501: None}


def _by(digest: str, *, violation: bool | None) -> Verdict:
    return verdict(violation).model_copy(update={"policy_digest": digest})
