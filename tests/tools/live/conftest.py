"""The page over a Discord, without a bot where none is needed, and a browser's stand-in to read and use it."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.discord_server import DiscordServer
from tools.live.health import Observer
from tools.live.keeper import Keeper
from tools.live.picture import Painter
from tools.live.scene import Scene
from tools.live.session import serve
from tools.live.troubles import Troubles
from tools.live.web import application

PATIENCE = 20.0


@dataclass
class Page:
    """What a browser would do: follow the stream, keep what it says, and post deeds from the page itself."""

    address: str
    http: aiohttp.ClientSession
    latest: dict[str, Any] = field(default_factory=dict)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    pictures: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _following: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._following = asyncio.create_task(self.follow())
        await self.until(lambda: self.pictures, "the first picture")

    async def close(self) -> None:
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
            await self.http.close()

    async def follow(self) -> None:
        async with self.http.get(f"{self.address}stream") as answer:
            name = ""
            async for line in answer.content:
                if line.startswith(b"event: "):
                    name = line[7:].decode().strip()
                elif line.startswith(b"data: "):
                    self._take(name, json.loads(line[6:]))

    def _take(self, name: str, data: Any) -> None:
        if name == "picture":
            self.pictures += 1
            self.latest = data
            self.messages = {each["id"]: each for of in data["messages"].values() for each in of}
        elif name in {"message_create", "message_update"}:
            self.messages[data["id"]] = data
        elif name == "message_delete":
            self.messages.pop(data["id"], None)
        else:
            self.latest[name] = data
        self.changed.set()

    async def until(self, look: Callable[[], Any], what: str, within: float = PATIENCE) -> Any:
        try:
            async with asyncio.timeout(within):
                while not (found := look()):
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"{what} did not happen: {self.latest.get('health')}") from None
        return found

    async def post(
        self, deed: str, /, headers: dict[str, str] | None = None, **body: Any
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Origin": self.address.rstrip("/")} if headers is None else headers
        async with self.http.post(f"{self.address}do/{deed}", json=body, headers=headers) as answer:
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else {"text": await answer.text()}

    async def do(self, deed: str, /, **body: Any) -> dict[str, Any]:
        status, answer = await self.post(deed, **body)
        assert status == 200, answer
        return answer

    def person(self, name: str) -> dict[str, Any]:
        return next(each for each in self.latest["people"] if each["name"] == name)

    def channel(self, name: str) -> str:
        return next(each["id"] for each in self.latest["place"]["channels"] if each["name"] == name)

    def answers_for(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.latest["answers"].values() if each["person"] == self.person(name)["id"]]

    def cards(self) -> list[dict[str, Any]]:
        review = self.channel("review")
        return [each for each in self.messages.values() if each["channel_id"] == review and each["author"]["bot"]]


@dataclass
class Quiet:
    """The page of a Discord in which no bot runs."""

    scene: Scene
    observer: Observer
    troubles: Troubles
    painter: Painter
    page: Page


@pytest.fixture
def live_folder(tmp_path: Path, standin_model: Path, vocabulary_folder: Path) -> Path:
    """A data folder with what takes seconds to make."""
    for made, name in ((standin_model.parent, "standin"), (vocabulary_folder, "vocabulary")):
        (tmp_path / name).mkdir()
        for file in made.iterdir():
            os.link(file, tmp_path / name / file.name)
    return tmp_path


OpenPage = Callable[[str], Any]


@pytest_asyncio.fixture
async def open_page() -> AsyncIterator[OpenPage]:
    """Opens the page at an address, and closes it at the end."""
    pages: list[Page] = []

    async def opened(address: str) -> Page:
        page = Page(address, aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)))
        pages.append(page)
        await page.open()
        return page

    yield opened
    for page in pages:
        await page.close()


@pytest_asyncio.fixture
async def quiet(tmp_path: Path, open_page: OpenPage) -> AsyncIterator[Quiet]:
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(DiscordServer())
        discord.interactions.answer_within = 0.2
        scene = Scene.build(discord)
        await scene.furnish()
        keeper = Keeper(discord, tmp_path)
        observer = Observer(scene, keeper)
        painter, troubles = Painter(scene, observer), Troubles(scene, keeper, observer)
        port = await serve(application(scene, painter.feed, troubles), 0, stack)
        painting = asyncio.create_task(painter.run())
        page = await open_page(f"http://127.0.0.1:{port}/")
        yield Quiet(scene, observer, troubles, painter, page)
        await page.close()
        await troubles.end()
        painting.cancel()
        await asyncio.gather(painting, return_exceptions=True)
