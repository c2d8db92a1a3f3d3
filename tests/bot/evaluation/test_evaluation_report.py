import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import StringIO
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.evaluation import charts, shown
from bot.evaluation.dataset import Dataset, LabelledText, Plan
from bot.evaluation.errors import BadRow
from bot.evaluation.figures import CURVE_POINTS, RateFigure, curve_of, times_of
from bot.evaluation.kept import Kept
from bot.evaluation.known_sets import KNOWN_SETS, KnownSet
from bot.evaluation.labels import Label, LabelColumn
from bot.evaluation.meter import Snapshot
from bot.evaluation.report import report_html
from bot.evaluation.result import MadeWith, Result, result_of
from bot.progress import meter
from policies.policy import Policy
from policies.score import Judged, Rate
from tests.bot.adapters import make_policy

HOSTILE = '</blockquote><script>alert(1)</script><img src="https://example.com/x">'
POLICY = make_policy("insult")
MADE = MadeWith(
    dataset=HOSTILE,
    dataset_digest="d" * 64,
    known_set=None,
    text_column=HOSTILE,
    group_column=HOSTILE,
    limit=None,
    model_name=HOSTILE,
    model_digest="m" * 64,
    prompt_version=1,
    seed=0,
    budgets="512/1024/2048",
    version="0",
    written_at=datetime(2030, 1, 1, 12, tzinfo=UTC),
)


def result(*, show_texts: bool = False, texts: int = 6) -> Result:
    rows = tuple(
        LabelledText(line, f"{HOSTILE} {line}", {"insult": Label(line % 2 == 0)}, HOSTILE)
        for line in range(1, texts + 1)
    )
    dataset = Dataset(HOSTILE, "d" * 64, rows, texts, bad_count=1, bad_rows=(BadRow(9, HOSTILE),))
    plan = Plan("text", {"insult": LabelColumn("label")}, {"insult": POLICY}, group_column="site")

    def kept(text: LabelledText, policy: Policy) -> Kept:
        undecided = text.line == 6
        return Kept(
            text=text.digest,
            policy=policy.digest,
            model="m",
            prompt_version=1,
            seed=0,
            budgets="",
            policy_id="insult",
            violation=None if undecided else text.line > 2,
            probability=None if undecided else text.line / 10,
            rule_ids=("R1",),
            rationale=HOSTILE,
            problems=(HOSTILE,) if undecided else (),
            milliseconds=100.0 * text.line,
        )

    return result_of(dataset, plan, kept, MADE, show_texts=show_texts, notes=(HOSTILE,))


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("show_texts", [False, True])
def test_nothing_of_a_set_becomes_markup_and_nothing_comes_from_elsewhere(show_texts: bool) -> None:
    page = _Page()
    html = report_html(result(show_texts=show_texts), None)
    page.feed(html)
    assert page.open == []
    assert {"script", "img", "link", "iframe", "object"}.isdisjoint(page.tags)
    assert not [value for name, value in page.attributes if name in {"src", "href", "action", "onload"}]
    assert "url(" not in html
    assert "default-src 'none'" in html


def test_texts_and_reasons_stand_in_the_page_only_if_asked_for() -> None:
    quiet, loud = result(), result(show_texts=True)
    assert all(item.text is None and item.rationale is None for item in quiet.policies[0].disagreements)
    assert "This page holds no text" in report_html(quiet, None)
    assert loud.policies[0].disagreements[0].text is not None
    assert "This page holds texts" in report_html(loud, None)


def test_every_figure_of_the_page_has_its_interval_and_count() -> None:
    html = report_html(result(), None)
    assert "33.3 % (6.1 to 79.2; 1 of 3)" in html
    assert "50.0 % (9.5 to 90.5; 1 of 2)" in html
    assert re.search(r"Labelled violating</th><td class=\"number\">1</td><td class=\"number\">1</td>", html)


