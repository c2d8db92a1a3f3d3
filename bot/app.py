"""Where the parts meet: settings go in; folders, vocabulary and Discord's answers come out. See `judges`, too."""

import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from bot.discord_token import Token
from bot.errors import EnvironmentProblem
from bot.guilds.book import GuildBook
from bot.models.choice import choose_model, open_model_file
from bot.settings import Settings
from bot.standing import Asked, ProbeFailure, Standing
from inference import vocabulary
from inference.model_file import token_texts
from inference.prompt import Harmony, load_harmony
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


def open_harmony(settings: Settings) -> Harmony:
    """The true vocabulary, ready to count and to render.

    Raises:
        EnvironmentProblem: the model's file is missing, damaged or of another kind.
    """
    return load_harmony(kept_vocabulary(settings))


def kept_vocabulary(settings: Settings) -> Path:
    """The folder with the vocabulary. It is taken out of the chosen model once, or out of the stand-in's.

    Raises:
        EnvironmentProblem: the model's file is missing, damaged or of another kind.
    """
    folder = vocabulary_folder(settings)
    if not vocabulary.is_kept(folder):
        chosen = choose_model(settings).path
        keep_vocabulary(folder, token_texts(open_model_file(chosen)) if chosen else _standin_texts())
    return folder


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


def _standin_texts() -> Iterable[str]:
    """The stand-in's token texts, without building its file."""
    from inference.standin.vocabulary import gguf_tokens, token_bytes

    try:
        return gguf_tokens(token_bytes())[0]
    except VocabularyError as error:
        raise EnvironmentProblem(
            f"the installed splintr-rs is not the locked one: {error}", "run `make install`"
        ) from None
