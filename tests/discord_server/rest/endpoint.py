"""The HTTP side of the REST API: outages, faults, authorisation, limits, the handler, the journal."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import orjson
from aiohttp import web

from tests.discord_server import errors
from tests.discord_server.errors import ApiError, refuse
from tests.discord_server.faults import Fault, Faults, Outage
from tests.discord_server.interactions import Interactions
from tests.discord_server.journal import Request
from tests.discord_server.openapi_check import OpenApiCheck
from tests.discord_server.outage import OutageSwitch
from tests.discord_server.rate_limits import Bucket, Exceeded, RateLimits
from tests.discord_server.rest import api, body
from tests.discord_server.rest.call import Answer, Call
from tests.discord_server.world import World

_OPEN = ("/interactions/", "/webhooks/")
_MAJOR = ("channel", "guild", "token")
LONGEST_REASON = 512


@dataclass(slots=True)
class Exchange:
    """One request on its way through, and what was answered."""

    request: web.Request
    path: str
    route: str
    started: float
    body: body.Body
    status: int = 0
    answer: Any = None
    headers: dict[str, str] | None = None


@dataclass(slots=True)
class RestEndpoint:
    """Answers all requests below /api."""

    world: World
    interactions: Interactions
    limits: RateLimits
    faults: Faults
    outages: OutageSwitch
    check: OpenApiCheck
    gateway_url: str = ""

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, and note it."""
        if self.outages.current is not None:
            return await self._away(request, self.outages.current)
        path = "/" + request.match_info["path"]
        match = api.find(request.method, path)
        route = match.route if match else f"{request.method} {path}"
        exchange = Exchange(request, path, route, time.perf_counter(), body.Body())
        fault = self.faults.take(route)
        try:
            await self._work(exchange, match, fault)
        except ApiError as error:
            exchange.status, exchange.answer = error.problem.status, error.payload()
        await self._spoil(exchange, fault)
        return self._finish(exchange)

    async def _away(self, request: web.Request, kind: Outage) -> web.StreamResponse:
        if kind is Outage.HANGING:
            await self.outages.wait_until_over()
            _cut(request)
        return web.Response(
            status=int(kind.value) if kind.value.isdecimal() else 503, text="upstream connect error"
        )

    async def _work(self, exchange: Exchange, match: api.Match | None, fault: Fault | None) -> None:
        """Everything up to the effect."""
        self._authorise(exchange)
        if fault is not None and not fault.after_effect:
            return
        if match is None:
            self.check.note(f"{exchange.route}: this server does not know the route")
            refuse(errors.NOT_FOUND)
        exchange.body = await body.read(exchange.request)
        if self._limit(exchange, match):
            return
        self.check.request(exchange.request.method, exchange.path, exchange.request.query, exchange.body.json)
        given = match.handler(self._call(exchange, match))
        exchange.status, exchange.answer = _unpack(given)

    def _call(self, exchange: Exchange, match: api.Match) -> Call:
        reason = _reason(exchange.request)
        if reason is not None and len(reason) > LONGEST_REASON:
            errors.invalid("reason", "BASE_TYPE_MAX_LENGTH", f"Must be {LONGEST_REASON} or fewer in length.")
        return Call(
            world=self.world,
            interactions=self.interactions,
            gateway_url=self.gateway_url,
            params=match.params,
            query=dict(exchange.request.query),
            body=exchange.body.json,
            files=exchange.body.files,
            reason=reason,
        )

    def _authorise(self, exchange: Exchange) -> None:
        if exchange.path.startswith(_OPEN):
            return
        if exchange.request.headers.get("Authorization") != f"Bot {self.world.application.token}":
            refuse(errors.UNAUTHORIZED)

    def _limit(self, exchange: Exchange, match: api.Match) -> bool:
        """Take from the bucket; a request that is too early is answered with 429."""
        major = next((match.params[name] for name in _MAJOR if name in match.params), "")
        bucket, exceeded = self.limits.take(exchange.route, major)
        exchange.headers = bucket.headers(time.monotonic())
        if exceeded is not None:
            _too_many(exchange, exceeded, bucket)
        return exceeded is not None

    async def _spoil(self, exchange: Exchange, fault: Fault | None) -> None:
        """Let the planned fault happen to the answer."""
        if fault is None:
            return
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.status == 429:
            _too_many(exchange, Exceeded(fault.retry_after, fault.scope), None)
        elif fault.status is not None:
            exchange.status, exchange.answer, exchange.headers = fault.status, "upstream connect error", None

    def _finish(self, exchange: Exchange) -> web.StreamResponse:
        headers = exchange.headers or {}
        self.limits.answered(exchange.status, headers.get("X-RateLimit-Scope"))
        self._note(exchange)
        if exchange.status == 0:
            _cut(exchange.request)
            return web.Response()
        if isinstance(exchange.answer, str):
            return web.Response(status=exchange.status, text=exchange.answer)
        self.check.response(exchange.request.method, exchange.path, exchange.status, exchange.answer)
        return _json(exchange.status, exchange.answer, headers)

    def _note(self, exchange: Exchange) -> None:
        request = exchange.request
        self.world.journal.requests.append(
            Request(
                route=exchange.route,
                method=request.method,
                path=exchange.path,
                query=dict(request.query),
                body=exchange.body.json,
                reason=_reason(request),
                status=exchange.status,
                answer=exchange.answer,
                at=self.world.clock.now(),
                seconds=time.perf_counter() - exchange.started,
            )
        )
        self.world.changes.touch()


def _reason(request: web.Request) -> str | None:
    """The reason for the audit log, which travels URL-encoded."""
    given = request.headers.get("X-Audit-Log-Reason")
    return None if given is None else unquote(given)


def _unpack(given: Any) -> tuple[int, Any]:
    if isinstance(given, Answer):
        return given.status, given.body
    return (204, None) if given is None else (200, given)


def _too_many(exchange: Exchange, exceeded: Exceeded, bucket: Bucket | None) -> None:
    """The answer to a request that came too early. `Via` tells clients that it is Discord's own."""
    is_global = exceeded.scope == "global"
    exchange.status = 429
    exchange.answer = {
        "message": "You are being rate limited.",
        "retry_after": round(exceeded.retry_after, 3),
        "global": is_global,
    }
    known = {} if bucket is None or is_global else exchange.headers or {}
    exchange.headers = known | {
        "Retry-After": str(int(exceeded.retry_after) + 1),
        "X-RateLimit-Scope": exceeded.scope,
        "Via": "1.1 google",
    }
    if is_global:
        exchange.headers["X-RateLimit-Global"] = "true"


def _json(status: int, answer: Any, headers: dict[str, str]) -> web.Response:
    if status == 204:
        return web.Response(status=204, headers=headers)
    # aiohttp's own json_response adds a charset; Discord sends the bare type, and clients compare it exactly
    return web.Response(
        status=status, body=orjson.dumps(answer), headers=headers | {"Content-Type": "application/json"}
    )


def _cut(request: web.Request) -> None:
    """End the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
