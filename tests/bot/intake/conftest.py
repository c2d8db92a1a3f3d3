"""An intake on an in-memory Discord, with waits that take no time."""

from datetime import timedelta

import pytest

from bot.outage import BackOff


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.intake.catch_up.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("bot.intake.patience.STORE_BACK_OFF", BackOff(timedelta(0), timedelta(0)))
