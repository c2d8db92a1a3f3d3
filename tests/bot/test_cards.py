from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.cards import MOST_OLDER, MOST_OPINIONS, Card, card, mark
from bot.case import AuthorRecord, CaseFile, CaseState, Finding, JobState
from bot.cogs.reasoning import reasoning
from bot.terminal import render
from bot.visible import visible
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Mode, Policy, Prefilter, Severity
from policies.verdict import Verdict
from tests.bot.adapters import START, make_earlier, make_message, make_policy, make_verdict


def finding(
    policy: Policy, verdict: Verdict | None, revision: int = 1, state: JobState = JobState.JUDGED
) -> Finding:
    evidence = Evidence(kind=EvidenceKind.KEYWORD, name="loser", start=4, end=9, quote="l0ser", reading="loser")
    return Finding(1, revision, state, policy, Suspicion(policy_id=policy.id, evidence=(evidence,)), verdict)


def case_of(*findings: Finding, texts: tuple[str, ...] = ("you loser",)) -> CaseFile:
    return CaseFile(
        id=3,
        guild_id=7,
        state=CaseState.OPEN,
        opened_at=START,
        revisions=tuple(make_message(text=text) for text in texts),
        earlier=(make_earlier(1, 66, "hello"), make_earlier(2, 55, "hi")),
        findings=findings,
        decision=None,
        outcome=None,
    )


def violation(policy: Policy, *rule_ids: str, quotes: tuple[str, ...] = ("loser",)) -> Verdict:
    return make_verdict(policy, violation=True, rule_ids=rule_ids or ("R1",), quotes=quotes)


def printed(shown: Card) -> str:
    console = Console(file=StringIO(), width=100, record=True)
    console.print(render(shown))
    return console.export_text()


def test_a_card_cites_the_rule_in_its_authors_words_and_marks_the_quote() -> None:
    policy = make_policy()
    shown = card(case_of(finding(policy, violation(policy))))
    assert shown.title == "Harassment: R1"
    assert [(piece.text, piece.marked) for piece in shown.pieces] == [("you ", False), ("loser", True)]
    (opinion,) = shown.opinions
    assert [(rule.id, rule.text, rule.suggest) for rule in opinion.rules] == [
        ("R1", "Insults aimed at a member.", ("delete",))
    ]
    assert opinion.evidence == ("keyword “loser”, written “l0ser”",)
    assert [line.speaker for line in shown.earlier] == ["member 2", "author"]


def test_what_an_allowing_verdict_quotes_is_not_marked() -> None:
    policy = make_policy()
    shown = card(case_of(finding(policy, make_verdict(policy, violation=False, quotes=("loser",)))))
    assert [piece.marked for piece in shown.pieces] == [False]


def test_the_gravest_violation_comes_first_and_gives_the_card_its_severity() -> None:
    mild, grave = make_policy("mild"), make_policy("grave", severity=Severity.CRITICAL)
    allowed = make_policy("allowed", severity=Severity.CRITICAL)
    shown = card(
        case_of(
            finding(allowed, make_verdict(allowed, violation=False)),
            finding(mild, violation(mild)),
            finding(grave, violation(grave)),
        )
    )
    assert shown.severity is Severity.CRITICAL
    assert [opinion.policy_id for opinion in shown.opinions] == ["grave", "mild", "allowed"]
    assert shown.title == "Grave: R1; Mild: R1"


def test_an_undecided_verdict_and_a_dead_letter_are_both_called_undecided() -> None:
    policy, other = make_policy("first"), make_policy("second")
    shown = card(
        case_of(
            finding(policy, make_verdict(policy, violation=None)), finding(other, None, state=JobState.UNDECIDED)
        )
    )
    assert {opinion.word for opinion in shown.opinions} == {"undecided"}


def test_a_message_that_was_edited_a_thousand_times_shows_the_newest_of_them() -> None:
    policy = make_policy()
    texts = tuple(f"loser {number}" for number in range(1000))
    findings = (finding(policy, violation(policy), revision) for revision in range(1, 1001))
    shown = card(case_of(*findings, texts=texts))
    assert (shown.older_count, len(shown.older_texts), len(shown.opinions)) == (999, MOST_OLDER, MOST_OPINIONS)
    assert shown.older_texts[-1] == "loser 998"
    assert shown.revision == 1000


def test_an_edited_message_shows_both_revisions() -> None:
    policy = make_policy()
    findings = (finding(policy, violation(policy), 1), finding(policy, violation(policy), 2))
    shown = card(case_of(*findings, texts=("you loser", "you total loser")))
    assert shown.older_texts == ("you loser",)
    assert shown.edited
    assert "".join(piece.text for piece in shown.pieces) == "you total loser"


