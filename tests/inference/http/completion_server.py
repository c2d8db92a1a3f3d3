"""A loopback server that completes tokens as llama-server and vLLM do, over real sockets, from a `TokenModel`.

`faults` are what befalls the next requests for completions, one after the other.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
from aiohttp import web
from numpy.typing import NDArray

from inference.prompt import RETURN
from inference.vocabulary import CONTROL_TOKENS
from tests.inference.http.token_model import CALL, VOCABULARY, TokenModel

Fault = Callable[["CompletionServer", web.Request], Awaitable[web.StreamResponse | None]]
"""Befalls a request; returns None to let it be answered as usual."""


class CompletionServer:
    """One server. `kind` says which it plays; `slots` and `context` are what it tells of itself."""

    def __init__(
        self, model: TokenModel, kind: str = "llama-server", slots: int = 4, context: int = 16_384
    ) -> None:
        self.model = model
        self.kind = kind
        self.slots = slots
        self.context = context
        self.name = "a-model"
        self.picks_scores = True
        """Whether it plays a vLLM that knows `logprob_token_ids`."""
        self.api_key = ""
        self.url = ""
        self.faults: deque[Fault] = deque()
        self.always: Fault | None = None
        self.asked: list[dict[str, Any]] = []
        """The bodies of all requests for completions."""
        self.in_flight = self.most_in_flight = self.dropped = self.identified = 0
        self.gate: asyncio.Event | None = None
        """Completions wait until it is set."""
        self._slot_tokens: dict[int, list[int]] = {}

    async def models(self, _request: web.Request) -> web.StreamResponse:
        self.identified += 1
        one: dict[str, Any] = {"id": self.name, "object": "model"}
        if self.kind == "vllm":
            one |= {"owned_by": "vllm", "max_model_len": self.context}
        else:
            meta = {"n_ctx": self.context, "n_vocab": VOCABULARY}
            one |= {"owned_by": "llamacpp", "aliases": [self.name], "meta": meta}
        return web.json_response({"object": "list", "data": [one]})

    async def props(self, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"total_slots": self.slots, "model_path": "/models/a-model.gguf"})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            fault = self.faults.popleft() if self.faults else self.always
            if fault is not None and (response := await fault(self, request)) is not None:
                return response
            if self.gate is not None:
                await self.gate.wait()
            if self.kind == "vllm" and len(body["prompt"]) + body["max_tokens"] > self.context:
                return web.json_response({"error": {"message": "This model's maximum context length"}}, status=400)
            return web.json_response(self._answer(body))
        except asyncio.CancelledError:
            self.dropped += 1
            raise
        finally:
            self.in_flight -= 1

    def _answer(self, body: dict[str, Any]) -> dict[str, Any]:
        prompt = list(body["prompt"])
        assert all(type(token) is int and 0 <= token < VOCABULARY for token in prompt)
        return self._as_vllm(prompt, body) if self.kind == "vllm" else self._as_llama_server(prompt, body)

    def _as_llama_server(self, prompt: list[int], body: dict[str, Any]) -> dict[str, Any]:
        bias = dict(body["logit_bias"])
        shown = set(body["preserved_tokens"])
        tokens, stop_type = self._write(prompt, body["n_predict"], bias, body["stop"], {RETURN, CALL}, shown)
        answer: dict[str, Any] = {
            "tokens": tokens,
            "stop_type": stop_type,
            "tokens_evaluated": len(prompt),
            "timings": {"cache_n": self._cached(prompt, tokens, body), "prompt_ms": 2.0, "predicted_ms": 3.0},
        }
        if body["n_probs"]:
            top = [{"id": token, "logprob": score} for token, score in self._scores(prompt, body["n_probs"])]
            answer["completion_probabilities"] = [{"id": tokens[0], "logprob": -0.1, "top_logprobs": top}]
        return answer

    def _as_vllm(self, prompt: list[int], body: dict[str, Any]) -> dict[str, Any]:
        assert body["return_token_ids"]
        bias = dict.fromkeys(body.get("allowed_token_ids", ()), 1000.0)
        ends = {RETURN, *body["stop_token_ids"]}
        tokens, stop_type = self._write(prompt, body["max_tokens"], bias, body["stop"], ends, set())
        choice: dict[str, Any] = {
            "index": 0,
            "text": "?",
            "token_ids": tokens,
            "finish_reason": "length" if stop_type == "limit" else "stop",
            "logprobs": None,
        }
        if "logprobs" in body:
            top = {f"token_id:{token}": score for token, score in self._scores(prompt, body["logprobs"])}
            if self.picks_scores:
                scores = self._all_scores(prompt)
                top = {f"token_id:{token}": float(scores[token]) for token in body["logprob_token_ids"]}
            choice["logprobs"] = {"top_logprobs": [top], "tokens": ["?"], "token_logprobs": [-0.1]}
        usage = {"prompt_tokens": len(prompt), "prompt_tokens_details": {"cached_tokens": len(prompt) // 2}}
        return {"id": "cmpl-1", "object": "text_completion", "choices": [choice], "usage": usage}

    def _write(
        self,
        prompt: list[int],
        most: int,
        bias: dict[int, float],
        stops: Sequence[str],
        ends: set[int],
        shown: set[str],
    ) -> tuple[list[int], str]:
        """Greedy tokens up to a token of `ends`, a text of `stops`, or the limit."""
        tokens: list[int] = []
        length = 0
        while len(tokens) < most and len(prompt) + len(tokens) < self.context:
            row = self.model.logits([*prompt, *tokens])
            if bias:
                row = row.copy()
                row[list(bias)] += np.array(list(bias.values()), np.float32)
            tokens.append(int(row.argmax()))
            if tokens[-1] in ends:
                return tokens, "eos"
            text = self._text(tokens, shown)
            if any(stop in text[max(0, length - len(stop)) :] for stop in stops):
                return tokens, "word"
            length = len(text)
        return tokens, "limit"

    def _text(self, tokens: list[int], shown: set[str]) -> str:
        """What the tokens say, control tokens only where they are shown."""
        said = [token for token in tokens if CONTROL_TOKENS.get(token, "") in {"", *shown}]
        return self.model.harmony.text(said)

    def _scores(self, prompt: list[int], most: int) -> list[tuple[int, float]]:
        """The log-probabilities of the likeliest tokens."""
        scores = self._all_scores(prompt)
        return [(int(token), float(scores[token])) for token in np.argsort(-scores)[:most]]

    def _all_scores(self, prompt: list[int]) -> NDArray[np.float64]:
        row = self.model.logits(prompt).astype(np.float64)
        highest = row.max()
        return row - highest - np.log(np.exp(row - highest).sum())

    def _cached(self, prompt: list[int], tokens: list[int], body: dict[str, Any]) -> int:
        """How much of the prompt is in the cache of the slot that was named, which then holds this one."""
        slot = body.get("id_slot", 0)
        assert 0 <= slot < self.slots
        before = self._slot_tokens.get(slot, [])
        self._slot_tokens[slot] = [*prompt, *tokens[:-1]]
        same = (place for place, (ours, theirs) in enumerate(zip(before, prompt, strict=False)) if ours != theirs)
        return next(same, min(len(before), len(prompt)))


@asynccontextmanager
async def serving(server: CompletionServer, port: int = 0) -> AsyncIterator[CompletionServer]:
    """Listen on 127.0.0.1; leaving breaks all connections."""

    @web.middleware
    async def keys(request: web.Request, handler: Any) -> web.StreamResponse:
        if server.api_key and request.headers.get("Authorization") != f"Bearer {server.api_key}":
            return web.json_response({"error": {"message": "Invalid API Key"}}, status=401)
        return await handler(request)

    app = web.Application(middlewares=[keys], client_max_size=16 * 1024 * 1024)
    app.router.add_get("/v1/models", server.models)
    if server.kind == "llama-server":
        app.router.add_get("/props", server.props)
        app.router.add_post("/completion", server.complete)
    else:
        app.router.add_post("/v1/completions", server.complete)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


def status(code: int, message: str = "no") -> Fault:
    """The request is answered with an error."""

    async def fault(_server: CompletionServer, _request: web.Request) -> web.StreamResponse:
        return web.json_response({"error": {"message": message, "code": code}}, status=code)

    return fault


def says(data: bytes, content_type: str = "application/json") -> Fault:
    """The request is answered with these bytes, and all is well as far as HTTP goes."""

    async def fault(_server: CompletionServer, _request: web.Request) -> web.StreamResponse:
        return web.Response(body=data, content_type=content_type)

    return fault


def sends(data: bytes) -> Fault:
    """These bytes go over the socket as they are, and it is closed."""

    async def fault(_server: CompletionServer, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.write(data)
        request.transport.close()
        await asyncio.sleep(3600)
        raise AssertionError

    return fault


drop = sends(b"")
"""The connection is closed without an answer."""


async def hang(_server: CompletionServer, _request: web.Request) -> web.StreamResponse:
    """No answer, ever."""
    await asyncio.sleep(3600)
    raise AssertionError


async def trickle(_server: CompletionServer, request: web.Request) -> web.StreamResponse:
    """An answer that never ends, a byte at a time."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.01)
