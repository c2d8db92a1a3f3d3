"""Small real adapters for the tests of the walk: a judge and a prefilter that look for words, and a desk."""

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.case import CaseFile, Earlier, Message
from bot.inquiry import ModelIdentity
from bot.ports import DiscordAway, Page
from bot.rulebook import Rulebook
from inference.judge import JudgeBusy, JudgeUnavailable, Unanswerable, UnreadableAnswer
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from inference.rendering import PROMPT_VERSION, Content
from inference.ticket import ORDINARY, Ticket
from policies.phrases import phrase
from policies.policy import Judging, Mode, Policy, Prefilter, Rule, Scope, Severity
from policies.verdict import Verdict

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
GUILD, CHANNEL = 7, 70
MODEL = ModelIdentity("term matcher", "0" * 64)
NOTE = "test judge: term matching only"


class Clock:
    """A clock that a test turns by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, duration: timedelta) -> None:
        self.now += duration


def make_policy(
    policy_id: str = "harassment",
    terms: Sequence[str] = ("loser", "trash"),
    *,
    mode: Mode = Mode.LIVE,
    keywords: Sequence[str] | None = None,
    scope: Scope | None = None,
    context: int = 4,
    severity: Severity = Severity.MEDIUM,
) -> Policy:
    rules = (
        Rule(
            id="R1", text="Insults aimed at a member.", terms=tuple(terms), severity=severity, suggest=("delete",)
        ),
        Rule(id="R2", text="Urging others to pile on."),
    )
    return Policy(
        id=policy_id,
        title=policy_id.title(),
        goal="Keep members free from attacks.",
        mode=mode,
        rules=rules,
        scope=scope or Scope(),
        prefilter=Prefilter(keywords=tuple(keywords if keywords is not None else terms)),
        judge=Judging(context=context),
    )


def make_message(message_id: int = 100, text: str = "you loser", **fields: object) -> Message:
    values: dict[str, object] = {
        "id": message_id,
        "guild_id": GUILD,
        "channel_id": CHANNEL,
        "channel_name": "general",
        "author_id": 55,
        "author_name": "Mallory",
        "created_at": START,
        "content": text,
    }
    return Message.model_validate(values | fields)


def make_earlier(message_id: int, author_id: int, text: str) -> Earlier:
    return Earlier(message_id=message_id, author_id=author_id, text=text)


class WordInspector:
    """Suspects a text of every policy of which it holds a keyword; `0` may stand for `o`."""

    def __init__(self, policies: Mapping[int, Sequence[Policy]]) -> None:
        self._policies = policies

    def inspect(
        self, guild_id: int, text: str, policy_ids: Collection[str] | None = None
    ) -> tuple[Suspicion, ...]:
        asked = [policy for policy in self._policies.get(guild_id, ()) if policy.id in (policy_ids or ())]
        found = [(policy, self._evidence(policy, text)) for policy in asked]
        return tuple(Suspicion(policy_id=policy.id, evidence=evidence) for policy, evidence in found if evidence)

    def _evidence(self, policy: Policy, text: str) -> tuple[Evidence, ...]:
        plain = text.lower().replace("0", "o")
        return tuple(
            Evidence(
                kind=EvidenceKind.KEYWORD,
                name=word,
                start=match.start(),
                end=match.end(),
                quote=text[match.start() : match.end()],
                reading=word if text[match.start() : match.end()].lower() != word else None,
            )
            for word in policy.prefilter.keywords
            for match in re.finditer(re.escape(word), plain)
        )


def make_rulebook(*policies: Policy, guild_id: int = GUILD) -> Rulebook:
    return Rulebook({guild_id: {policy.id: policy for policy in policies}}, WordInspector({guild_id: policies}))


class TermJudge:
    """Cites the first rule of which the text (or one of its readings) holds a term.

    `away`: how many more questions find it away. `unreadable`: texts whose answer cannot be read, with the seeds
    that fail. `unanswerable`: texts that never get one. `broken`: texts that show a defect. `gate`: questions
    wait until it is set. `places`: so many questions are taken at once, the others are refused.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, Content, int]] = []
        self.away = 0
        self.unreadable: dict[str, set[int]] = {}
        self.unanswerable: set[str] = set()
        self.broken: set[str] = set()
        self.gate: asyncio.Event | None = None
        self.places = 10_000
        self.tickets: list[Ticket] = []
        self.in_flight = self.most_in_flight = self.refused = 0

    async def judge(
        self,
        policy: Policy,
        content: Content,
        *,
        explain: bool = False,  # noqa: ARG002 - the port's signature
        seed: int = 0,
        ticket: Ticket = ORDINARY,
    ) -> Verdict:
        self.tickets.append(ticket)
        if self.in_flight >= self.places:
            self.refused += 1
            raise JudgeBusy("the queue is full")
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await (self.gate.wait() if self.gate else asyncio.sleep(0))
            return self._answer(policy, content, seed)
        finally:
            self.in_flight -= 1

    def _answer(self, policy: Policy, content: Content, seed: int) -> Verdict:
        self.asked.append((policy.id, content, seed))
        if self.away:
            self.away -= 1
            raise JudgeUnavailable("the engine is starting")
        if content.text in self.broken:
            raise ZeroDivisionError(content.text)
        if content.text in self.unanswerable:
            raise Unanswerable(phrase("it is too long"))
        if seed in self.unreadable.get(content.text, ()):
            raise UnreadableAnswer(phrase("no label where one has to be"))
        for rule in policy.rules:
            if quote := _find(rule, content):
                return make_verdict(policy, violation=True, rule_ids=(rule.id,), quotes=(quote,), seed=seed)
        return make_verdict(policy, violation=False, seed=seed)


