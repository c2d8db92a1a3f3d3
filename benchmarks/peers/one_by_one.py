"""The bindings' high-level `Llama`, one request after the other, in a process of its own."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

from benchmarks.peers.system import Asker, Said, Setting, SystemFailed, process
from benchmarks.peers.workload import Prompt, Workload

Caching = Literal["none", "match"]
"""`LlamaRAMCache` is left out: with one policy it had a third of the rate of the prefix match that `Llama` does by
itself, and every prompt that it remembers takes 0.4 GB (the logits of a whole batch), which it does not count."""
_NAMES = {
    "none": "Llama without cache",
    "match": "Llama, its own prefix match",
}

UNFINISHED_CHARACTER = 3
"""Tokens that `Llama` may write beyond what was asked for, to finish a character of up to four bytes."""


@dataclass(frozen=True, slots=True)
class OneByOne:
    """`Llama.create_completion`, with what is known about a prompt from before forgotten or used."""

    caching: Caching
    width: int = 1

    @property
    def name(self) -> str:
        return _NAMES[self.caching]

    def settings(self, setting: Setting, workload: Workload) -> str:
        return " ".join(self._arguments(setting, workload)[1:])

    @asynccontextmanager
    async def opened(self, setting: Setting, workload: Workload) -> AsyncIterator[Asker]:
        command = [sys.executable, "-m", "benchmarks.peers.llama_child", *self._arguments(setting, workload)]
        log = setting.peers.work / "logs" / f"llama-{self.caching}.log"
        async with process(command, setting.environment, log, pipes=True) as child:
            asker = _ChildAsker(child)
            await asker.read()
            yield asker

    def _arguments(self, setting: Setting, workload: Workload) -> list[str]:
        return [
            str(setting.model),
            *("--caching", self.caching, "--cells", str(workload.whole + 8)),
            *("--threads", str(setting.threads), "--gpu-layers", str(setting.gpu_layers)),
        ]


class _ChildAsker:
    """One line of JSON there and one back."""

    def __init__(self, child: "asyncio.subprocess.Process") -> None:
        self.process_id = child.pid
        self._child = child

    async def ask(self, prompt: Prompt, output: int) -> Said:
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps({"prompt": prompt.tokens, "output": output}).encode() + b"\n")
        reply = await self.read()
        written = int(str(reply["tokens"]))
        if not output <= written <= output + UNFINISHED_CHARACTER:
            raise SystemFailed(f"Llama gave {written} tokens, not {output}")
        return Said(text=str(reply["text"]))

    async def read(self) -> dict[str, object]:
        assert self._child.stdout is not None
        line = await self._child.stdout.readline()
        if not line:
            raise SystemFailed("the process of Llama has ended")
        return dict(json.loads(line))
