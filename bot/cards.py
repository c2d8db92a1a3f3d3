"""A case as data for people: what was written, what the judge says of it, and why it was looked at.

Every text is made visible here and escaped nowhere: each surface (terminal, HTML, Discord) escapes for itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bot.attention import needs_a_look
from bot.case import AuthorRecord, CaseFile, Finding, JobState, Message
from bot.explaining.evidence import in_short, reasons
from bot.explaining.line import plain
from bot.language import said, tr
from bot.looks import Look
from bot.missing_words import told
from bot.question import AUTHOR, speaker_labels
from bot.review.care import Hidden, care_of, hidden, shown
from bot.visible import visible
from policies.policy import Care, Mode, Severity

DISCORD_BEGAN = datetime(2015, 1, 1, tzinfo=UTC)
"""An earlier time was made up for a message that came without one."""
MOST_OLDER = 20
"""Earlier revisions that are shown, the newest of them: nobody reads more, and a member can make thousands."""
MOST_OPINIONS = 60
UNDECIDED = "undecided"
VIOLATION = "violation"
ALLOWED = "allowed"
WAITING = "waiting"
_SNOWFLAKE_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
"""Discord's ids count milliseconds from here on, in the bits above the lowest 22."""
_SEVERITIES = tuple(Severity)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the message; a marked one is quoted by a verdict."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Spoken:
    """An earlier message."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class CitedRule:
    """A rule that a verdict cites, in its authors' words."""

    id: str
    text: str
    severity: Severity
    suggest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one policy's verdict says."""

    policy_id: str
    policy_title: str
    shadow: bool
    outdated: bool
    """It is about a revision that was edited away since."""
    word: str
    """`violation`, `undecided`, `allowed` or `waiting`."""
    probability: float | None
    rules: tuple[CitedRule, ...]
    quotes: tuple[str, ...]
    rationale: str
    reasoning: str
    notes: tuple[str, ...]
    evidence: tuple[str, ...]
    """Why the message was looked at, one line each."""
    found: tuple[str, ...]
    """The same for a card: what fits a pattern, and not the pattern."""
    policy_digest: str
    model_name: str
    model_digest: str
    look: Look | None
    """How the verdict came about; None as long as there is none."""


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote the message, and what is known of them."""

    id: int
    name: str
    account_made: datetime
    joined: datetime | None
    record: AuthorRecord


@dataclass(frozen=True, slots=True)
class Since:
    """What became of the message after it was flagged."""

    current_text: str | None
    """What it says now, when that is something that nothing suspects."""
    deleted_at: datetime | None
    kept_back: bool
    """AutoMod kept the message back: it was never posted."""
    being_judged: bool
    """The newest revision waits for a verdict."""


@dataclass(frozen=True, slots=True)
class Card:
    """A case as a person reads it."""

    case_id: int
    title: str
    severity: Severity
    author: str
    channel: str
    when: datetime | None
    message_id: int
    pieces: tuple[Piece, ...]
    """The newest flagged revision, in order; joined they are the whole text."""
    older_count: int
    """How many revisions were flagged before the newest one."""
    older_texts: tuple[str, ...]
    """Revisions that were flagged before the author edited them, oldest first."""
    edited: bool
    earlier: tuple[Spoken, ...]
    opinions: tuple[Opinion, ...]
    """What has to be looked at first."""
    writer: Author
    since: Since
    revision: int
    """The newest revision with a finding that people have to look at: what a decision is about. 0 without one."""
    hidden: Hidden | None = None
    """Why no words of members are in it; None if they are."""
    care: Care = Care.USUAL
    """How the case is handled."""

    @property
    def text(self) -> str:
        """The newest flagged revision."""
        return "".join(piece.text for piece in self.pieces)

    @property
    def undecided(self) -> bool:
        """Whether there is no violation in it, only answers that could not be read."""
        words = {opinion.word for opinion in self.opinions}
        return UNDECIDED in words and VIOLATION not in words

    @property
    def rank(self) -> tuple[int, int]:
        """Sorts cards for people: the gravest first, then as they came."""
        return (-_SEVERITIES.index(self.severity), self.case_id)


def card(case: CaseFile, reason: Hidden | None = None) -> Card:
    """The card of a case, without words of members if there is a `reason`, or one of the case's own."""
    why, care = hidden(case) or reason, care_of(case)
    case = shown(case, why)
    findings = sorted(case.findings, key=_order)[:MOST_OPINIONS]
    newest = len(case.revisions)
    opinions = tuple(_opinion(finding, newest, tells=why is None) for finding in findings)
    message = case.message
    return Card(
        case_id=case.id,
        title=_title(opinions),
        severity=_severity(findings),
        author=visible(message.author_name) or tr("unknown author"),
        channel=visible(message.channel_name) or str(message.channel_id),
        when=message.created_at if message.created_at >= DISCORD_BEGAN else None,
        message_id=message.id,
        pieces=_pieces(message, [quote for finding in findings for quote in _quotes(finding)]),
        older_texts=tuple(visible(revision.text) for revision in case.revisions[-1 - MOST_OLDER : -1]),
        older_count=len(case.revisions) - 1,
        edited=message.edited_at is not None or len(case.revisions) > 1,
        earlier=_earlier(case),
        opinions=opinions,
        writer=_author(case),
        since=_since(case),
        revision=max((finding.revision for finding in findings if needs_a_look(finding)), default=0),
        hidden=why,
        care=care,
    )