def _find(rule: Rule, content: Content) -> str | None:
    for term in rule.terms:
        if match := re.search(rf"\b{re.escape(term)}\b", content.text, re.IGNORECASE):
            return match[0]
        if term in content.readings:
            return content.written[content.readings.index(term)]
    return None


def make_verdict(policy: Policy, *, violation: bool | None, seed: int = 0, **fields: object) -> Verdict:
    values: dict[str, object] = {
        "violation": violation,
        "probability": None if violation is None else 0.9 if violation else 0.1,
        "rationale": "A listed term." if violation else "",
        "reasoning": "looked at every word",
        "notes": (NOTE,),
        "effort": policy.judge.effort,
        "tokens": 3,
        "milliseconds": 2.0,
        "policy_digest": policy.digest,
        "model_digest": MODEL.digest,
        "model_name": MODEL.name,
        "prompt_version": PROMPT_VERSION,
        "seed": seed,
    }
    return Verdict.model_validate(values | fields)


class RememberingDesk:
    """Remembers every case that was shown, in order."""

    def __init__(self) -> None:
        self.shown: list[CaseFile] = []

    async def show(self, case: CaseFile) -> None:
        self.shown.append(case)


class MemoryHistory:
    """Channels full of messages, as Discord would tell of them: without roles, a page at a time.

    `away`: how many more calls find Discord away. `failing`: {channel id: what its calls raise}. `gate`: calls
    wait until it is set. `members`: {author id: what `completed` adds}. `page`: messages on one page.
    `answer_turns`: turns of the event loop that a page is on its way.
    """

    def __init__(self, page: int = 100) -> None:
        self.channels: dict[int, dict[int, Message]] = {}
        self.members: dict[int, dict[str, object]] = {}
        self.failing: dict[int, Exception] = {}
        self.away = 0
        self.gate: asyncio.Event | None = None
        self.answer_turns = 1
        self.asked: list[tuple[str, int, int]] = []
        self._page = page

    def put(self, *messages: Message) -> None:
        for message in messages:
            self.channels.setdefault(message.channel_id, {})[message.id] = message

    async def after(self, guild_id: int, channel_id: int, message_id: int) -> Page:  # noqa: ARG002 - the port's signature
        await self._ask("after", channel_id, message_id)
        newer = sorted(number for number in self.channels.get(channel_id, {}) if number > message_id)
        found = [self._as_history_tells(channel_id, number) for number in newer[: self._page]]
        last_id = found[-1].id if found else message_id
        for _ in range(self.answer_turns):
            await asyncio.sleep(0)
        return Page(messages=tuple(found), last_id=last_id, more=len(found) >= self._page)

    async def before(self, message: Message, limit: int) -> tuple[Earlier, ...]:
        await self._ask("before", message.channel_id, message.id)
        known = self.channels.get(message.channel_id, {})
        older = sorted(number for number in known if number < message.id)[-limit:] if limit else []
        return tuple(make_earlier(number, known[number].author_id, known[number].text) for number in older)

    async def completed(self, message: Message) -> Message:
        await self._ask("completed", message.channel_id, message.id)
        return message.model_copy(update=self.members.get(message.author_id, {}))

    async def _ask(self, what: str, channel_id: int, message_id: int) -> None:
        self.asked.append((what, channel_id, message_id))
        await (self.gate.wait() if self.gate else asyncio.sleep(0))
        if self.away:
            self.away -= 1
            raise DiscordAway("no network")
        if channel_id in self.failing:
            raise self.failing[channel_id]

    def _as_history_tells(self, channel_id: int, message_id: int) -> Message:
        return self.channels[channel_id][message_id].model_copy(update={"role_ids": (), "joined_at": None})
