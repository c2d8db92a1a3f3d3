"""What the doctor looks at, as plain values: `checks` judges them, `gathering` finds them."""

from dataclasses import dataclass
from pathlib import Path

from bot.doctor.names import Names
from bot.doctor.stored import Stored
from bot.models.choice import Choice
from bot.settings import Settings
from inference.model_file import ModelFile


@dataclass(frozen=True, slots=True)
class Gpu:
    """One graphics card, as its driver describes it. Sizes in bytes."""

    name: str
    total: int
    free: int


@dataclass(frozen=True, slots=True)
class Graphics:
    """What is known of this machine's graphics cards."""

    driver: bool
    """Whether a driver or its device is there, even if it cannot say more."""
    cards: tuple[Gpu, ...]


@dataclass(frozen=True, slots=True)
class LlamaBuild:
    """How llama.cpp was built, tried out in a process of its own."""

    loads: bool
    offloads: bool
    """Whether it can put layers on a GPU."""
    reason: str = ""
    """Why it does not load."""


@dataclass(frozen=True, slots=True)
class Processor:
    """The CPU and the main memory."""

    architecture: str
    flags: frozenset[str]
    """Empty where the system does not tell them."""
    cores: int
    """That this process may use."""
    memory: int
    """Bytes that are available; 0 if unknown."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The data folder, or the one in which it would be made."""

    path: Path
    exists: bool
    writable: bool
    mode: int
    """Permission bits; 0 if it is not there."""
    owned: bool
    """Whether it belongs to the user who runs this."""
    free: int
    """Bytes free on its disk."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The model that would judge. `problem` says why it cannot, and `advice` what to do."""

    choice: Choice | None
    file: ModelFile | None = None
    recorded: bool = False
    """Whether the file is recorded with its SHA-256 and has not changed since."""
    problem: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that is made on first use."""

    exists: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """The prefilter's encoder, tried out. `problem` says why it cannot be used, and `advice` what to do."""

    dimensions: int = 0
    milliseconds: float = 0.0
    """For a message, one after the other."""
    problem: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the doctor looks at."""

    settings: Settings
    python: tuple[int, int, int]
    sqlite: tuple[int, int, int]
    names: Names
    processor: Processor
    graphics: Graphics
    llama: LlamaBuild
    folder: Folder
    model: ModelFacts
    vocabulary: Kept
    standin: Kept
    encoder: EncoderFacts | None = None
    """None if no encoder is set."""
    stored: Stored | None = None
    """None if nothing is stored yet."""
