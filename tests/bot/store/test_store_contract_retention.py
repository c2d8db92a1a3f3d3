"""What is kept, for how long, and what a member's wish erases: for every implementation of the store."""

from datetime import timedelta

import pytest

from bot.case import Action, CaseFile, CaseState, Earlier, JobState, Message, Report, ReportKind, Suspected
from bot.missing_words import ERASED
from bot.ports import LeaseLost, Store
from bot.records.appeals import Answer, NewAppeal
from bot.records.events import CaseEvent, EventKind
from bot.records.reports import Alike
from bot.records.retention import ERASED_AT_LATEST, Erased, Source
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.phrases import phrase
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
    verdict,
)
from tests.bot.store.steps import claimed, ended, opened, recorded, state

DAYS = timedelta(days=30)
MEMBER, OTHER = 55, 56
"""The author of the samples' messages, and whose message stands before them."""


@pytest.fixture
async def quoted(store: Store) -> CaseFile:
    """A decided case that is full of words."""
    case_id = await store.record(suspected(text=f"{SECRET} you loser"))
    assert case_id is not None
    told = {
        "quotes": (SECRET,),
        "rationale": SECRET,
        "reasoning": SECRET,
        "notes": (phrase("{words}", words=SECRET),),
    }
    await store.finish(await claimed(store), verdict(True).model_copy(update=told))
    await store.note_edit(message(text=f"now {SECRET}", edited_after=5))
    await store.decide(decision(case_id).model_copy(update={"reason": SECRET}))
    await store.settle(case_id, enforced=True, outcome="done")
    return await store.case(case_id)


async def erase_all(store: Store, clock: Clock) -> int:
    clock.pass_by(DAYS)
    return await store.erase_expired(GUILD, clock() - DAYS + timedelta(seconds=1), 100)


def audit() -> Suspected:
    """A message that nothing suspects, drawn at random."""
    drawn = Evidence(kind=EvidenceKind.AUDIT, name="", start=0, end=0, quote="")
    return suspected().model_copy(update={"suspicions": (Suspicion(policy_id="harassment", evidence=(drawn,)),)})


