"""Cases for the tests of cards, and what Discord would say of a card."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord

from bot.case import Action, AuthorRecord, CaseFile, CaseState, Decision, Finding, JobState, Message
from inference.prefilter.suspicion import Evidence, EvidenceKind, Suspicion
from policies.policy import Policy, Rule, Severity
from policies.verdict import Verdict
from tests.bot.adapters import START, make_earlier, make_message, make_policy, make_verdict

AUTHOR = 1_100_000_000_000_000_055
MODERATOR = 1_100_000_000_000_000_900
LIMITS = {"title": 256, "description": 4096, "name": 256, "value": 1024, "footer": 2048, "author": 256}


def flagged(
    policy: Policy,
    verdict: Verdict | None,
    *,
    revision: int = 1,
    state: JobState = JobState.JUDGED,
    quote: str = "loser",
) -> Finding:
    evidence = Evidence(kind=EvidenceKind.KEYWORD, name="loser", start=0, end=1, quote=quote, reading="loser")
    return Finding(1, revision, state, policy, Suspicion(policy_id=policy.id, evidence=(evidence,)), verdict)


def violation(policy: Policy, **fields: object) -> Verdict:
    return make_verdict(policy, violation=True, **{"rule_ids": ("R1",), "quotes": ("loser",), **fields})


def said(text: str = "you loser", **fields: object) -> Message:
    return make_message(text=text, author_id=AUTHOR, **fields)


def case_about(*texts: str, **fields: Any) -> CaseFile:
    """An open case: one policy, one violation in the newest of the texts."""
    policy = make_policy()
    texts = texts or ("you loser",)
    case = CaseFile(
        id=12,
        guild_id=7,
        state=CaseState.OPEN,
        opened_at=START,
        revisions=tuple(said(text) for text in texts),
        earlier=(make_earlier(1, 66, "hello"), make_earlier(2, AUTHOR, "hi")),
        findings=(flagged(policy, violation(policy), revision=len(texts)),),
        decision=None,
        outcome=None,
    )
    return replace(case, **fields)


def decided(case: CaseFile, action: Action, state: CaseState, outcome: str | None = None) -> CaseFile:
    length = timedelta(hours=1) if action is Action.TIMEOUT else None
    decision = Decision(case_id=case.id, action=action, moderator_id=MODERATOR, decided_at=START, timeout=length)
    return replace(case, state=state, decision=decision, outcome=outcome)


def hostile_case(text: str) -> CaseFile:
    """Every text that is not the house's own is the same hostile one: the member's, the model's, the policy's."""
    line = " ".join(text.encode(errors="replace").decode().split())[:500] or "x"
    policy = make_policy().model_copy(
        update={
            "title": line[:80],
            "rules": (
                Rule.model_construct(id="R1", text=line, terms=(), severity=Severity.HIGH, suggest=("delete",)),
            ),
        }
    )
    verdict = violation(policy, rationale=text, reasoning=text, notes=(text,), quotes=(text,), model_name=text)
    finding = flagged(policy, verdict, revision=2, quote=text)
    case = case_about("x", text, findings=(finding, replace(finding, revision=1)))
    return replace(
        decided(case, Action.TIMEOUT, CaseState.FAILED, text),
        revisions=(said(text), said(text + "!", author_name=text, channel_name=text, joined_at=START)),
        earlier=tuple(make_earlier(number, 60 + number, text) for number in range(1, 11)),
        current=said(text),
        deleted_at=datetime(2030, 1, 2, tzinfo=UTC),
        author_record=AuthorRecord(9, 3, 4),
    )


def embed_texts(embed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(kind, text) of everything that counts in an embed, as discord.py sends it."""
    for kind in ("title", "description"):
        if kind in embed:
            yield kind, embed[kind]
    for field in embed.get("fields", ()):
        yield "name", field["name"]
        yield "value", field["value"]
    if "footer" in embed:
        yield "footer", embed["footer"]["text"]
    if "author" in embed:
        yield "author", embed["author"]["name"]


def limits_broken(*embeds: discord.Embed) -> list[str]:
    """What Discord would refuse, counted both ways that are in use: code points and UTF-16 units."""
    texts = [found for embed in embeds for found in embed_texts(embed.to_dict())]
    broken = [kind for kind, text in texts if _length(text) > LIMITS[kind] or not text.strip()]
    broken += ["total"] if sum(_length(text) for _, text in texts) > 6000 else []
    broken += ["fields" for embed in embeds if len(embed.fields) > 25]
    return broken + (["embeds"] if not 1 <= len(embeds) <= 10 else [])


def outside_code_blocks(text: str) -> str:
    """What Discord reads as markup: the text without its code blocks, found as Discord finds them."""
    return re.sub(r"```(?:[a-zA-Z0-9_+\-.#]+\n)?\n*[^\n].*?\n*```", "¤", text, flags=re.DOTALL)


def unescaped(text: str) -> str:
    """Only the characters that Discord gives a meaning: without those behind a backslash."""
    return re.sub(r"\\[^0-9A-Za-z\s]", "", text)


def _length(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def told_by(embed: discord.Embed) -> str:
    return "\n".join(text for _, text in embed_texts(embed.to_dict()))
