"""Finds the handler of a request."""

from __future__ import annotations

from dataclasses import dataclass

from tests.discord_server.rest import (
    bans,
    channels,
    commands,
    guilds,
    interactions,
    members,
    messages,
    threads,
    users,
)
from tests.discord_server.rest.call import Handler

_RESOURCES = (users, commands, channels, messages, threads, guilds, members, bans, interactions)


@dataclass(frozen=True, slots=True)
class Match:
    """A route that fits a path: its template with the names taken out, the handler, the values of the names."""

    route: str
    handler: Handler
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Route:
    parts: tuple[str, ...]
    handler: Handler
    name: str

    @property
    def literals(self) -> int:
        return sum(not part.startswith("{") for part in self.parts)

    def read(self, parts: tuple[str, ...]) -> dict[str, str] | None:
        """The values of the template's names, or None if it does not fit."""
        params = {}
        for own, given in zip(self.parts, parts, strict=True):
            if own.startswith("{"):
                params[own[1:-1]] = given
            elif own != given:
                return None
        return params


def route_name(method: str, template: str) -> str:
    """The template without its names: "GET /channels/{}"."""
    parts = ("{}" if part.startswith("{") else part for part in template.split("/"))
    return f"{method} {'/'.join(parts)}"


def _all_routes() -> dict[tuple[str, int], list[_Route]]:
    routes: dict[tuple[str, int], list[_Route]] = {}
    for resource in _RESOURCES:
        for (method, template), handler in resource.routes.table.items():
            parts = tuple(template.strip("/").split("/"))
            route = _Route(parts, handler, route_name(method, template))
            routes.setdefault((method, len(parts)), []).append(route)
    for alike in routes.values():
        alike.sort(key=lambda route: -route.literals)
    return routes


_ROUTES = _all_routes()
NAMES = frozenset(route.name for alike in _ROUTES.values() for route in alike)


def find(method: str, path: str) -> Match | None:
    """The most literal route that fits; `@me` is thus preferred to an id."""
    parts = tuple(path.strip("/").split("/"))
    for route in _ROUTES.get((method, len(parts)), ()):
        params = route.read(parts)
        if params is not None:
            return Match(route.name, route.handler, params)
    return None