class TestTime:
    async def test_every_word_goes_and_who_when_and_what_was_decided_stay(
        self, store: Store, clock: Clock, quoted: CaseFile
    ) -> None:
        assert repr(quoted).count(SECRET) >= 7
        assert await erase_all(store, clock) == 1
        left = await store.case(quoted.id)
        for word in (SECRET, "loser", "cat.png", "a card", "Mallory", "general", "gg"):
            assert word not in repr((left.revisions, left.earlier, left.current, left.decision)), word
        assert SECRET not in repr(left)
        assert left.erased_at == clock()
        assert (left.message.id, left.message.author_id, left.message.channel_id) == (100, MEMBER, 5)
        assert left.message.created_at == START
        assert (left.message.text, left.earlier, left.current) == ("", (), None)
        assert left.state is CaseState.ENFORCED
        assert left.decision == decision(quoted.id).model_copy(update={"reason": ""})
        assert left.outcome == "done"

    async def test_labels_and_figures_stay(self, store: Store, clock: Clock, quoted: CaseFile) -> None:
        await erase_all(store, clock)
        (before,), (after,) = quoted.findings, (await store.case(quoted.id)).findings
        assert before.verdict is not None
        emptied = {"quotes": (), "rationale": "", "reasoning": "", "notes": ()}
        assert after.verdict == before.verdict.model_copy(update=emptied)
        assert after.policy == before.policy
        assert [item.kind for item in after.suspicion.evidence] == [
            item.kind for item in before.suspicion.evidence
        ]
        assert not any(item.quote or item.name or item.reading for item in after.suspicion.evidence)

    async def test_bystanders_of_an_erased_case_have_nothing_in_it(
        self, store: Store, clock: Clock, quoted: CaseFile
    ) -> None:
        assert (await store.kept_of(GUILD, OTHER)).context == 1
        assert quoted.earlier
        await erase_all(store, clock)
        assert (await store.kept_of(GUILD, OTHER)).is_nothing

    async def test_nothing_goes_before_its_time(self, store: Store, clock: Clock, quoted: CaseFile) -> None:
        clock.pass_by(DAYS)
        assert await store.erase_expired(GUILD, clock() - DAYS, 100) == 0
        assert await store.erase_expired(GUILD + 1, clock(), 100) == 0
        assert (await store.case(quoted.id)).message == quoted.message

    async def test_a_cleared_case_goes_too(self, store: Store, clock: Clock) -> None:
        case_id = await recorded(store)
        await store.finish(await claimed(store), verdict(False))
        assert await erase_all(store, clock) == 1
        left = await store.case(case_id)
        assert (left.state, left.message.text) == (CaseState.CLEARED, "")

    async def test_a_new_revision_gives_a_case_more_time(self, store: Store, clock: Clock) -> None:
        case_id = await opened(store)
        clock.pass_by(DAYS / 2)
        await store.record(suspected(text="worse", edited_after=60))
        clock.pass_by(DAYS / 2)
        assert await store.erase_expired(GUILD, clock() - DAYS + timedelta(seconds=1), 100) == 0
        clock.pass_by(DAYS / 2)
        assert await store.erase_expired(GUILD, clock() - DAYS + timedelta(seconds=1), 100) == 1
        assert [revision.text for revision in (await store.case(case_id)).revisions] == ["", ""]

    async def test_an_open_case_s_card_is_out_of_date(self, store: Store, clock: Clock) -> None:
        case_id = await opened(store)
        await store.begin_card(case_id, 5)
        await store.card_shown(case_id, (await store.case(case_id)).version, 77)
        assert await store.cards_owed(GUILD, 10) == []
        await erase_all(store, clock)
        (owed,) = await store.cards_owed(GUILD, 10)
        assert (owed.id, owed.state) == (case_id, CaseState.OPEN)
        assert owed.erased_at is not None

    async def test_the_card_of_a_decided_case_is_out_of_date_too(
        self, store: Store, clock: Clock, quoted: CaseFile
    ) -> None:
        await store.begin_card(quoted.id, 5)
        await store.card_shown(quoted.id, quoted.version, 77)
        await erase_all(store, clock)
        assert [case.id for case in await store.cards_owed(GUILD, 10)] == [quoted.id]

    async def test_what_waits_for_the_judge_becomes_undecided(self, store: Store, clock: Clock) -> None:
        waiting, judged = await recorded(store, 101), await recorded(store, 102)
        (claim,) = await store.claim(1, LEASE)
        assert await erase_all(store, clock) == 2
        for case_id in (waiting, judged):
            assert await state(store, case_id) is CaseState.OPEN
            assert [finding.state for finding in (await store.case(case_id)).findings] == [JobState.UNDECIDED]
        with pytest.raises(LeaseLost):
            await store.finish(claim, verdict(True))
        assert await store.claim(5, LEASE) == []

    async def test_an_erased_message_may_be_flagged_again(
        self, store: Store, clock: Clock, quoted: CaseFile
    ) -> None:
        await erase_all(store, clock)
        assert await store.record(suspected(text=f"{SECRET} you loser", edited_after=9)) == quoted.id
        case = await store.case(quoted.id)
        assert case.erased_at is None
        assert [bool(revision.text) for revision in case.revisions] == [False, True]
        assert await erase_all(store, clock) == 1
        assert (await store.case(quoted.id)).message.text == ""

    async def test_an_edit_that_nothing_suspects_brings_no_words_back(
        self, store: Store, clock: Clock, quoted: CaseFile
    ) -> None:
        await erase_all(store, clock)
        assert await store.note_edit(message(text=f"again {SECRET}", edited_after=99)) is None
        assert (await store.case(quoted.id)).current is None

    async def test_words_that_come_later_have_a_time_of_their_own(self, store: Store, clock: Clock) -> None:
        case_id = await opened(store)
        await erase_all(store, clock)
        erased_at = (await store.case(case_id)).erased_at
        late = decision(case_id).model_copy(update={"reason": SECRET, "decided_at": clock()})
        await store.decide(late)
        await store.settle(case_id, enforced=True, outcome="done")
        assert (await store.case(case_id)).decision == late
        assert await erase_all(store, clock) == 1
        case = await store.case(case_id)
        assert case.decision is not None
        assert (case.decision.reason, case.erased_at) == ("", erased_at)
        assert await erase_all(store, clock) == 0

    async def test_it_goes_in_steps(self, store: Store, clock: Clock) -> None:
        for number in range(1, 8):
            await recorded(store, number)
        clock.pass_by(DAYS)
        assert [await store.erase_expired(GUILD, clock(), 3) for _ in range(4)] == [3, 3, 1, 0]

    async def test_erasing_is_noted_among_what_happened(
        self, store: Store, clock: Clock, quoted: CaseFile
    ) -> None:
        await erase_all(store, clock)
        assert [event.kind for event in await store.events(quoted.id)] == ["erased"]


