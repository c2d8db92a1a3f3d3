import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards import card
from bot.case import CaseFile, CaseState, Finding, JobState
from bot.scan.cases_file import SCHEMA, case_line
from bot.scan.folder import Tally
from bot.scan.report import report_html
from bot.scan.summary import MAX_CARDS, Findings, ScanSummary, Timing
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from tests.bot.adapters import MODEL, NOTE, START, make_earlier, make_message, make_policy, make_verdict

POLICY = make_policy()
NAMES = {"author_name", "channel_name"}


class Page(HTMLParser):
    """Every tag and attribute of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def case_with(text: str, case_id: int = 1, **said: object) -> CaseFile:
    evidence = Evidence(
        kind=EvidenceKind.KEYWORD, name=text or "x", start=0, end=len(text), quote=text, reading=text
    )
    values: dict[str, object] = {
        "rule_ids": ("R1",),
        "quotes": (text[:10],),
        "rationale": text,
        "reasoning": text,
        "notes": (NOTE, text),
    }
    verdict = make_verdict(POLICY, violation=True, **(values | said))
    suspicion = Suspicion(policy_id=POLICY.id, evidence=(evidence,))
    message = make_message(text=text, author_name=text, channel_name=text)
    return CaseFile(
        id=case_id,
        guild_id=7,
        state=CaseState.OPEN,
        opened_at=START,
        revisions=(make_message(text=f"old {text}"), message),
        earlier=(make_earlier(1, 66, text),),
        findings=(Finding(1, 2, JobState.JUDGED, POLICY, suspicion, verdict),),
        decision=None,
        outcome=None,
    )


def summary_of(*cases: CaseFile, finished: bool = True) -> ScanSummary:
    findings = Findings({POLICY.id: POLICY})
    for case in cases:
        findings.add(case)
    return ScanSummary(
        folder=Path("out"),
        report=Path("out/report.html"),
        cases_file=Path("out/cases.jsonl"),
        finished=finished,
        files=("chat.json",),
        tally=Tally(messages=10, problem_count=1, problems=("chat.json, line 3: not valid JSON",)),
        flagged=findings.flagged,
        open=findings.open,
        cleared=findings.cleared,
        waiting=findings.waiting,
        shadow=findings.shadow,
        policies=findings.counts(),
        cards=findings.cards,
        notes=findings.notes,
        model_name=MODEL.name,
        model_digest=MODEL.digest,
        timing=Timing(2.0, 10, 0.001, 1, 2.0, 4),
    )


def page_of(*cases: CaseFile) -> Page:
    return Page(report_html(summary_of(*cases), START))


def _without_marks(page: Page) -> list[str]:
    """A quote may occur more than once."""
    return [tag for tag in page.tags if tag != "mark"]


HARMLESS = page_of(case_with("you loser"))
HOSTILE = st.text(max_size=40).map(
    lambda text: f'{text}"><script>x</script><img src=x onerror=y> {{{{7*7}}}} &lt;b&gt; \u202e{text}'
)


@settings(max_examples=300, deadline=None)
@given(HOSTILE)
def test_no_text_of_a_member_becomes_a_tag_or_an_attribute(text: str) -> None:
    page = page_of(case_with(text))
    assert _without_marks(page) == _without_marks(HARMLESS)
    assert sorted(name for name, _ in page.attributes) == sorted(name for name, _ in HARMLESS.attributes)
    assert "{{7*7}}" in page.text
    assert "\u202e" not in page.text


def test_the_page_needs_nothing_from_elsewhere_and_no_script() -> None:
    assert not {"script", "img", "link", "iframe", "object", "a"} & set(HARMLESS.tags)
    assert not [
        name for name, _ in HARMLESS.attributes if name.startswith("on") or name in {"src", "href", "style"}
    ]
    page = report_html(summary_of(), START)
    assert "url(" not in page
    assert "default-src 'none'" in page


def test_the_page_is_made_for_phones_both_colour_schemes_and_screen_readers() -> None:
    page = report_html(summary_of(case_with("you loser")), START)
    assert '<html lang="en">' in page
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page
    assert 'scope="col"' in page
    headings = [tag for tag in HARMLESS.tags if tag in {"h1", "h2", "h3"}]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1


def test_the_page_says_what_was_cited_why_and_with_what() -> None:
    text = HARMLESS.text
    for part in (
        "R1",
        "Insults aimed at a member.",
        "old you loser",
        POLICY.digest[:12],
        MODEL.name,
        "100 µs",
        NOTE,
    ):
        assert part in text
    assert "not valid JSON" in text
    assert "mark" in HARMLESS.tags


def test_a_note_that_all_verdicts_carry_stands_once_at_the_top() -> None:
    summary = summary_of(case_with("one", 1), case_with("two", 2))
    assert summary.notes == (NOTE,)
    assert report_html(summary, START).count(NOTE) == 1


def test_an_interrupted_scan_says_so_and_a_finished_one_does_not() -> None:
    assert "interrupted" in report_html(summary_of(finished=False), START)
    assert "interrupted" not in report_html(summary_of(), START)


def test_of_very_many_cards_the_gravest_are_shown_and_the_page_says_so() -> None:
    findings = Findings({POLICY.id: POLICY})
    for number in range(MAX_CARDS + 5):
        findings.add(case_with("you loser", number + 1))
    assert len(findings.cards) == MAX_CARDS
    assert [shown.case_id for shown in findings.cards[:3]] == [1, 2, 3]
    summary = replace(summary_of(), open=findings.open, cards=findings.cards[:3])
    assert f"of {MAX_CARDS + 5}" in report_html(summary, START)


@given(st.text(max_size=50))
def test_a_line_of_cases_is_one_json_object_whatever_was_written(text: str) -> None:
    line = case_line(case_with(text.replace("\x00", "")))
    assert len(line.splitlines()) >= 1
    assert "\n" not in line
    read = json.loads(line)
    assert (read["schema"], read["state"], read["message_id"]) == (SCHEMA, "open", "100")
    assert card(case_with(text)).case_id == read["case"]
