"""Pages of cases and histories, and cards of appeals, within Discord's limits whatever is in them."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.case import Action, CaseFile, CaseState, Decision, Earlier, Finding, JobState, Report, ReportKind
from bot.cogs.appeals_face import appeal_buttons, appeal_face
from bot.cogs.budget import DESCRIPTION, EMBED_TOTAL, FIELD_VALUE, TITLE
from bot.cogs.cases_moments import Dossier
from bot.cogs.cases_page import pages, title
from bot.cogs.cases_pages_view import packed, page_buttons
from bot.cogs.history_of_page import history_pages
from bot.cogs.safe_text import units
from bot.records.appeals import Answer, Appeal, Told
from bot.records.events import CaseEvent, EventKind
from bot.records.people import Made, MemberRecord
from bot.review.appeals import Appealed
from bot.review.care import Hidden, without_words
from tests.bot.store.samples import GUILD, START, message, policy, suspicion, verdict

HOSTILE = st.text(min_size=1, max_size=30).map(lambda text: (text * 400)[:4000]) | st.sampled_from(
    ["```" * 1300, "\n" * 4000, "‮" * 4000, "🎉" * 2000, "<@1>" * 1000, "\ud83d" * 500, "*_~|>`" * 600]
)
PAGE_LIMIT = DESCRIPTION


def hostile_case(text: str) -> CaseFile:
    written = tuple(message(text=f"{number}{text}", edited_after=number) for number in range(4))
    said = verdict().model_copy(update={"rationale": text, "quotes": (text[:200],) * 4, "reasoning": text})
    finding = Finding(1, 4, JobState.JUDGED, policy(), suspicion(), said)
    decision = Decision(
        case_id=1, action=Action.TIMEOUT, moderator_id=9, decided_at=START, timeout=timedelta(hours=1), reason=text
    )
    return CaseFile(
        1,
        GUILD,
        CaseState.ENFORCED,
        START,
        written,
        (Earlier(message_id=1, author_id=2, text=text),) * 10,
        (finding,),
        decision,
        text,
        reports=(Report(ReportKind.MEMBER, 4242, text, START),),
    )


def appeal_of(text: str, **changed: object) -> Appeal:
    answer = Answer(9, START, granted=True, text=text[:1000])
    whole = Appeal(7, GUILD, 1, 1, 55, text[:1000], START, answer, text, Told.FAILED, text)
    return replace(whole, **changed)  # type: ignore[arg-type]


@settings(max_examples=15, deadline=None)
@given(text=HOSTILE)
def test_pages_of_a_hostile_case_fit_and_name_no_reporter(text: str) -> None:
    case = hostile_case(text)
    assert case.decision is not None
    events = [CaseEvent(1, START, EventKind.NOTE, 9, text)] * 30
    dossier = Dossier(
        case, None, [Made(1, case.decision, False, text, False, True, 1)], events, [appeal_of(text)], START
    )
    texts = pages(dossier)
    assert all(0 < units(page) <= PAGE_LIMIT for page in texts)
    assert "4242" not in "".join(texts)
    assert units(title(case)) <= TITLE


@settings(max_examples=15, deadline=None)
@given(text=HOSTILE, answered=st.booleans())
def test_the_card_of_a_hostile_appeal_fits(text: str, answered: bool) -> None:
    appeal = appeal_of(text) if answered else appeal_of(text, answer=None)
    embed = appeal_face(Appealed(appeal, hostile_case(text)))
    assert units(embed.description or "") <= DESCRIPTION
    assert all(units(field.value or "") <= FIELD_VALUE for field in embed.fields)
    assert len(embed) <= EMBED_TOTAL
    assert len(appeal_buttons(appeal).children) == (1 if answered else 3)


def test_hidden_words_are_in_no_page() -> None:
    case = without_words(hostile_case("unspeakable"))
    for reason in Hidden:
        told = "".join(pages(Dossier(replace(case, decision=None), reason, [], [], [], None)))
        assert "unspeakable" not in told
        assert "Insults aimed at a member" in told, "what the policy says is nobody's secret"


def test_a_history_lists_ends_and_quotes_nobody() -> None:
    case = hostile_case("secret words")
    record = MemberRecord(
        open=1, acted_on=1, dismissed=1, taken_back=1, since=START, actions={Action.TIMEOUT: 2, Action.WARN: 1}
    )
    (text,) = history_pages(record, [replace(case, id=5), case], 55)
    assert "secret" not in text
    assert "4 cases" in text
    assert "1 dismissed · 1 taken back" in text
    assert "1 warning · 2 timeouts" in text
    assert "**H1** (Harassment): 2" in text
    assert text.index("**5**") < text.index("**1** ·")


@given(blocks=st.lists(st.text(max_size=300), max_size=30), room=st.integers(200, 1000))
def test_nothing_is_lost_between_pages(blocks: list[str], room: int) -> None:
    short = [block.encode("utf-8", "replace").decode()[:100] for block in blocks]
    texts = packed(short, room)
    assert all(units(text) <= room for text in texts)
    if any(short):
        assert "\n\n".join(texts) == "\n\n".join(filter(None, short))


def test_pages_are_turned_within_their_number() -> None:
    assert page_buttons("case-pages", 1, 0, 0) is None
    view = page_buttons("case-pages", 12, 2, 2)
    assert view is not None
    back, on = view.to_components()[0]["components"]
    assert (back["custom_id"], back["disabled"]) == ("case-pages:12:1", False)
    assert on["disabled"]
    assert back["custom_id"] != on["custom_id"]


def test_a_notice_is_told_once_with_the_decision_that_it_was_about() -> None:
    case = hostile_case("x")
    decision = Decision(case_id=1, action=Action.WARN, moderator_id=9, decided_at=START)
    outcome = "The member was told by direct message."
    notice = CaseEvent(1, START + timedelta(seconds=1), EventKind.NOTICE_SENT)
    made = Made(1, decision, True, outcome, taken_back=False, reopened=False, revision=1)
    told = "\n".join(pages(Dossier(case, None, [made], [notice], [], None)))
    assert told.count("told by direct message") == 1
    under_way = replace(made, enforced=None, outcome="")
    told = "\n".join(pages(Dossier(case, None, [under_way], [notice], [], None)))
    assert told.count("told by direct message") == 1