class TestWordsOfOthers:
    """Notes, reports and appeals hang on a case, and go with its words."""

    @pytest.fixture
    async def case_id(self, store: Store, clock: Clock, quoted: CaseFile) -> int:
        note = CaseEvent(quoted.id, clock(), EventKind.NOTE, 900, f"note {SECRET}")
        await store.add_event(note)
        made = Report(ReportKind.MEMBER, 77, f"report {SECRET}", clock())
        await store.report(suspected(text=f"{SECRET} you loser").model_copy(update={"suspicions": ()}), made)
        appeal, _ = await store.add_appeal(NewAppeal(GUILD, quoted.id, 1, MEMBER, f"appeal {SECRET}", clock()))
        await store.answer_appeal(appeal.id, Answer(901, clock(), False, f"answer {SECRET}"))
        await store.settle_appeal(appeal.id, f"outcome {SECRET}")
        return quoted.id

    async def said(self, store: Store, case_id: int) -> str:
        case, events, appeals = (
            await store.case(case_id),
            await store.events(case_id),
            await store.appeals_of_case(case_id),
        )
        return repr((case, events, appeals))

    async def test_they_go_with_the_member_s(self, store: Store, clock: Clock, case_id: int) -> None:
        said = await self.said(store, case_id)
        assert all(f"{what} {SECRET}" in said for what in ("note", "report", "appeal", "answer", "outcome"))
        await erase_all(store, clock)
        assert SECRET not in await self.said(store, case_id)
        (appeal,) = await store.appeals_of_case(case_id)
        assert (appeal.member_id, appeal.text, appeal.answer is not None) == (MEMBER, "", True)
        assert [event.kind for event in await store.events(case_id)][-1] == "erased"

    @pytest.mark.parametrize("what", ["note", "report", "appeal", "answer"])
    async def test_each_that_comes_later_has_a_time_of_its_own(
        self, store: Store, clock: Clock, quoted: CaseFile, what: str
    ) -> None:
        appeal, _ = await store.add_appeal(NewAppeal(GUILD, quoted.id, 1, MEMBER, "first", clock()))
        await erase_all(store, clock)
        if what == "note":
            await store.add_event(CaseEvent(quoted.id, clock(), EventKind.NOTE, 900, SECRET))
        elif what == "report":
            made = Report(ReportKind.MEMBER, 77, SECRET, clock())
            await store.report(suspected(text="worse").model_copy(update={"suspicions": ()}), made)
        elif what == "appeal":
            await store.add_appeal(NewAppeal(GUILD, quoted.id, 2, MEMBER, SECRET, clock()))
        else:
            await store.answer_appeal(appeal.id, Answer(901, clock(), False, SECRET))
        assert SECRET in await self.said(store, quoted.id)
        assert await erase_all(store, clock) == 1
        assert SECRET not in await self.said(store, quoted.id)

    async def test_an_appeal_s_card_shows_the_text_and_is_out_of_date(
        self, store: Store, clock: Clock, quoted: CaseFile
    ) -> None:
        appeal, _ = await store.add_appeal(NewAppeal(GUILD, quoted.id, 1, MEMBER, SECRET, clock()))
        await store.begin_appeal_card(appeal.id, 5)
        await store.appeal_card_shown(appeal.id, appeal.version, 77)
        assert await store.appeal_cards_owed(10) == []
        await erase_all(store, clock)
        assert [owed.id for owed in await store.appeal_cards_owed(10)] == [appeal.id]

    async def test_a_case_with_an_appeal_waits_for_its_answer(
        self, store: Store, clock: Clock, quoted: CaseFile
    ) -> None:
        appeal, _ = await store.add_appeal(NewAppeal(GUILD, quoted.id, 1, MEMBER, SECRET, clock()))
        assert (await store.kept_of(GUILD, MEMBER)).waiting == 1
        assert [text.source for text in await store.texts_of(GUILD, MEMBER)][-1] is Source.APPEAL
        wish, _ = await store.ask_for_erasure(GUILD, MEMBER, "de")
        assert await store.carry_out(wish, 10) == Erased(waiting=1)
        await store.answer_appeal(appeal.id, Answer(901, clock(), False, ""))
        assert await store.carry_out(wish, 10) == Erased(cases=1)
        assert SECRET not in await self.said(store, quoted.id)

    async def test_the_reason_of_a_report_is_its_maker_s(self, store: Store, case_id: int) -> None:
        assert (await store.kept_of(GUILD, 77)).reports == 1
        (text,) = await store.texts_of(GUILD, 77)
        assert (text.source, text.content) == (Source.REPORT, f"report {SECRET}")
        wish, _ = await store.ask_for_erasure(GUILD, 77, "de")
        assert await store.carry_out(wish, 10) == Erased(cases=1)
        said = await self.said(store, case_id)
        assert f"report {SECRET}" not in said
        assert f"note {SECRET}" in said
        assert (await store.kept_of(GUILD, 77)).is_nothing

    async def test_what_texts_are_like_is_forgotten_with_them(self, store: Store, clock: Clock) -> None:
        """Fingerprints of words say something of the words."""
        one, two = await opened(store, 101), await opened(store, 102)
        assert (await store.alike(one, Alike.TEXT)).case_ids == (one, two)
        await store.erase_expired(GUILD, clock() + timedelta(seconds=1), 1)
        assert (await store.alike(two, Alike.TEXT)).case_ids == (two,)


