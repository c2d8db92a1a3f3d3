"""What the engine and its child process say to each other: one JSON object a line."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from inference.answer import Answer, Question
from inference.scheduling.counters import Counters
from inference.sizing import ContextPlan, Wishes
from inference.ticket import ORDINARY, Ticket
from policies.frozen import Frozen
from policies.notes import Note
from policies.verdict import Timing


class Setup(Frozen):
    """The first line to the child: what to load and how to lay it out."""

    kind: Literal["setup"] = "setup"
    model: str
    """Path of the GGUF file."""
    vocabulary: str
    """Folder that holds the vocabulary, or will."""
    wishes: Wishes
    """Its `gpu_layers` are what is set; the child drops them where there is no GPU."""
    threads: int
    backend_sampling: bool


class Ask(Frozen):
    """Judge this."""

    kind: Literal["ask"] = "ask"
    id: int
    prefix_key: str
    prefix: tuple[int, ...]
    question: Question
    ticket: Ticket = ORDINARY
    """Its deadline counts from when the child reads this."""


class Cancel(Frozen):
    """The answer is not wanted any more."""

    kind: Literal["cancel"] = "cancel"
    id: int


class Ready(Frozen):
    """The model is loaded."""

    kind: Literal["ready"] = "ready"
    model_name: str
    """`general.name` of the file."""
    plan: ContextPlan
    """How the context was laid out in the end."""
    patience: float = Field(default=0.0, ge=0)
    """As in `Beat`."""


class Taken(Frozen):
    """An ask has reached the thread that works: if the child dies from here on, it may be this ask's doing."""

    kind: Literal["taken"] = "taken"
    id: int


class Done(Frozen):
    """An ask's answer."""

    kind: Literal["done"] = "done"
    id: int
    answer: Answer
    timing: Timing


class Refused(Frozen):
    """An ask that gets no answer."""

    kind: Literal["refused"] = "refused"
    id: int
    why: Note
    final: bool
    """Whether asking again, with another seed, is of no use."""
    defect: str = ""
    """What went wrong in our own code and where, for the log; holds no text of a member."""


class Overdue(Frozen):
    """An ask whose deadline passed before it was answered."""

    kind: Literal["overdue"] = "overdue"
    id: int


class Beat(Frozen):
    """The child is alive and stepping, or has just done all that there was."""

    kind: Literal["beat"] = "beat"
    counters: Counters
    patience: float = Field(default=0.0, ge=0)
    """Seconds that the longest step may take by what steps have cost so far: less silence is no hang."""


class Fatal(Frozen):
    """The child cannot work and ends."""

    kind: Literal["fatal"] = "fatal"
    reason: str


ToChild = Setup | Ask | Cancel
FromChild = Ready | Taken | Done | Refused | Overdue | Beat | Fatal

_to_child: TypeAdapter[ToChild] = TypeAdapter(Annotated[ToChild, Field(discriminator="kind")])
_from_child: TypeAdapter[FromChild] = TypeAdapter(Annotated[FromChild, Field(discriminator="kind")])


def line(message: Frozen) -> bytes:
    """A message as it goes over the pipe."""
    return message.model_dump_json().encode() + b"\n"


def read_in_child(data: bytes) -> ToChild:
    """A line that the parent wrote."""
    return _to_child.validate_json(data)


def read_in_parent(data: bytes) -> FromChild:
    """A line that the child wrote."""
    return _from_child.validate_json(data)
