"""The two servers that are asked over HTTP: llama.cpp's own, and the bindings' example."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.peers.system import (
    START_SECONDS,
    Asker,
    Said,
    Setting,
    SystemFailed,
    free_port,
    last_words,
    process,
)
from benchmarks.peers.workload import Prompt, Workload

ANSWER_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class LlamaServer:
    """llama.cpp's llama-server with one unified KV cache."""

    swa_full: bool
    width: int = 8
    extra: tuple[str, ...] = ()
    """More arguments, which win over ours."""
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or f"llama-server -np {self.width} -kvu{' --swa-full' if self.swa_full else ''}"

    def settings(self, setting: Setting, workload: Workload) -> str:
        return " ".join(self._arguments(setting, workload))

    @asynccontextmanager
    async def opened(self, setting: Setting, workload: Workload) -> AsyncIterator[Asker]:
        port = free_port()
        command = [
            str(setting.peers.program("llama-server")),
            *("--model", str(setting.model), "--host", "127.0.0.1", "--port", str(port)),
            *self._arguments(setting, workload),
        ]
        async with _http_server(command, setting, self.name, port, "/health") as (client, process_id):
            yield _LlamaServerAsker(client, process_id)

    def _arguments(self, setting: Setting, workload: Workload) -> list[str]:
        threads = str(setting.threads)
        return [
            *("--parallel", str(self.width), "--kv-unified", "--ctx-size", str(self._cells(workload))),
            *("--threads", threads, "--threads-batch", threads),
            *("--gpu-layers", str(setting.gpu_layers), "--no-webui"),
            *(["--swa-full"] if self.swa_full else []),
            *self.extra,
        ]

    def _cells(self, workload: Workload) -> int:
        """Every slot's whole prompt and answer, twice, so that nothing has to go before a slot is reused."""
        return 2 * self.width * workload.whole


class _LlamaServerAsker:
    def __init__(self, client: httpx2.AsyncClient, process_id: int) -> None:
        self.process_id = process_id
        self._client = client

    async def ask(self, prompt: Prompt, output: int) -> Said:
        body = {
            "prompt": prompt.tokens,
            "n_predict": output,
            "temperature": 0.0,
            # Only the likeliest token is wanted; the default chain sorts and filters all 201,088 of them first.
            "samplers": ["top_k"],
            "top_k": 1,
            "cache_prompt": True,
            "return_tokens": True,
        }
        reply = await _post(self._client, "/completion", body)
        return Said(tuple(reply["tokens"]))


@dataclass(frozen=True, slots=True)
class ExampleServer:
    """llama-cpp-python's examples/server/server.py: continuous batching with a prefix tree, in Python."""

    width: int = 8
    options: dict[str, Any] = field(default_factory=dict)
    """More entries of the configuration's `model`, which win over ours."""
    label: str = ""

    @property
    def name(self) -> str:
        return self.label or f"example server, {self.width} at once"

    def settings(self, setting: Setting, workload: Workload) -> str:
        model = self._model(setting, workload)
        return " ".join(f"{key}={model[key]}" for key in model if key not in ("path", "alias", "chat_template"))

    @asynccontextmanager
    async def opened(self, setting: Setting, workload: Workload) -> AsyncIterator[Asker]:
        port = free_port()
        configuration = setting.peers.work / "logs" / f"example-server-{port}.json"
        configuration.parent.mkdir(parents=True, exist_ok=True)
        server = {"host": "127.0.0.1", "port": port}
        configuration.write_text(json.dumps({"server": server, "model": self._model(setting, workload)}))
        command = [str(setting.peers.example_python), str(setting.peers.example_server), "-C", str(configuration)]
        async with _http_server(command, setting, self.name, port, "/healthz") as (client, process_id):
            yield _ExampleServerAsker(client, process_id)

    def _model(self, setting: Setting, workload: Workload) -> dict[str, Any]:
        # Finished sequences stay, as prefixes for later ones: room for one of every policy beside those at work,
        # twice over, because what one policy's sequences take is not given back before it is needed.
        sequences = min(2 * (self.width + workload.policies), 256)
        return {
            "path": str(setting.model),
            "alias": "model",
            "chat_template": "{{ messages[0].content }}",  # the random model has none; completions use none
            "n_ctx": sequences * workload.whole,
            "n_seq_max": sequences,
            "n_batch": 512,
            "n_ubatch": 512,
            "threads": setting.threads,
            "threads_batch": setting.threads,
            "n_gpu_layers": setting.gpu_layers,
            "kv_unified": True,
            "swa_full": True,
            "store_logits": False,
            **self.options,
        }


class _ExampleServerAsker:
    def __init__(self, client: httpx2.AsyncClient, process_id: int) -> None:
        self.process_id = process_id
        self._client = client

    async def ask(self, prompt: Prompt, output: int) -> Said:
        body = {"model": "model", "prompt": prompt.tokens, "max_tokens": output, "temperature": 0.0}
        reply = await _post(self._client, "/v1/completions", body)
        if reply["usage"]["completion_tokens"] != output:
            raise SystemFailed(
                f"the example server gave {reply['usage']['completion_tokens']} tokens, not {output}"
            )
        return Said(text=reply["choices"][0]["text"])


async def _post(client: httpx2.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = await client.post(path, json=body)
    if reply.status_code != 200:
        raise SystemFailed(f"{path} answered {reply.status_code}: {reply.text[:300]}")
    return dict(reply.json())


@asynccontextmanager
async def _http_server(
    command: Sequence[str], setting: Setting, name: str, port: int, health: str
) -> AsyncIterator[tuple[httpx2.AsyncClient, int]]:
    """A server process that says that it is well: a client to it, and its id."""
    log = setting.peers.work / "logs" / f"{''.join(c if c.isalnum() else '-' for c in name)}.log"
    environment = {**setting.environment, "PYTHONPATH": str(setting.peers.source)}
    async with (
        process(command, environment, log) as child,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=ANSWER_SECONDS) as client,
    ):
        await _until_well(child, client, health, name, log)
        yield client, child.pid


async def _until_well(
    child: asyncio.subprocess.Process, client: httpx2.AsyncClient, health: str, name: str, log: Path
) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_SECONDS
    while child.returncode is None and loop.time() < deadline:
        try:
            if (await client.get(health)).status_code == 200:
                return
        except httpx2.TransportError:
            pass  # it does not listen yet
        await asyncio.sleep(0.2)
    raise SystemFailed(f"{name} did not start (exit code {child.returncode}): {last_words(log)}")