def mark(text: str, quotes: Sequence[str]) -> tuple[Piece, ...]:
    """Cut a text into pieces, with every occurrence of every quote marked. Letter case is ignored."""
    marked = bytearray(len(text))
    folded = _same_length_fold(text)
    for quote in filter(None, map(_same_length_fold, quotes)):
        start = folded.find(quote)
        while start >= 0:
            marked[start : start + len(quote)] = b"\x01" * len(quote)
            start = folded.find(quote, start + len(quote))
    pieces, begin = [], 0
    for end in range(1, len(text) + 1):
        if end == len(text) or marked[end] != marked[begin]:
            pieces.append(Piece(visible(text[begin:end]), bool(marked[begin])))
            begin = end
    return tuple(pieces)


def _same_length_fold(text: str) -> str:
    """Lower case, one character for one."""
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def _pieces(message: Message, quotes: Sequence[str]) -> tuple[Piece, ...]:
    return mark(message.text, quotes)


def _quotes(finding: Finding) -> tuple[str, ...]:
    return finding.verdict.quotes if finding.verdict and needs_a_look(finding) else ()


def _order(finding: Finding) -> tuple[bool, bool, int, int]:
    """Newest revision first, then live violations, the gravest of them first."""
    grave = _SEVERITIES.index(_severity([finding]))
    return (not needs_a_look(finding), finding.policy.mode is not Mode.LIVE, -finding.revision, -grave)


def _severity(findings: Sequence[Finding]) -> Severity:
    """The gravest cited rule's; medium where no rule is cited."""
    cited = [
        finding.policy.rule(rule_id).severity
        for finding in findings
        if finding.verdict and needs_a_look(finding)
        for rule_id in finding.verdict.rule_ids
    ]
    return max(cited, key=_SEVERITIES.index, default=Severity.MEDIUM)


def _title(opinions: Sequence[Opinion]) -> str:
    """The policies that a person has to look at, and what they found: "Harassment: H1; Spam: undecided"."""
    parts = [
        f"{opinion.policy_title}: {', '.join(rule.id for rule in opinion.rules) or tr(opinion.word)}"
        for opinion in opinions
        if opinion.word in (VIOLATION, UNDECIDED)
    ]
    return "; ".join(dict.fromkeys(parts)) or tr(ALLOWED)


def _author(case: CaseFile) -> Author:
    message = case.message
    made = _SNOWFLAKE_EPOCH + timedelta(milliseconds=message.author_id >> 22)
    return Author(message.author_id, visible(message.author_name), made, message.joined_at, case.author_record)


def _since(case: CaseFile) -> Since:
    waiting = (JobState.QUEUED, JobState.JUDGING)
    newest = [finding for finding in case.findings if finding.revision == len(case.revisions)]
    return Since(
        current_text=visible(case.current.text) if case.current else None,
        deleted_at=case.deleted_at,
        kept_back=case.was_kept_back,
        being_judged=any(finding.state in waiting for finding in newest),
    )


def _opinion(finding: Finding, newest: int, *, tells: bool) -> Opinion:
    """`tells`: what was found in the text may be said."""
    verdict, patterns = finding.verdict, finding.policy.prefilter.patterns
    return Opinion(
        policy_id=finding.policy.id,
        policy_title=visible(finding.policy.title),
        shadow=finding.policy.mode is Mode.SHADOW,
        outdated=finding.revision < newest,
        word=_word(finding),
        probability=verdict.probability if verdict else None,
        rules=tuple(_cited(finding, rule_id) for rule_id in verdict.rule_ids) if verdict else (),
        quotes=tuple(map(visible, verdict.quotes)) if verdict else (),
        rationale=visible(told(verdict.rationale)) if verdict else "",
        reasoning=visible(verdict.reasoning) if verdict else "",
        notes=tuple(visible(said(note)) for note in verdict.notes) if verdict else (),
        evidence=tuple(dict.fromkeys(map(plain, reasons(finding.suspicion, patterns)))) if tells else (),
        found=tuple(dict.fromkeys(map(plain, in_short(finding.suspicion, patterns)))) if tells else (),
        policy_digest=finding.policy.digest,
        model_name=visible(verdict.model_name) if verdict else "",
        model_digest=verdict.model_digest if verdict else "",
        look=Look.of(verdict) if verdict else None,
    )


def _word(finding: Finding) -> str:
    if needs_a_look(finding):
        return VIOLATION if finding.verdict and finding.verdict.violation else UNDECIDED
    return ALLOWED if finding.verdict else WAITING


def _cited(finding: Finding, rule_id: str) -> CitedRule:
    rule = finding.policy.rule(rule_id)
    return CitedRule(rule.id, visible(rule.text), rule.severity, rule.suggest)


def _earlier(case: CaseFile) -> tuple[Spoken, ...]:
    labels = speaker_labels(case.message.author_id, case.earlier)
    return tuple(Spoken(_spoken_label(labels[line.author_id]), visible(line.text)) for line in case.earlier)


def _spoken_label(label: str) -> str:
    """What the model reads as "author" and "member 2", for people."""
    number = label.removeprefix("member ")
    return tr("author") if label == AUTHOR else tr("member {number}", number=number)
