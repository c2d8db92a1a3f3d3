"""The verdicts of an evaluation on disk: a line is added for each, so that a run can stop anywhere and go on."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from pydantic import Field, ValidationError

from bot.evaluation.errors import EvaluationError
from bot.results_folder import held
from policies.frozen import Frozen
from policies.policy import Effort

SYNC_EVERY = 1.0
"""Seconds between two writes through to the disk: what a power cut may cost. A killed process loses no line."""


class Key(NamedTuple):
    """What a verdict depends on. Whatever differs in one of these is judged anew."""

    text: str
    """SHA-256 (hex)."""
    policy: str
    """Its digest."""
    model: str
    """Its digest."""
    prompt_version: int
    seed: int
    budgets: str
    """How long the model may reason at each effort, in tokens."""


class Kept(Frozen):
    """One verdict, without the text that it is about."""

    text: str
    policy: str
    model: str
    prompt_version: int
    seed: int
    budgets: str
    policy_id: str
    violation: bool | None
    probability: float | None = Field(default=None, ge=0, le=1)
    rule_ids: tuple[str, ...] = ()
    rationale: str = ""
    """May quote the text."""
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    """Why there is no verdict."""
    effort: Effort | None = None
    tokens: int = Field(default=0, ge=0)
    milliseconds: float = Field(default=0.0, ge=0)

    @property
    def key(self) -> Key:
        """What it was made with."""
        return Key(self.text, self.policy, self.model, self.prompt_version, self.seed, self.budgets)


class Folder:
    """The folder of one evaluation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.verdicts = path / "verdicts.jsonl"
        self.result = path / "result.json"
        self.report = path / "report.html"

    def locked(self) -> AbstractContextManager[None]:
        """Hold the folder.

        Raises:
            EvaluationError: another evaluation holds it, or it cannot be made.
        """
        return held(self.path, "evaluation", EvaluationError)


class Ledger:
    """All verdicts of a folder, and the file that they are added to. Use it with `with`."""

    def __init__(self, path: Path, timer: Callable[[], float]) -> None:
        self.damaged = 0
        """Lines that could not be read; what stood in them is judged anew."""
        self._path = path
        self._timer = timer
        self._known: dict[Key, Kept] = {}
        self._synced = timer()

    def __enter__(self) -> Self:
        end = self._read() if self._path.exists() else 0
        self._file = self._path.open("ab")
        self._file.truncate(end)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            self._sync()

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: Key) -> Kept | None:
        """The verdict that was made with all of this."""
        return self._known.get(key)

    def add(self, kept: Kept) -> None:
        """Keep a verdict: it is the system's at once, and on the disk within `SYNC_EVERY`."""
        self._file.write(kept.model_dump_json().encode() + b"\n")
        self._file.flush()
        self._known[kept.key] = kept
        if self._timer() - self._synced >= SYNC_EVERY:
            self._sync()

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced = self._timer()

    def _read(self) -> int:
        """Where the last whole line ends: what a crash left behind it is cut off."""
        end = 0
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    self.damaged += 1
                    break
                end += len(line)
                self._take(line)
        return end

    def _take(self, line: bytes) -> None:
        try:
            kept = Kept.model_validate_json(line)
        except ValidationError:
            self.damaged += 1
        else:
            self._known[kept.key] = kept
