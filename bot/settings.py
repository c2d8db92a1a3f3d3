"""What the operator can set. `bot.settings_sources` reads it, once; it is passed in from there.

The descriptions below are the only documentation of the settings: docs/settings.md is made from them.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from platformdirs import user_data_path
from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain_settings import DomainSettings
from bot.judge_settings import EngineSettings, ServerSettings
from bot.metrics_settings import MetricsSettings
from bot.setting_kinds import Address, Count, Ids, Rate, Section
from bot.store_settings import StoreSettings
from bot.units import Size

PREFIX = "SAFEGUILD_"
"""Of the environment variables."""
STAND_IN = "stand-in"
"""The value of `model.path` that asks for the stand-in even when a real model is there."""


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class ModelSettings(Section):
    """Which model judges, and where `safeguild model fetch` gets it."""

    path: Path | None = Field(
        None,
        description="The GGUF file of the model that judges, or `stand-in`. When it is not set, the model that "
        "`safeguild model fetch` or `safeguild model use` recorded judges, and without one the stand-in.",
    )
    repository: str = Field(
        "lmstudio-community/gpt-oss-safeguard-20b-GGUF",
        pattern=r"^[\w.-]+/[\w.-]+$",
        description="The Hugging Face repository that `safeguild model fetch` downloads from.",
    )
    file: str = Field(
        "gpt-oss-safeguard-20b-MXFP4.gguf",
        pattern=r"^[\w.-]+(/[\w.-]+)*\.gguf$",
        description="The file in that repository.",
    )
    revision: str = Field("main", min_length=1, description="The branch, tag or commit of the repository.")
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None,
        description="The SHA-256 that the downloaded file must have. The one that the repository states is always "
        "checked; pin it here to be safe from a changed repository.",
    )
    keep_free: Size = Field(
        2_000_000_000,
        ge=0,
        description='Disk space that a download must leave free, with a unit ("2 GB"). `safeguild doctor` warns '
        "below it.",
    )


class DiscordSettings(Section):
    """Who the bot is at Discord, and how it behaves there."""

    token: SecretStr | None = Field(
        None,
        description="The bot's token. It comes from this environment variable or from `discord.token_file`, never "
        "from the settings file or the command line, and it is never shown or logged.",
    )
    token_file: Path | None = Field(
        None,
        description="A file that holds the token and nothing else, readable by its owner only. A bare name is "
        "looked for in `$CREDENTIALS_DIRECTORY` first, where systemd puts credentials. When `discord.token` is "
        "set too, that one is taken.",
    )
    guilds: Ids = Field(
        (),
        max_length=10_000,
        description="Ids of the guilds (servers) that the bot works in; in the environment variable they are "
        "separated by commas. When none are named, it works in every guild that it was invited to.",
    )
    requests_per_second: Count = Field(
        40,
        ge=1,
        le=44,
        description="How many requests Discord gets at most. Its own limit is 50 a second for the whole bot; some "
        "room is kept for bursts.",
    )
    intake_capacity: Count = Field(
        5_000,
        ge=100,
        le=1_000_000,
        description="How many messages may wait for the prefilter in memory. What comes beyond that is fetched "
        "from the channel's history later.",
    )
    api: Address = Field(
        "https://discord.com/api/v10",
        pattern=r"^https?://[^\s/?#]+[^\s?#]*$",
        description="Where Discord's HTTP interface is. Another address is for servers that speak like Discord.",
    )
    gateway: str = Field(
        "wss://gateway.discord.gg/",
        pattern=r"^wss?://[^\s/?#]+[^\s?#]*$",
        description="Where Discord's gateway is.",
    )


class PrefilterSettings(Section):
    """How messages are looked at, and what is looked at beside what looks suspicious."""

    encoder: Path | None = Field(
        None,
        description="A folder with a sentence encoder in ONNX form (`model.onnx`, `tokenizer.json`), for finding "
        "more, at milliseconds for each message. It needs `onnxruntime`: [encoder.md](encoder.md) says how to "
        "get both, and what it wins and costs. `safeguild doctor` tries it out.",
    )
    audit_rate: Rate = Field(
        0.005,
        ge=0,
        le=1,
        description="How many messages that nothing suspects are judged all the same, drawn at random under "
        "each policy: 0.005 is one in 200. From them `/policy show` tells how much is missed. They wait until the "
        "model has nothing else to do, are dropped in a rush, and forgotten when nothing is found. 0 turns them "
        "off.",
    )


class Settings(BaseSettings):
    """Everything the operator can set."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    data_folder: Path = Field(
        default_factory=lambda: user_data_path("safeguild", appauthor=False),
        description="Where models, policies and the database are kept. It is made on first use, readable by its "
        "owner only. When it is not set, it is the user's data folder (`~/.local/share/safeguild` on Linux).",
    )
    log_level: LogLevel = Field(
        LogLevel.INFO,
        description="`debug`, `info`, `warning` or `error`. Logs go to standard error and never hold what a "
        "member wrote.",
    )
    discord: DiscordSettings = Field(default_factory=DiscordSettings)
    model: ModelSettings = Field(default_factory=ModelSettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    servers: ServerSettings = Field(default_factory=ServerSettings)
    domains: DomainSettings = Field(default_factory=DomainSettings)
    prefilter: PrefilterSettings = Field(default_factory=PrefilterSettings)
    metrics: MetricsSettings = Field(default_factory=MetricsSettings)
    store: StoreSettings = Field(default_factory=StoreSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment variables win over the file, whose values are passed in."""
        return env_settings, init_settings