class TestForgetting:
    async def test_a_case_without_words_is_deleted_in_the_end(
        self, store: Store, clock: Clock, quoted: CaseFile
    ) -> None:
        clock.pass_by(timedelta(days=400))
        assert await store.forget_expired(GUILD, clock(), 100) == 0, "its words first"
        await store.erase_expired(GUILD, clock(), 100)
        assert await store.forget_expired(GUILD, clock() - timedelta(days=401), 100) == 0
        assert await store.forget_expired(GUILD + 1, clock(), 100) == 0
        assert await store.forget_expired(GUILD, clock(), 100) == 1
        assert await store.find(GUILD, quoted.message.id) is None

    async def test_a_decision_is_carried_out_first(self, store: Store, clock: Clock) -> None:
        case_id = await opened(store)
        await store.decide(decision(case_id).model_copy(update={"reason": ""}))
        await erase_all(store, clock)
        assert await store.forget_expired(GUILD, clock(), 100) == 0
        await store.settle(case_id, enforced=False, outcome="gone")
        assert await store.forget_expired(GUILD, clock(), 100) == 1


class TestWhatIsKept:
    async def test_nothing_is_kept_about_a_stranger(self, store: Store) -> None:
        assert (await store.kept_of(GUILD, 1)).is_nothing
        assert await store.texts_of(GUILD, 1) == []

    async def test_own_cases_are_counted_by_whether_they_wait(self, store: Store, clock: Clock) -> None:
        await ended(store, await opened(store, 101))
        clock.pass_by(timedelta(hours=1))
        await opened(store, 102)
        await recorded(store, 103)
        kept = await store.kept_of(GUILD, MEMBER)
        assert (kept.cases, kept.waiting, kept.records) == (3, 2, 0)
        assert kept.since == (START, START + timedelta(hours=1))
        assert (await store.kept_of(GUILD + 1, MEMBER)).is_nothing
        await erase_all(store, clock)
        kept = await store.kept_of(GUILD, MEMBER)
        assert (kept.cases, kept.waiting, kept.since, kept.records) == (0, 0, None, 3)

    async def test_context_in_other_people_s_cases_is_counted(self, store: Store) -> None:
        await recorded(store)
        kept = await store.kept_of(GUILD, OTHER)
        assert (kept.cases, kept.context) == (0, 1)
        assert (await store.kept_of(GUILD, MEMBER)).context == 0, "in their own case it is theirs anyway"

    async def test_every_text_can_be_had(self, store: Store, quoted: CaseFile) -> None:
        texts = await store.texts_of(GUILD, MEMBER)
        assert [(text.source, text.content) for text in texts] == [
            (Source.MESSAGE, f"{SECRET} you loser"),
            (Source.EDIT, f"now {SECRET}"),
        ]
        assert {(text.case_id, text.message_id, text.channel_id) for text in texts} == {(quoted.id, 100, 5)}
        assert (texts[0].attachments, texts[0].embeds) == (("cat.png",), ("a card",))
        (context,) = await store.texts_of(GUILD, OTHER)
        assert (context.source, context.content, context.message_id) == (Source.CONTEXT, "gg", 98)


