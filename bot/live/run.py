"""`safeguild run`: from settings to a bot that works until it is told to stop."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import structlog
from pydantic import SecretStr

from bot.app import open_data_folder
from bot.cogs.login import log_in, stay
from bot.discord_token import read_token
from bot.errors import EnvironmentProblem, OperatorError, SettingsError
from bot.judges.choosing import judge_source
from bot.judges.source import JudgeSource
from bot.live.chronicle import tell_of_catching_up, tell_of_engine
from bot.live.data_lock import data_lock
from bot.live.engine import serve_judge
from bot.live.furnishing import furnish
from bot.live.ground import Ground
from bot.live.insisting import Troubles
from bot.live.late_judge import LateJudge
from bot.live.operating import Watch
from bot.live.parts import Parts, put_together
from bot.live.stopping import stop_signals
from bot.metrics.server import serve
from bot.ports import Store, StoreError, StoreUnavailable
from bot.settings import Settings
from bot.store import DATABASE, open_store
from bot.store_key import find_store_key
from bot.tasks import task_group

_log = structlog.get_logger(__name__)
DRAIN_SECONDS = 10.0
"""How long a clean stop works off what was received."""

Work = Callable[[], Awaitable[None]]


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


async def run_bot(settings: Settings, *, clock: Callable[[], datetime] = utc_now) -> None:
    """Run the bot until SIGTERM or SIGINT, and end it cleanly.

    Raises:
        SettingsError: the token is missing or refused, the Message Content intent is off, or the data folder
            belongs to another application.
        EnvironmentProblem: model, disk or data folder are not in order, or another process has the data folder.
    """
    token = read_token(settings.discord)
    if token.warning:
        _log.warning(token.warning, advice="chmod 600")
    folder = open_data_folder(settings)
    with data_lock(folder), stop_signals() as stop:
        source = judge_source(settings)
        name = await asyncio.to_thread(source.find)
        late = LateJudge(name, clock())
        _log.info("starting", version=version("safeguild"), model=name, data_folder=str(folder))
        async with _store(settings, folder, clock) as store:
            await store.end_leases()  # the folder is ours alone: whoever held them is gone
            ground = Ground(settings, folder, store, late, clock)
            parts = await put_together(ground)
            furnish(ground, parts)
            await _Live(ground, source, parts, token.secret).run(stop)
    _log.info("stopped")


@asynccontextmanager
async def _store(settings: Settings, folder: Path, clock: Callable[[], datetime]) -> AsyncIterator[Store]:
    """The store. What makes it unusable while it runs ends the bot, with the store's own words."""
    path = folder / DATABASE
    key = find_store_key(settings.store, folder)
    if key and key.warning:
        _log.warning(key.warning, advice="chmod 600")
    try:
        async with open_store(
            path, keys=key.keys if key else None, clock=clock, tell_of_new_key=_tell_of_new_key
        ) as store:
            yield store
    except StoreError as error:
        raise EnvironmentProblem(f"{path}: {error}", "`safeguild doctor` looks for the cause") from error


def _tell_of_new_key(path: Path) -> None:
    _log.warning(
        "a key was made that seals what members wrote; keep a copy of it in a safe place",
        key_file=str(path),
        why="without it nothing in the database can be read, and no backup",
        advice="kept on another disk (`store.key_file`), it also protects a disk that is stolen: docs/privacy.md",
    )


def _settle_memory() -> None:
    """Nothing that is here by now is looked through for garbage again: with 200 guilds that stops everything for
    some 40 ms, now and then after a change of policies. It is done once, while no message waits yet. What goes out
    of use later is freed all the same, unless it is part of a cycle.
    """
    gc.collect()
    gc.freeze()


