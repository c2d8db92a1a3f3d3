from dataclasses import replace
from datetime import timedelta
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.case import Action, CaseState
from bot.cogs.buttons import Press, buttons, case_of, custom_id, offered, promised_timeout
from bot.cogs.words import short_length
from bot.units import parse_duration
from tests.bot.adapters import START
from tests.bot.cogs.card_samples import case_about, decided

ALL = ("delete", "timeout", "dismiss", "reasoning")


@pytest.mark.parametrize(
    ("case", "pressable"),
    [
        (case_about(), ALL),
        (case_about(deleted_at=START), ("timeout", "dismiss", "reasoning")),
        (case_about(state=CaseState.JUDGING), ("reasoning",)),
        (case_about(state=CaseState.CLEARED), ("reasoning",)),
        (decided(case_about(), Action.DELETE, CaseState.DECIDED), ("reasoning",)),
        (decided(case_about(), Action.DELETE, CaseState.ENFORCED), ("reasoning",)),
        (decided(case_about(), Action.DISMISS, CaseState.ENFORCED), ("reasoning",)),
        (decided(case_about(), Action.TIMEOUT, CaseState.ENFORCED), ("delete", "reasoning")),
        (decided(case_about(deleted_at=START), Action.TIMEOUT, CaseState.ENFORCED), ("reasoning",)),
        (decided(case_about(), Action.TIMEOUT, CaseState.FAILED), ALL),
        (decided(case_about(deleted_at=START), Action.DELETE, CaseState.FAILED), ALL[1:]),
    ],
)
def test_a_card_offers_what_its_state_allows(case: Any, pressable: tuple[str, ...]) -> None:
    assert offered(case) == pressable


@given(st.integers(min_value=1, max_value=2**63 - 1), st.sampled_from(list(Press)))
def test_a_button_finds_its_case_again(case_id: int, press: Press) -> None:
    assert case_of(custom_id(case_id, press)) == case_id
    assert len(custom_id(case_id, press)) <= 100


@pytest.mark.parametrize(
    "text", ["", "case:0:delete", "case:1:ban", "case:1:delete ", "case:-1:delete", "x", None]
)
def test_what_is_no_button_of_a_card_is_none(text: str | None) -> None:
    assert case_of(text) is None


def test_views_are_not_kept() -> None:
    """discord.py remembers a view that was not stopped for as long as the bot runs."""
    import asyncio

    async def finished() -> bool:
        return buttons(case_about()).is_finished()

    assert asyncio.run(finished())


@given(st.integers(min_value=1, max_value=28 * 24 * 60))
def test_the_length_on_a_button_can_be_read_back(minutes: int) -> None:
    length = timedelta(minutes=minutes)
    assert parse_duration(short_length(length)) == length


@pytest.mark.parametrize(
    ("label", "length"),
    [
        ("Timeout 7 days", timedelta(days=7)),
        ("Timeout 10 min", timedelta(minutes=10)),
        ("Timeout 1 day", timedelta(days=1)),
        ("Timeout", timedelta(hours=1)),
        ("Timeout for ever", timedelta(hours=1)),
    ],
)
def test_what_was_on_the_button_is_what_is_decided(label: str, length: timedelta) -> None:
    assert promised_timeout(card_with(label), case_about()) == length


def test_a_card_without_the_button_has_the_usual_length() -> None:
    assert promised_timeout(None, case_about()) == timedelta(hours=1)
    assert promised_timeout(card_with("Timeout 7 days"), replace(case_about(), id=13)) == timedelta(hours=1)


def card_with(label: str) -> discord.Message:
    button = {"type": 2, "style": 1, "label": label, "custom_id": "case:12:timeout"}
    data: dict[str, Any] = {
        "id": "1",
        "channel_id": "2",
        "author": {"id": "3", "username": "Safeguild", "discriminator": "0", "avatar": None},
        "content": "",
        "timestamp": START.isoformat(),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        "components": [{"type": 1, "components": [button]}],
    }
    client = discord.Client(intents=discord.Intents.none())
    return discord.Message(state=client._connection, channel=client.get_partial_messageable(2), data=data)
