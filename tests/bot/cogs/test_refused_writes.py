"""A disk that refuses is told to whoever asked in their language, and to the operator's log in English."""

import os
from collections.abc import Callable
from errno import ENOSPC
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot.cogs.policy_editor import trouble_page
from bot.cogs.replies import _in_the_way
from bot.guilds.book import GuildBook
from bot.guilds.errors import NotWritten
from bot.guilds.settings import GuildSettings
from bot.language import Language, speaking


async def refusal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> NotWritten:
    def full(_: int) -> None:
        raise OSError(ENOSPC, "of the system")

    book = await GuildBook.open(folder)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NotWritten) as refused:
        await book.save(7, GuildSettings(review_channel=5))
    return refused.value


@pytest.mark.parametrize("answered", [_in_the_way, trouble_page])
async def test_the_log_speaks_english_and_the_answer_the_askers_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answered: Callable[..., Any]
) -> None:
    asker = cast("Any", SimpleNamespace(guild_id=7))
    with speaking(Language.GERMAN), capture_logs() as logs:
        reply = answered(asker, await refusal(tmp_path, monkeypatch))
    assert [each["reason"] for each in logs] == ["The settings cannot be written: No space left on device."]
    shown = (reply.embed.description or "").replace("\\", "")
    assert shown.startswith("Die Einstellungen")
    assert "No space" not in shown
