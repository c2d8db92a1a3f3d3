"""The feed against real files and a real server on 127.0.0.1."""

import asyncio
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bot.domain_settings import DomainSettings
from bot.domains import feed as feed_module
from bot.domains import fetching
from bot.domains.feed import DomainFeed
from bot.domains.fetching import fetch_domains
from bot.domains.lists import FETCHED, keep_fetched, operators_file
from bot.errors import EnvironmentProblem
from inference.prefilter.signals.domains import DomainList

GOOD = b"# new ones\nevil-new.com\nevil-newer.com\n"


@dataclass
class Site:
    """What the server answers, and how often it was asked."""

    url: str = ""
    body: bytes = GOOD
    status: int = 200
    location: str = ""
    stalls: threading.Event | None = None
    asked: list[str] = field(default_factory=list)


@contextmanager
def serving(site: Site) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            moved = site.location and self.path == "/list.txt"
            self.send_response(302 if moved else site.status)
            if moved:
                self.send_header("Location", site.location)
            self.end_headers()
            if site.stalls:
                site.stalls.wait(10)
            self.wfile.write(site.body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}/list.txt"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        if site.stalls:
            site.stalls.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    found = Site()
    with serving(found):
        yield found


def feed_of(
    site: Site | None, folder: Path, file: Path | None = None, clock: list[float] | None = None
) -> DomainFeed:
    settings = DomainSettings(url=site.url if site else None, file=file, every=timedelta(hours=1))
    moments = clock if clock is not None else [0.0]
    return DomainFeed(settings, folder, lambda: moments[0])


async def test_without_settings_the_shipped_list_holds(tmp_path: Path) -> None:
    feed = feed_of(None, tmp_path)
    assert await feed.look() == ()
    assert feed.current is DomainList.shipped()


async def test_a_fetched_list_is_kept_and_holds_beside_the_shipped_one(site: Site, tmp_path: Path) -> None:
    feed = feed_of(site, tmp_path)
    assert (await feed.update()).entries == {"evil-new.com", "evil-newer.com"}
    assert await feed.look() == ()
    assert feed.current.entries == DomainList.shipped().entries | {"evil-new.com", "evil-newer.com"}
    assert (tmp_path / FETCHED).read_text() == "evil-new.com\nevil-newer.com\n"
    after_a_start = feed_of(site, tmp_path)
    await after_a_start.look()
    assert after_a_start.current.entries == feed.current.entries
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"<!DOCTYPE html><p>Welcome to our login page</p>", 200, "no domain in it"),
        (b"evil.com\n<p>hm</p>\n", 200, "1 of its lines are no domains (the first is line 2)"),
        (b"", 200, "no domain in it"),
        (b"\xff\xfe\x00", 200, "no UTF-8 text"),
        (GOOD, 404, "status 404"),
        (GOOD, 500, "status 500"),
    ],
)
async def test_a_bad_answer_never_displaces_the_last_good_list(
    site: Site, tmp_path: Path, body: bytes, status: int, said: str
) -> None:
    feed = feed_of(site, tmp_path)
    await feed.update()
    await feed.look()
    before = feed.current
    site.body, site.status = body, status
    with pytest.raises(EnvironmentProblem) as refused:
        await feed.update()
    assert said in refused.value.message
    assert "the last good list holds" in refused.value.hint
    await feed.look()
    assert feed.current is before


async def test_a_list_that_is_too_large_is_refused_before_it_is_whole(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "MAX_BYTES", 1024 * 1024)
    site.body = b"evil.com\n" * 200_000
    with pytest.raises(EnvironmentProblem, match="larger than 1 MB"):
        await fetch_domains(site.url)


async def test_a_server_that_stops_in_the_middle_is_given_up(site: Site) -> None:
    site.stalls = threading.Event()
    with pytest.raises(EnvironmentProblem, match=r"no whole answer within 0\.2 s"):
        await fetch_domains(site.url, seconds=0.2)


async def test_a_server_that_is_not_there_is_told_in_plain_words() -> None:
    with pytest.raises(EnvironmentProblem, match=r"http://127\.0\.0\.1:9/x cannot be used"):
        await fetch_domains("http://127.0.0.1:9/x")


