"""The queue's pages, panels and lines stay within Discord's limits, and what they hold finds its way back."""

import re
from dataclasses import replace

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking import Answer, Silence
from bot.case import Action, CardPlace, CaseFile, Holder, Report, ReportKind
from bot.cogs.bulk_page import Wish, bulk_items, confirm_page, extent_text, panel_page, progress_page
from bot.cogs.judge_this_page import Judged, conversation_page, message_page, opened_page
from bot.cogs.queue_page import breakdown, queue_page
from bot.cogs.queue_state import PAGE, QueuePress, QueueState, is_line_id, queue_items
from bot.cogs.replies import Reply
from bot.language import Language, speaking
from bot.records.reports import Alike, Bulk, BulkExtent, QueueClaims, QueueOrder, QueuePage, Waiting
from policies.policy import Severity
from tests.bot.adapters import START, make_message, make_policy, make_verdict
from tests.bot.cogs.card_samples import case_about, embed_texts, hostile_case, limits_broken, unescaped

HOSTILE = "@everyone <@1> <#2> [x](https://x.example) ```\n# h `a` ||s|| <t:1:R> \u202e\u05d0" + "\U0001f642" * 30
POLICIES = {
    f"p{number}": make_policy(f"p{number}").model_copy(update={"title": HOSTILE[:79]}) for number in range(40)
}
CUSTOM_ID, OPTIONS, LABEL, OPTION = 100, 25, 80, 100

states = st.builds(
    QueueState,
    st.sampled_from(QueueOrder),
    st.sampled_from(QueueClaims),
    st.none() | st.from_regex(r"[a-z0-9-]{1,40}", fullmatch=True),
    st.integers(0, 999_999),
)


def text_of(reply: Reply) -> str:
    assert limits_broken(reply.embed) == []
    check_view(reply.view)
    return "\n".join(text for _, text in embed_texts(reply.embed.to_dict()))


def check_view(view: discord.ui.View | None) -> None:
    rows = view.to_components() if view else []
    assert len(rows) <= 5
    ids = []
    for row in rows:
        parts = row["components"]
        assert len(parts) <= (1 if parts[0]["type"] == 3 else 5)
        ids += [part["custom_id"] for part in parts]
        for part in parts:
            assert len(part["custom_id"]) <= CUSTOM_ID
            assert len(part.get("label", "")) <= LABEL
            assert len(part.get("options", [])) <= OPTIONS
            for option in part.get("options", []):
                assert 1 <= len(option["label"]) <= OPTION
                assert len(option.get("description") or "") <= OPTION
    assert len(ids) == len(set(ids))


@given(states, st.sampled_from(QueuePress))
def test_a_state_survives_its_button(state: QueueState, press: QueuePress):
    custom_id = state.custom_id(press)
    assert len(custom_id) <= CUSTOM_ID
    kinds = [each for each in queue_items(_nobody) if each.__discord_ui_compiled_template__.fullmatch(custom_id)]
    assert len(kinds) == 1
    match = kinds[0].__discord_ui_compiled_template__.fullmatch(custom_id)
    assert match is not None
    assert QueueState.of(match) == state
    assert is_line_id(custom_id) == (press is QueuePress.OPEN)


@given(states)
def test_pages_are_turned_and_a_new_order_begins_at_the_front(state: QueueState):
    assert state.after(QueuePress.ON).after(QueuePress.BACK) == state
    assert state.after(QueuePress.ORDER, "age") == replace(state, order=QueueOrder.AGE, offset=0)
    assert state.after(QueuePress.CLAIMS, "mine") == replace(state, claims=QueueClaims.MINE, offset=0)
    assert state.after(QueuePress.POLICY, "*") == replace(state, policy_id=None, offset=0)
    assert state.after(QueuePress.ORDER, "nonsense") == state


async def _nobody(*_: object) -> None:
    """No press comes here."""


def hostile_page(count: int) -> QueuePage:
    reports = tuple(Report(ReportKind.MEMBER, number, HOSTILE, START) for number in range(1, 4))
    cases = tuple(
        replace(hostile_case(HOSTILE), id=10**17 + number, holder=Holder(5, START), reports=reports)
        for number in range(count)
    )
    return QueuePage(cases, Waiting(dict.fromkeys(Severity, 12_345)))


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("count", [0, 1, PAGE])
def test_the_largest_page_stays_within_limits_and_is_no_markup(language: Language, count: int):
    with speaking(language):
        text = text_of(queue_page(QueueState(offset=99_992), hostile_page(count), POLICIES, a_bulk(waiting=3)))
    assert "@everyone" not in unescaped(text)
    assert "reporter" not in text


def test_an_empty_queue_says_so():
    empty = QueuePage((), Waiting({}))
    assert "Nothing waits here" in text_of(queue_page(QueueState(), empty, {}, None))
    assert breakdown(Waiting({Severity.LOW: 3, Severity.CRITICAL: 1_200})) == "1,200 critical, 3 low"


def a_bulk(**ended: int) -> Bulk:
    counts = {"waiting": 0, "done": 0, "refused": 0, "passed": 0} | ended
    return Bulk(1, 7, 5, Action.DISMISS, START, **counts)


