"""One server: what it is, whether it is well, and how much of it is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from inference.answer import Phase
from inference.http.breaker import Breaker, State
from inference.http.completion import Completion, Generation, Served
from inference.http.dialect import Dialect
from inference.http.faults import NEEDED, Garbled, ReplicaBusy, ReplicaFault, TooLong
from inference.http.identity import VOCABULARY, read_models, read_slots
from inference.http.llama_server import LlamaServer
from inference.http.options import HttpOptions
from inference.http.slots import Slots
from inference.http.wire import Wire
from policies.phrases import phrase

WIDTH = 16
"""Questions in flight at a server that tells nothing of its slots."""
IDENTIFY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ReplicaStatus:
    """How a replica does, and what it has done since it was opened."""

    name: str
    """Its address, without `http://`."""
    state: State
    problem: str
    """Why it failed when it last did; empty while all is well."""
    in_flight: int
    requests: int
    faults: int
    busy: int
    """How often it had no room."""
    prompt_tokens: int
    cached_tokens: int
    """Of the prompts' tokens, those that the server had in its cache, as far as it tells."""


class Replica:
    """Asks one server, and keeps count. A place in it (`slots`) is held for as long as a question takes."""

    def __init__(
        self, url: str, options: HttpOptions, clock: Callable[[], float], jitter: Callable[[], float]
    ) -> None:
        self.name = _name(url)
        self.breaker = Breaker(clock, jitter)
        self.slots = Slots(1)
        """One until it is known how many there are."""
        self.served: Served | None = None
        self._options = options
        self._wire = Wire(url.rstrip("/").removesuffix("/v1"), options.api_key, options.connect_seconds)
        self._dialect: Dialect | None = None
        self._pinned = False
        """Whether a place here is a slot there."""
        self._problem = ""
        self._requests = self._faults = self._busy = self._prompt_tokens = self._cached_tokens = 0

    @property
    def status(self) -> ReplicaStatus:
        """As of now."""
        return ReplicaStatus(
            name=self.name,
            state=self.breaker.state,
            problem=self._problem,
            in_flight=self.slots.in_use,
            requests=self._requests,
            faults=self._faults,
            busy=self._busy,
            prompt_tokens=self._prompt_tokens,
            cached_tokens=self._cached_tokens,
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._wire.close()

    async def identify(self) -> Served:
        """What it serves; asked once, and again after it was away, when it may have become another.

        Raises:
            ReplicaFault: it cannot be asked, or serves what cannot be used.
            ReplicaBusy: it is well, and has no time to say.
        """
        if self.served is None:
            try:
                await self._identify()
            except (ReplicaFault, ReplicaBusy, TooLong) as error:
                raise self._noted(error) from None
        assert self.served is not None
        return self.served

    async def _identify(self) -> None:
        models = await self._wire.get("/v1/models", IDENTIFY_SECONDS)
        self._dialect, served = read_models(models, self._options.model, self._options.dialect)
        slots = None
        if isinstance(self._dialect, LlamaServer):
            slots = read_slots(await self._wire.get("/props", IDENTIFY_SECONDS))
        self._pinned = slots is not None and (self._options.width or slots) <= slots
        self.slots.widen(self._options.width or slots or WIDTH)
        self.served = served

    async def complete(self, generation: Generation, place: int) -> Completion:
        """What the server writes, in this place of it.

        Raises:
            ReplicaFault: it did not.
            ReplicaBusy: it is well, and has no room.
            TooLong: the prompt does not fit.
        """
        await self.identify()
        assert self._dialect is not None
        self._requests += 1
        body = self._dialect.body(generation, self._options.model, place if self._pinned else None)
        try:
            completion = self._dialect.read(
                await self._wire.post(self._dialect.path, body, self._seconds(generation))
            )
            _check(generation, completion)
        except (ReplicaFault, ReplicaBusy, TooLong) as error:
            raise self._noted(error) from None
        self.breaker.succeeded()
        self._problem = ""
        self._prompt_tokens += completion.prompt_tokens
        self._cached_tokens += completion.cached_tokens
        return completion

    def _seconds(self, generation: Generation) -> float:
        reasoning = generation.phase is Phase.REASONING
        return self._options.analysis_seconds if reasoning else self._options.answer_seconds

    def _noted(self, error: Exception) -> Exception:
        """Count what went wrong; a server that answers at all is well."""
        if isinstance(error, ReplicaFault):
            self._faults += 1
            self._problem = str(error)
            self.breaker.failed()
            if self.breaker.state is State.OPEN:
                self.served = None
        else:
            self._busy += isinstance(error, ReplicaBusy)
            self.breaker.succeeded()
        return error


def _name(url: str) -> str:
    parts = urlsplit(url)
    return (parts.netloc + parts.path).rstrip("/")


def _check(generation: Generation, completion: Completion) -> None:
    """Hold an answer against what was asked for. Raises Garbled; ReplicaFault if it lacks what is needed."""
    if len(completion.tokens) > generation.most:
        raise Garbled(phrase("it wrote more than it was asked for"))
    if any(not 0 <= token < VOCABULARY for token in completion.tokens):
        raise Garbled(phrase("it wrote tokens that there are not"))
    if generation.allowed and not set(completion.tokens) <= set(generation.allowed):
        raise Garbled(phrase("it wrote a token that it was not to write"))
    if generation.allowed and not completion.tokens:
        raise Garbled(phrase("it wrote nothing where it had to choose"))
    if generation.scored and not completion.log_probabilities:
        # Taken for a label without any probability, it would send every message to a person.
        raise ReplicaFault(f"it tells no token probabilities: {NEEDED}")
