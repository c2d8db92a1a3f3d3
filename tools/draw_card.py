"""Draws docs/card.png: a real card, as Discord's dark theme shows it on a phone.

An invented message takes the whole walk: prefilter, store, the stand-in model's verdict, store. The card is then
made as it is for Discord, down to the JSON that discord.py would send, and only that JSON is drawn.

    python -m tools.draw_card [docs/card.png]

It needs `chromium` (on Debian: apt install chromium). Nothing is sent anywhere.
"""

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import discord
from discord.http import handle_message_parameters

from bot.case import CaseFile, CaseState, Earlier, Message
from bot.cogs.buttons import buttons
from bot.cogs.card_face import face
from bot.judges.own_model import OwnModel
from bot.models.choice import Choice
from bot.models.meter import Advance, Meter
from bot.moderation import Moderation
from bot.rulebook import rulebook_for
from bot.scan.command import build_prefilter
from bot.settings import Settings
from bot.store import open_store
from policies.starter import starter_policies
from tools.phone import Viewer, page

NOW = datetime(2026, 3, 14, 14, 3, tzinfo=UTC)
GUILD, GENERAL, MESSAGE = 1_301_000_000_000_000_001, 1_301_000_000_000_000_002, 1_482_000_000_000_000_003
REX, KARA = 1_480_900_000_000_000_004, 1_020_000_000_000_000_005
NAMES = {GENERAL: "general", REX: "rex", KARA: "kara"}
WIDTH, SCALE = 412, 2
"""Of the phone, in its own pixels, and how many of the picture's make one."""


class _Desk:
    """Nobody waits for the card: it is drawn at the end."""

    async def show(self, case: CaseFile) -> None:
        """Do nothing."""


class _Silent:
    """A meter that shows nothing."""

    def step(self, title: str, total: int, done: int) -> Advance:  # noqa: ARG002 - the port's signature
        """A step that nobody follows."""
        return lambda _: None


@contextmanager
def _silence() -> Iterator[Meter]:
    yield _Silent()


async def stored_case(folder: Path) -> CaseFile:
    """The case that the invented message becomes, read back from the store."""
    policies = {"harassment": starter_policies()["harassment"]}
    rulebook = rulebook_for([GUILD], policies, build_prefilter({GUILD: list(policies.values())}))
    settings = Settings(data_folder=folder)
    async with (
        open_store(folder / "memory.sqlite3", clock=lambda: NOW) as store,
        OwnModel(settings, Choice(None, "for the picture")).open(_silence) as opened,
    ):
        moderation = Moderation(
            rulebook,
            store,
            opened.judge,
            _Desk(),
            model=opened.model,
            clock=lambda: NOW,
            timer=time.perf_counter,
        )
        case_id = await moderation.receive(invented_message(), invented_context())
        if case_id is None:
            raise SystemExit("the prefilter does not suspect the invented message any more: write another one")
        moderation.finish_up()
        await moderation.work()
        case = await store.case(case_id)
    if case.state is not CaseState.OPEN:
        raise SystemExit(f"the stand-in finds nothing in the invented message: the case is {case.state}")
    return case


def invented_message() -> Message:
    """What rex wrote."""
    return Message(
        id=MESSAGE,
        guild_id=GUILD,
        channel_id=GENERAL,
        channel_name="general",
        author_id=REX,
        author_name="rex",
        joined_at=NOW - timedelta(days=2),
        created_at=NOW - timedelta(minutes=3),
        content="@kara you pathetic l0ser, nobody wants you in our raid",
    )


def invented_context() -> tuple[Earlier, ...]:
    """What was said just before."""
    return (
        Earlier(message_id=MESSAGE - 2, author_id=KARA, text="gg everyone, that last boss was tough"),
        Earlier(message_id=MESSAGE - 1, author_id=REX, text="tough? you died four times"),
    )


def payload(case: CaseFile) -> dict[str, Any]:
    """What discord.py would send to POST /channels/{id}/messages."""
    with handle_message_parameters(
        embed=face(case), view=buttons(case), allowed_mentions=discord.AllowedMentions.none()
    ) as parameters:
        return dict(parameters.payload or {})


def draw(html: str, picture: Path, folder: Path) -> None:
    """Let chromium draw the page: once to learn how tall it is, once for the picture."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("chromium is missing; on Debian: apt install chromium")
    source = folder / "card.html"
    source.write_text(html, encoding="utf-8")
    base = [chromium, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    dumped = _run([*base, f"--window-size={WIDTH},2000", "--dump-dom", source.as_uri()])
    height = re.search(r"<title>(\d+)</title>", dumped)
    if height is None:
        raise SystemExit("chromium did not run the page")
    looks = [f"--window-size={WIDTH},{height[1]}", f"--force-device-scale-factor={SCALE}", "--hide-scrollbars"]
    _run([*base, *looks, f"--screenshot={picture.resolve()}", source.as_uri()])


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603 - our own page
    return done.stdout


async def main(picture: Path) -> None:
    """Make the case, and draw its card."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        case = await stored_case(folder)
        viewer = Viewer(NOW, NAMES, "Safeguild", "mod-review")
        draw(page(payload(case), viewer), picture, folder)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/card.png")))