EXTENT = BulkExtent(tuple(range(1, 42)), messages=38, channels=3, authors=1)


def test_what_a_bulk_touches_is_said_before_it_is_confirmed():
    assert extent_text(EXTENT) == "41 cases, 38 messages in 3 channels, 1 author"
    reply = confirm_page(Wish(9, Alike.AUTHOR, Action.DELETE), EXTENT)
    assert "41 cases, 38 messages in 3 channels" in text_of(reply)
    assert "cannot be undone" in text_of(reply)
    assert reply.view is not None
    assert [getattr(each, "label", "") for each in reply.view.children] == ["Delete 38 messages", "Cancel"]
    assert "opened again" in text_of(confirm_page(Wish(9, Alike.TEXT, Action.DISMISS), EXTENT))


def test_a_case_that_is_like_no_other_offers_nothing():
    alone = BulkExtent((9,), 1, 1, 1)
    assert panel_page(case_about("x"), dict.fromkeys(Alike, alone)).view is None
    assert panel_page(case_about("x"), dict.fromkeys(Alike, EXTENT)).view is not None


def test_only_what_can_be_undone_offers_it():
    assert progress_page(a_bulk(waiting=1)).view is None
    assert progress_page(a_bulk(done=1)).view is not None
    assert progress_page(replace(a_bulk(done=1), action=Action.DELETE)).view is None
    undone = replace(a_bulk(done=3, passed=2), action=Action.UNDO, undoes=1)
    assert "Opened again: 3" in text_of(progress_page(undone))
    assert "Not taken back: 2" in text_of(progress_page(undone))
    assert "at least 41 cases" in text_of(
        confirm_page(Wish(9, Alike.TEXT, Action.DISMISS), replace(EXTENT, more=True))
    )
    assert "Refused: 2" in text_of(progress_page(a_bulk(refused=2, passed=1, done=1)))


@given(
    st.integers(1, 2**63 - 1), st.sampled_from(Alike), st.sampled_from([Action.DISMISS, Action.DELETE]),
    st.none() | st.integers(0, 10**9 - 1),
)  # fmt: skip
def test_a_wish_survives_its_button(case_id: int, by: Alike, action: Action, confirmed: int | None):
    wish = Wish(case_id, by, action, confirmed)
    assert len(wish.custom_id) <= CUSTOM_ID
    match = bulk_items(_nobody).__discord_ui_compiled_template__.fullmatch(wish.custom_id)
    assert match is not None
    assert Wish.of(match) == wish


def judged(text: str, policies: int = 1) -> Judged:
    """Under three kinds of policies in turn: violated, allowed, without an answer."""
    answers = []
    for number in range(policies):
        policy = make_policy(f"p{number}").model_copy(update={"title": HOSTILE[:79]})
        violated = make_verdict(policy, violation=True, rule_ids=("R1",), rationale=HOSTILE * 5)
        allowed = make_verdict(policy, violation=False)
        late = Answer(policy, None, Silence.LATE)
        answers.append((Answer(policy, violated), Answer(policy, allowed), late)[number % 3])
    return Judged(make_message(text=text, author_name=HOSTILE), tuple(answers))


@pytest.mark.parametrize("text", [HOSTILE, HOSTILE * 30, "\u0301" * 3000, "`" * 4000])
def test_verdicts_on_hostile_messages_stay_within_limits_and_are_no_markup(text: str):
    view = discord.ui.View(timeout=None)
    case = hostile_case(text[:300])
    for reply in (
        message_page(judged(text, 24), case, view),
        conversation_page([judged(text, 24)] * 10, 1, view),
        opened_page([case] * 25),
    ):
        bare = unescaped(re.sub(r"```.*?```", "", text_of(reply), flags=re.DOTALL))
        assert "@everyone" not in bare
        assert "](" not in bare


def test_a_page_tells_violations_what_is_allowed_and_what_nobody_knows():
    view = discord.ui.View(timeout=None)
    text = text_of(message_page(judged("x", 3), None, view))
    assert "Violation, 90% likely" in text
    assert "Allowed" in text
    assert "too much to do" in text
    assert "No policy" in text_of(message_page(Judged(make_message(), ()), None, view))


def test_policies_that_allow_a_message_take_one_line_together():
    answers = tuple(
        Answer(policy, make_verdict(policy, violation=False))
        for policy in (make_policy("calm"), make_policy("kind"))
    )
    page = message_page(Judged(make_message(), answers), None, None).embed
    assert [(each.name, each.value) for each in page.fields] == [
        ("Allowed, with how likely a violation is", "Calm 10% · Kind 10%")
    ]


def test_a_message_that_has_a_case_leads_to_its_card():
    case = case_about("x", card=CardPlace(5, START, 6))
    told = text_of(message_page(judged("x"), case, None))
    assert "case 12. [Card](https://discord.com/channels/7/5/6)" in told


def test_a_case_without_a_card_says_so():
    case: CaseFile = case_about("you loser")
    text = text_of(queue_page(QueueState(), QueuePage((case,), Waiting({Severity.HIGH: 1})), {}, None))
    assert "no card yet" in text
    assert "1 case waits" in text
