"""How the model runs: on this machine (`engine`), or on servers (`servers`)."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from bot.setting_kinds import Addresses, Count, Section
from bot.units import Duration, Size


class EngineSettings(Section):
    """The options of `inference.engine.EngineOptions`, as people write them."""

    gpu_layers: Annotated[Count, Field(ge=0)] | Literal["auto"] = Field(
        "auto",
        description="How many layers of the model the GPU holds; 0 keeps the model on the CPU. `auto` puts all of "
        "them on the GPU when llama.cpp was built for one.",
    )
    threads: Annotated[Count, Field(ge=1, le=512)] | Literal["auto"] = Field(
        "auto",
        description="CPU threads for the model. `auto` takes half of the cores: more crawl on shared ones.",
    )
    width: Count = Field(8, ge=1, le=128, description="How many messages are judged at the same time.")
    prefixes: Count = Field(
        16, ge=1, le=128, description="How many policies' prompts stay in the model's memory between messages."
    )
    context: Annotated[Count, Field(ge=8_192, le=1_048_576)] | Literal["auto"] = Field(
        "auto",
        description="Tokens for everything in flight together with the policies' prompts. `auto` takes as many as "
        "are of use and fit into the memory that is free; `safeguild doctor` shows how many, and what they cost.",
    )
    gpu_memory: Size | None = Field(
        None,
        ge=10**9,
        description='How much GPU memory the model may take in all, with a unit ("12 GB"), where the GPU has '
        "other work too. When it is not set, it may take all that is free.",
    )
    step_tokens: Count = Field(
        512,
        ge=128,  # every message in flight takes part in a step; sizing narrows a width that has no room in one
        le=8_192,
        description="Tokens that the model works on in one step. Less answers sooner, more gets more done.",
    )
    queue: Count = Field(
        256,
        ge=16,
        le=100_000,
        description="How many messages may be in the engine, being judged or waiting there. More wait in the "
        "database. At least twice `engine.width`: a scan takes at most half of it.",
    )
    reasoning_low: Count = Field(
        512,
        ge=16,
        le=4_096,
        description="How many tokens the model may reason about one message under a policy with `effort: low`. "
        "Then it is cut off and has to answer.",
    )
    reasoning_medium: Count = Field(1_024, ge=16, le=4_096, description="The same for `effort: medium`.")
    reasoning_high: Count = Field(2_048, ge=16, le=4_096, description="The same for `effort: high`.")
    start: Duration = Field(
        timedelta(minutes=15),
        gt=timedelta(0),
        description='How long loading the model may take, with a unit ("15 minutes").',
    )
    hang: Duration = Field(
        timedelta(minutes=3),
        gt=timedelta(0),
        description="How long the model's process may be silent while it has work. Then it is started again, and "
        "what it had in hand is judged again.",
    )

    @model_validator(mode="after")
    def _queue_feeds_the_width(self) -> Self:
        if self.queue < 2 * self.width:
            raise ValueError(f"`queue` ({self.queue}) must be at least twice `width` ({self.width})")
        return self


class ServerSettings(Section):
    """Servers on which the model runs instead of on this machine."""

    urls: Addresses = Field(
        (),
        max_length=64,
        description="Addresses of servers that judge instead of this machine: llama-server or vLLM, all with the "
        'same model (`["http://10.0.0.5:8080"]`); in the environment variable they are separated by commas. '
        "docs/engine.md says how to run them.",
    )
    model: str = Field(
        "",
        max_length=200,
        description="The model's name there. vLLM is asked for it, and cards show it. When it is not set, the "
        "servers are asked.",
    )
    model_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None,
        description="The SHA-256 of the model's file there, for the record: verdicts carry it. Servers do not "
        "tell it; when it is not set, verdicts carry a digest of the name.",
    )
    kind: Literal["auto", "llama-server", "vllm"] = Field(
        "auto", description="What the servers are: `llama-server`, `vllm`, or `auto`, which asks them."
    )
    api_key: SecretStr | None = Field(
        None,
        description="The key that the servers want. It comes from this environment variable or from "
        "`servers.api_key_file`, never from the settings file, and it is never shown or logged.",
    )
    api_key_file: Path | None = Field(
        None,
        description="A file that holds the key and nothing else, readable by its owner only. A bare name is "
        "looked for in `$CREDENTIALS_DIRECTORY` first, where systemd puts credentials.",
    )
    width: Annotated[Count, Field(ge=1, le=1_024)] | Literal["auto"] = Field(
        "auto",
        description="How many messages each server judges at the same time. `auto` takes what a llama-server "
        "says, and 16 where nothing is said.",
    )
    connect: Duration = Field(
        timedelta(seconds=5),
        gt=timedelta(0),
        description='How long a connection to a server may take, with a unit ("5 seconds"). Then another one is '
        "asked.",
    )
    reasoning: Duration = Field(
        timedelta(minutes=5),
        gt=timedelta(0),
        description="How long a server may reason about one message.",
    )
    answer: Duration = Field(
        timedelta(minutes=1),
        gt=timedelta(0),
        description="How long a server may take for each part of the answer that follows.",
    )
