"""A judge whose model runs on servers."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from inference.http.answerer import HttpAnswerer, HttpCounters
from inference.http.options import HttpOptions
from inference.judging import Budgets, PolicyJudge
from inference.prompt import Harmony, load_harmony


class HttpJudge(PolicyJudge):
    """A `Judge` that asks llama-server or vLLM."""

    def __init__(
        self, answerer: HttpAnswerer, harmony: Harmony, model_digest: str, *, budgets: Budgets | None = None
    ) -> None:
        super().__init__(answerer, harmony, model_digest, budgets=budgets)
        self.model_digest = model_digest
        self._servers = answerer

    @property
    def counters(self) -> HttpCounters:
        """What was asked so far, and how each server does."""
        return self._servers.counters


@asynccontextmanager
async def open_http_judge(
    options: HttpOptions, vocabulary: Path, *, budgets: Budgets | None = None
) -> AsyncIterator[HttpJudge]:
    """Ask the servers what they serve, and give a judge on them. A server that is away now may come later.

    `vocabulary` is the folder that `inference.vocabulary` filled.

    Raises:
        FileNotFoundError: the folder holds no vocabulary.
        JudgeUnavailable: no server answers, and the options name no model.
    """
    harmony = load_harmony(vocabulary)
    async with HttpAnswerer(options, harmony) as answerer:
        digest = options.model_digest or hashlib.sha256(f"served as {answerer.model_name}".encode()).hexdigest()
        yield HttpJudge(answerer, harmony, digest, budgets=budgets)
