"""Which servers judge, and how they are asked."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from pydantic import SecretStr

DialectName = Literal["auto", "llama-server", "vllm"]


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """Servers ("replicas") that all serve one model, and how they are asked.

    Raises:
        ValueError: something in here cannot work; the message says what to write instead.
    """

    urls: tuple[str, ...]
    """Base addresses, `http://127.0.0.1:8080` for instance; the API's paths follow them."""
    model: str = ""
    """The model's name: what vLLM is asked for, and what verdicts carry. Empty takes what the servers tell."""
    model_digest: str = ""
    """SHA-256 (hex) of the model's file, for verdicts. Empty takes one of the name: servers do not tell."""
    api_key: SecretStr | None = None
    dialect: DialectName = "auto"
    """Which server it is; `auto` asks it."""
    width: int | None = None
    """Questions in flight at each replica at most; None takes its number of slots, or 16 where it tells none."""
    queue: int = 256
    """Questions that may wait for a place, over all replicas; one more is told that the judge is busy."""
    connect_seconds: float = 5.0
    analysis_seconds: float = 300.0
    """How long a replica may take to write one analysis."""
    answer_seconds: float = 60.0
    """How long it may take for each part of the final answer."""
    attempts: int = 3
    """How often one request is tried at most, each time at another replica if there is one."""
    pause_seconds: float = 0.1
    """The longest pause before the second attempt; it doubles for each further one, and a random part is taken."""

    def __post_init__(self) -> None:
        if not self.urls:
            raise ValueError("no server is named: give at least one address")
        for url in self.urls:
            _check_url(url)
        if len({url.rstrip("/") for url in self.urls}) < len(self.urls):
            raise ValueError("one server is named twice: name each once")
        for name in ("width", "queue", "connect_seconds", "analysis_seconds", "answer_seconds", "attempts"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"`{name}` is {value}: it must be above 0")


def _check_url(url: str) -> None:
    """The address is not quoted: it may hold a password that somebody put there by mistake."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("a server's address is no web address: write it like http://127.0.0.1:8080")
    if parts.username or parts.password:
        raise ValueError("a server's address holds a user name or password: give a key as `api_key` instead")
    if parts.query or parts.fragment:
        raise ValueError("a server's address ends in ? or #: write it like http://127.0.0.1:8080")