@pytest.mark.parametrize("known", KNOWN_SETS, ids=lambda known: known.id)
def test_published_figures_are_marked_as_those_of_others(known: KnownSet) -> None:
    (policy,) = result().policies
    ours = [policy.model_copy(update={"id": policy_id}) for policy_id in known.labels]
    html = report_html(result().model_copy(update={"policies": tuple(ours)}), known)
    assert "Published by others" in html
    assert "Not measured here" in html
    assert known.published
    for item in known.published:
        assert item.figure in html
        assert item.needs <= set(known.labels)


@pytest.mark.parametrize("known", KNOWN_SETS, ids=lambda known: known.id)
def test_without_a_figure_of_ours_beside_them_published_figures_are_not_shown(known: KnownSet) -> None:
    assert "Published by others" not in report_html(result(), known)


def test_the_page_of_nothing_at_all_is_whole() -> None:
    page = _Page()
    page.feed(report_html(result(texts=0), None))
    assert page.open == []


@given(
    items=st.lists(
        st.builds(Judged, st.booleans(), st.just(True), st.none() | st.floats(0, 1, allow_nan=False)), max_size=8
    ),
    threshold=st.floats(0.01, 0.99),
)
def test_curves_are_whole_pictures_and_stay_within_their_frame(items: list[Judged], threshold: float) -> None:
    curve = curve_of(items)
    for picture in (charts.precision_recall(curve, curve.best), charts.by_threshold(curve, threshold)):
        root = ElementTree.fromstring(str(picture))
        for line in root.iter("polyline"):
            for pair in (line.get("points") or "").split():
                x, y = map(float, pair.split(","))
                assert 43.9 <= x <= 330.1
                assert 9.9 <= y <= 230.1


def test_between_two_probabilities_nothing_changes_and_the_curve_says_so() -> None:
    curve = curve_of([Judged(True, True, 1.0), Judged(False, True, 0.5)])
    root = ElementTree.fromstring(str(charts.by_threshold(curve, 0.5)))
    precision = next(iter(root.iter("polyline"))).get("points")
    assert precision == "330.0,10.0 187.0,10.0 187.0,120.0 44.0,120.0"


def test_a_long_curve_is_thinned_out_and_keeps_its_ends() -> None:
    curve = curve_of([Judged(number % 3 == 0, True, number / 1000) for number in range(1000)])
    assert len(curve.points) == CURVE_POINTS
    assert (curve.points[0].threshold, curve.points[-1].threshold) == (0.999, 0.0)


def test_times_of_one_and_of_many_verdicts() -> None:
    assert times_of([5.0], [3]).median_ms == times_of([5.0], [3]).p95_ms == 5.0
    many = times_of([float(number) for number in range(101)], [1] * 101)
    assert (many.median_ms, many.p95_ms) == (50.0, 95.0)
    assert times_of([], []).mean_tokens is None


def test_a_rate_of_nothing_is_unknown_and_not_zero() -> None:
    assert shown.rate(RateFigure.of_rate(Rate(0, 0))) == "unknown (0 of 0)"


class TestMeter:
    def test_it_tells_speed_agreement_and_what_is_left_without_what_was_there_before(self) -> None:
        now = Snapshot(10.0, judged=20, resumed=30, total=150, undecided=1, agreed=15)
        assert str(now) == "50/150 verdicts, 2.0 a second, 75% as labelled, 1 undecided, 0:50 left"

    def test_before_the_first_verdict_it_promises_nothing(self) -> None:
        assert str(Snapshot(0.0, 0, 0, 5)) == "0/5 verdicts"

    def test_an_absent_judge_is_said(self) -> None:
        assert str(Snapshot(1.0, 0, 0, 5, away="no GPU")).endswith("trying again: no GPU")

    def test_without_a_terminal_it_is_a_line_now_and_then(self) -> None:
        file = StringIO()
        with meter(Console(file=file, width=200)) as lines:
            for second in (1.0, 14.0, 15.0, 16.0, 31.0):
                lines.show(Snapshot(second, 1, 0, 5))
        assert len(file.getvalue().splitlines()) == 2

    def test_on_a_terminal_it_is_a_bar_that_goes_away(self) -> None:
        file = StringIO()
        with meter(Console(file=file, width=80, force_terminal=True)) as bar:
            bar.show(Snapshot(1.0, 1, 0, 5))
        assert "1/5 verdicts" in file.getvalue()
