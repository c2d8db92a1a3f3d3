"""The port to a kind of server: how a request is put to it, and how its answer is read."""

from typing import Any, Protocol, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from inference.http.completion import Completion, Generation
from inference.http.faults import Garbled
from policies.phrases import phrase


class Heard(BaseModel):
    """A part of a server's answer: what is not known is passed over, what is needed has to be there."""

    model_config = ConfigDict(frozen=True, extra="ignore")


HeardT = TypeVar("HeardT", bound=Heard)


class Dialect(Protocol):
    """One kind of server."""

    name: str
    path: str
    """Where requests go, below the server's address."""

    def body(self, generation: Generation, model: str, slot: int | None) -> dict[str, Any]:
        """The request as JSON."""
        ...

    def read(self, data: bytes) -> Completion:
        """The answer to one. Raises Garbled."""
        ...


def heard(kind: type[HeardT], data: bytes) -> HeardT:
    """An answer as a value.

    Raises:
        Garbled: it is none. The message names the fields, never what stood in them.
    """
    try:
        return kind.model_validate(orjson.loads(data))
    except orjson.JSONDecodeError:
        raise Garbled(phrase("it answered with what is no JSON")) from None
    except ValidationError as error:
        fields = {".".join(map(str, each["loc"])) or "the whole" for each in error.errors()[:3]}
        raise Garbled(phrase("its answer is not as expected: {keys}", keys=", ".join(sorted(fields)))) from None