def test_a_card_tells_which_revision_a_decision_would_be_about() -> None:
    policy = make_policy()
    waiting = finding(policy, None, 2, JobState.QUEUED)
    shown = card(case_of(finding(policy, violation(policy)), waiting, texts=("you loser", "you l0ser")))
    assert shown.revision == 1
    assert shown.since.being_judged
    assert [opinion.outdated for opinion in shown.opinions] == [True, False]
    judged = card(case_of(finding(policy, violation(policy), 2), texts=("you loser", "you l0ser")))
    assert (judged.revision, judged.since.being_judged) == (2, False)
    assert judged.text == "you l0ser"


def test_a_card_knows_its_author_and_what_became_of_the_message() -> None:
    policy = make_policy()
    message = make_message(author_id=1_100_000_000_000_000_000, joined_at=START)
    case = replace(
        case_of(finding(policy, violation(policy))),
        revisions=(message,),
        author_record=AuthorRecord(3, 1, 1),
        deleted_at=START,
        current=make_message(text="so\u200brry"),
    )
    shown = card(case)
    assert shown.writer.account_made == datetime(2023, 4, 24, 10, 7, 17, 11000, tzinfo=UTC)
    assert (shown.writer.joined, shown.writer.record.cases) == (START, 3)
    assert (shown.since.deleted_at, shown.since.current_text) == (START, "so⟨U+200B⟩rry")


def test_only_answers_that_could_not_be_read_make_a_case_undecided() -> None:
    first, second = make_policy("first"), make_policy("second")
    unreadable = finding(first, make_verdict(first, violation=None))
    assert card(case_of(unreadable)).undecided
    assert not card(case_of(unreadable, finding(second, violation(second)))).undecided
    assert not card(case_of(finding(first, make_verdict(first, violation=False)))).undecided


def test_a_time_that_was_made_up_is_not_shown() -> None:
    policy = make_policy()
    case = case_of(finding(policy, violation(policy)))
    message = make_message(created_at=datetime(1970, 1, 1, tzinfo=UTC))
    made_up = CaseFile(3, 7, case.state, START, (message,), (), case.findings, None, None)
    assert card(made_up).when is None
    assert card(case).when == START


def test_a_shadow_opinion_says_that_it_is_only_counted() -> None:
    policy = make_policy(mode=Mode.SHADOW)
    assert "shadow: counted only" in printed(card(case_of(finding(policy, violation(policy)))))


def test_the_terminal_shows_all_that_a_moderator_needs() -> None:
    policy = make_policy()
    text = printed(card(case_of(finding(policy, violation(policy)))))
    for part in (
        "#3 Harassment: R1 (medium)",
        "Mallory in general",
        "» you loser",
        "violation 90%",
        "R1 Insults",
        "why:",
    ):
        assert part in text
    assert "note: test judge: term matching only" in text


@given(st.text(max_size=60))
def test_no_text_of_a_member_reaches_the_terminal_as_markup_or_as_a_control_sequence(text: str) -> None:
    policy = make_policy()
    hostile = f"[bold]{text}[/]\x1b[2J{text}"
    case = case_of(finding(policy, violation(policy, quotes=(text,))), texts=(hostile,))
    shown = printed(card(case))
    assert "\x1b" not in shown
    assert "[bold]" in shown


@given(st.text(alphabet="abAB ßİ\u200b", max_size=30), st.lists(st.text(alphabet="abß", max_size=3), max_size=3))
def test_the_pieces_of_a_marked_text_are_the_whole_text(text: str, quotes: list[str]) -> None:
    pieces = mark(text, quotes)
    assert "".join(piece.text for piece in pieces) == visible(text)
    marked = [piece.text.lower() for piece in pieces if piece.marked]
    for quote in filter(None, quotes):
        assert (quote in text) <= any(quote.lower() in piece for piece in marked)


def test_what_a_random_check_found_says_so() -> None:
    drawn = Evidence(kind=EvidenceKind.AUDIT, name="random check", start=0, end=0, quote="")
    found = finding(make_policy(), make_verdict(make_policy(), violation=True, rule_ids=("R1",)))
    found = replace(found, suspicion=Suspicion(policy_id="harassment", evidence=(drawn,)))
    assert card(case_of(found)).opinions[0].evidence == ("random check: nothing had suspected this message",)


