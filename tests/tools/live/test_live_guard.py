import re
from pathlib import Path

import pytest

from tests.tools.live.conftest import Quiet
from tools.live.web import PAGE


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "[::2]:1", "[", ""]
)
async def test_a_name_that_is_not_this_machines_is_refused_even_for_reading(quiet: Quiet, host: str):
    for path in ("", "stream", "page.js"):
        async with quiet.page.http.get(quiet.page.address + path, headers={"Host": host}) as answer:
            assert answer.status in {400, 403}, path


@pytest.mark.parametrize("host", ["localhost:9999", "127.0.0.1:9999", "[::1]:9999", "LOCALHOST"])
async def test_a_tunnel_may_have_another_port(quiet: Quiet, host: str):
    async with quiet.page.http.get(quiet.page.address, headers={"Host": host}) as answer:
        assert answer.status == 200


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "", "http://127.0.0.1:1", "http://localhost.evil.example"]
)
async def test_what_another_site_posts_is_refused(quiet: Quiet, origin: str):
    before = len(quiet.page.messages)
    mallory, general = quiet.page.person("mallory")["id"], quiet.page.channel("general")
    status, _ = await quiet.page.post("say", {"Origin": origin}, person=mallory, channel=general, content="x")
    assert status == 403
    status, _ = await quiet.page.post("trouble/burst", {"Origin": origin})
    assert status == 403
    assert len(quiet.page.messages) == before


async def test_a_post_without_an_origin_or_that_is_no_json_is_refused(quiet: Quiet):
    page = quiet.page
    assert (await page.post("trouble/burst", {}))[0] == 403
    headers = {"Origin": page.address.rstrip("/"), "Content-Type": "text/plain"}
    async with page.http.post(f"{page.address}do/trouble/burst", data="{}", headers=headers) as answer:
        assert answer.status == 403


async def test_every_answer_keeps_to_itself(quiet: Quiet):
    for path in ("", "style.css", "stream", "nothing-here"):
        async with quiet.page.http.get(quiet.page.address + path) as answer:
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"], path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert "Access-Control-Allow-Origin" not in answer.headers, path


@pytest.mark.parametrize("file", sorted(PAGE.glob("*.js")), ids=lambda file: file.name)
def test_no_script_of_the_page_makes_html_of_texts(file: Path):
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function|srcdoc"
    assert re.findall(banned, file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", sorted(PAGE.iterdir()), ids=lambda file: file.name)
def test_the_page_loads_nothing_from_elsewhere(file: Path):
    loads = r"(?:src|href)=[\"'](?:https?:)?//|url\(|@import|import\(|from \"(?!\./)"
    assert re.findall(loads, file.read_text("utf-8")) == []
