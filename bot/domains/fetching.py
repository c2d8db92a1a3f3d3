"""Fetching a list of domains: bounded in size and time, and checked before anybody sees it."""

import asyncio
from importlib.metadata import version

import httpx2

from bot.errors import EnvironmentProblem
from inference.prefilter.signals.domains import DomainList, UnreadableList

MAX_BYTES = 16 * 1024 * 1024
MAX_REDIRECTS = 3
SECONDS = 60.0
"""How long fetching may take in all."""

_AGAIN = "the last good list holds; check `domains.url`, or try again later with `safeguild domains update`"


async def fetch_domains(url: str, *, seconds: float = SECONDS) -> DomainList:
    """The list at an address.

    Raises:
        EnvironmentProblem: no answer in time, an answer that is no list, or one that is too large.
    """
    try:
        async with asyncio.timeout(seconds):
            data = await _fetch(url)
    except TimeoutError:
        raise _unusable(url, f"there was no whole answer within {seconds:g} s") from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise _unusable(url, _reason(error)) from None
    return await asyncio.to_thread(_parsed, data, url)


async def _fetch(url: str) -> bytes:
    async with (
        httpx2.AsyncClient(
            follow_redirects=True,
            max_redirects=MAX_REDIRECTS,
            headers={"User-Agent": f"safeguild/{version('safeguild')}"},
        ) as client,
        client.stream("GET", url) as response,
    ):
        if response.status_code != 200:
            raise _unusable(url, f"the server answered with status {response.status_code}")
        if url.startswith("https://") and any(hop.url.scheme != "https" for hop in (*response.history, response)):
            raise _unusable(url, "it leads to an address without https, or past one")
        return await _body(response, url)


async def _body(response: httpx2.Response, url: str) -> bytes:
    data = bytearray()
    async for part in response.aiter_bytes():
        data += part
        if len(data) > MAX_BYTES:
            raise _unusable(url, f"it is larger than {MAX_BYTES // 1024 // 1024} MB")
    return bytes(data)


def _parsed(data: bytes, url: str) -> DomainList:
    try:
        return DomainList.parse(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise _unusable(url, "it is no UTF-8 text") from None
    except UnreadableList as error:
        raise _unusable(url, str(error)) from None


def _unusable(url: str, reason: str) -> EnvironmentProblem:
    return EnvironmentProblem(f"the list at {url} cannot be used: {reason}", _AGAIN)


def _reason(error: httpx2.HTTPError | httpx2.InvalidURL) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
