"""Stands before every HTTP request that discord.py sends: not too fast, and not at all after many refusals.

discord.py 2.7.1 heeds the limit of 50 requests a second only once Discord has answered 429, and does not count
invalid requests. Answers to people (interaction callbacks and their followups) never wait: Discord gives them 3
seconds and does not count them towards the 50.
"""

import re
import time
from types import SimpleNamespace

import aiohttp
import structlog
from yarl import URL

from bot.cogs.failures import PostUncertain, RequestsHalted
from bot.discord_traffic import DiscordTraffic
from bot.pace import InvalidRequests, TokenBucket, is_invalid

_log = structlog.get_logger(__name__)
_ANSWERS = ("interactions", "webhooks")
"""First parts of the paths that answer people. What follows holds a token, which is not logged."""
_ACKNOWLEDGEMENT = re.compile(r"interactions/(?P<id>\d{1,20})/[^/]+/callback")
_MESSAGES = re.compile(r"channels/\d+/messages")


class RequestGate:
    """Lets requests to Discord's API through one by one. What goes elsewhere passes: the gateway, images."""

    def __init__(
        self, api: str, bucket: TokenBucket, refusals: InvalidRequests, traffic: DiscordTraffic | None = None
    ) -> None:
        """`api` is the API's address with its version, as in `https://discord.com/api/v10`."""
        self._api = URL(api.rstrip("/") + "/")
        self._bucket = bucket
        self._refusals = refusals
        self._traffic = traffic or DiscordTraffic(time.monotonic)

    def trace(self) -> aiohttp.TraceConfig:
        """For `http_trace` of a discord.py client."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._admit)
        config.on_request_end.append(self._note)
        return config

    async def _admit(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestStartParams
    ) -> None:
        """Return when the request may be sent.

        Raises:
            RequestsHalted: too many were refused lately.
        """
        path = self._path(request.url)
        if path is None or _answers_people(path):
            return
        await self._bucket.take()
        if self._refusals.open:
            raise RequestsHalted(self._refusals.retry_after)

    async def _note(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, request: aiohttp.TraceRequestEndParams
    ) -> None:
        """Count refusals.

        Raises:
            PostUncertain: discord.py would post again at once, which makes two messages where no nonce is heeded.
        """
        path, answer = self._path(request.url), request.response
        if path is not None:
            self._traffic.answered(answer.status)
            self._note_acknowledgement(path)
        if path is not None and answer.status >= 500 and _posts_a_message(request.method, path):
            answer.close()
            raise PostUncertain(answer.status)
        if path is None or not is_invalid(answer.status, answer.headers.get("X-RateLimit-Scope")):
            return
        self._refusals.record()
        shown = path.partition("/")[0] if _answers_people(path) else path
        _log.warning("Discord refused a request", method=request.method, path=shown, status=answer.status)
        if self._refusals.open:
            _log.error(
                "too many requests were refused: none is sent for a while",
                seconds=round(self._refusals.retry_after),
            )

    def _note_acknowledgement(self, path: str) -> None:
        if acknowledged := _ACKNOWLEDGEMENT.match(path):
            self._traffic.acknowledged(int(acknowledged["id"]))

    def _path(self, url: URL) -> str | None:
        """The path below the API's address; None for what is not of the API."""
        if url.host != self._api.host or url.port != self._api.port or not url.path.startswith(self._api.path):
            return None
        return url.path.removeprefix(self._api.path)


def _posts_a_message(method: str, path: str) -> bool:
    return method == "POST" and _MESSAGES.fullmatch(path) is not None


def _answers_people(path: str) -> bool:
    return path.partition("/")[0] in _ANSWERS
