"""What the engine and its child process say to each other: one JSON object a line."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from inference.answer import Answer, Question
from policies.frozen import Frozen


class Setup(Frozen):
    """The first line to the child: what to load and how to lay it out."""

    kind: Literal["setup"] = "setup"
    model: str
    """Path of the GGUF file."""
    vocabulary: str
    """Folder that holds the vocabulary, or will."""
    width: int
    prefixes: int
    cells: int
    step_tokens: int
    threads: int
    gpu_layers: int


class Ask(Frozen):
    """Judge this."""

    kind: Literal["ask"] = "ask"
    id: int
    prefix_key: str
    prefix: tuple[int, ...]
    question: Question


class Cancel(Frozen):
    """The answer is not wanted any more."""

    kind: Literal["cancel"] = "cancel"
    id: int


class Ready(Frozen):
    """The model is loaded."""

    kind: Literal["ready"] = "ready"
    model_name: str
    """`general.name` of the file."""


class Done(Frozen):
    """An ask's answer."""

    kind: Literal["done"] = "done"
    id: int
    answer: Answer


class Refused(Frozen):
    """An ask that can never be answered."""

    kind: Literal["refused"] = "refused"
    id: int
    reason: str


class Beat(Frozen):
    """The child is alive and stepping."""

    kind: Literal["beat"] = "beat"


class Fatal(Frozen):
    """The child cannot work and ends."""

    kind: Literal["fatal"] = "fatal"
    reason: str


ToChild = Annotated[Setup | Ask | Cancel, Field(discriminator="kind")]
FromChild = Annotated[Ready | Done | Refused | Beat | Fatal, Field(discriminator="kind")]

_to_child: TypeAdapter[Setup | Ask | Cancel] = TypeAdapter(ToChild)
_from_child: TypeAdapter[Ready | Done | Refused | Beat | Fatal] = TypeAdapter(FromChild)


def line(message: Frozen) -> bytes:
    """A message as it goes over the pipe."""
    return message.model_dump_json().encode() + b"\n"


def read_in_child(data: bytes) -> Setup | Ask | Cancel:
    """A line that the parent wrote."""
    return _to_child.validate_json(data)


def read_in_parent(data: bytes) -> Ready | Done | Refused | Beat | Fatal:
    """A line that the child wrote."""
    return _from_child.validate_json(data)