def evidence_of(
    kind: EvidenceKind, name: str, quote: str = "", surprise: float | None = None, **more: object
) -> str:
    values = {"kind": kind, "name": name, "start": 0, "end": len(quote), "quote": quote} | more
    suspicion = Suspicion(policy_id="harassment", evidence=(Evidence.model_validate(values),), score=surprise)
    found = replace(finding(make_policy(), None, state=JobState.QUEUED), suspicion=suspicion)
    (line,) = card(case_of(found)).opinions[0].evidence
    return line


def test_a_card_says_in_plain_words_what_each_kind_of_evidence_means() -> None:
    kinds = EvidenceKind
    assert evidence_of(kinds.SCORE, "score", surprise=2.2) == (
        "reads like what the policy forbids: scores higher than 99.3% of ordinary messages"
    )
    assert evidence_of(kinds.EXAMPLE, "u r trash", score=0.81) == "like the example “u r trash” (0.81)"
    assert evidence_of(kinds.RULE, "R1", surprise=2.2, score=0.5) == (
        "scores higher than 99.3% of ordinary messages; most like the wording of rule “R1” (0.5)"
    )
    assert evidence_of(kinds.EXAMPLE, "u r trash", surprise=0.2, score=0.99).startswith("like the example")
    assert evidence_of(kinds.PATTERN, "lo+l", "loool") == "pattern “lo+l”, which fits “loool”"
    assert evidence_of(kinds.LINK, "invite: x.gg/a", "x.gg/a") == "link: invite: x.gg/a"
    assert evidence_of(kinds.LINK, "known for phishing: x.io", "hxxp://x[.]io") == (
        "link: known for phishing: x.io, written “hxxp://x[.]io”"
    )
    assert evidence_of(kinds.MENTIONS, "mentions @everyone", "@everyone") == "mentions @everyone"
    assert evidence_of(kinds.REPEAT, "3 times within 2 minutes", "x") == (
        "the same text was written 3 times within 2 minutes"
    )


def test_a_random_check_tells_how_far_the_message_was_from_being_flagged() -> None:
    assert evidence_of(EvidenceKind.AUDIT, "random check", surprise=0.7) == (
        "random check: nothing had suspected this message; it scores higher than 80% of ordinary messages"
    )


def test_patterns_that_begin_alike_are_told_apart_by_their_number_and_whole_where_there_is_room() -> None:
    long = "|".join(f"word{number}" for number in range(40))
    patterns = (f"{long}|dog", f"{long}|cat")
    policy = make_policy().model_copy(update={"prefilter": Prefilter(patterns=patterns)})
    fits = Evidence(kind=EvidenceKind.PATTERN, name=patterns[1], start=0, end=3, quote="cat")
    found = finding(policy, make_verdict(policy, violation=True, rule_ids=("R1",)))
    case = case_of(replace(found, suspicion=Suspicion(policy_id="harassment", evidence=(fits,))))
    (opinion,) = card(case).opinions
    assert opinion.found == ("“cat” fits pattern 2",)
    assert opinion.evidence == (f"pattern 2, “{patterns[1]}”, which fits “cat”",)
    shown = reasoning(case)
    assert any(f"{long}|cat".replace("|", r"\|") in str(field.value) for field in shown.embeds[0].fields)


def test_a_pattern_that_no_page_can_hold_stands_whole_in_the_file() -> None:
    pattern = "a" * 1200
    policy = make_policy().model_copy(update={"prefilter": Prefilter.model_construct(patterns=(pattern,))})
    fits = Evidence(kind=EvidenceKind.PATTERN, name=pattern, start=0, end=3, quote="aaa")
    found = finding(policy, make_verdict(policy, violation=True, rule_ids=("R1",)))
    case = case_of(replace(found, suspicion=Suspicion(policy_id="harassment", evidence=(fits,))))
    assert pattern in (reasoning(case).file_text or "")


def test_a_card_says_what_fitted_a_pattern_and_not_the_pattern() -> None:
    fits = Evidence(kind=EvidenceKind.PATTERN, name=r"(?i)lo+[sz]er\b.{0,40}", start=0, end=6, quote="looser")
    found = finding(make_policy(), make_verdict(make_policy(), violation=True, rule_ids=("R1",)))
    found = replace(found, suspicion=Suspicion(policy_id="harassment", evidence=(fits,)))
    (opinion,) = card(case_of(found)).opinions
    assert opinion.found == ("“looser” fits a pattern",)
    assert r"(?i)lo+[sz]er" in opinion.evidence[0]