class TestWishes:
    async def test_a_wish_stands_until_it_is_done(self, store: Store, clock: Clock) -> None:
        asked, first = await store.ask_for_erasure(GUILD, MEMBER, "de")
        assert first
        assert (asked.asked_at, asked.language, asked.done_at) == (START, "de", None)
        clock.pass_by(timedelta(hours=1))
        assert await store.ask_for_erasure(GUILD, MEMBER, "es") == (asked, False)
        assert list(await store.erasure_requests(10)) == [asked]
        done = await store.erasure_done(asked)
        assert done is not None
        assert done.done_at == clock()
        assert list(await store.erasure_requests(10)) == []
        assert (await store.kept_of(GUILD, MEMBER)).request == done
        again, first = await store.ask_for_erasure(GUILD, MEMBER, "es")
        assert first
        assert (again.asked_at, again.done_at) == (clock(), None)

    async def test_a_wish_is_forgotten_when_its_member_knows(self, store: Store) -> None:
        asked, _ = await store.ask_for_erasure(GUILD, MEMBER, "de")
        await store.told_of_erasure(asked)
        assert list(await store.erasure_requests(10)) == [asked], "it is not done yet"
        await store.erasure_done(asked)
        await store.told_of_erasure(asked)
        assert (await store.kept_of(GUILD, MEMBER)).request is None
        assert await store.erasure_done(asked) is None

    async def test_old_wishes_are_forgotten_once_they_are_done(self, store: Store, clock: Clock) -> None:
        done, _ = await store.ask_for_erasure(GUILD, MEMBER, "de")
        waits, _ = await store.ask_for_erasure(GUILD, OTHER, "de")
        await store.erasure_done(done)
        await store.forget_requests(clock())
        assert (await store.kept_of(GUILD, MEMBER)).request is not None
        await store.forget_requests(clock() + timedelta(seconds=1))
        assert (await store.kept_of(GUILD, MEMBER)).request is None
        assert (await store.kept_of(GUILD, OTHER)).request == waits

    async def test_what_is_settled_goes_at_once_and_what_waits_does_not(self, store: Store) -> None:
        done, waits, queued = await opened(store, 101), await opened(store, 102), await recorded(store, 103)
        await ended(store, done)
        wish, _ = await store.ask_for_erasure(GUILD, MEMBER, "de")
        assert await store.carry_out(wish, 10) == Erased(cases=1, waiting=2)
        texts = [(await store.case(case_id)).message.text for case_id in (done, waits, queued)]
        assert [bool(text) for text in texts] == [False, True, True]

    async def test_what_waits_goes_when_it_is_decided(self, store: Store) -> None:
        case_id = await opened(store)
        wish, _ = await store.ask_for_erasure(GUILD, MEMBER, "de")
        assert await store.carry_out(wish, 10) == Erased(waiting=1)
        await ended(store, case_id, Action.DISMISS)
        assert await store.carry_out(wish, 10) == Erased(cases=1)
        assert await store.carry_out(wish, 10) == Erased()

    async def test_what_waits_goes_after_a_week_at_the_latest(self, store: Store, clock: Clock) -> None:
        case_id, queued = await opened(store, 101), await recorded(store, 102)
        wish, _ = await store.ask_for_erasure(GUILD, MEMBER, "de")
        clock.pass_by(ERASED_AT_LATEST - timedelta(seconds=1))
        assert await store.carry_out(wish, 10) == Erased(waiting=2)
        clock.pass_by(timedelta(seconds=1))
        assert await store.carry_out(wish, 10) == Erased(cases=2)
        assert (await store.case(case_id)).message.text == ""
        assert await state(store, queued) is CaseState.OPEN

    async def test_what_is_written_after_the_wish_is_not_meant(self, store: Store, clock: Clock) -> None:
        wish, _ = await store.ask_for_erasure(GUILD, MEMBER, "de")
        clock.pass_by(timedelta(seconds=1))
        case_id = await opened(store)
        await ended(store, case_id)
        assert await store.carry_out(wish, 10) == Erased()
        assert (await store.case(case_id)).message.text

    async def test_context_and_reports_from_after_the_wish_are_not_meant(self, store: Store, clock: Clock) -> None:
        context, _ = await store.ask_for_erasure(GUILD, OTHER, "de")
        reporter, _ = await store.ask_for_erasure(GUILD, 77, "de")
        clock.pass_by(timedelta(seconds=1))
        case_id = await opened(store)
        made = Report(ReportKind.MEMBER, 77, SECRET, clock())
        await store.report(suspected().model_copy(update={"suspicions": ()}), made)
        await ended(store, case_id)
        for wish in (context, reporter):
            assert await store.carry_out(wish, 10) == Erased()
        case = await store.case(case_id)
        assert [earlier.text for earlier in case.earlier] == ["gg", "no"]
        assert [report.reason for report in case.reports] == [SECRET]

    async def test_a_random_check_that_waits_is_let_go(self, store: Store, clock: Clock) -> None:
        await store.record(audit())
        assert await erase_all(store, clock) == 1
        assert await store.find(GUILD, 100) is None
        assert (await store.tally(GUILD, "harassment", policy().digest)).unsure == 1

    async def test_other_members_and_other_guilds_are_left_alone(self, store: Store) -> None:
        await store.keep_policy(GUILD + 1, policy())
        await store.record(suspected(201, guild_id=GUILD + 1))
        await store.record(suspected(202, author_id=77))
        for claim in await store.claim(5, LEASE):
            await store.finish(claim, verdict(False))
        wish, _ = await store.ask_for_erasure(GUILD, MEMBER, "de")
        assert (await store.carry_out(wish, 10)).cases == 1, "the context of the second one, which is theirs"
        for guild, number in ((GUILD + 1, 201), (GUILD, 202)):
            case = await store.find(guild, number)
            assert case is not None
            assert case.message.text

    async def test_context_goes_out_of_other_people_s_cases(self, store: Store) -> None:
        case_id = await opened(store)
        await ended(store, case_id)
        before = await store.case(case_id)
        wish, _ = await store.ask_for_erasure(GUILD, OTHER, "de")
        assert await store.carry_out(wish, 10) == Erased(cases=1)
        case = await store.case(case_id)
        assert [earlier.text for earlier in case.earlier] == ["no"]
        assert case.message == before.message
        (verdict,) = (finding.verdict for finding in case.findings)
        assert verdict is not None
        assert (verdict.reasoning, verdict.rationale) == ("", ERASED), "the model may have quoted it"
        (was,) = (finding.verdict for finding in before.findings)
        assert was is not None
        assert verdict == was.model_copy(update={"reasoning": "", "rationale": ERASED}), "figures and quotes stay"
        assert case.version > before.version, "cards show it"
        assert (await store.kept_of(GUILD, OTHER)).is_nothing

    async def test_many_cases_go_in_steps(self, store: Store) -> None:
        for number in range(1, 8):
            await recorded(store, number)
        for claim in await store.claim(10, LEASE):
            await store.finish(claim, verdict(False))
        wish, _ = await store.ask_for_erasure(GUILD, MEMBER, "de")
        steps = [await store.carry_out(wish, 3) for _ in range(4)]
        assert [(step.cases, step.more) for step in steps] == [(3, True), (3, True), (1, False), (0, False)]

    async def test_two_revisions_may_have_the_same_bystanders(self, store: Store) -> None:
        def seen(text: str, *authors: int) -> Suspected:
            said: Message = message(text=text)
            earlier = tuple(Earlier(message_id=90 + author, author_id=author, text="hm") for author in authors)
            return suspected(text=text).model_copy(update={"message": said, "earlier": earlier})

        await store.record(seen("one", 56, 57))
        await store.record(seen("two", 57, 58))
        for author in (56, 57, 58):
            assert (await store.kept_of(GUILD, author)).context == 1
        assert len(await store.texts_of(GUILD, 57)) == 2


class TestWiping:
    async def test_it_is_done_when_something_was_erased_and_not_too_often(
        self, store: Store, clock: Clock
    ) -> None:
        day = timedelta(days=1)
        assert not await store.wipe(at_most_every=day)
        await recorded(store)
        await erase_all(store, clock)
        assert await store.wipe(at_most_every=day)
        assert not await store.wipe(at_most_every=day), "nothing was erased since"
        await recorded(store, 101)
        await store.erase_expired(GUILD, clock() + day, 10)
        assert not await store.wipe(at_most_every=day)
        clock.pass_by(day)
        assert await store.wipe(at_most_every=day)