async def test_an_address_that_no_name_can_have_is_told_in_plain_words() -> None:
    with pytest.raises(EnvironmentProblem, match=r"cannot be used: Invalid IDNA hostname"):
        await fetch_domains("https://\N{RIGHT-TO-LEFT OVERRIDE}.com/list.txt")


async def test_a_redirect_is_followed_a_few_times(site: Site) -> None:
    site.location = site.url.replace("list.txt", "moved.txt")
    assert len((await fetch_domains(site.url)).entries) == 2
    site.location = site.url
    with pytest.raises(EnvironmentProblem, match="cannot be used"):
        await fetch_domains(site.url)


async def test_the_operators_file_is_read_again_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("evil-one.com\n")
    feed = feed_of(None, tmp_path, file)
    await feed.look()
    assert feed.current.listed("evil-one.com")
    before = feed.current
    await feed.look()
    assert feed.current is before
    file.write_text("evil-one.com\nevil-two.com\n")
    await feed.look()
    assert feed.current.listed("evil-two.com")
    file.write_text("nothing of use here\n")
    (problem,) = await feed.look()
    assert "is no list of domains: there is no domain in it (the first is line 1)" in problem.message
    assert feed.current.listed("evil-two.com"), "what it said before holds"
    assert await feed.look() == (), "it is told once"
    file.unlink()
    (problem,) = await feed.look()
    assert "there is no list of domains" in problem.message
    assert feed.current is DomainList.shipped()


async def test_a_file_out_of_reach_holds_on_and_is_read_again_when_it_can_be(tmp_path: Path) -> None:
    file = tmp_path / "lists" / "mine.txt"
    file.parent.mkdir()
    file.write_text("evil-one.com\n")
    feed = feed_of(None, tmp_path, file)
    await feed.look()
    file.parent.rename(tmp_path / "away")
    file.parent.symlink_to(file.parent)  # a path that leads nowhere, for root as for everybody
    (problem,) = await feed.look()
    assert "cannot be read" in problem.message
    assert feed.current.listed("evil-one.com"), "what it said before holds"
    assert await feed.look() == (), "it is told once"
    file.parent.unlink()
    (tmp_path / "away").rename(file.parent)
    file.write_text("evil-one.com\nevil-two.com\n")
    assert await feed.look() == ()
    assert feed.current.listed("evil-two.com")


def test_a_file_whose_permissions_were_mended_is_worth_reading_again(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("evil-one.com\n")
    before = operators_file(file).stamp()
    file.chmod(0o604)
    assert operators_file(file).stamp() != before


async def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (problem,) = await feed_of(None, tmp_path, tmp_path).look()
    assert "cannot be read: it is not a file" in problem.message


async def test_a_list_of_an_address_that_is_no_longer_set_is_not_used(tmp_path: Path) -> None:
    keep_fetched(tmp_path, DomainList.parse("evil-new.com\n"))
    feed = feed_of(None, tmp_path)
    await feed.look()
    assert not feed.current.listed("evil-new.com")


async def test_the_running_feed_fetches_when_it_is_due_and_tells_of_changes(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "LOOK_SECONDS", 0.01)
    clock = [0.0]
    feed = feed_of(site, tmp_path, clock=clock)
    seen: list[int] = []
    told = asyncio.Event()

    async def changed() -> None:
        seen.append(len(feed.current.entries) - len(DomainList.shipped().entries))
        told.set()

    running = asyncio.create_task(feed.run(changed))
    async with asyncio.timeout(20):
        await told.wait()
        told.clear()
        await asyncio.sleep(0.05)
        assert len(site.asked) == 1, "an hour has not passed"
        site.body = GOOD + b"evil-newest.com\n"
        clock[0] = 3600.0
        await told.wait()
        site.status = 500
        clock[0] = 7200.0
        while len(site.asked) < 3:  # noqa: ASYNC110 - the server is a thread and sets no event of the loop
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert seen == [2, 3]


async def test_a_feed_without_sources_ends_at_once(tmp_path: Path) -> None:
    async def changed() -> None:
        raise AssertionError("nothing changes")

    feed = feed_of(None, tmp_path)
    await feed.run(changed)
    assert feed.current is DomainList.shipped()
