"""The only place where the parts meet: settings go in; judge, vocabulary and folders come out."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager
from itertools import islice
from pathlib import Path

from bot.discord_token import Token
from bot.errors import EnvironmentProblem
from bot.guilds.book import GuildBook
from bot.inquiry import ModelIdentity
from bot.models.choice import Choice, choose_model, open_model_file
from bot.models.meter import Meter
from bot.models.record import known_sha256
from bot.settings import Settings
from bot.standing import Asked, ProbeFailure, Standing
from inference import vocabulary
from inference.engine import ModelUnusable
from inference.engine_options import EngineOptions, default_threads
from inference.local import LocalJudge, open_local_judge
from inference.model_file import ModelFile, token_texts
from inference.prompt import Harmony, load_harmony
from inference.standin.notice import STANDIN_NOTICE
from inference.vocabulary import VocabularyError


def open_data_folder(settings: Settings) -> Path:
    """The data folder, made on first use and then readable by its owner only.

    Raises:
        EnvironmentProblem: it cannot be made or written.
    """
    folder = settings.data_folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise EnvironmentProblem(
            f"the data folder {folder} cannot be made: {error.strerror}",
            "set `data_folder` (SAFEGUILD_DATA_FOLDER) to a folder that you may write",
        ) from None
    if not os.access(folder, os.W_OK | os.X_OK):
        hint = "check who owns it, or set `data_folder` to another folder"
        raise EnvironmentProblem(f"the data folder {folder} cannot be written", hint)
    return folder


def model_notice(choice: Choice) -> str:
    """One line that says which model judges and why."""
    if choice.path is None:
        return f"model: {STANDIN_NOTICE}; {choice.reason} (the real one: `safeguild model fetch`)"
    return f"model: {choice.path}; {choice.reason}"


def open_chosen_model(settings: Settings, choice: Choice) -> ModelFile:
    """The head of the chosen model's file; the stand-in is built on first use, which takes some seconds.

    Raises:
        EnvironmentProblem: the file is missing, damaged, cut short or of another kind.
    """
    return open_model_file(choice.path or _standin(open_data_folder(settings)))


def open_harmony(settings: Settings) -> Harmony:
    """The true vocabulary, ready to count and to render. It is taken out of the chosen model once, and then kept.

    Raises:
        EnvironmentProblem: the model's file is missing, damaged or of another kind.
    """
    folder = vocabulary_folder(settings)
    if not vocabulary.is_kept(folder):
        chosen = choose_model(settings).path
        keep_vocabulary(folder, token_texts(open_model_file(chosen)) if chosen else _standin_texts())
    return load_harmony(folder)


def vocabulary_folder(settings: Settings) -> Path:
    """Where the vocabulary is kept."""
    return open_data_folder(settings) / "vocabulary"


def keep_vocabulary(folder: Path, texts: Iterable[str]) -> None:
    """Write the vocabulary that a model's tokens make, unless the folder has it.

    Raises:
        EnvironmentProblem: the model has another vocabulary.
    """
    try:
        vocabulary.keep(folder, islice(texts, vocabulary.ORDINARY_TOKENS))
    except VocabularyError as error:
        hint = "get gpt-oss-safeguard-20b: `safeguild model fetch`"
        raise EnvironmentProblem(f"the model cannot judge: {error}", hint) from None


@asynccontextmanager
async def open_judge(
    settings: Settings, choice: Choice, meter: Callable[[], AbstractContextManager[Meter]]
) -> AsyncIterator[tuple[LocalJudge, ModelIdentity]]:
    """Load the chosen model, and give a judge on it and what the model is.

    `meter` shows how far the reading of a new model file is.

    Raises:
        EnvironmentProblem: the file is missing or damaged, or the model does not fit into memory.
    """
    model = await asyncio.to_thread(open_chosen_model, settings, choice)
    await asyncio.to_thread(keep_vocabulary, vocabulary_folder(settings), token_texts(model))
    with meter() as shown:
        digest = await asyncio.to_thread(known_sha256, settings.data_folder, model, shown)
    try:
        async with open_local_judge(engine_options(settings, model.path), digest) as judge:
            yield judge, ModelIdentity(judge.model_name, digest)
    except ModelUnusable as error:
        raise EnvironmentProblem(str(error), "`safeguild doctor` looks for the cause") from None


def engine_options(settings: Settings, model: Path) -> EngineOptions:
    """The engine's options for a model file."""
    engine = settings.engine
    return EngineOptions(
        model=model,
        vocabulary=vocabulary_folder(settings),
        width=engine.width,
        prefixes=engine.prefixes,
        context=engine.context,
        step_tokens=engine.step_tokens,
        threads=default_threads() if engine.threads == "auto" else engine.threads,
        gpu_layers=-1 if engine.gpu_layers == "auto" else engine.gpu_layers,
        start_seconds=engine.start.total_seconds(),
        hang_seconds=engine.hang.total_seconds(),
    )


async def ask_discord(settings: Settings, token: Token) -> Standing | ProbeFailure:
    """How the bot stands at Discord, and in the guilds that it works in. Never raises for what Discord does."""
    from bot.cogs.client import point_at  # loads discord.py: only when it is needed
    from bot.cogs.probe import probe

    discord = settings.discord
    point_at(discord.api, discord.gateway)
    folder = settings.data_folder / "guilds"
    book = await GuildBook.open(folder) if folder.is_dir() else None
    return await probe(
        token.secret.get_secret_value(),
        Asked(
            review_channel=lambda guild_id: book.settings(guild_id).review_channel if book else None,
            allowed_guilds=frozenset(discord.guilds),
        ),
    )


def _standin(folder: Path) -> Path:
    from inference.standin.build import StandinError, build_gguf  # loads numpy: only when it is needed

    try:
        return build_gguf(folder / "standin")
    except StandinError as error:
        raise EnvironmentProblem(str(error)) from None


def _standin_texts() -> Iterable[str]:
    """The stand-in's token texts, without building its file."""
    from inference.standin.vocabulary import gguf_tokens, token_bytes

    try:
        return gguf_tokens(token_bytes())[0]
    except VocabularyError as error:
        raise EnvironmentProblem(
            f"the installed splintr-rs is not the locked one: {error}", "run `make install`"
        ) from None
