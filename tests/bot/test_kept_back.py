"""Ids that stand for messages which AutoMod kept back."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from bot.case import Action, CaseFile, Decision, Report, ReportKind
from bot.cogs.card_face import face
from bot.cogs.cases_moments import Dossier
from bot.cogs.cases_page import pages
from bot.cogs.notices_text import notice
from bot.guilds.settings import GuildSettings
from bot.kept_back import SPAN_MS, is_stand_in, stand_in_id
from tests.bot.adapters import START
from tests.bot.cogs.card_samples import case_about

MS = 1 << 22
"""By so much an id grows in a millisecond."""


def stand_in(user_id: int = 1, channel_id: int = 2, content: str = "spam", now_ms: int = 1_000_000_000) -> int:
    return stand_in_id(user_id, channel_id, content, now_ms * MS)


@given(st.integers(0, 2**40), st.text(max_size=50))
def test_a_text_has_one_id_within_ten_minutes(now_ms: int, content: str) -> None:
    number = stand_in(content=content, now_ms=now_ms)
    assert number == stand_in(content=content, now_ms=now_ms // SPAN_MS * SPAN_MS + SPAN_MS - 1)
    assert number != stand_in(content=content, now_ms=now_ms + SPAN_MS)
    assert 0 <= number < 2**63
    assert number // MS <= now_ms
    assert is_stand_in(number)


@given(st.integers(1, 2**41))
def test_an_id_of_any_other_moment_stands_for_nothing(now_ms: int) -> None:
    assert is_stand_in(now_ms * MS + 5) == (now_ms % SPAN_MS == 0)


def test_other_texts_members_and_channels_have_other_ids() -> None:
    assert len({stand_in(), stand_in(user_id=3), stand_in(channel_id=3), stand_in(content="ham")}) == 4


def kept_back() -> CaseFile:
    case = case_about("spam")
    message = case.message.model_copy(update={"id": stand_in()})
    alert = Report(ReportKind.AUTOMOD, 5, "spam", START)
    return replace(case, revisions=(message,), reports=(alert,), deleted_at=START)


def test_a_message_was_kept_back_if_automod_told_of_it_and_it_never_had_an_id() -> None:
    case = kept_back()
    assert case.was_kept_back
    posted = case.message.model_copy(update={"id": stand_in() + 7 * MS})
    by_member = replace(case.reports[0], kind=ReportKind.MEMBER)
    assert not replace(case, revisions=(posted,)).was_kept_back
    assert not replace(case, reports=(by_member,)).was_kept_back
    assert not replace(case, deleted_at=None).was_kept_back


def test_cards_pages_and_notices_say_who_kept_it_back_and_not_that_it_was_deleted() -> None:
    case = kept_back()
    card = face(case).description or ""
    page = "\n".join(pages(Dossier(case, None, [], [], [], None)))
    decision = Decision(case_id=case.id, action=Action.WARN, also_delete=True, moderator_id=9, decided_at=START)
    told = notice(case, decision, GuildSettings(notices=True), "Bramble").text
    previewed = notice(case, decision, GuildSettings(notices=True), "Bramble", chosen=False).text
    for text in (card, page):
        assert "AutoMod kept the message back" in text
    for text in (told, previewed):
        assert "AutoMod kept your message in <#" in text
    for text in (card, page, told, previewed):
        assert "deleted" not in text
        assert "is gone" not in text
