"""What `/privacy` says, word by word, and the file that it hands out."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.cogs import privacy_page
from bot.cogs.privacy_page import (
    DELETE,
    Terms,
    delete_lines,
    delete_view,
    exported,
    kept_lines,
    request_line,
    rule_lines,
)
from bot.records.retention import ErasureRequest, Kept, KeptText, Source

NOW = datetime(2030, 1, 31, 12, tzinfo=UTC)
TERMS = Terms(words=30, cases=400)
KEPT = Kept(cases=3, waiting=1, since=(NOW - timedelta(days=9), NOW), records=2, context=4, reports=1)
TEXT = KeptText(Source.MESSAGE, 7, 10**18, 5, NOW, NOW, "you loser", ("cat.png",), ("a card",))


def stamp(moment: datetime) -> str:
    return f"<t:{int(moment.timestamp())}"


def test_nothing_is_said_plainly():
    assert list(kept_lines(Kept(), TERMS)) == [
        "Nothing that you wrote is kept here, and there is no case about you."
    ]


def test_everything_that_is_kept_is_told_with_its_time():
    said = "\n".join(kept_lines(KEPT, TERMS))
    for part in (
        "**3 cases about what you wrote** are kept",
        f"The oldest was stored {stamp(NOW - timedelta(days=9))}",
        f"erased by {stamp(NOW + timedelta(days=30))}",
        "1 of them is not decided yet",
        "Of 2 older cases only who, where, when",
        "With 4 cases about other people's messages",
        "1 report of yours is kept",
    ):
        assert part in said
    assert "Nothing" not in said


def test_the_rules_name_days_and_who_sees_it():
    said = "\n".join(rule_lines(replace(TERMS, words=1)))
    assert "after 1 day." in said
    assert "after 400 days." in said
    assert "moderators of this server" in said


def test_a_wish_is_told_while_it_waits_and_when_it_is_done():
    assert request_line(KEPT) is None
    asked = ErasureRequest(1, 2, NOW, "en")
    waiting = request_line(replace(KEPT, request=asked))
    assert waiting is not None
    assert stamp(NOW) in waiting
    assert f"by {stamp(NOW + timedelta(days=7))}" in waiting
    done = request_line(replace(KEPT, request=replace(asked, done_at=NOW + timedelta(hours=1))))
    assert done is not None
    assert f"done {stamp(NOW + timedelta(hours=1))}" in done


async def test_what_goes_and_what_stays_is_said_before_the_button():
    said = "\n".join(delete_lines())
    assert "7 days from now at the latest" in said
    assert "What stays:" in said
    button, cancel = delete_view().to_components()[0]["components"]
    assert (cancel["label"], cancel["custom_id"]) == ("Cancel", "privacy:cancel")
    assert button["custom_id"] == DELETE


def test_the_file_holds_every_text_with_ids_that_any_program_can_read():
    context = replace(TEXT, source=Source.CONTEXT, channel_id=None, written_at=None, kept_since=NOW - timedelta(1))
    document, left_out = exported([context, TEXT], 7, NOW, TERMS)
    found = json.loads(document)
    assert left_out == found["left_out"] == 0
    assert found["texts"][0] == {
        "kind": "message",
        "case": 7,
        "message": "1000000000000000000",
        "channel": "5",
        "written_at": "2030-01-31T12:00:00+00:00",
        "kept_since": "2030-01-31T12:00:00+00:00",
        "kept_until": "2030-03-02T12:00:00+00:00",
        "text": "you loser",
        "attachments": ["cat.png"],
        "embeds": ["a card"],
    }
    assert (found["texts"][1]["kind"], found["texts"][1]["written_at"]) == ("context", None)


@pytest.mark.parametrize("text", ["x" * 4000, "🎉" * 2000, "\u202eright to left", "\ud800 half a pair"])
def test_what_does_not_fit_is_left_out_oldest_first_and_said(text: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(privacy_page, "MOST_BYTES", 100_000)
    texts = [replace(TEXT, content=text, case_id=n, kept_since=NOW + timedelta(hours=n)) for n in range(600)]
    document, left_out = exported(texts, 7, NOW, TERMS)
    assert len(document) <= 100_000
    found = json.loads(document)
    assert 0 < left_out == found["left_out"] == 600 - len(found["texts"])
    assert [entry["case"] for entry in found["texts"]] == list(range(599, left_out - 1, -1))
