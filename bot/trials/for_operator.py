"""`safeguild policy test`: a trial from the command line, with a model of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bot.errors import EnvironmentProblem, InputError
from bot.inquiry import ModelIdentity
from bot.ports import Store, StoreError
from bot.settings import Settings
from bot.store import DATABASE, open_store
from bot.store_key import find_store_key
from bot.trials.memory import Memory, RememberingJudge
from bot.trials.plan import Plan, plan_alone, plan_for
from bot.trials.result import TrialResult
from bot.trials.run import OnProgress, TrialRun
from inference.judge import Judge, JudgeUnavailable
from inference.patient import Patience
from policies.document import parse_policy
from policies.policy import Policy
from policies.problems import PolicyError

OpenJudge = Callable[[], AbstractAsyncContextManager[tuple[Judge, ModelIdentity]]]
"""Starts the engine and says which model it runs."""


@dataclass(frozen=True, slots=True)
class TrialOptions:
    """What is tried, and with what."""

    policy: Policy
    open_judge: OpenJudge
    against: "Policy | int | None" = None
    """Another policy file, or the number of an older version of a server's policy."""
    guild_id: int | None = None
    """None: the policy's own examples are all there is."""
    width: int = 4
    """Questions at the judge at most."""


async def run_trial(settings: Settings, options: TrialOptions, on_progress: OnProgress) -> TrialResult:
    """Try a policy. Nothing is written but the cache of the model.

    Raises:
        InputError: there is no such server or version, or it has no policy of this id.
        SettingsError: the key of the database cannot be read.
        EnvironmentProblem: the model or the database cannot be used.
    """
    plan = await _plan(settings, options)
    async with options.open_judge() as (judge, model):
        remembering = RememberingJudge(judge, model, Memory(monotonic), plan.guild_id)
        run = TrialRun(
            plan,
            remembering,
            timer=monotonic,
            on_progress=on_progress,
            at_once=options.width,
            patience=Patience(),
        )
        try:
            return await run.run()
        except JudgeUnavailable as away:
            raise EnvironmentProblem(
                f"the judge is away: {away}", "`safeguild doctor` looks for the cause"
            ) from away


async def _plan(settings: Settings, options: TrialOptions) -> Plan:
    if options.guild_id is None:
        if isinstance(options.against, int):
            raise InputError("older versions are kept for servers only", "name the server: --guild ID")
        return plan_alone(options.policy, options.against)
    async with _store(settings) as store:
        guild_id, policy = options.guild_id, options.policy
        if guild_id not in await store.guilds():
            raise InputError(f"nothing is stored of a server {guild_id}", "see that the id is the server's")
        against = options.against
        if isinstance(against, int):
            against = await _version(store, guild_id, policy.id, against)
        return await plan_for(store, guild_id, policy, against)


async def _version(store: Store, guild_id: int, policy_id: str, number: int) -> Policy:
    source = await store.version_source(guild_id, policy_id, number)
    if source is None:
        raise InputError(f"there is no version {number} of {policy_id}", "`/policy history` shows them all")
    try:
        return parse_policy(source, policy_id=policy_id, filename=f"{policy_id}.yaml")
    except PolicyError as error:
        raise InputError("\n".join(map(str, error.problems)), "this release cannot read that version") from None


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[Store]:
    """The bot's memory. The bot may be running: nothing is changed."""
    path = _database(settings)
    key = find_store_key(settings.store, settings.data_folder)
    try:
        async with open_store(path, keys=key.keys if key else None) as store:
            yield store
    except StoreError as error:
        raise EnvironmentProblem(f"{path}: {error}", "`safeguild doctor` looks for the cause") from error


def _database(settings: Settings) -> Path:
    path = settings.data_folder / DATABASE
    if not path.is_file():
        hint = "see that `data_folder` is that of the bot"
        raise InputError(f"there is no database in {settings.data_folder}", hint)
    return path