@dataclass(frozen=True, slots=True)
class _Live:
    """The running bot."""

    ground: Ground
    source: JudgeSource
    parts: Parts
    token: SecretStr
    troubles: Troubles = field(default_factory=Troubles)
    logged_in: asyncio.Event = field(default_factory=asyncio.Event)
    in_force: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the policies are: a message that nobody asked the policies about must not count as passed."""

    async def run(self, stop: asyncio.Event) -> None:
        """Run every part until `stop` is set, then wind them down. The first error of a part ends all."""
        async with self.parts.bot, task_group() as tasks:
            gateway = tasks.create_task(self._reported("discord", self._discord))
            others = [tasks.create_task(self._reported(name, work)) for name, work in self._works().items()]
            await stop.wait()
            gateway.cancel()
            await self._drain()
            for task in others:
                task.cancel()

    def _works(self) -> dict[str, Work]:
        """Everything that runs beside the gateway. What asks Discord for something waits for the login."""
        parts = self.parts
        return {
            "engine": self._engine,
            "worker": self._worker,
            "intake": self._intake,
            "outbox": lambda: self._after_login("outbox", parts.outbox.run),
            "review": lambda: self._after_login("review", parts.review.run),
            "bulks": lambda: self._after_login("bulks", parts.bulks.run),
            "appeals": lambda: self._after_login("appeals", parts.appeals.run),
            "policies": self._policies,
            "news of policies": lambda: self._after_login("news of policies", parts.herald.run),
            "gate": parts.gate_keeper.run,
            "samples": self._samples,
            "domains": self._domains,
            "metrics": self._metrics,
            "figures": lambda: self._after_login("figures", parts.digests.run),
            "retention": lambda: self._after_login("retention", parts.sweeper.run),
            "chronicle": lambda: tell_of_catching_up(lambda: parts.intake.state),
            "engine's chronicle": lambda: tell_of_engine(lambda: self.ground.late.health),
            "settings": lambda: parts.guild_book.watch(parts.outbox.stir),
        }

    async def _reported(self, part: str, work: Work) -> None:
        """A part's bug is logged with its place; what the operator can mend is told by the command line."""
        try:
            await work()
        except (OperatorError, StoreError):
            raise
        except Exception:
            _log.exception("a part failed, the bot ends", part=part)
            raise

    async def _discord(self) -> None:
        application_id = await log_in(self.parts.bot, self.token.get_secret_value())
        await self.troubles.insist("binding", lambda: self._bind(application_id))
        self.logged_in.set()
        _log.info("logged in", application=application_id)
        await stay(self.parts.bot)

    async def _bind(self, application_id: int) -> None:
        """A data folder is one bot's: cards and clicks of another one's would make no sense in it."""
        known = await self.ground.store.bind(application_id)
        if known != application_id:
            raise SettingsError(
                f"the data folder {self.ground.folder} belongs to the application {known}, and the token to "
                f"{application_id}",
                "give this bot a `data_folder` of its own, or take the other application's token",
            )

    async def _engine(self) -> None:
        await serve_judge(self.source, self.ground.late, clock=self.ground.clock)

    async def _worker(self) -> None:
        await self.ground.late.arrival()
        await self.troubles.insist("worker", self.parts.moderation.work)

    async def _samples(self) -> None:
        await self.ground.late.arrival()
        await self.troubles.insist("samples", self.parts.samples.run)

    async def _policies(self) -> None:
        await self.troubles.insist("gate", self.parts.gate_keeper.load)
        await self.parts.policy_book.put_in_force()
        _settle_memory()
        self.in_force.set()
        await self.parts.policy_book.watch()

    async def _metrics(self) -> None:
        address = self.ground.settings.metrics.address
        if address is not None:
            await serve(address, Watch(self.ground, self.parts).readings)

    async def _domains(self) -> None:
        """Its first change is no reason to put policies in force before what was counted of them is loaded."""
        await self.in_force.wait()
        await self.parts.domain_feed.run(self.parts.policy_book.rebuild)

    async def _intake(self) -> None:
        await self.in_force.wait()
        await self._after_login("intake", self.parts.intake.run)

    async def _after_login(self, part: str, work: Work) -> None:
        await self.logged_in.wait()
        await self.troubles.insist(part, work)

    async def _drain(self) -> None:
        """Work off what was received. What is cut off is read again from the channels' history."""
        if not (self.logged_in.is_set() and self.in_force.is_set()):
            return
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.parts.intake.drain()
                await self.parts.gate_keeper.save()
        except StoreUnavailable as error:  # counts only: what is left to be judged was stored before
            _log.warning("the gate's last counts are lost", reason=str(error))
        except TimeoutError:
            waiting = self.parts.intake.state.waiting
            _log.warning("not everything was worked off; the next start reads it again", waiting=waiting)
