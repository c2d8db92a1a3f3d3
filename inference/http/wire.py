"""One replica's HTTP: requests out, bytes in, and whatever goes wrong told as a fault."""

import asyncio
from typing import Any

import httpx2
import orjson
from pydantic import SecretStr

from inference.http.faults import NEEDED, Garbled, ReplicaBusy, ReplicaFault, TooLong
from policies.phrases import phrase

MAX_ANSWER_BYTES = 4 * 1024 * 1024
KEEP_ALIVE_SECONDS = 2.0
"""Shorter than llama-server's five: a connection that it closes just as we send would look like a fault."""
_LENGTH_WORDS = ("context length", "context size", "max_model_len", "maximum model length", "too long")
"""How servers say that a prompt is longer than their context."""
_FAULTS: tuple[tuple[type[httpx2.TransportError], str], ...] = (
    (httpx2.ConnectTimeout, "no connection in time"),
    (httpx2.ConnectError, "no connection"),
    (httpx2.TimeoutException, "the connection went silent"),
    (httpx2.TransportError, "the connection broke"),
)


class Wire:
    """Speaks with one server. Cancelling a call closes its connection, and the server stops writing."""

    def __init__(self, url: str, api_key: SecretStr | None, connect_seconds: float) -> None:
        self._has_key = api_key is not None
        key = {"Authorization": f"Bearer {api_key.get_secret_value()}"} if api_key else {}
        self._client = httpx2.AsyncClient(
            base_url=url,
            headers={"Content-Type": "application/json", **key},
            timeout=httpx2.Timeout(None, connect=connect_seconds),
            limits=httpx2.Limits(max_connections=None, keepalive_expiry=KEEP_ALIVE_SECONDS),
            # Members' words go to the server that was named, and through no proxy that an environment names.
            trust_env=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def get(self, path: str, seconds: float) -> bytes:
        """What stands at a path. Raises as `post` does."""
        return await self._call("GET", path, None, seconds)

    async def post(self, path: str, body: dict[str, Any], seconds: float) -> bytes:
        """The answer to a request that is to take at most `seconds`.

        Raises:
            ReplicaFault: no connection, no answer in time, or an error of the server's.
            ReplicaBusy: it has no room.
            TooLong: the prompt does not fit.
        """
        return await self._call("POST", path, orjson.dumps(body), seconds)

    async def _call(self, method: str, path: str, content: bytes | None, seconds: float) -> bytes:
        try:
            async with (
                asyncio.timeout(seconds),
                self._client.stream(method, path, content=content) as response,
            ):
                data = await _body(response)
        except TimeoutError:
            raise ReplicaFault(f"no answer within {seconds:g} s") from None
        except httpx2.TransportError as error:
            raise ReplicaFault(next(words for kind, words in _FAULTS if isinstance(error, kind))) from None
        except httpx2.HTTPError:
            raise Garbled(phrase("its answer is not HTTP as it should be")) from None
        if response.status_code in (401, 403) and not self._has_key:
            raise ReplicaFault("it wants an API key and got none: name one in the settings")
        _check_status(response.status_code, data)
        return data


async def _body(response: httpx2.Response) -> bytes:
    """The body, bounded. Raises Garbled."""
    data = bytearray()
    async for part in response.aiter_bytes():
        data += part
        if len(data) > MAX_ANSWER_BYTES:
            raise Garbled(phrase("its answer is larger than {most} MB", most=MAX_ANSWER_BYTES // 1024 // 1024))
    return bytes(data)


def _check_status(status: int, data: bytes) -> None:
    """Servers repeat what they were sent in errors, so nothing of an error's text goes on to anybody."""
    if status == 200:
        return
    words = data[:4096].decode("utf-8", "replace").lower()
    if status == 413 or (status == 400 and any(sign in words for sign in _LENGTH_WORDS)):
        raise TooLong
    if status == 503 and "loading" in words:
        raise ReplicaFault("it is loading its model")
    if status in (429, 503):
        raise ReplicaBusy
    if status in (401, 403):
        raise ReplicaFault("it refuses the API key: check the key in the settings")
    if status == 404:
        raise ReplicaFault("it knows no such path or model: check its address and the model's name")
    if status in (400, 422):
        raise ReplicaFault(f"it does not understand the request (status {status}): {NEEDED}")
    raise ReplicaFault(f"it answered with status {status}")
