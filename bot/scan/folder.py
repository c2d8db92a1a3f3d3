"""The folder of one scan: its database, what it was begun with, and how far it is. One process at a time."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from bot.inquiry import ModelIdentity
from bot.results_folder import held
from bot.scan.errors import ScanChanged, ScanError
from bot.scan.source import Source
from bot.whole_file import write_whole
from inference.rendering import PROMPT_VERSION
from policies.frozen import Frozen
from policies.policy import Policy

T = TypeVar("T", bound=BaseModel)

MAX_LISTED_PROBLEMS = 200
"""Problems that are listed one by one; the rest is counted."""


class Input(Frozen):
    """One file of the scan."""

    name: str
    size: int
    digest: str
    """SHA-256 (hex) of its bytes."""


class Manifest(Frozen):
    """What a scan was begun with. Going on needs the very same."""

    format: int = 1
    inputs: tuple[Input, ...]
    policies: dict[str, str]
    """{policy id: digest}."""
    model_name: str
    model_digest: str
    prompt_version: int
    encoder: str = ""
    """The digest of the prefilter's sentence encoder, if it has one."""

    def difference(self, other: "Manifest") -> str | None:
        """What changed since `self`, in words; None if nothing that matters did."""
        if [item.digest for item in self.inputs] != [item.digest for item in other.inputs]:
            return "the files that are scanned changed"
        if self.policies != other.policies:
            return f"policies changed ({', '.join(_changed(self.policies, other.policies))})"
        if self.model_digest != other.model_digest:
            return f"the model changed (from {self.model_name} to {other.model_name})"
        if self.encoder != other.encoder:
            return "the prefilter's encoder changed (`prefilter.encoder`)"
        return "Safeguild's prompt changed" if self.prompt_version != other.prompt_version else None


class Tally(Frozen):
    """What was read so far."""

    messages: int = 0
    bots: int = 0
    notices: int = 0
    unread: int = 0
    problem_count: int = 0
    problems: tuple[str, ...] = ()
    """The first `MAX_LISTED_PROBLEMS`."""


class Progress(Frozen):
    """How far a scan is. It may lag behind the database: what is read again is recognised."""

    passed: tuple[int, ...]
    """Records per file that are through the prefilter and, if suspected, stored."""
    complete: bool = False
    """Whether every file was read to its end."""
    tally: Tally = Tally()


class ScanFolder:
    """Paths and small files of one scan."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.database = path / "scan.sqlite3"
        self.report = path / "report.html"
        self.cases = path / "cases.jsonl"
        self._manifest = path / "manifest.json"
        self._progress = path / "progress.json"

    def locked(self) -> AbstractContextManager[None]:
        """Hold the folder.

        Raises:
            ScanError: another scan holds it, or it cannot be made.
        """
        return held(self.path, "scan", ScanError)

    def begin(self, manifest: Manifest, *, fresh: bool) -> Progress:
        """Start, or go on where the same scan stopped.

        Raises:
            ScanChanged: the folder holds a scan of something else.
            ScanError: it holds a damaged one.
        """
        if fresh:
            self._clear()
        known = _read(self._manifest, Manifest)
        if known is None:
            write_whole(self._manifest, manifest.model_dump_json(indent=2))
        elif change := known.difference(manifest):
            raise ScanChanged(
                f"{self.path} holds a scan that was begun differently: {change}",
                "run it with --fresh to start over (the old result goes), or name another folder with --out",
            )
        return _read(self._progress, Progress) or Progress(passed=(0,) * len(manifest.inputs))

    def save(self, progress: Progress) -> None:
        """Note how far the scan is; only after all of it is stored."""
        write_whole(self._progress, progress.model_dump_json())

    def _clear(self) -> None:
        ours = (self.database, self.report, self.cases, self._manifest, self._progress)
        for path in (*ours, *(self.path / f"{self.database.name}{end}" for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)


def manifest_of(
    sources: Sequence[Source], policies: Mapping[str, Policy], model: ModelIdentity, encoder: str = ""
) -> Manifest:
    """What a scan of these files is begun with. Reads every file once, to tell it from a changed one.

    `encoder`: the digest of the prefilter's sentence encoder.

    Raises:
        ScanError: a file cannot be read.
    """
    return Manifest(
        inputs=tuple(_input(source) for source in sources),
        policies={policy.id: policy.digest for policy in policies.values()},
        model_name=model.name,
        model_digest=model.digest,
        prompt_version=PROMPT_VERSION,
        encoder=encoder,
    )


def _input(source: Source) -> Input:
    try:
        with source.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise ScanError(f"{source.path}: {error.strerror or error}", "look at the disk") from error
    return Input(name=source.path.name, size=source.size, digest=digest)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _read(path: Path, model: type[T]) -> T | None:
    try:
        return model.model_validate_json(path.read_bytes(), strict=False)
    except FileNotFoundError:
        return None
    except ValidationError as error:
        raise ScanError(f"{path} is damaged", "run it with --fresh to start over") from error
