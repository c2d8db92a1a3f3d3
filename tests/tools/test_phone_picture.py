from datetime import timedelta
from typing import Any

from discord.http import handle_message_parameters
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cogs.buttons import buttons
from bot.cogs.card_face import face
from tests.bot.adapters import START
from tests.bot.cogs.card_samples import case_about
from tools.phone import Viewer, page

VIEWER = Viewer(START + timedelta(minutes=3), {70: "general"}, "Safeguild", "mod-review")


def payload(text: str) -> dict[str, Any]:
    case = case_about(text)
    with handle_message_parameters(embed=face(case), view=buttons(case)) as parameters:
        return dict(parameters.payload or {})


def test_the_picture_shows_what_is_in_the_payload() -> None:
    shown = page(payload("you loser"), VIEWER)
    for part in ("Medium · Harassment: R1", "<pre>you loser</pre>", "#general", "3 minutes ago", "Dismiss"):
        assert part in shown


@given(st.text(max_size=40))
@settings(max_examples=30, deadline=None)
def test_no_text_becomes_a_part_of_the_page(text: str) -> None:
    shown = page(payload(f"<script>{text}</b><pre>"), VIEWER)
    assert shown.count("<script>") == 1
    assert "</b><pre>" not in shown
