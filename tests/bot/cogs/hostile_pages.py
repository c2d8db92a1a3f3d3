"""Every page, panel, form and notice out of one hostile text, in every language, against Discord's limits.

The long run: `python -m tests.bot.cogs.hostile_pages`.

Each room tries its own pages in depth; here nothing is left out, and longer languages meet longer texts.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final, cast

import discord

from bot.case import Action, CaseFile, CaseState, Decision, Holder, Report, ReportKind
from bot.cogs.actions_form import NEEDS_FORM, ActionForm, preview
from bot.cogs.appeals_face import appeal_buttons, appeal_face
from bot.cogs.bulk_page import panel_page
from bot.cogs.buttons import buttons
from bot.cogs.card_face import Sight, face
from bot.cogs.cases_moments import Dossier
from bot.cogs.cases_page import pages
from bot.cogs.cases_pages_view import leaf
from bot.cogs.history_of_page import history_pages
from bot.cogs.judge_this_page import Judged, conversation_page, message_page
from bot.cogs.more import panel
from bot.cogs.policy_pages import added_page, list_page, mode_page, show_page, unknown_policy_page
from bot.cogs.policy_removal import removed_page
from bot.cogs.policy_sample_page import Shown, rules_page, sample_page
from bot.cogs.presses import Pressed
from bot.cogs.queue_page import queue_page
from bot.cogs.queue_state import QueueState
from bot.cogs.reasoning import reasoning
from bot.cogs.report import ReportForm
from bot.cogs.review_checks import Present
from bot.cogs.words_form import Question, WordsForm
from bot.guilds.settings import GuildSettings
from bot.language import Language, speaking
from bot.records.appeals import Answer as Ruling
from bot.records.appeals import Appeal, Told
from bot.records.labels import Draw, Stratum
from bot.records.people import MemberRecord
from bot.records.reports import Alike, BulkExtent, QueuePage, Waiting
from bot.review.access import Permission, Person
from bot.review.appeals import Appealed
from bot.review.care import Hidden
from policies.phrases import Phrase
from policies.policy import Example, Policy, Severity
from policies.problems import Problem
from tests.bot.adapters import START, make_policy
from tests.bot.cogs.card_samples import embed_texts, hostile_case, limits_broken, outside_code_blocks, unescaped

LONGEST: Final = 4_000
LURE: Final = "@everyone <@7> <@&7> <#7> </ban:7> [x](https://evil.example) ||s|| `a` # h\n-# s\n> q ```x```"
TEXTS: Final = tuple(
    (LURE + filling * LONGEST)[:LONGEST]
    for filling in (
        "\u0301",  # combining marks
        "\u202e\u2066\u2069",  # written backwards
        "\u05e9\u05dc\u05d5\u05dd ",
        "\u200b\u200d\u2060",
        "`",
        "```\n",
        "<@7> @here ",
        "[m](https://evil.example) ",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\ud83d",  # half of a pair
        "\n",
        "\\",
        "\U000e0041",
        "ﷺ",
    )
)
OWN: Final = re.compile(r"<@&?\d+>|<#\d+>|<t:\d+(:\w)?>|\]\(https://discord\.com/channels/[\d/]+\)")
"""What the bot itself writes: mentions out of ids, times, and links to messages."""
EVERYTHING: Final = frozenset(Permission)
OWNER: Final = Person(900, EVERYTHING, frozenset(), 9, is_owner=True)


def hostile_policy(text: str) -> Policy:
    """Whatever people write in a policy."""
    line = " ".join(text.encode(errors="replace").decode().split())[:500] or "x"
    policy = make_policy()
    rule = policy.rules[0].model_copy(update={"text": line, "terms": (line[:60],)})
    written = text.encode(errors="replace").decode()
    example = Example.model_construct(text=written, verdict=rule.id, note=line[:200], show=True)
    changed = {
        "title": line[:80],
        "goal": line,
        "rules": tuple(rule.model_copy(update={"id": f"R{number}"}) for number in range(1, 21)),
        "allowed": (line,) * 30,
    }
    return policy.model_copy(update={**changed, "examples": (example,) * 4})


def whole_case(text: str) -> CaseFile:
    reports = tuple(Report(kind, 42, text[:500], START) for kind in ReportKind)
    return replace(hostile_case(text), reports=reports, holder=Holder(5, START))


def shown(text: str) -> Iterator[tuple[str, Any]]:
    """(name, embed, reply, view or form) of everything that is said about this text."""
    case, policy = whole_case(text), hostile_policy(text)
    open_case = replace(case, state=CaseState.OPEN, decision=None, outcome=None)
    yield from _of_cases(case, open_case)
    yield from _of_policies(policy, text)
    appeal = Appeal(
        1, 7, 12, 1, 55, text, START, Ruling(9, START, granted=True, text=text), text, Told.FAILED, text
    )
    yield "appeal", appeal_face(Appealed(appeal, case))
    yield "appeal's buttons", appeal_buttons(replace(appeal, answer=None))
    judged = Judged(case.message, ())
    yield "judge this", message_page(judged, case, discord.ui.View(timeout=None))
    yield "judge these", conversation_page([judged] * 10, 1, discord.ui.View(timeout=None))
    draw = Draw(7, policy.id, policy.digest, 9, Stratum.UNFLAGGED, 1, 2, START, id=1)
    found = Shown(draw, case.message, case.earlier)
    yield "sample", sample_page(policy, found, 10, 10)
    yield "sample's rules", rules_page(policy, found)
    yield "report", ReportForm([policy] * 30, 1, 2)
    yield "words", WordsForm(Question(text, text, text), "words")


def _of_cases(case: CaseFile, open_case: CaseFile) -> Iterator[tuple[str, Any]]:
    extents = dict.fromkeys(Alike, BulkExtent(tuple(range(1, 99)), 98, 9, 1))
    queued = QueuePage(
        tuple(replace(open_case, id=each) for each in range(1, 9)), Waiting(dict.fromkeys(Severity, 12_345))
    )
    for each in (case, open_case):
        for hidden in (None, *Hidden):
            yield f"card {hidden}", face(each, Sight(hidden, blurred=True))
            yield f"card's buttons {hidden}", buttons(each, hidden)
            for index, embed in enumerate(reasoning(each, hidden).embeds):
                yield f"reasoning {index} {hidden}", embed
        made = panel(each, Present(each.guild_id, GuildSettings(), OWNER, OWNER, OWNER))
        yield "more", made.embed
        yield "more's buttons", made.view
        told = pages(Dossier(each, None, (), (), (), START))
        yield from (
            (f"case page {number}", leaf(told, number, "x", ("case-pages", 1)).embed)
            for number in range(len(told))
        )
    yield "queue", queue_page(QueueState(), queued, {}, None)
    yield "alike", panel_page(open_case, extents)
    for number, page in enumerate(history_pages(MemberRecord(), [case] * 12, 55)):
        yield f"history {number}", leaf([page], 0, "x", ("history-pages", 1)).embed
    yield from _forms(open_case)


def _forms(case: CaseFile) -> Iterator[tuple[str, Any]]:
    settings = GuildSettings(notices=True, appeals=True)
    for press in sorted(NEEDS_FORM):
        assert press.action is not None
        decision = Decision(
            case_id=case.id, action=press.action, moderator_id=9, decided_at=START, reason=case.message.text
        )
        told = preview(case, decision, settings, case.message.content)
        yield (
            f"form {press}",
            ActionForm(case, Pressed(press, also_delete=press.action is not Action.HELP), told),
        )


def _of_policies(policy: Policy, text: str) -> Iterator[tuple[str, Any]]:
    problems = tuple(Problem("x.yaml", 1, 1, Phrase(text), Phrase(text)) for _ in range(30))
    yield "policies", list_page({f"p{number}": policy for number in range(12)}, problems)
    yield "policy", show_page(policy, text.encode(errors="replace"), problems)
    yield "added", added_page(policy)
    yield "mode", mode_page(policy, 5)
    yield "removed", removed_page(policy)
    yield "unknown", unknown_policy_page(text, ["x" * 40] * 50)


def check(text: str, languages: Iterable[Language] = tuple(Language)) -> None:
    """For the suite, and for the long run. An AssertionError names the page."""
    for language in languages:
        with speaking(language):
            for name, made in shown(text):
                try:
                    broken = list(problems_of(made))
                except UnicodeEncodeError:
                    broken = ["half of a pair: it cannot be sent"]
                assert not broken, (language, name, broken)


def problems_of(made: Any) -> Iterator[str]:
    if isinstance(made, discord.Embed):
        yield from limits_broken(made)
        for _, said in embed_texts(made.to_dict()):
            yield from markup_in(said)
    elif isinstance(made, discord.ui.Modal):
        yield from _of_modal(made.to_dict())
    elif isinstance(made, discord.ui.View):
        yield from _of_view(made)
    else:
        yield from problems_of(made.embed)
        yield from _of_view(made.view) if made.view else ()


def markup_in(said: str) -> Iterator[str]:
    """What a member could do to a reader: ping, disguise a link, break out."""
    bare = OWN.sub("¤", unescaped(outside_code_blocks(said)))
    yield from (
        f"{lure!r} in {bare[:300]!r}"
        for lure in ("@everyone", "@here", "](", "</ban", "evil.example)")
        if lure in bare
    )


def _of_view(view: discord.ui.View) -> Iterator[str]:
    rows = view.to_components()
    if len(rows) > 5:
        yield "rows"
    for row in rows:
        parts = cast("Any", row)["components"]
        if len(parts) > (1 if parts[0]["type"] != 2 else 5):
            yield "a row's parts"
        for part in parts:
            yield from _of_part(part)


def _of_part(part: dict[str, Any]) -> Iterator[str]:
    limits = {"custom_id": 100, "label": 80, "placeholder": 150}
    yield from (key for key, most in limits.items() if _length(part.get(key) or "") > most)
    options = part.get("options") or []
    if len(options) > 25 or len({each["value"] for each in options}) < len(options):
        yield "options"
    for option in options:
        yield from (key for key in ("label", "value", "description") if _length(option.get(key) or "") > 100)


def _of_modal(modal: dict[str, Any]) -> Iterator[str]:
    if not 0 < _length(modal["title"]) <= 45 or not 1 <= len(modal["components"]) <= 5:
        yield "title or number of parts"
    for part in modal["components"]:
        if "content" in part:
            yield from ["text display"] if _length(part["content"]) > 4000 else []
            yield from markup_in(part["content"])
            continue
        yield from (
            key for key, most in {"label": 45, "description": 100}.items() if _length(part.get(key) or "") > most
        )
        inner = part["component"]
        yield from _of_part(inner)
        if _length(inner.get("value") or "") > inner.get("max_length", 4000):
            yield "value"


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


if __name__ == "__main__":
    for tried in TEXTS:
        check(tried)
    sys.stdout.write(f"{len(TEXTS)} hostile texts on every page in every language: no limit broken, no markup\n")
