"""The pages of policies in the making stay within Discord's limits, whatever people write."""

import pytest
from hypothesis import HealthCheck, given, settings

from bot.cogs.policy_draft_pages import errors_page, file_errors_page, meanwhile_page, preview_page
from bot.cogs.policy_form import PolicyForm
from bot.cogs.policy_news import news_embed
from bot.cogs.policy_version_pages import diff_page, history_page
from bot.cogs.replies import Reply
from bot.guilds.advice import advice
from bot.guilds.change_words import change_line
from bot.guilds.drafting import look_at, with_form
from bot.guilds.drafts import Draft, DraftKind
from bot.guilds.form import Field, Form, FormProblem
from bot.guilds.writing import Spotted
from bot.language import Language, speaking
from bot.records.histories import Author, AuthorKind, Version
from policies.changes import changes
from policies.document import dump_policy
from policies.phrases import Phrase
from policies.policy import Example, Mode, Policy, Rule
from policies.problems import Problem
from policies.remarks import Concern, Remark
from tests.bot.store.samples import START
from tests.policies.strategies import policies

HOSTILE = "\u202e@everyone **x** `y` [a](https://b) <@1> \U0001f600" * 9
LARGEST = Policy(
    id="x" * 40,
    title=HOSTILE.replace("\u202e", "")[:80],
    goal="g" * 500,
    rules=tuple(Rule(id=f"R{n}", text="`*_" * 160 + str(n), terms=("noob",)) for n in range(20)),
    allowed=tuple("~|" * 240 + str(n) for n in range(30)),
    examples=tuple(Example(text="\U0001f600`" * 900 + str(n), verdict="R1") for n in range(80)),
)
SMALL = Policy(id="x" * 40, title="t", goal="g", rules=(Rule(id="R1", text="a"),))


def check(made: Reply) -> None:
    embed = made.embed
    assert len(embed) <= 6000
    assert len((embed.description or "").encode("utf-16-le")) // 2 <= 4096
    assert all(len((field.value or "").encode("utf-16-le")) // 2 <= 1024 for field in embed.fields)
    assert all(0 < len(field.name or "") <= 256 for field in embed.fields)
    for item in made.view.children if made.view else ():
        assert len(getattr(item, "custom_id", "")) <= 100
        assert len(getattr(item, "label", "")) <= 80


def draft(base: Policy | None, after: Policy, kind: DraftKind = DraftKind.EDIT) -> Draft:
    source = dump_policy(base).encode() + f"# {HOSTILE.replace(chr(0x202E), '')}\n".encode() if base else None
    made = Draft(7, 5, kind, after.id, source, source=dump_policy(after).encode(), origin=HOSTILE)
    return with_form(made, after)


@pytest.mark.parametrize(("before", "after"), [(SMALL, LARGEST), (LARGEST, SMALL), (None, LARGEST)])
@pytest.mark.parametrize("kind", DraftKind)
def test_the_largest_change_fits(before: Policy | None, after: Policy, kind: DraftKind) -> None:
    made = draft(before, after, kind)
    check(preview_page(look_at(made, 99_999), Spotted(1, 2, 3, 4)))
    if before:
        check(meanwhile_page(made, changes(before, after), "x" * 100))
        check(diff_page(after.id, dump_policy(before).encode(), dump_policy(after).encode(), ("#1", "#2")))


def test_the_most_hostile_problems_fit() -> None:
    found = [FormProblem(field=Field.RULES, line=n, message=HOSTILE, hint=HOSTILE) for n in range(90)]
    check(errors_page(Draft(7, 5, DraftKind.NEW, "", None, form=Form(rules=HOSTILE)), found))
    listed = tuple(Problem(f"{HOSTILE}.yaml", 1, 1, Phrase(HOSTILE), Phrase(HOSTILE)) for _ in range(60))
    check(file_errors_page(HOSTILE, listed))
    assert len(news_embed(listed)) <= 6000


def test_a_history_of_the_longest_reasons_fits() -> None:
    author = Author(AuthorKind.COMMAND, 2**63 - 1, HOSTILE[:200])
    versions = [Version(7, "x" * 40, 999_999 - n, author, START, "h", "d", Mode.SHADOW) for n in range(8)]
    check(history_page("x" * 40, versions, None))


@pytest.mark.parametrize("language", Language)
def test_the_form_keeps_discords_limits_in_every_language(language: Language) -> None:
    with speaking(language):
        form = PolicyForm(draft(None, SMALL, DraftKind.NEW), "T" * 99).to_dict()
    assert len(form["title"]) <= 45
    assert len(form["components"]) == 5
    for label in form["components"]:
        assert len(label["label"]) <= 45
        assert len(label["description"]) <= 100
        assert len(label["component"]["placeholder"]) <= 100
        assert label["component"]["max_length"] <= 4000


@pytest.mark.parametrize("concern", Concern)
def test_every_remark_has_words(concern: Concern) -> None:
    names = ("rule", "other", "word", "term", "example", "verdict", "keyword", "pattern", "case")
    values = dict.fromkeys(names, "x") | {"tokens": 1, "most": 2, "fewest": 3, "count": 4}
    message, hint = advice(Remark(concern, values), str)
    assert message
    assert hint
    assert "{" not in message + hint


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(policies(), policies())
def test_every_change_has_words(one: Policy, other: Policy) -> None:
    for change in changes(one, other):
        assert change_line(change, str).strip()
