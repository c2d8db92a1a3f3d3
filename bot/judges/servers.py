"""Servers that judge: llama-server or vLLM, named in the settings."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import structlog

from bot.api_key import find_api_key
from bot.app import kept_vocabulary
from bot.errors import EnvironmentProblem
from bot.health import JudgeHealth
from bot.inquiry import ModelIdentity
from bot.judges.source import OpenedJudge, OpenMeter, budgets
from bot.settings import Settings
from bot.trial import ServerTrial
from inference.http.breaker import State
from inference.http.judge import HttpJudge, open_http_judge
from inference.http.options import HttpOptions
from inference.judge import JudgeError, JudgeUnavailable
from inference.judging import Budgets
from inference.rendering import Content
from inference.ticket import Priority, Ticket
from policies.starter import starter_policies

_log = structlog.get_logger(__name__)
_TRIAL_BUDGETS = Budgets(low=64, medium=64, high=64)
_TRIAL_TICKET = Ticket(Priority.INTERACTIVE, deadline=60.0)


class Servers:
    """Servers that judge instead of this machine. A `JudgeSource`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @property
    def notice(self) -> str:
        """See `JudgeSource`."""
        count = len(self._settings.servers.urls)
        where = f"on {count} server{'s' * (count > 1)}"
        return f"model: {self.find()}, {where}; the setting `servers.urls` names {'them' if count > 1 else 'it'}"

    def find(self) -> str:
        """The model's name as it is set; nobody is asked yet."""
        return self._settings.servers.model or "whatever is served"

    @asynccontextmanager
    async def open(self, meter: OpenMeter) -> AsyncIterator[OpenedJudge]:  # noqa: ARG002 - no file is read
        """Ask the servers what they serve.

        Raises:
            SettingsError: the key's file cannot be read, or holds no key.
            EnvironmentProblem: none of them answers, and the settings do not name the model either.
        """
        folder = await asyncio.to_thread(kept_vocabulary, self._settings)
        opening = open_http_judge(http_options(self._settings), folder, budgets=budgets(self._settings.engine))
        async with AsyncExitStack() as stack:
            try:
                judge = await stack.enter_async_context(opening)
            except JudgeUnavailable as error:
                hint = "start the servers; where `servers.model` names the model, the bot waits for them by itself"
                raise EnvironmentProblem(f"no server answers: {error}", hint) from None
            identity = ModelIdentity(judge.model_name, judge.model_digest)
            yield OpenedJudge(judge, identity, lambda: health_on(judge))

    async def try_out(self) -> list[ServerTrial]:
        """Let each server judge a harmless message.

        Raises:
            SettingsError: the key's file cannot be read, or holds no key.
        """
        folder, options = await asyncio.to_thread(kept_vocabulary, self._settings), http_options(self._settings)
        trials = (_tried(replace(options, urls=(url,)), folder) for url in options.urls)
        return list(await asyncio.gather(*trials))


def http_options(settings: Settings) -> HttpOptions:
    """How the servers are asked.

    Raises:
        SettingsError: the key's file cannot be read, or holds no key.
    """
    servers = settings.servers
    key = find_api_key(servers)
    if key and key.warning:
        _log.warning(key.warning, advice="chmod 600")
    return HttpOptions(
        urls=servers.urls,
        model=servers.model,
        model_digest=servers.model_sha256 or "",
        api_key=key.secret if key else None,
        dialect=servers.kind,
        width=None if servers.width == "auto" else servers.width,
        queue=settings.engine.queue,
        connect_seconds=servers.connect.total_seconds(),
        analysis_seconds=servers.reasoning.total_seconds(),
        answer_seconds=servers.answer.total_seconds(),
    )


async def _tried(options: HttpOptions, vocabulary: Path) -> ServerTrial:
    """Everything that judging needs is in it: the address, the key, token ids, the vocabulary, the scores."""
    (url,), began = options.urls, time.perf_counter()
    policy = next(iter(starter_policies().values()))
    try:
        async with open_http_judge(options, vocabulary, budgets=_TRIAL_BUDGETS) as judge:
            verdict = await judge.judge(policy, Content(text="hello everybody"), ticket=_TRIAL_TICKET)
    except JudgeError as error:
        return ServerTrial(url, problem=str(error))
    return ServerTrial(url, verdict.model_name, time.perf_counter() - began)


def health_on(judge: HttpJudge) -> JudgeHealth:
    """How servers are doing, out of what is counted here."""
    counted = judge.counters
    return JudgeHealth(
        judging=sum(server.in_flight for server in counted.replicas),
        waiting=counted.waiting,
        prefix_hits=counted.cached_share or None,
        servers=len(counted.replicas),
        servers_away=sum(server.state is not State.CLOSED for server in counted.replicas),
    )
