"""Pages are built from payloads as the bot sends them: every text is there, and none of it is more than text."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import discord
import pytest
from discord.http import handle_message_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cogs.actions_form import ActionForm
from bot.cogs.buttons import buttons
from bot.cogs.card_face import face
from bot.cogs.policy_form import PolicyForm
from bot.cogs.presses import Press, Pressed
from bot.guilds.drafts import Draft, DraftKind
from tests.bot.adapters import START
from tests.bot.cogs.card_samples import case_about
from tools.pictures.phone import page
from tools.pictures.shots import Form, Pane, Said, Shot

_TAG = re.compile(r"<[^>]*>")
_HOSTILE = '</div><script>alert("x")</script>&amp;'


def shot(*panes: Pane) -> Shot:
    return Shot(
        scene="try",
        place="# review",
        taken_at=START + timedelta(minutes=3),
        panes=panes,
        names={70: "#general"},
    )


def message(**parts: Any) -> Said:
    author = {"username": "Safeguild", "bot": True}
    shown = {"author": author, "timestamp": START.isoformat(), "flags": 0, "content": "", "embeds": []}
    return Said(message=shown | {"components": [], "attachments": []} | parts)


def card(text: str) -> Said:
    """What discord.py would send to POST /channels/{id}/messages."""
    case = case_about(text)
    with handle_message_parameters(embed=face(case), view=buttons(case)) as parameters:
        return message(**dict(parameters.payload or {}))


def read(made: str) -> str:
    """What a reader sees of a page: no tags, every run of spaces one space."""
    return " ".join(html.unescape(_TAG.sub(" ", made.split("</style>")[1])).split())


def test_a_card_shows_what_is_in_its_payload() -> None:
    shown = page(shot(card("you loser")))
    for part in (
        "Medium · Harassment: R1",
        '<pre class="block" dir="auto">you loser</pre>',
        "#general",
        "3 minutes ago",
    ):
        assert part in shown
    for label in ("Delete", "Dismiss", "Claim", "Reasoning", "More"):
        assert f">{label}</span>" in shown


@given(st.text(max_size=40))
@settings(max_examples=30, deadline=None)
def test_no_text_of_a_member_becomes_a_part_of_the_page(text: str) -> None:
    shown = page(shot(card(f"<script>{text}</b><pre>")))
    assert "<script>" not in shown
    assert "</b><pre>" not in shown


def words(part: Any) -> Iterator[str]:
    """The texts of a modal that a person reads."""
    if isinstance(part, list):
        for each in part:
            yield from words(each)
    if isinstance(part, dict):
        shown = ("title", "label", "description", "content") if part.get("type") != 4 else ("label", "value")
        yield from (part[key] for key in shown if isinstance(part.get(key), str))
        yield from (each["label"] for each in part.get("options", ()) if each.get("default"))
        yield from words(part.get("components"))
        yield from words(part.get("component"))


async def forms() -> list[discord.ui.Modal]:
    draft = Draft(1, 2, DraftKind.NEW, "spoilers", None)
    return [
        ActionForm(case_about("x"), Pressed(Press.TIMEOUT), f"told {_HOSTILE}"),
        PolicyForm(draft, _HOSTILE[:40]),
    ]


async def test_a_form_shows_its_title_labels_values_and_what_is_chosen() -> None:
    for form in await forms():
        modal = form.to_dict()
        made = page(shot(Form(modal=modal)))
        seen = read(made)
        assert "<script" not in made
        assert [text for text in words(modal) if " ".join(text.split()) not in seen] == []


def test_what_is_typed_stands_in_its_field_and_a_placeholder_gives_way() -> None:
    field = {"type": 4, "custom_id": "why", "style": 2, "placeholder": "say why"}
    modal = {"title": "Why?", "components": [{"type": 18, "label": "Reason", "component": field}]}
    assert "say why" in read(page(shot(Form(modal=modal))))
    typed = read(page(shot(Form(modal=modal, typed={"why": _HOSTILE}))))
    assert _HOSTILE in typed
    assert "say why" not in typed


def test_an_answer_for_one_person_says_so_and_whose_command_it_answers() -> None:
    private = message(content="hello", flags=64).model_copy(update={"above": "ada used /policy list"})
    seen = read(page(shot(private)))
    assert "ada used /policy list" in seen
    assert "Only you can see this" in seen
    assert "Only you" not in read(page(shot(message(content="hello"))))


def test_menus_buttons_and_files_show_their_state() -> None:
    menu = {"type": 8, "custom_id": "m", "default_values": [{"id": "70", "type": "channel"}]}
    empty = {"type": 3, "custom_id": "n", "placeholder": "Open a case", "options": []}
    off = {"type": 2, "style": 2, "label": "Back", "disabled": True, "custom_id": "b"}
    rows = [{"type": 1, "components": [each]} for each in (menu, empty, off)]
    file = {"filename": "policy.yaml", "size": 2048}
    made = page(shot(message(components=rows, attachments=[file])))
    assert [
        part for part in ("#general", "Open a case", "Back", "policy.yaml", "2.0 kB") if part not in made
    ] == []
    assert '<span class="button s2 off"' in made


def test_a_chart_stands_in_its_embed_and_not_below_as_a_file() -> None:
    chart = {"filename": "week.png", "size": 4, "data": "iVBORw==", "description": "Verdicts: 3 of 7."}
    embed = {"title": "Figures", "image": {"url": "attachment://week.png"}}
    made = page(shot(message(embeds=[embed], attachments=[chart])))
    assert '<img src="data:image/png;base64,iVBORw==" alt="Verdicts: 3 of 7.">' in made
    assert 'class="file"' not in made


@pytest.mark.parametrize("place", ["title", "name", "value", "footer", "content", "label", "filename"])
def test_a_hostile_text_stays_a_text_wherever_it_stands(place: str) -> None:
    text = {place: _HOSTILE}
    embed = {
        "title": text.get("title", "t"),
        "footer": {"text": text.get("footer", "f")},
        "fields": [{"name": text.get("name", "n"), "value": text.get("value", "v")}],
    }
    button = {"type": 2, "style": 1, "label": text.get("label", "l"), "custom_id": "x"}
    file = {"filename": text.get("filename", "f.txt"), "size": 1}
    said = message(
        content=text.get("content", ""),
        embeds=[embed],
        components=[{"type": 1, "components": [button]}],
        attachments=[file],
    )
    made = page(shot(said))
    assert "<script>" not in made
    assert _HOSTILE in read(made)
