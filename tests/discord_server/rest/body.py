"""Reads request bodies: JSON, or multipart with `payload_json` and files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import BodyPartReader, web

from tests.discord_server.errors import INVALID_JSON, refuse
from tests.discord_server.rest.call import Upload


@dataclass(slots=True)
class Body:
    """What came: parsed JSON (None without a body) and the files."""

    json: Any = None
    files: list[Upload] = field(default_factory=list)


async def read(request: web.Request) -> Body:
    """Read the body; JSON that is none is answered with 50109."""
    if request.content_type.startswith("multipart/"):
        return await _read_multipart(request)
    raw = await request.read()
    return Body(parse(raw) if raw and request.content_type == "application/json" else None)


def parse(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        refuse(INVALID_JSON)


async def _read_multipart(request: web.Request) -> Body:
    body = Body({})
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            refuse(INVALID_JSON)
        content = await part.read(decode=True)
        if part.name == "payload_json":
            body.json = parse(bytes(content))
        elif part.filename is not None:
            body.files.append(Upload(part.name or "", part.filename, bytes(content)))
    return body
